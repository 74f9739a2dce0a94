package schedule

import (
	"slices"
	"time"
)

// Pauses are the times in which a job was paused: what passes meanwhile is paused, not owed.
type Pauses []Window

// Cover reports whether a window began and ended within a pause. The one in which the job is
// resumed is due as any other, and so is the one in which it was paused.
func (p Pauses) Cover(w Window) bool {
	return slices.ContainsFunc(p, func(pause Window) bool {
		return !w.Start.Before(pause.Start) && !w.End.After(pause.End)
	})
}

// PauseBefore returns the pause that ended when a workflow was enabled, as far as the runs
// show it: a workflow that is disabled has none, so the pause is no longer than the time
// since the newest run before. There is no pause if no such run is known, or runs since then
// were deleted: in doubt windows are owed.
func PauseBefore(enabled time.Time, runs []Run, gaps []Window) Pauses {
	pause := Window{End: enabled}
	for i := range runs {
		if r := &runs[i]; r.Created.Before(enabled) {
			pause.Start = latest(pause.Start, r.Created)
		}
	}
	if pause.Start.IsZero() || slices.ContainsFunc(gaps, func(gap Window) bool {
		return gap.End.After(pause.Start) && gap.Start.Before(pause.End)
	}) {
		return nil
	}
	return Pauses{pause}
}

// passed counts the windows within a pause, since an execution and before a window.
func (t Tick) passed(s Schedule, w Window, last time.Time) (n int) {
	for _, pause := range t.Pauses {
		for _, earlier := range s.Windows(w.Start.Add(-1), latest(last, pause.Start), MaxMissed) {
			if (Pauses{pause}).Cover(earlier) {
				n++
			}
		}
	}
	return n
}
