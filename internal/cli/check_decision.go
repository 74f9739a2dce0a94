package cli

import (
	"errors"
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// setOutputs passes a decision to the later steps. Those of a window are empty if there
// is none.
func setOutputs(runner *actions.Runner, job pyproject.Job, d schedule.Decision, cancel bool) error {
	start, end, since := instant(d.Window.Start), instant(d.Window.End), instant(d.Since)
	// As inputs of run they would be in every workflow file, and change all of them.
	if err := errors.Join(runner.Env(execution.Since, since), runner.Env(execution.WindowEnd, end)); err != nil {
		return err
	}
	return runner.Outputs(
		[2]string{"reason", string(d.Reason)},
		[2]string{"window-start", start},
		[2]string{"window-end", end},
		[2]string{"scheduled-for", start},
		[2]string{"missed", strconv.Itoa(d.Missed)},
		[2]string{"key", d.Window.Key(job.ID)},
		[2]string{"since", since},
		[2]string{"matrix", execution.Matrix(job, d)},
		[2]string{"cancel", strconv.FormatBool(cancel)},
		[2]string{"settled", d.Settled.String()},
		[2]string{"next", d.Hands()},
		[2]string{"run", strconv.FormatBool(d.Run)}, // last: when it is there, so are the others
	)
}

// instant writes a time in RFC 3339; "" if it is zero.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
