package github

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The limits of what is plausible. GitHub's clock says which window is the current one,
// so no decision may rely on a wrong clock.
const (
	maxAge  = 5 * time.Minute     // of an answer from a cache
	maxSkew = 24 * time.Hour      // between GitHub's clock and this machine's, whose time zone may be wrong
	maxLead = 5 * time.Minute     // of a run's creation before the answer's Date: GitHub's servers may differ
	maxLife = 70 * 24 * time.Hour // of a run: 30 days until it is approved or run again, and 35 days of execution
)

// No answer can be from before or after these times.
var earliest, latest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// clockError is the error of an answer whose time cannot be right.
type clockError struct{ error }

func implausible(format string, args ...any) error {
	return clockError{fmt.Errorf(format, args...)}
}

// clock returns the time by GitHub's clock when it sent an answer, UTC. There is an
// error if the answer does not say, or what it says cannot be right.
func (c *Client) clock(h http.Header) (time.Time, error) {
	now := date(h)
	if h.Get("Date") == "" {
		return time.Time{}, implausible("the answer has no Date")
	}
	if now.Before(earliest) || now.After(latest) {
		return time.Time{}, implausible("the answer has the Date %q", h.Get("Date"))
	}
	// https://www.rfc-editor.org/rfc/rfc9111#section-5.1
	if kept := h.Get("Age"); kept != "" {
		seconds, err := strconv.ParseUint(kept, 10, 31)
		if err != nil || time.Duration(seconds)*time.Second > maxAge {
			return time.Time{}, implausible("the answer is from a cache and too old (Age %q)", kept)
		}
		now = now.Add(time.Duration(seconds) * time.Second)
	}
	if c.machine != nil {
		if here := c.machine(); now.Sub(here).Abs() > maxSkew {
			return time.Time{}, implausible("the answer is dated %s, and this machine's clock says %s",
				now.Format(time.RFC3339), here.UTC().Format(time.RFC3339))
		}
	}
	return now, nil
}

// ahead returns an error if a run was created later than now: then the answer is
// older than its list says. A run that was created much later than a clock error
// explains has a wrong time itself, and is no evidence.
func ahead(runs []workflowRun, now time.Time) error {
	for _, run := range runs {
		if lead := run.Created.Sub(now); lead > maxLead && lead <= 2*maxSkew {
			return implausible("the answer is dated %s, and lists a run created at %s",
				now.Format(time.RFC3339), run.Created.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// plausible reports whether a run that was created then can have started its
// entrypoint at that time. The creation time is by GitHub's clock, and the start may be
// by that of a self-hosted runner.
func plausible(created, started, now time.Time) bool {
	waited := started.Sub(created)
	return !started.After(now) && waited >= -maxSkew && waited <= maxLife
}

// date returns when an answer was sent, by the server's clock; zero if it has no
// valid Date.
func date(h http.Header) time.Time {
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return now
}

// dating has somebody hear what GitHub's clock says.
type dating struct {
	clock func() time.Time
	heard func(asked, answered, date time.Time)
}

// OnDate has heard called for each answer that says when it was sent: with the times of
// clock before the request and after the answer, and with GitHub's time, which is cut to
// the second. It is called from several goroutines.
func (c *Client) OnDate(clock func() time.Time, heard func(asked, answered, date time.Time)) {
	c.dated.Store(&dating{clock, heard})
}

// dates takes the time before a request, and returns what takes in the answer.
func (c *Client) dates() func(http.Header) {
	d := c.dated.Load()
	if d == nil {
		return func(http.Header) {}
	}
	asked := d.clock()
	return func(h http.Header) {
		if date, err := c.clock(h); err == nil {
			d.heard(asked, d.clock(), date)
		}
	}
}
