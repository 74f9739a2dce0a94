package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// rescueJSON is the output of `rescue --json`.
type rescueJSON struct {
	Now  time.Time       `json:"now"`
	Left int             `json:"left"`
	Jobs []rescueJobJSON `json:"jobs"`
}

type rescueJobJSON struct {
	Job    string `json:"job"`
	State  string `json:"state"`
	Window struct {
		Start time.Time `json:"start"`
		End   time.Time `json:"end"`
	} `json:"window"`
	Dispatched bool       `json:"dispatched"`
	Failed     int        `json:"failed"`
	Again      *time.Time `json:"again"`
}

func newRescueJSON(r *rescue.Report) rescueJSON {
	out := rescueJSON{Now: r.Now.Truncate(time.Second), Left: r.Left(), Jobs: []rescueJobJSON{}}
	for _, job := range r.Jobs {
		row := rescueJobJSON{Job: job.ID, State: job.State(), Dispatched: job.Started, Failed: job.Verdict.Failed, Again: optional(job.Verdict.Again)}
		window := job.Schedule.Window(r.Now)
		row.Window.Start, row.Window.End = window.Start, window.End
		out.Jobs = append(out.Jobs, row)
	}
	return out
}

// printRescue prints the report, as JSON or as a table, and adds it to the summary of
// the step.
func (p *Program) printRescue(r *rescue.Report, asJSON bool) error {
	runner := p.runner(p.Stderr)
	p.warn(runner, runner.Summary(rescueSummary(r)))
	if asJSON {
		return p.printJSON(newRescueJSON(r))
	}
	t := table(p.Stdout)
	unconfirmed, _ := byNeed(r)
	for _, job := range unconfirmed {
		fmt.Fprintf(t, "%s\t%s\t%s\n", problem.Show(job.ID), problem.Clock(job.Schedule.Prev(r.Now)), rescueWords(r, job))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.Stdout, rescueSum(r))
	return err
}

// warnOfRescue warns of what people have to do something about, in one annotation:
// GitHub shows ten of a step.
func (p *Program) warnOfRescue(r *rescue.Report, repository string) {
	if r.IssuesLeft > 0 {
		p.say(fmt.Sprintf("the issues of %s are left to the next rescue", problem.Count(r.IssuesLeft, "job")))
	}
	var remarks []error
	for _, job := range r.Jobs {
		state := job.Workflow
		if job.State() == rescue.Paused {
			state = "" // it is intended
		}
		on := past.Job{ID: job.ID, File: job.File, Schedule: job.Schedule}
		for _, remark := range past.Setup(on, state, repository, job.Schedule.Window(r.Now), p.retention()) {
			remarks = append(remarks, errors.New(remark))
		}
	}
	if left := r.Left(); left > 0 {
		remark := problem.Count(left, "due job") + " left to the next rescue"
		if r.Bound != "" {
			remark += ": " + r.Bound
		}
		remarks = append(remarks, errors.New(remark))
	}
	p.warn(p.runner(p.Stderr), errors.Join(remarks...))
}

// byNeed returns the jobs whose current window is not known to be confirmed, and the
// others.
func byNeed(r *rescue.Report) (unconfirmed, confirmed []rescue.Result) {
	for _, job := range r.Jobs {
		if job.State() == string(schedule.Fulfilled) {
			confirmed = append(confirmed, job)
		} else {
			unconfirmed = append(unconfirmed, job)
		}
	}
	return unconfirmed, confirmed
}

// rescueWords says how a job stands and what the rescue did about it.
func rescueWords(r *rescue.Report, job rescue.Result) string {
	v := job.Verdict
	switch {
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
		return problem.Count(v.Failed, "failed run") + ": started again after " + problem.Clock(v.Again)
	case rescue.Paused:
		return "paused: its workflow is disabled by hand"
	case rescue.Missing:
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

// rescueSum says in one line what was done.
func rescueSum(r *rescue.Report) string {
	due, started := r.Due(), r.Started()
	_, confirmed := byNeed(r)
	parts := []string{problem.Count(len(r.Jobs), "job"), fmt.Sprintf("%d confirmed", len(confirmed))}
	switch {
	case r.DryRun:
		parts = append(parts, fmt.Sprintf("%d due", due))
	case due > started:
		parts = append(parts, fmt.Sprintf("%d started", started), fmt.Sprintf("%d due and not started", due-started))
	default:
		parts = append(parts, fmt.Sprintf("%d started", started))
	}
	for _, issue := range r.Issues {
		parts = append(parts, fmt.Sprintf("issue #%d %s", issue.Number, issue.Operation))
	}
	return strings.Join(parts, ", ")
}

// maxRescueTable is in bytes. GitHub drops a summary of more than 1 MiB as a whole:
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
const maxRescueTable = 256 << 10

// rescueSummary is what the page of the run shows: the state of all jobs, those at
// the top that may need attention.
func rescueSummary(r *rescue.Report) string {
	var b strings.Builder
	b.WriteString(rescueSum(r) + ", at " + problem.Clock(r.Now) + ".\n\n| job | due (UTC) | | latest run | next (UTC) |\n|---|---|---|---|---|\n")
	unconfirmed, confirmed := byNeed(r)
	for i, job := range slices.Concat(unconfirmed, confirmed) {
		latest := ""
		if run, found := job.Latest(); found {
			latest = markdown.Link(fmt.Sprintf("run %d", run.ID), run.URL)
		}
		window := job.Schedule.Window(r.Now)
		row := markdown.Row(markdown.Code(problem.Show(job.ID)), minute(window.Start), rescueWords(r, job), latest, minute(window.End))
		if b.Len()+len(row) > maxRescueTable {
			fmt.Fprintf(&b, "\nThe table is cut: %d of %s shown.\n", i, problem.Count(len(r.Jobs), "row"))
			break
		}
		b.WriteString(row)
	}
	return b.String()
}
