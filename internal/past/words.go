package past

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// States explains the states; schedule.State has them in full.
const States = `A window is
  confirmed  an execution that started in its first eighth succeeded
  late       an execution that started later succeeded
  rescued    an execution that a rescue started succeeded
  running    a run is queued or in progress
  failed     a run failed, and none succeeded
  due        it is the current window, and nothing has run yet
  expired    its slot became too old to be run, and nothing ran in time
  missed     it is over, and nothing ran, or all runs were cancelled
  paused     nothing ran, and the job is paused or disabled
  unknown    the history is incomplete, or has a run that cannot count`

// Lateness says how late a job runs, after a blank line: "lateness: p50 25m, p95 5h15m,
// of 3 windows with an execution inside".
func Lateness(h History) string {
	if len(h.Accounts) == 0 {
		return "no windows to show"
	}
	late := schedule.Lateness(h.Accounts)
	p50, known := schedule.NearestRank(late, 0.5)
	if !known {
		return "\nlateness: unknown, no window has an execution inside"
	}
	p95, _ := schedule.NearestRank(late, 0.95)
	return fmt.Sprintf("\nlateness: p50 %s, p95 %s, of %s with an execution inside", Late(p50), Late(p95), problem.Count(len(late), "window"))
}

// Next says what comes next: "next: 2026-11-22 14:55 UTC", or why nothing does.
func Next(h History) string {
	next := h.Next()
	switch h.Standing() {
	case schedule.Disabled:
		return "next: none, the job is disabled"
	case schedule.NotStarted:
		return "next: " + problem.Clock(next) + ", the first"
	case schedule.Ended:
		if last := h.Schedule.Latest(h.Now); !last.IsZero() {
			return "next: none, the last window ended " + problem.Clock(last.End)
		}
		return "next: none, the job has no slots"
	}
	if next.IsZero() {
		return "next: none, the last window ends " + problem.Clock(h.Schedule.Latest(h.Now).End)
	}
	return "next: " + problem.Clock(next)
}

// Late writes a lateness for people, in its two largest units: "5h15m", "3h", "40s".
func Late(d time.Duration) string {
	d = d.Truncate(time.Second)
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return units(days, "d", hours, "h")
	case hours > 0:
		return units(hours, "h", minutes, "m")
	case minutes > 0:
		return units(minutes, "m", 0, "")
	}
	return d.String()
}

// units writes a number of units, and of smaller ones if there are any.
func units(large int, unit string, small int, smaller string) string {
	if small == 0 {
		return fmt.Sprint(large, unit)
	}
	return fmt.Sprint(large, unit, small, smaller)
}

// Ran returns when a window ran, and how late that was; "" if it did not.
func Ran(a schedule.Account) (at, late string) {
	if !a.Served() {
		return "", ""
	}
	return Minute(a.Run.Started), Late(a.Lateness)
}

// Minute writes a time in UTC to the minute.
func Minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// Attempt returns the attempt of a window's run; "" if there is none.
func Attempt(a schedule.Account) string {
	if a.Run == nil || a.Run.Attempt == 0 {
		return ""
	}
	return strconv.Itoa(a.Run.Attempt)
}

// Link returns where to look at a window's run; "" if there is none.
func Link(a schedule.Account) string {
	if a.Run == nil {
		return ""
	}
	return cmp.Or(a.Run.URL, fmt.Sprintf("run %d", a.Run.ID))
}

// Why says why nothing succeeded in a window; "" if something did or still may.
func Why(a schedule.Account) string {
	ran := a.Run != nil
	switch a.State {
	case schedule.StateFailed:
		return cmp.Or(strings.TrimPrefix(a.Run.Outcome, "failed: "), "the run failed") // the state has said that
	case schedule.StateMissed, schedule.StateExpired:
		why := "nothing ran"
		if ran {
			why = "its runs did not execute the job, or were cancelled"
		}
		if a.State == schedule.StateExpired {
			why += " before it was too old to be run"
		}
		return why
	case schedule.StatePaused:
		return "the job was paused or disabled"
	case schedule.StateUnknown:
		switch {
		case ran && a.Run.Void:
			return "its runs cannot count: they are of another branch, say, or deleted"
		case ran:
			return "what its runs did cannot be read"
		}
		return "runs that may have been in it are deleted or were not read"
	}
	return ""
}
