package cli

import (
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// decided is a decision in the output of `check --json`.
type decided struct {
	Job      string          `json:"job"`
	Run      bool            `json:"run"`
	Reason   schedule.Reason `json:"reason"`
	Window   schedule.Window `json:"window"`
	Missed   int             `json:"missed"`
	Evidence *evidence       `json:"evidence"`
	Now      time.Time       `json:"now"`
}

type evidence struct {
	RunID     int64     `json:"run_id"`
	URL       string    `json:"url"`
	StartedAt time.Time `json:"started_at"`
}

func newDecided(job string, d schedule.Decision) decided {
	out := decided{
		Job:    job,
		Run:    d.Run,
		Reason: d.Reason,
		Window: d.Window,
		Missed: d.Missed,
		Now:    d.Now.Truncate(time.Second),
	}
	if d.Evidence != nil {
		out.Evidence = &evidence{d.Evidence.ID, d.Evidence.URL, d.Evidence.Started.Truncate(time.Second)}
	}
	return out
}

// verdict returns a decision in one word.
func verdict(d schedule.Decision) string {
	if d.Run {
		return "run"
	}
	return "skip"
}

// setOutputs passes a decision to the later steps.
func setOutputs(runner *actions.Runner, job string, d schedule.Decision) error {
	start := d.Window.Start.Format(time.RFC3339)
	for _, output := range [][2]string{
		{"reason", string(d.Reason)},
		{"window-start", start},
		{"window-end", d.Window.End.Format(time.RFC3339)},
		{"scheduled-for", start},
		{"missed", strconv.Itoa(d.Missed)},
		{"key", d.Window.Key(job)},
		{"run", strconv.FormatBool(d.Run)}, // last: when it is there, so are the others
	} {
		if err := runner.Output(output[0], output[1]); err != nil {
			return err
		}
	}
	return nil
}
