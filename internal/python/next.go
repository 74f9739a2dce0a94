package python

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// MaxNext is how long after its end an entrypoint can ask to be run next.
const MaxNext = 30 * 24 * time.Hour

// Next is when an entrypoint asks to be run next, as it returned that.
type Next struct {
	Kind string `json:"kind"` // "text"; "after" for a duration in microseconds; "wrong" for anything else
	Text string `json:"text"`
}

// After returns that time in UTC, in whole seconds and not earlier than asked, for an
// execution with that end. It is zero if the entrypoint does not ask for a time that is
// after its end, and by MaxNext at most. The remark says what is odd about it.
func (n *Next) After(end time.Time) (at time.Time, remark string) {
	if n == nil {
		return time.Time{}, ""
	}
	at, naive, ok := n.parse(end)
	asked := "asked to be run next at " + oneLine(n.Text)
	switch {
	case !ok:
		return time.Time{}, fmt.Sprintf("returned next = %s, which is ignored: it must be a datetime or a timedelta", oneLine(n.Text))
	case n.Kind == "after":
		asked = "asked to be run next at " + at.UTC().Format(time.RFC3339)
	}
	switch {
	case !at.After(end):
		return time.Time{}, asked + ", which is ignored: it is in the past"
	case at.After(end.Add(MaxNext)):
		return time.Time{}, asked + ", which is ignored: it is more than 30 days away"
	case naive:
		remark = asked + ", which is taken as UTC: it has no time zone"
	}
	if whole := at.Truncate(time.Second); whole.Before(at) {
		at = whole.Add(time.Second)
	}
	return at.UTC(), remark
}

// parse reads a time, which is naive without a time zone, or a duration from end.
func (n *Next) parse(end time.Time) (at time.Time, naive, ok bool) {
	text := strings.TrimSpace(n.Text)
	switch n.Kind {
	case "after":
		microseconds, err := strconv.ParseInt(text, 10, 64)
		microseconds = max(min(microseconds, 1<<52), -1<<52) // more does not fit into a time.Duration
		return end.Add(time.Duration(microseconds) * time.Microsecond), false, err == nil || errors.Is(err, strconv.ErrRange)
	case "text":
	default:
		return at, false, false
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, false, true
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true, true
		}
	}
	d, ok := duration(text)
	return end.Add(d), false, ok
}

// durations are those of ISO 8601 that are always of the same length.
var durations = pattern.New(`^P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$`)

// duration reads "PT2H30M".
func duration(text string) (d time.Duration, ok bool) {
	found := durations.FindStringSubmatch(text)
	if found == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return 0, false
	}
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if found[i+1] != "" {
			number, err := strconv.Atoi(found[i+1])
			if err != nil {
				return 0, false
			}
			d += time.Duration(number) * unit
		}
	}
	return d, true
}
