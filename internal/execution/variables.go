package execution

import (
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Local is the trigger of a run outside Actions.
const Local = "local"

// The variables in which check hands that slot, and the end of the window, to the steps
// after it.
const (
	Since     = "SCHEDULED_SINCE"
	WindowEnd = "SCHEDULED_WINDOW_END"
)

// Variables are passed to the entrypoint through its environment.
type Variables struct {
	Window     schedule.Window
	Since      time.Time // the slot of the last confirmed window before; zero if none is known
	Missed     int
	Trigger    string // the event of GitHub, or Local
	RunAttempt int    // 1 for the first, more for a re-run
	RunID      int64  // of the run in the ledger; 0 without one
}

// environ returns them for the n-th attempt within the run.
func (v Variables) environ(job pyproject.Job, n int) []string {
	n = v.attempt(job, n)
	var since, start, end string // empty outside of all windows
	if !v.Window.IsZero() {
		start, end = v.Window.Start.Format(time.RFC3339), v.Window.End.Format(time.RFC3339)
	}
	if !v.Since.IsZero() {
		since = v.Since.Format(time.RFC3339)
	}
	return []string{
		"SCHEDULED_JOB_ID=" + job.ID,
		"SCHEDULED_EVERY=" + strings.Join(job.Schedule.Trigger(), ", "),
		"SCHEDULED_FOR=" + start,
		"SCHEDULED_WINDOW_START=" + start,
		WindowEnd + "=" + end,
		Since + "=" + since,
		"SCHEDULED_KEY=" + v.Window.Key(job.ID),
		"SCHEDULED_ATTEMPT=" + strconv.Itoa(n),
		"SCHEDULED_TRIGGER=" + v.Trigger,
		"SCHEDULED_MISSED=" + strconv.Itoa(v.Missed),
	}
}

// attempt counts the n-th attempt within the run on from those of earlier runs.
func (v Variables) attempt(job pyproject.Job, n int) int {
	return n + (v.RunAttempt-1)*job.Options.Attempts
}

// context returns what an entrypoint with pass-context gets.
func (v Variables) context(job pyproject.Job, n int) python.Object {
	var slot, end, since any
	if !v.Window.IsZero() {
		slot, end = v.Window.Start, v.Window.End
	}
	if !v.Since.IsZero() {
		since = v.Since
	}
	return python.Object{
		{Name: "job", Value: python.Object{
			{Name: "id", Value: job.ID},
			{Name: "every", Value: strings.Join(job.Schedule.Trigger(), ", ")},
			{Name: "group", Value: job.Options.Group},
			{Name: "description", Value: job.Options.Description},
		}},
		{Name: "slot", Value: slot},
		{Name: "window_end", Value: end},
		{Name: "since", Value: since},
		{Name: "key", Value: v.Window.Key(job.ID)},
		{Name: "attempt", Value: int64(v.attempt(job, n))},
		{Name: "missed", Value: int64(v.Missed)},
		{Name: "trigger", Value: v.Trigger},
	}
}

// arguments returns what the entrypoint is called with.
func (v Variables) arguments(job pyproject.Job, n int) []python.Argument {
	var arguments []python.Argument
	if job.Options.PassContext {
		arguments = append(arguments, python.Argument{Value: v.context(job, n)})
	}
	for _, value := range job.Options.Args {
		arguments = append(arguments, python.Argument{Value: value})
	}
	for _, k := range job.Options.Kwargs {
		arguments = append(arguments, python.Argument{Name: k.Name, Value: k.Value})
	}
	return arguments
}

// Until returns a window with the end that check has handed over, if there is one: runs may
// have asked for a slot in it.
func Until(end string, w schedule.Window) schedule.Window {
	if t, err := time.Parse(time.RFC3339, end); err == nil && t.After(w.Start) && t.Before(w.End) {
		w.End = t.UTC()
	}
	return w
}

// Handed reads the slot that check has handed over for a window; zero if there is none.
func Handed(since string, w schedule.Window) time.Time {
	if t, err := time.Parse(time.RFC3339, since); err == nil && t.Before(w.Start) {
		return t.UTC()
	}
	return time.Time{}
}
