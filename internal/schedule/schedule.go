// Package schedule says when a job is due and whether its window still has to
// be run. It is pure: values in, values out, no clock and no I/O. All times
// are UTC.
package schedule

import (
	"cmp"
	"slices"
	"time"
)

// Schedule says at which instants a job is due: its slots. Its zero value has none;
// call Parse.
type Schedule struct {
	spec Spec
	rule rule
	zone *time.Location

	start, until time.Time     // slots s with start ≤ s < until; zero for no bound
	except       []time.Time   // local dates without slots, as midnights in UTC, sorted
	expires      time.Duration // how old a slot may be to be run; 0 for up to the next slot
	spares       int           // in a window, unless the project sets another number

	counted func() time.Time // the end of a job with a count; else nil

	wishes wishes // see Adjusted

	usual, shortest time.Duration // length of the shortest window in a year without changes of the clocks, and in any
}

// rule is one kind of schedule: its slots without the bounds that all kinds share, and
// what follows from them.
type rule interface {
	next(t time.Time) time.Time // the first slot after t; zero without one
	prev(t time.Time) time.Time // the last slot at or before t; zero without one
	number(slot time.Time) int  // see Number
	words(zone *time.Location) string
	lengths(last time.Duration) (usual, shortest time.Duration) // of the shortest window, see Schedule; last is that of the last window of single times
	ticks(p *planning)                                          // adds the ticks to p
}

// Spec returns what the schedule was made from.
func (s Schedule) Spec() Spec { return s.spec }

// Every returns the `every` of the job; "" for a schedule of another kind.
func (s Schedule) Every() Cadence { return Cadence(s.spec.Every) }

// Trigger returns the value of its Spec.Trigger: the `every`, the crons, or the single
// times as RFC 3339, local ones with the offset of the job's time zone.
func (s Schedule) Trigger() []string {
	switch s.spec.Trigger() {
	case "every":
		return []string{s.spec.Every}
	case "cron":
		return s.spec.Cron
	}
	var times []string
	for _, m := range s.spec.RunAt {
		at := m.Time
		if !m.Offset {
			at = m.in(s.zone).In(s.zone)
		}
		times = append(times, at.Format(time.RFC3339))
	}
	return times
}

// Zone returns the time zone in which the schedule is declared: "UTC" without one.
func (s Schedule) Zone() string { return s.zone.String() }

// ends returns the time before which slots are; zero for no bound.
func (s *Schedule) ends() time.Time {
	if s.counted != nil {
		return s.counted()
	}
	return s.until
}

// next is Next of the declared slots.
func (s *Schedule) next(t time.Time) time.Time {
	until := s.ends()
	if t.Before(s.start) {
		t = s.start.Add(-1)
	}
	for s.rule != nil {
		t = s.rule.next(t)
		if t.IsZero() || !until.IsZero() && !t.Before(until) {
			break
		}
		if !s.excepted(t) {
			return t
		}
		_, end := dateAround(t, s.zone)
		t = end.Add(-1)
	}
	return time.Time{}
}

// prev is Prev of the declared slots.
func (s *Schedule) prev(t time.Time) time.Time {
	if until := s.ends(); !until.IsZero() && !t.Before(until) {
		t = until.Add(-1)
	}
	for s.rule != nil {
		t = s.rule.prev(t)
		if t.IsZero() || t.Before(s.start) {
			break
		}
		if !s.excepted(t) {
			return t
		}
		begin, _ := dateAround(t, s.zone)
		t = begin.Add(-1)
	}
	return time.Time{}
}

// excepted reports whether the slot falls on a date without slots.
func (s Schedule) excepted(slot time.Time) bool {
	if len(s.except) == 0 {
		return false
	}
	_, found := slices.BinarySearchFunc(s.except, dateOf(slot, s.zone), time.Time.Compare)
	return found
}

// Window is the time from one slot to the next: Start belongs to it, End does
// not. Windows are anchored to the slot, not to the calendar, so a tick that
// arrives hours late still belongs to the window it was meant for.
type Window struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Window returns the window that contains t. Before the first slot and after the last
// window there is none, and it returns the zero Window.
func (s Schedule) Window(t time.Time) Window {
	w := Window{Start: s.Prev(t)}
	if w.Start.IsZero() {
		return w
	}
	if w.End = s.end(w.Start); !t.Before(w.End) {
		return Window{}
	}
	return w
}

// lastOfRunAt is how old the slots of `run-at` may be, unless `expires` says it.
const lastOfRunAt = 7 * 24 * time.Hour

// end returns the end of the window that begins with a slot: the next slot. The last
// window ends where the next slot would be without until, count and except.
func (s Schedule) end(slot time.Time) time.Time {
	if next := s.Next(slot); !next.IsZero() {
		return next
	}
	if next := s.rule.next(slot); !next.IsZero() {
		return next
	}
	return slot.Add(s.expires) // only single times have an end
}

// Windows returns the windows from that of now back to that of since, the newest first,
// and at most that many; any number where most is 0. If now is not in a window, they
// begin with the last one before.
func (s Schedule) Windows(now, since time.Time, most int) []Window {
	var windows []Window
	for start := s.Prev(now); !start.IsZero(); start = s.Prev(start.Add(-1)) {
		w := Window{start, s.end(start)}
		if !w.End.After(since) || most > 0 && len(windows) == most {
			break
		}
		windows = append(windows, w)
	}
	return windows
}

// Standing says why no slot of the schedule is owed at an instant: Disabled,
// NotStarted or Ended. It is "" inside a window.
func (s Schedule) Standing(t time.Time) Reason {
	return s.standing(s.Window(t), t)
}

// standing is Standing, of the window that holds t.
func (s *Schedule) standing(w Window, t time.Time) Reason {
	switch {
	case s.spec.Disabled:
		return Disabled
	case !w.IsZero():
		return ""
	case s.Next(t).IsZero(): // also where the bounds leave no slot at all
		return Ended
	}
	return NotStarted
}

// Expires returns when the slot of a window is too old to be run: at the end of its
// window, or earlier if the job says so. A job that catches up runs it later too.
func (s Schedule) Expires(w Window) time.Time {
	if s.spec.CatchUp {
		return w.Start.Add(cmp.Or(s.spec.Expires, lastOfCatchUp))
	}
	if at := w.Start.Add(s.expires); s.expires > 0 && at.Before(w.End) {
		return at
	}
	return w.End
}

// Owed returns for how long a slot is owed at least: the shortest window, or less if
// slots expire earlier.
func (s Schedule) Owed() time.Duration {
	if s.expires > 0 {
		return min(s.expires, s.Shortest())
	}
	return s.Shortest()
}

// limit returns when the slot of a window is too old by its own age, not by the next
// slot; zero if that is never.
func (s Schedule) limit(w Window) time.Time {
	if s.spec.CatchUp {
		return s.Expires(w)
	}
	at := w.Start.Add(s.expires)
	if s.expires == 0 || at.After(w.End) || at.Equal(w.End) && !s.Next(w.Start).IsZero() {
		return time.Time{}
	}
	return at
}

// Last returns the last window of a job whose last window is over at t; zero for any
// other.
func (s Schedule) Last(t time.Time) Window {
	if s.Window(t).IsZero() {
		return s.Latest(t)
	}
	return Window{}
}

// IsZero reports whether the window is none.
func (w Window) IsZero() bool { return w == Window{} }

// Contains reports whether t lies in the window.
func (w Window) Contains(t time.Time) bool {
	return !t.Before(w.Start) && t.Before(w.End)
}

// Key returns the idempotency key of a job's window: the job id and the slot,
// as in "clean-files@2026-11-21T10:37:00Z". That of no window is the job id.
func (w Window) Key(id string) string {
	if w.IsZero() {
		return id
	}
	return id + "@" + w.Start.Format(time.RFC3339)
}
