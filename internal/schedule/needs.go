package schedule

import (
	"slices"
	"time"
)

// Need is a job that another one waits for.
type Need struct {
	ID       string
	Schedule Schedule
	Runs     []Run     // as in Tick
	Known    time.Time // as in Tick
	Unknown  bool      // its history could not be read
}

// Window returns the window of the need that a slot of the waiting job waits for: the one
// that holds the slot; zero if there is none, and nothing to wait for.
func (n Need) Window(slot, now time.Time) Window {
	return n.Schedule.Adjusted(n.Runs, now).Window(slot)
}

// Serving returns the time in which evidence serves a window of the job, for those that wait
// for it. One run serves all older windows too, unless each has a run of its own.
func (s Schedule) Serving(w Window) Window {
	if !w.IsZero() && !s.spec.CatchUp {
		w.End = endOfTime
	}
	return w
}

// endOfTime is later than any slot.
var endOfTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

// holds says whether the slot of another job has to wait for the need, and whether that
// is known.
func (n Need) holds(slot, now time.Time) (waits, known bool) {
	w := n.Window(slot, now)
	switch {
	case w.IsZero():
		return false, true
	case n.Unknown:
		return true, false
	case evidence(n.Schedule.Serving(w), now, n.Runs) != nil:
		return false, true
	}
	return true, !w.Start.Before(n.Known)
}

// waits returns the jobs that a slot has to wait for. It has to run where one of them
// could be confirmed without being known to be.
func (t Tick) waits(slot time.Time) (ids []string, unknown bool) {
	for _, n := range t.Needs {
		waits, known := n.holds(slot, t.Now)
		if waits && known {
			ids = append(ids, n.ID)
		}
		unknown = unknown || waits && !known
	}
	return ids, unknown
}

// ready returns the windows that need not wait. Where all wait for other jobs, ids are
// those. unknown reports whether one of those returned waits perhaps.
func (t Tick) ready(windows []Window) (ready []Window, ids []string, unknown bool) {
	for _, w := range windows {
		waits, doubt := t.waits(w.Start)
		if len(waits) > 0 && !doubt {
			ids = append(ids, waits...)
			continue
		}
		ready, unknown = append(ready, w), unknown || doubt
	}
	if len(ready) > 0 {
		return ready, nil, unknown
	}
	slices.Sort(ids)
	return nil, slices.Compact(ids), false
}

// free returns the windows that no lane of another run executes, or is about to. That lane
// comes first anyway, and if it fails, a later run finds out. If each check added a lane for
// the same slot, slots that always fail would hold up all others.
func (t Tick) free(windows []Window) []Window {
	held := map[time.Time]bool{}
	for _, r := range t.Runs {
		if r.Lane && r.Active && t.Now.Sub(r.Created) < longestRun {
			held[r.Slot.UTC()] = true
		}
	}
	return slices.DeleteFunc(windows, func(w Window) bool { return held[w.Start.UTC()] })
}
