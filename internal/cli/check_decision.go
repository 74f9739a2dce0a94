package cli

import (
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// decided is a decision in the output of `check --json`.
type decided struct {
	Job      string           `json:"job"`
	Run      bool             `json:"run"`
	Reason   schedule.Reason  `json:"reason"`
	Window   *schedule.Window `json:"window"` // null if there is none
	Slots    []time.Time      `json:"slots"`  // what to run: that of the window, or none
	Missed   int              `json:"missed"`
	Evidence *evidence        `json:"evidence"`
	Now      time.Time        `json:"now"`
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
		Window: optional(d.Window),
		Slots:  []time.Time{},
		Missed: d.Missed,
		Now:    d.Now.Truncate(time.Second),
	}
	if d.Run && !d.Window.IsZero() {
		out.Slots = append(out.Slots, d.Window.Start)
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

// setOutputs passes a decision to the later steps. Those of a window are empty if there
// is none.
func setOutputs(runner *actions.Runner, job string, d schedule.Decision) error {
	var start, end string
	if !d.Window.IsZero() {
		start, end = d.Window.Start.Format(time.RFC3339), d.Window.End.Format(time.RFC3339)
	}
	for _, output := range [][2]string{
		{"reason", string(d.Reason)},
		{"window-start", start},
		{"window-end", end},
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
