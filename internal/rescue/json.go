package rescue

import (
	"cmp"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Shown is the output of `rescue --json`.
type Shown struct {
	Now  time.Time  `json:"now"`
	Left int        `json:"left"`
	Jobs []ShownJob `json:"jobs"`
}

// ShownJob is a job in it. Window and Again are null without one.
type ShownJob struct {
	Job        string           `json:"job"`
	State      string           `json:"state"`
	Window     *schedule.Window `json:"window"`
	Dispatched bool             `json:"dispatched"`
	Failed     int              `json:"failed"`
	Again      *time.Time       `json:"again"`
}

// Show shapes the report for JSON.
func (r *Report) Show() Shown {
	shown := Shown{Now: r.Now.Truncate(time.Second), Left: r.Left(), Jobs: []ShownJob{}}
	for _, job := range r.Jobs {
		row := ShownJob{Job: job.ID, State: job.State(), Dispatched: job.Started, Failed: job.Verdict.Failed}
		if w := cmp.Or(job.Schedule.Window(r.Now), job.Verdict.Window); !w.IsZero() {
			row.Window = &w
		}
		if again := job.Verdict.Again; !again.IsZero() {
			row.Again = &again
		}
		shown.Jobs = append(shown.Jobs, row)
	}
	return shown
}
