package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Tell tells the jobs that are to be read which windows an earlier report knows to be
// served, so that no run is asked about them.
func (r *Report) Tell(jobs []past.Job) {
	decided := r.decided()
	for i, job := range jobs {
		told := map[schedule.Window]bool{}
		for w, shown := range decided[key{job.Project, job.ID}] {
			if shown.Ran != nil {
				told[w] = true
			}
		}
		jobs[i].Told = told
	}
}

// key names a job among those of several projects.
type key struct{ project, id string }

// decided returns the windows whose state can only get better, by job. What a report cannot
// have said is left out.
func (r *Report) decided() map[key]map[schedule.Window]past.ShownWindow {
	all := map[key]map[schedule.Window]past.ShownWindow{}
	for _, j := range r.Jobs {
		windows := map[schedule.Window]past.ShownWindow{}
		for _, w := range j.Windows {
			if (w.Ran != nil || !w.End.After(r.Now)) && plausible(w, r.Now) {
				windows[inUTC(w)] = w
			}
		}
		all[key{j.Project, j.Job}] = windows
	}
	return all
}

// final are the states that a window can keep.
var final = []schedule.State{schedule.StateConfirmed, schedule.StateLate, schedule.StateRescued, schedule.StateFailed, schedule.StateMissed, schedule.StateExpired, schedule.StatePaused}

// plausible reports whether a report of that time can have said so.
func plausible(w past.ShownWindow, now time.Time) bool {
	served := w.State == schedule.StateConfirmed || w.State == schedule.StateLate || w.State == schedule.StateRescued
	if !served {
		return slices.Contains(final, w.State) && w.Ran == nil && w.Lateness == nil
	}
	return w.Ran != nil && w.Lateness != nil && !w.Ran.After(now) && *w.Lateness == int64(max(0, w.Ran.Sub(w.Start))/time.Second)
}

func inUTC(w past.ShownWindow) schedule.Window {
	return schedule.Window{Start: w.Start.UTC(), End: w.End.UTC()}
}

// Recall takes windows from an earlier report: those that were decided there and are unknown
// here, because GitHub has deleted their runs or reading them would take too many requests,
// and those that were told.
func (r *Report) Recall(earlier Report) {
	decided := earlier.decided()
	for i := range r.Jobs {
		j, recalled := &r.Jobs[i], false
		for n, w := range j.Windows {
			before, known := decided[key{j.Project, j.Job}][inUTC(w)]
			served := before.Ran != nil && !before.Ran.After(r.Now) // also in the current window, which was told
			lost := w.State == schedule.StateUnknown && !w.End.After(r.Now)
			if known && w.Ran == nil && (served || lost) {
				before.URL = r.runPage(before.RunID)
				j.Windows[n], recalled = before, true
			}
		}
		if recalled { // else it is measured already, from more than the windows show
			j.Measure()
			j.State = j.stand()
		}
	}
}

// runPage returns the address of a run, whatever an earlier report says it is; nil if the
// history is not on GitHub.
func (r *Report) runPage(id *int64) *string {
	if r.URL == nil || id == nil {
		return nil
	}
	page := fmt.Sprintf("%s/actions/runs/%d", *r.URL, *id)
	return &page
}
