package rescue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// maxTable is in bytes. GitHub drops a summary of more than 1 MiB as a whole:
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
const maxTable = 256 << 10

// column writes a time for a column that says UTC; "" for none.
func column(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// Summary is what the page of the run shows: the state of all jobs, those at
// the top that may need attention.
func (r *Report) Summary() string {
	var b strings.Builder
	b.WriteString(r.Sum() + ", at " + problem.Clock(r.Now) + ".\n")
	for _, line := range r.Notes() {
		b.WriteString("\n" + markdown.Clean(line) + ".\n")
	}
	b.WriteString("\n| job | due (UTC) | | latest run | next (UTC) |\n|---|---|---|---|---|\n")
	unconfirmed, confirmed := r.ByNeed()
	for i, job := range slices.Concat(unconfirmed, confirmed) {
		latest := ""
		if run, found := job.Latest(); found {
			latest = markdown.Link(fmt.Sprintf("run %d", run.ID), run.URL)
		}
		due, next := job.Schedule.Prev(r.Now), time.Time{}
		if job.Schedule.Standing(r.Now) != schedule.Disabled {
			next = job.Schedule.Next(r.Now)
		}
		row := markdown.Row(markdown.Code(r.name(job)), column(due), r.Words(job), latest, column(next))
		if b.Len()+len(row) > maxTable {
			fmt.Fprintf(&b, "\nThe table is cut: %d of %s shown.\n", i, problem.Count(len(r.Jobs), "row"))
			break
		}
		b.WriteString(row)
	}
	return b.String()
}

// Notes says how what starts jobs in time stands, a line each: the pacemaker, and what is
// outside GitHub. It also says what became of the page.
func (r *Report) Notes() (lines []string) {
	if r.Beat != nil {
		lines = append(lines, r.Beat.words(r.Now))
	}
	if silence := r.Silence(); silence != nil {
		lines = append(lines, silence.Error())
	}
	if r.Publication != nil && r.Publication.words() != "" {
		lines = append(lines, r.Publication.words())
	}
	return lines
}

// Sum says in one line what was done.
func (r *Report) Sum() string {
	due, started := r.Due(), r.Started()
	_, confirmed := r.ByNeed()
	parts := []string{problem.Count(len(r.Jobs), "job"), fmt.Sprintf("%d confirmed", len(confirmed))}
	for _, state := range counted {
		if n := r.count(state); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(state, "-", " ")))
		}
	}
	switch {
	case r.DryRun:
		parts = append(parts, fmt.Sprintf("%d due", due))
	case due > started:
		parts = append(parts, fmt.Sprintf("%d started", started), fmt.Sprintf("%d due and not started", due-started))
	default:
		parts = append(parts, fmt.Sprintf("%d started", started))
	}
	paused := 0
	for _, job := range r.Jobs {
		if job.Paused {
			paused++
		}
	}
	if paused > 0 {
		parts = append(parts, fmt.Sprintf("%d paused", paused))
	}
	for _, told := range r.Told {
		if words := told.words(r.DryRun); words != "" {
			parts = append(parts, words)
		}
	}
	return strings.Join(parts, ", ")
}

// counted are the states that a rescue counts where they occur.
var counted = []string{string(schedule.Unchecked), string(schedule.Expired), string(schedule.Waiting), string(schedule.Disabled), string(schedule.NotStarted), string(schedule.Ended)}

func (r *Report) count(state string) (n int) {
	for _, job := range r.Jobs {
		if job.State() == state {
			n++
		}
	}
	return n
}

// Words says how a job stands and what the rescue did about it.
func (r *Report) Words(job Result) string {
	v := job.Verdict
	switch {
	case job.Paused:
		return "paused, after " + problem.Count(job.Pausing, "failed window") + " in a row"
	case job.Pausing > 0 && r.DryRun:
		return problem.Count(job.Pausing, "failed window") + " in a row: would be paused"
	case job.Pausing > 0:
		return problem.Count(job.Pausing, "failed window") + " in a row: GitHub did not pause it"
	case job.Started && v.Failed > 0:
		return "started again, after " + problem.Count(v.Failed, "failed run")
	case job.Started && v.Why == schedule.Unread:
		return "started: its runs were not read"
	case job.Started:
		return "started: it had no confirmed run"
	case job.Refused():
		return "due: GitHub refused to start it"
	case job.Failed != nil:
		return "due: GitHub may have started it, its answer is not clear"
	case v.Why == schedule.Unread && r.DryRun:
		return "its runs were not read: would be started"
	case v.Why == schedule.Unread:
		return "its runs were not read: left to the next rescue"
	case v.Dispatch && r.DryRun:
		return "due: would be started"
	case v.Dispatch:
		return "due: left to the next rescue"
	}
	switch state := job.State(); state {
	case string(schedule.Running):
		return "a run is queued or in progress"
	case string(schedule.Young):
		return "its workflow is younger than the window: first due " + problem.Clock(v.Window.End)
	case string(schedule.Patience):
		return "left to its own ticks until " + problem.Clock(v.Again)
	case string(schedule.Backoff):
		if v.Failed == 0 {
			return "its runs did not execute: started again after " + problem.Clock(v.Again)
		}
		return problem.Count(v.Failed, "failed run") + ": started again after " + problem.Clock(v.Again)
	case string(schedule.Waiting):
		return "waits for " + problem.Some(v.Needs, problem.Show)
	case string(schedule.Rescheduled):
		return "asked to be run next at " + problem.Clock(v.Again)
	case string(schedule.Unchecked):
		return "its green run was not checked in this round, to stay within GitHub's limit"
	case string(schedule.Expired):
		if v.Doubt {
			return "expired " + problem.Clock(job.Schedule.Expires(v.Window)) + ", and its runs were not read"
		}
		return "expired " + problem.Clock(job.Schedule.Expires(v.Window)) + " without a confirmed run"
	case string(schedule.Disabled):
		return "disabled"
	case string(schedule.NotStarted):
		return "not started: first run " + problem.Clock(job.Schedule.Next(r.Now))
	case string(schedule.Ended):
		if v.Lapsed {
			return "ended " + problem.Clock(v.Window.End) + " without a confirmed run"
		}
		return "ended"
	case Paused:
		return "paused: its workflow is disabled by hand"
	case github.Unregistered:
		return "GitHub does not know its workflow"
	case "disabled_inactivity":
		return "GitHub disabled its workflow, because the repository had no activity"
	case "disabled_fork":
		return "its workflow is disabled, as on every fork"
	case "deleted":
		return "its workflow was deleted"
	default:
		return strings.ReplaceAll(state, "_", " ")
	}
}

// ByNeed returns the jobs whose current window is not known to be confirmed, and the
// others.
func (r *Report) ByNeed() (unconfirmed, confirmed []Result) {
	for _, job := range r.Jobs {
		if job.State() == string(schedule.Fulfilled) {
			confirmed = append(confirmed, job)
		} else {
			unconfirmed = append(unconfirmed, job)
		}
	}
	return unconfirmed, confirmed
}
