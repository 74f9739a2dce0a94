package schedule

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// SettledMark begins the name of a step of a job that catches up: every slot before that
// time was confirmed or expired when the run looked, but those that were still owed.
// "Settled before: 2026-12-04T10:00:00Z, still owed 2 (EQ)".
const SettledMark = "Settled before: "

// Settled says which slots were confirmed or expired when a run looked: those before a time,
// but for those that were still owed.
type Settled struct {
	Before time.Time // zero if nothing is known to be

	// Owed has a bit for each hour before that in which a slot was still owed, the last hour
	// first: a job that catches up has windows of an hour and more.
	Owed string
}

// owedHours is how far back slots can be owed, in hours: longer than anything that expires.
const owedHours = 32 * 24

// settledBut returns what is settled at a time, given the slots that are owed, the oldest
// first.
func settledBut(now time.Time, owed []Window) Settled {
	s := Settled{Before: now.UTC().Truncate(time.Second)}
	bits := make([]byte, owedHours/8)
	for _, w := range owed {
		switch at := s.hour(w.Start); {
		case at < 0: // it is no slot before that time
		case at >= owedHours:
			return Settled{Before: w.Start}
		default:
			bits[at/8] |= 1 << (at % 8)
		}
	}
	s.Owed = strings.TrimRight(string(bits), "\x00")
	return s
}

// hour numbers the hours before, from 0; it is negative for any later slot.
func (s Settled) hour(slot time.Time) int {
	if !slot.Before(s.Before) {
		return -1
	}
	return int(s.Before.Sub(slot) / time.Hour)
}

// Has reports whether the slot is settled.
func (s Settled) Has(slot time.Time) bool {
	at := s.hour(slot)
	return at >= 0 && !s.open(slot)
}

// open reports whether the slot is before that time and was still owed.
func (s Settled) open(slot time.Time) bool {
	at := s.hour(slot)
	return at >= 0 && at/8 < len(s.Owed) && s.Owed[at/8]&(1<<(at%8)) != 0
}

// from returns a time that no slot precedes which is not settled.
func (s Settled) from() time.Time {
	hours := len(s.Owed) * 8
	for hours > 0 && s.Owed[(hours-1)/8]&(1<<((hours-1)%8)) == 0 {
		hours--
	}
	return s.Before.Add(-time.Duration(hours) * time.Hour)
}

// String returns what follows SettledMark; "" if nothing is settled.
func (s Settled) String() string {
	if s.Before.IsZero() {
		return ""
	}
	text, n := s.Before.Format(time.RFC3339), 0
	for at := range len(s.Owed) * 8 {
		n += int(s.Owed[at/8] >> (at % 8) & 1)
	}
	if n == 0 {
		return text
	}
	return fmt.Sprintf("%s, still owed %d (%s)", text, n, base64.RawURLEncoding.EncodeToString([]byte(s.Owed)))
}

// ParseSettled reads what String has written; nothing is settled by any other text.
func ParseSettled(text string) Settled {
	text, owed, some := strings.Cut(text, ", still owed ")
	before, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return Settled{}
	}
	s := Settled{Before: before.UTC()}
	if !some {
		return s
	}
	_, code, _ := strings.Cut(strings.TrimSuffix(owed, ")"), "(")
	bits, err := base64.RawURLEncoding.DecodeString(code)
	if err != nil || len(bits) == 0 || len(bits) > owedHours/8 {
		return Settled{}
	}
	s.Owed = string(bits)
	return s
}

// settled returns what runs found to be settled, the newest first.
func (t Tick) settled() (marks []Settled) {
	for i := range t.Runs {
		if r := &t.Runs[i]; !r.Settled.Before.IsZero() && !r.Void && !r.Created.After(t.Now) && !r.Settled.Before.After(t.Now) {
			marks = append(marks, r.Settled)
		}
	}
	slices.SortFunc(marks, func(a, b Settled) int {
		return cmp.Or(b.Before.Compare(a.Before), cmp.Compare(a.Owed, b.Owed))
	})
	return slices.Compact(marks)
}
