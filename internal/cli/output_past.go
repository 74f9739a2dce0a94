package cli

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// statesHelp explains the states; schedule.State has them in full.
const statesHelp = `A window is
  confirmed  an execution that started in its first eighth succeeded
  late       an execution that started later succeeded
  rescued    an execution that a rescue started succeeded
  running    a run is queued or in progress
  failed     a run failed, and none succeeded
  due        it is the current window, and nothing has run yet
  missed     it is over, and nothing ran, or all runs were cancelled
  paused     nothing ran, and the workflow is disabled by hand
  unknown    the history does not reach back that far, or is incomplete`

// windowJSON is a window in JSON, with null for a missing value.
type windowJSON struct {
	Start    time.Time      `json:"start"`
	End      time.Time      `json:"end"`
	State    schedule.State `json:"state"`
	Ran      *time.Time     `json:"ran"`
	Lateness *int64         `json:"lateness"`
	Attempt  *int           `json:"attempt"`
	RunID    *int64         `json:"run_id"`
	URL      *string        `json:"url"`
}

func newWindowJSON(a schedule.Account) windowJSON {
	one := windowJSON{Start: a.Window.Start, End: a.Window.End, State: a.State}
	if a.Served() {
		one.Ran = new(a.Run.Started.UTC().Truncate(time.Second))
		one.Lateness = new(int64(a.Lateness / time.Second))
	}
	if a.Run != nil {
		one.RunID, one.URL, one.Attempt = new(a.Run.ID), optional(a.Run.URL), optional(a.Run.Attempt)
	}
	return one
}

// optional returns nil for the zero value.
func optional[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// ranAt returns two cells: when a window ran, and how late that was.
func ranAt(a schedule.Account) string {
	if !a.Served() {
		return "\t"
	}
	return minute(a.Run.Started) + "\t" + late(a.Lateness)
}

func attempt(a schedule.Account) string {
	if a.Run == nil || a.Run.Attempt == 0 {
		return ""
	}
	return strconv.Itoa(a.Run.Attempt)
}

func link(a schedule.Account) string {
	if a.Run == nil {
		return ""
	}
	return cmp.Or(a.Run.URL, fmt.Sprintf("run %d", a.Run.ID))
}

// minute writes a time for a column whose head says UTC.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// late writes a lateness for people, in its two largest units.
func late(d time.Duration) string {
	d = d.Truncate(time.Second)
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd%dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh%dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm", minutes)
	}
	return d.String()
}

// painter returns a function that colours a state for w. Paint every cell of a column,
// its head too: then all codes have the same length, and the table stays aligned.
func (p *Program) painter(w io.Writer) func(schedule.State, string) string {
	if !p.color(w) {
		return func(_ schedule.State, text string) string { return text }
	}
	return func(state schedule.State, text string) string {
		code, ok := stateColors[state]
		if !ok {
			code = "39" // the default colour
		}
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
}

var stateColors = map[schedule.State]string{
	schedule.StateConfirmed: "32", // green
	schedule.StateLate:      "33", // yellow
	schedule.StateRescued:   "33",
	schedule.StateRunning:   "36", // cyan
	schedule.StateFailed:    "31", // red
	schedule.StateMissed:    "31",
}
