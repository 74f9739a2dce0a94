package execution

import (
	"strconv"
	"strings"
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
	var start, end string // empty for a job without slots
	if !v.Window.IsZero() {
		start, end = v.Window.Start.Format(time.RFC3339), v.Window.End.Format(time.RFC3339)
	}
	return []string{
		"SCHEDULED_JOB_ID=" + job.ID,
		"SCHEDULED_EVERY=" + strings.Join(job.Schedule.Trigger(), ", "),
		"SCHEDULED_FOR=" + start,
		"SCHEDULED_WINDOW_START=" + start,
		"SCHEDULED_WINDOW_END=" + end,
		"SCHEDULED_KEY=" + v.Window.Key(job.ID),
		"SCHEDULED_ATTEMPT=" + strconv.Itoa(n),
		"SCHEDULED_TRIGGER=" + v.Trigger,
		"SCHEDULED_MISSED=" + strconv.Itoa(v.Missed),
	}
}
