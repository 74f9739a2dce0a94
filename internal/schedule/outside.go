package schedule

import (
	"cmp"
	"slices"
	"time"
)

// Outside is a run that something outside GitHub started for a slot: `scheduled serve`, a
// Worker, another scheduler.
type Outside struct {
	Slot    time.Time
	Created time.Time
}

// External is what is known about such a source.
type External struct {
	Last   time.Time // the newest slot at which it started a job in time
	Missed int       // later slots of the same jobs that something else served
	Silent bool      // it starts none any more
}

const (
	punctual      = 2 * time.Minute    // after the slot: what a source from outside takes at most
	leastPunctual = 2                  // slots that it started in time, to be a source at all
	leastMissed   = 2                  // times at which it did not, to be silent
	missedApart   = 30 * time.Minute   // between these times, so that one short outage is not two
	shownAfter    = 10 * time.Minute   // a slot, every list of runs has its run
	forgotten     = 7 * 24 * time.Hour // a source that has not been seen for so long was taken away
)

// Externally says what is known about a source from outside that starts jobs at their slots,
// and false if none does. It is silent if it started slots of these jobs in time before, and
// none of the newest ones at all.
//
// Only a slot of the job as it is now counts, so a job that was changed needs new slots to
// show its source. A slot is missed only if something else served it: what passed while a job
// was paused, new, or still running says nothing about its source. A source that was removed
// on purpose is forgotten.
func Externally(watches []Watch, now time.Time) (e External, found bool) {
	var seen time.Time
	var sourced []Watch
	punctuals := 0
	for _, w := range watches {
		w.Schedule = w.Schedule.Adjusted(w.Runs, now)
		before := punctuals
		for _, o := range w.started(now) {
			seen = latest(seen, o.Created)
			if o.Created.Sub(o.Slot) <= punctual {
				punctuals++
				e.Last = latest(e.Last, o.Slot)
			}
		}
		if punctuals > before {
			sourced = append(sourced, w)
		}
	}
	if punctuals < leastPunctual {
		return External{}, false
	}
	var missed []time.Time
	for _, w := range sourced {
		missed = append(missed, w.missed(seen, now)...)
	}
	e.Missed = len(missed)
	e.Silent = apart(missed) >= leastMissed
	return e, true
}

// started returns the first run from outside for each slot of the job, without those that are
// forgotten. Several lists can have the same run.
func (w Watch) started(now time.Time) (started []Outside) {
	all := slices.Clone(w.Outside)
	slices.SortFunc(all, func(a, b Outside) int { return cmp.Or(a.Slot.Compare(b.Slot), a.Created.Compare(b.Created)) })
	for _, o := range all {
		if !o.Created.Before(o.Slot) && now.Sub(o.Slot) < forgotten && w.Schedule.Prev(o.Slot).Equal(o.Slot) {
			started = append(started, o)
		}
	}
	return slices.CompactFunc(started, func(a, b Outside) bool { return a.Slot.Equal(b.Slot) })
}

// missed returns the slots after the source was last seen that something else served.
func (w Watch) missed(seen, now time.Time) (slots []time.Time) {
	for _, window := range w.Schedule.Windows(now, seen, 0) {
		if !window.Start.After(seen) || !w.read(window) {
			break
		}
		if w.owed(window) && now.Sub(window.Start) >= shownAfter && w.servedInside(window) {
			slots = append(slots, window.Start)
		}
	}
	return slots
}

// servedInside reports whether a run was created in the window, and none was active when it
// began.
func (w Watch) servedInside(window Window) (served bool) {
	for _, r := range w.Runs {
		if r.Created.Before(window.Start) && (r.Active || r.Updated.After(window.Start)) {
			return false
		}
		served = served || r.Slot.IsZero() && window.Contains(r.Created)
	}
	return served
}

// apart counts times, without those that follow the one before too soon.
func apart(times []time.Time) (n int) {
	slices.SortFunc(times, time.Time.Compare)
	var last time.Time
	for _, t := range times {
		if n == 0 || t.Sub(last) >= missedApart {
			n, last = n+1, t
		}
	}
	return n
}
