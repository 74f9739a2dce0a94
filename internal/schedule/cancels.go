package schedule

import "time"

// deciding is how long a run takes to find out what it executes, in nearly all cases:
// from its creation to the end of its check.
const deciding = 10 * time.Minute

// Cancels reports whether a run with `overlap = "cancel"` may cancel what its lane
// executes, to execute a window: no other active run executes the same window or a later
// one, or is about to. If the lanes of a run are in runs, its slots are known. Any other run
// that was created more than deciding before the window executes an earlier slot. In doubt
// nothing is cancelled: the run waits for its turn.
func Cancels(w Window, own int64, runs []Run) bool {
	lanes := map[int64]bool{}
	for _, r := range runs {
		if r.Lane {
			lanes[r.ID] = true
		}
	}
	for _, r := range runs {
		switch {
		case r.ID == own || !r.Active:
		case r.Lane && !r.Slot.Before(w.Start):
			return false
		case !lanes[r.ID] && r.Created.Add(deciding).After(w.Start):
			return false
		}
	}
	return true
}
