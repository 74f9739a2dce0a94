package execution

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Asked is what is known about the history of a job beside its runs.
type Asked struct {
	Unreadable error // why it could not be read; else nil
	Needs      error // why that of a job to wait for could not be; else nil
	Deleted    bool  // runs of the window were deleted, or may have been
	Paused     bool  // the ledger has the job as paused
}

// AskLedger fills in the past runs on this machine, and those of the jobs to wait for: none
// without a ledger.
func AskLedger(tick *schedule.Tick, projectFile string, job pyproject.Job, jobs []pyproject.Job, say func(string)) (a Asked) {
	for _, need := range Needed(job, jobs) {
		tick.Needs = append(tick.Needs, schedule.Need{ID: need.ID, Schedule: need.Schedule})
	}
	if !ledger.Exists(projectFile) {
		return a
	}
	book, err := ledger.Open(projectFile, say)
	if err != nil {
		return Asked{Unreadable: err}
	}
	for i := range tick.Needs {
		need := &tick.Needs[i]
		need.Runs, err = book.Runs(need.ID)
		need.Unknown, a.Needs = err != nil, cmp.Or(a.Needs, err)
	}
	var pausing error
	a.Paused, pausing = book.Paused(job.ID)
	tick.Pauses, _ = book.Pauses(job.ID, tick.Now) // what is not known is owed
	tick.Runs, err = book.Runs(job.ID)
	a.Unreadable = cmp.Or(err, pausing)
	return a
}

// Decide answers a tick about the job. One that is paused does not run.
func (a Asked) Decide(s schedule.Schedule, tick schedule.Tick) schedule.Decision {
	tick.Unknown = a.Unreadable != nil
	d := schedule.Decide(s, tick)
	if a.Paused {
		return schedule.Decision{Reason: schedule.Disabled, Now: d.Now, Window: d.Window}
	}
	return d
}

// Describe is that of a decision about a job that may be paused.
func (a Asked) Describe(s schedule.Schedule, d schedule.Decision, link func(schedule.Run) string) string {
	if a.Paused {
		return "the job is paused: skipping"
	}
	return Describe(s, d, link)
}

// Lost returns a warning if the evidence of the window may have been deleted.
func (a Asked) Lost(job string, d schedule.Decision) error {
	if !a.Deleted || d.Reason != schedule.Unconfirmed {
		return nil
	}
	return fmt.Errorf("job %s: runs were deleted that may have been of this window; if one of them executed, the job now runs again", problem.Show(job))
}

// Needed returns those of the jobs that a job waits for.
func Needed(job pyproject.Job, jobs []pyproject.Job) (needed []pyproject.Job) {
	for i := range jobs {
		if slices.Contains(job.Options.Needs, jobs[i].ID) {
			needed = append(needed, jobs[i])
		}
	}
	return needed
}

// Matrix returns what the matrix of a workflow with lanes includes, as JSON: the slots to
// run, each with its lane. A run outside of all windows has an empty slot.
func Matrix(job pyproject.Job, d schedule.Decision) string {
	type lane struct {
		Slot string `json:"slot"`
		Lane int    `json:"lane"`
	}
	include := []lane{}
	for _, w := range d.Slots {
		include = append(include, lane{w.Start.Format(time.RFC3339), job.Schedule.Lane(w.Start, job.Options.MaxInstances)})
	}
	if d.Run && len(include) == 0 {
		include = append(include, lane{})
	}
	text, _ := json.Marshal(map[string]any{"include": include}) // strings and numbers
	return string(text)
}
