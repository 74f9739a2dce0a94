package operate

import (
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// localForms are the forms of a time without an offset.
var localForms = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}

// ParseTime reads a time: with an offset, as RFC 3339, or without, in the job's time zone.
func ParseTime(text string, job Job) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, strings.ToUpper(text)); err == nil {
		return at, nil
	}
	for _, form := range localForms {
		if at, err := time.Parse(form, strings.ToUpper(text)); err == nil {
			return local(at, job), nil
		}
	}
	return time.Time{}, problem.New("write it as 2026-12-04T10:00:00Z, or without an offset in the job's time zone, as 2026-12-04T10:00", "%q is not a time", problem.Cut(text, 100))
}

// local returns the instant of a wall time in the job's time zone, as a slot at that time
// would be: the first one after a gap, and the first of two.
func local(wall time.Time, job Job) time.Time {
	s, _ := schedule.Parse(schedule.Spec{RunAt: []schedule.Moment{{Time: wall}}, Timezone: job.Schedule.Zone()})
	return s.Next(time.Time{})
}

// Range is the time of a backfill, both ends included.
type Range struct {
	From, To time.Time
	day      bool // To is the end of a date: what of it is still to come is left out
}

// ParseRange reads both ends: times as ParseTime does, or dates in the job's time zone, with
// all of the last one.
func ParseRange(from, to string, job Job) (r Range, err error) {
	if r.From, _, err = parseEnd(from, job, 0); err != nil {
		return r, fmt.Errorf("--from: %w", err)
	}
	if r.To, r.day, err = parseEnd(to, job, 1); err != nil {
		return r, fmt.Errorf("--to: %w", err)
	}
	if r.To.Before(r.From) {
		return r, problem.New("swap them", "--to %s is before --from %s", to, from)
	}
	return r, nil
}

// parseEnd reads a time, or a date, as the last instant before that many days after it began.
func parseEnd(text string, job Job, days int) (at time.Time, date bool, err error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return local(day.AddDate(0, 0, days), job).Add(-time.Duration(days)), true, nil
	}
	if at, err = ParseTime(text, job); err != nil {
		err = problem.New("write it as 2026-11-01 or 2026-11-01T10:37:00Z", "%q is neither a date nor a time", problem.Cut(text, 100))
	}
	return at, false, err
}

// slots returns the slots in the range that have begun by now, the oldest first.
func (r Range) slots(s schedule.Schedule, now time.Time) (slots []time.Time, err error) {
	for at := s.Next(r.From.Add(-1)); !at.IsZero() && !at.After(r.To); at = s.Next(at) {
		if at.After(now) {
			if r.day && len(slots) > 0 && r.To.Sub(now) < 26*time.Hour { // of today
				break
			}
			hint := "use `scheduled trigger --at` for a future time"
			if last := s.Prev(now); !last.IsZero() && len(slots) > 0 {
				hint = "end the range at the last slot, --to " + last.Format(time.RFC3339)
			}
			return nil, TimeError{problem.New(hint, "the range has slots in the future, such as %s", problem.Clock(at))}
		}
		if slots = append(slots, at); len(slots) > maxSlots {
			return nil, TimeError{problem.New("narrow the range", "the range has more than %d slots", maxSlots)}
		}
	}
	if len(slots) == 0 {
		return nil, TimeError{problem.New(near(s, r.From), "the job has no slot between %s and %s", problem.Clock(r.From), problem.Clock(r.To))}
	}
	return slots, nil
}

// maxSlots is how many slots a range may have.
const maxSlots = 10_000

// ParseSlot reads the slot of a job.
func ParseSlot(text string, job Job) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, strings.ToUpper(strings.TrimSpace(text)))
	if err != nil {
		return at, problem.New("write it as in 2026-11-21T10:37:00Z", "--window %s is not an RFC 3339 time", problem.Quote(text))
	}
	if slot := job.Schedule.Prev(at); !slot.Equal(at) {
		return at, problem.New(near(job.Schedule, at), "--window %s is not a slot of job %s", text, problem.Show(job.ID))
	}
	return at.UTC(), nil
}

// near is a hint with the slots next to a time.
func near(s schedule.Schedule, at time.Time) string {
	before, after := s.Prev(at), s.Next(at)
	switch {
	case before.IsZero() && after.IsZero():
		return "check the schedule of the job: it has no slots"
	case before.IsZero():
		return "use the first slot, " + after.UTC().Format(time.RFC3339)
	case after.IsZero():
		return "use the last slot, " + before.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("use %s or %s, the nearest slots", before.UTC().Format(time.RFC3339), after.UTC().Format(time.RFC3339))
}
