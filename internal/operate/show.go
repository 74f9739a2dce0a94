package operate

import (
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// ShownRuns is the output of `trigger --json`.
type ShownRuns struct {
	Runs []ShownRun `json:"runs"`
}

// ShownRun is a run in it, with null for what is not known.
type ShownRun struct {
	Job        string     `json:"job"`
	Window     *time.Time `json:"window"`
	RunID      *int64     `json:"run_id"`
	URL        *string    `json:"url"`
	Conclusion *string    `json:"conclusion"`
}

// Show shapes runs for JSON.
func Show(runs []*Run) ShownRuns {
	shown := ShownRuns{Runs: []ShownRun{}}
	for _, r := range runs {
		shown.Runs = append(shown.Runs, ShownRun{r.Job.ID, orNull(r.Window), orNull(r.ID), orNull(r.URL), orNull(r.Conclusion)})
	}
	return shown
}

// ShownBackfill is the output of `backfill --json`.
type ShownBackfill struct {
	Job   string      `json:"job"`
	Slots []ShownSlot `json:"slots"`
	Left  int         `json:"left"`
}

// ShownSlot is a slot in it: its state before, and the run that was started, or was there
// already, with null where there is none.
type ShownSlot struct {
	Slot  time.Time      `json:"slot"`
	State schedule.State `json:"state"`
	RunID *int64         `json:"run_id"`
	URL   *string        `json:"url"`
}

// Show shapes a backfill of that job for JSON.
func (b Backfilled) Show(job string) ShownBackfill {
	shown := ShownBackfill{job, []ShownSlot{}, b.Left}
	for _, s := range b.Slots {
		shown.Slots = append(shown.Slots, ShownSlot{s.Window, s.State, orNull(s.ID), orNull(s.URL)})
	}
	return shown
}

// ShownSwitches is the output of `pause --json` and `resume --json`.
type ShownSwitches struct {
	Jobs []ShownSwitch `json:"jobs"`
}

// ShownSwitch is a job in it. Workflow is null for a job in the ledger.
type ShownSwitch struct {
	Job      string  `json:"job"`
	Workflow *string `json:"workflow"`
	State    string  `json:"state"`
	Changed  bool    `json:"changed"`
}

// ShowSwitched shapes jobs that were paused or resumed for JSON.
func ShowSwitched(switched []Switched) ShownSwitches {
	shown := ShownSwitches{Jobs: []ShownSwitch{}}
	for _, s := range switched {
		row := ShownSwitch{s.Job.ID, &s.Job.File, s.State, s.Changed}
		if s.Local {
			row.Workflow = nil
		}
		shown.Jobs = append(shown.Jobs, row)
	}
	return shown
}

// orNull returns nil for the zero value.
func orNull[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}
