package cli

import (
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// setOutputs passes a decision to the later steps. Those of a window are empty if there
// is none.
func setOutputs(runner *actions.Runner, job string, d schedule.Decision) error {
	var start, end, since string
	if !d.Since.IsZero() {
		since = d.Since.Format(time.RFC3339)
	}
	if !d.Window.IsZero() {
		start, end = d.Window.Start.Format(time.RFC3339), d.Window.End.Format(time.RFC3339)
	}
	// As an input of run it would be in every workflow file, and change all of them.
	if err := runner.Env(execution.Since, since); err != nil {
		return err
	}
	for _, output := range [][2]string{
		{"reason", string(d.Reason)},
		{"window-start", start},
		{"window-end", end},
		{"scheduled-for", start},
		{"missed", strconv.Itoa(d.Missed)},
		{"key", d.Window.Key(job)},
		{"since", since},
		{"run", strconv.FormatBool(d.Run)}, // last: when it is there, so are the others
	} {
		if err := runner.Output(output[0], output[1]); err != nil {
			return err
		}
	}
	return nil
}
