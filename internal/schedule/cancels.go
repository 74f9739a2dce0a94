package schedule

import "time"

// Cancels reports whether a run with `overlap = "cancel"` may cancel what its lane
// executes, to execute a window: no other active run executes the same window or a later
// one, or is about to. The slots that a run executes are known where its lanes are in runs.
// One that is Undecided looks when it is its turn, and then finds what is executed. Any
// other may find out at any time, however early it was created: runners come late. In
// doubt nothing is cancelled: the run waits for its turn.
func Cancels(w Window, own int64, runs []Run) bool {
	return free(w, own, runs, func(r Run) bool { return r.Undecided })
}

// deciding is how long a run takes to find out what it executes, in nearly all cases:
// from its creation to the end of its check.
const deciding = 10 * time.Minute

// idle reports whether no active run seems to execute a window, or to be about to. Those
// without known lanes that were created early have found an earlier one.
func idle(w Window, runs []Run) bool {
	return free(w, 0, runs, func(r Run) bool { return !r.Created.Add(deciding).After(w.Start) })
}

// free reports whether no other active run executes a window or a later one, given whether
// those whose lanes are not known execute an earlier one.
func free(w Window, own int64, runs []Run, earlier func(Run) bool) bool {
	lanes := map[int64]bool{}
	for _, r := range runs {
		if r.Lane {
			lanes[r.ID] = true
		}
	}
	for _, r := range runs {
		switch {
		case r.ID == own && own != 0 || !r.Active:
		case r.Lane && !r.Slot.Before(w.Start):
			return false
		case !lanes[r.ID] && !earlier(r):
			return false
		}
	}
	return true
}
