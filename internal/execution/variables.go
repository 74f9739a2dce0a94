package execution

import (
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Local is the trigger of a run outside Actions.
const Local = "local"

// Variables are passed to the entrypoint through its environment.
type Variables struct {
	Window     schedule.Window
	Missed     int
	Trigger    string // the event of GitHub, or Local
	RunAttempt int    // 1 for the first, more for a re-run
}

// environ returns them for the n-th attempt within the run.
func (v Variables) environ(job pyproject.Job, n int) []string {
	n += (v.RunAttempt - 1) * job.Options.Attempts
	start := v.Window.Start.Format(time.RFC3339)
	return []string{
		"SCHEDULED_JOB_ID=" + job.ID,
		"SCHEDULED_EVERY=" + string(job.Schedule.Every()),
		"SCHEDULED_FOR=" + start,
		"SCHEDULED_WINDOW_START=" + start,
		"SCHEDULED_WINDOW_END=" + v.Window.End.Format(time.RFC3339),
		"SCHEDULED_KEY=" + v.Window.Key(job.ID),
		"SCHEDULED_ATTEMPT=" + strconv.Itoa(n),
		"SCHEDULED_TRIGGER=" + v.Trigger,
		"SCHEDULED_MISSED=" + strconv.Itoa(v.Missed),
	}
}
