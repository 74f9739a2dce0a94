package schedule

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestGoldenSlots checks the algorithm against a table computed apart from it, so
// that no upgrade can move a job.
func TestGoldenSlots(t *testing.T) {
	table, err := os.ReadFile("testdata/slots-v1.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		project, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		id, want, _ := strings.Cut(rest, "\t")
		n := newHash(project, id)
		if got := fmt.Sprintf("%d\t%d\t%d\t%d\t%d", n.second(), n.minute(), n.hour(), n.weekday(), n.day()); got != want {
			t.Errorf("newHash(%q, %q) = %q, want %q", project, id, got, want)
		}
	}
	if rows != 200 {
		t.Errorf("read %d rows, want 200", rows)
	}
}

// civil is the oracle's own calendar: it walks minute by minute from a known
// day and never asks package time for more than the sum.
type civil struct {
	year, month, day, weekday, hour, minute int
}

func (c *civil) next() {
	if c.minute++; c.minute < 60 {
		return
	}
	c.minute = 0
	c.hour++
	if c.hour == 24 {
		c.hour = 0
		c.nextDay()
	}
}

func (c *civil) nextDay() {
	c.weekday = (c.weekday + 1) % 7
	length := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[c.month-1]
	if c.month == 2 && (c.year%4 == 0 && c.year%100 != 0 || c.year%400 == 0) {
		length = 29
	}
	if c.day++; c.day > length {
		c.day = 1
		c.month++
	}
	if c.month == 13 {
		c.month = 1
		c.year++
	}
}

// due says whether the minute contains a slot, field by field as cron would.
func (c civil) due(every Cadence, n hash) bool {
	switch {
	case every == Minute:
		return true
	case c.minute != n.minute():
		return false
	case every == Hour:
		return true
	case c.hour != n.hour():
		return false
	case every == Week:
		return c.weekday == n.weekday()
	case every == Month:
		return c.day == n.day()
	}
	return true
}

// TestAgainstBruteForce compares Prev, Next and Window with a walk over every
// minute of the two months around awkward turns of the calendar.
func TestAgainstBruteForce(t *testing.T) {
	starts := []struct {
		at   civil
		name string
	}{
		{civil{2024, 2, 1, 4, 0, 0}, "leap February"},
		{civil{2025, 2, 1, 6, 0, 0}, "February"},
		{civil{2100, 2, 1, 1, 0, 0}, "February of a year that is no leap year"},
		{civil{2026, 12, 1, 2, 0, 0}, "turn of the year"},
		{civil{1999, 12, 1, 3, 0, 0}, "turn of the century"},
	}
	for _, start := range starts {
		for _, every := range Cadences {
			for _, id := range []string{"a", "b", "clean-files"} {
				s := New(every, "acme", id)
				walk(t, fmt.Sprintf("%s, every %s, %s", start.name, every, id), s, newHash("acme", id), start.at)
			}
		}
	}
}

func walk(t *testing.T, name string, s Schedule, n hash, at civil) {
	base := time.Date(at.year, time.Month(at.month), at.day, 0, 0, 0, 0, time.UTC)
	if int(base.Weekday()) != at.weekday {
		t.Fatalf("%s: the oracle's calendar starts on weekday %d, want %d", name, at.weekday, base.Weekday())
	}
	var slots []time.Time
	for minute := range 60 * 24 * 62 {
		if at.due(s.Every(), n) {
			slots = append(slots, base.Add(time.Duration(minute)*time.Minute))
		}
		at.next()
	}
	for i := range slots {
		if s.Every() == Minute {
			slots[i] = slots[i].Add(time.Duration(n.second()) * time.Second)
		}
	}
	step := 1
	if testing.Short() && s.Every() == Minute {
		step = 7
	}
	for i := 1; i+1 < len(slots); i += step {
		start, end := slots[i], slots[i+1]
		for _, in := range []time.Time{start, start.Add(time.Nanosecond), start.Add(end.Sub(start) / 2), end.Add(-time.Nanosecond)} {
			if w := s.Window(in); w.Start != start || w.End != end {
				t.Fatalf("%s: Window(%v) = %v, want %v to %v", name, in, w, start, end)
			}
			if next, prev := s.Next(in), s.Prev(in); next != end || prev != start {
				t.Fatalf("%s: at %v Next = %v and Prev = %v, want %v and %v", name, in, next, prev, end, start)
			}
		}
		if prev := s.Prev(start.Add(-time.Nanosecond)); prev != slots[i-1] {
			t.Fatalf("%s: Prev just before %v = %v, want %v", name, start, prev, slots[i-1])
		}
	}
}

// TestMonthsOf400Years walks the whole Gregorian cycle day by day: every
// month has exactly one slot, and the windows leave no gap.
func TestMonthsOf400Years(t *testing.T) {
	for _, id := range []string{"a", "b", "c", "d"} {
		s, n := New(Month, "acme", id), newHash("acme", id)
		at := civil{2000, 1, 1, 6, n.hour(), n.minute()}
		base := time.Date(2000, 1, 1, n.hour(), n.minute(), 0, 0, time.UTC)
		slot, months := s.Prev(base.Add(-time.Nanosecond)), 0
		for day := 0; at.year < 2400; day++ {
			if at.due(Month, n) {
				months++
				want := time.Unix(base.Unix()+int64(day)*24*60*60, 0).UTC()
				if slot = s.Next(slot); !slot.Equal(want) {
					t.Fatalf("slot %d of %q is %v, want %v", months, id, slot, want)
				}
			}
			at.nextDay()
		}
		if months != 4800 {
			t.Errorf("%q has %d slots in 400 years, want 4800", id, months)
		}
	}
}

func TestTimezoneOfTheQuestionDoesNotMatter(t *testing.T) {
	tokyo := time.FixedZone("", 9*60*60)
	for _, every := range Cadences {
		s := New(every, "acme", "clean-files")
		at := time.Date(2026, 3, 1, 3, 4, 5, 6, tokyo)
		if got, want := s.Window(at), s.Window(at.UTC()); got != want {
			t.Errorf("every %s: window in Tokyo is %v, want %v", every, got, want)
		}
	}
}

func TestWindowKey(t *testing.T) {
	w := Window{Start: time.Date(2026, 11, 21, 10, 37, 0, 0, time.UTC)}
	if got, want := w.Key("clean files"), "clean files@2026-11-21T10:37:00Z"; got != want {
		t.Errorf("Key = %q, want %q", got, want)
	}
}

func FuzzWindow(f *testing.F) {
	f.Add("acme", "clean-files", int64(1795257000), uint8(2))
	f.Add("", "", int64(0), uint8(4))
	f.Add("", "leap", int64(1709164800), uint8(3))
	f.Fuzz(func(t *testing.T, project, id string, unix int64, cadence uint8) {
		s := New(Cadences[int(cadence)%len(Cadences)], project, id)
		at := time.Unix(unix%(1<<37), 0)
		w := s.Window(at)
		if !w.Contains(at) || w.Contains(w.End) || !w.Start.Before(w.End) {
			t.Errorf("Window(%v) = %v does not contain it", at, w)
		}
		if before := s.Window(w.Start.Add(-time.Nanosecond)); before.End != w.Start {
			t.Errorf("the window before %v ends at %v", w, before.End)
		}
	})
}
