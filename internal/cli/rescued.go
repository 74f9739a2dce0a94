package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// rescuedJSON is the output of `rescue --json`.
type rescuedJSON struct {
	Now  time.Time        `json:"now"`
	Left int              `json:"left"`
	Jobs []rescuedJobJSON `json:"jobs"`
}

type rescuedJobJSON struct {
	Job        string        `json:"job"`
	State      string        `json:"state"`
	Window     decidedWindow `json:"window"`
	Dispatched bool          `json:"dispatched"`
	Failed     int           `json:"failed"`
	Again      *time.Time    `json:"again"`
}

// tell says what was done: as JSON, or as a table and in the step's summary.
func (r *rescue) tell(asJSON bool) error {
	r.warn(r.runner(r.Stderr), r.runner(r.Stderr).Summary(r.summary()))
	if !asJSON {
		return r.print(r.Stdout)
	}
	out := rescuedJSON{Now: r.now.Truncate(time.Second), Left: r.left(), Jobs: []rescuedJobJSON{}}
	for _, job := range r.jobs {
		window := job.job.Schedule.Window(r.now)
		row := rescuedJobJSON{Job: job.job.ID, State: job.state(), Window: decidedWindow{window.Start, window.End},
			Dispatched: job.started, Failed: job.verdict.Failed}
		if !job.verdict.Again.IsZero() {
			row.Again = &job.verdict.Again
		}
		out.Jobs = append(out.Jobs, row)
	}
	return r.printJSON(out)
}

// state says in a word how a job stands.
func (j rescued) state() string {
	switch j.workflow {
	case active:
		return string(j.verdict.Why)
	case "disabled_manually":
		return "paused"
	}
	return j.workflow
}

// says says in words how a job stands and what the rescue did about it.
func (r *rescue) says(job rescued) string {
	v := job.verdict
	switch {
	case job.started && v.Failed > 0:
		return "started again, after " + problem.Count(v.Failed, "failed run")
	case job.started && v.Why == schedule.Unread:
		return "started: its history was not read"
	case job.started:
		return "started: nobody confirmed its window"
	case github.Refused(job.failed):
		return "due, and GitHub refused to start it"
	case job.failed != nil:
		return "due, and nobody knows whether GitHub started it"
	case v.Why == schedule.Unread && r.dryRun:
		return "its history was not read: would be started"
	case v.Why == schedule.Unread:
		return "its history was not read: left to the next rescue"
	case v.Dispatch && r.dryRun:
		return "due: would be started"
	case v.Dispatch:
		return "due: left to the next rescue"
	}
	switch state := job.state(); state {
	case string(schedule.Running):
		return "a run is queued or in progress"
	case string(schedule.Young):
		return "its workflow is younger than the window: first due " + problem.Clock(v.Window.End)
	case string(schedule.Patience):
		return "left to its own ticks until " + problem.Clock(v.Again)
	case string(schedule.Backoff):
		return problem.Count(v.Failed, "failed run") + ": started again after " + problem.Clock(v.Again)
	case "paused":
		return "paused: its workflow is disabled by hand"
	case notRegistered:
		return "GitHub knows no workflow of it"
	case "disabled_inactivity":
		return "GitHub disabled its workflow, for want of activity"
	case "disabled_fork":
		return "its workflow is disabled, as on every fork"
	case "deleted":
		return "its workflow was deleted"
	default:
		return strings.ReplaceAll(state, "_", " ")
	}
}

// notable are the jobs that there is more to say about than that they are
// confirmed; the others are confirmed.
func (r *rescue) notable() (notable, confirmed []rescued) {
	for _, job := range r.jobs {
		if job.state() == string(schedule.Fulfilled) {
			confirmed = append(confirmed, job)
		} else {
			notable = append(notable, job)
		}
	}
	return notable, confirmed
}

// sum says in a line what was done.
func (r *rescue) sum() string {
	started, due := 0, len(r.due())
	_, confirmed := r.notable()
	for _, job := range r.jobs {
		if job.started {
			started++
		}
	}
	parts := []string{problem.Count(len(r.jobs), "job"), fmt.Sprintf("%d confirmed", len(confirmed))}
	switch {
	case r.dryRun:
		parts = append(parts, fmt.Sprintf("%d due", due))
	case due > started:
		parts = append(parts, fmt.Sprintf("%d started", started), fmt.Sprintf("%d due and not started", due-started))
	default:
		parts = append(parts, fmt.Sprintf("%d started", started))
	}
	for _, issue := range r.issues {
		parts = append(parts, fmt.Sprintf("issue #%d %s", issue.Number, issue.Operation))
	}
	return strings.Join(parts, ", ")
}

func (r *rescue) print(w io.Writer) error {
	t := table(w)
	notable, _ := r.notable()
	for _, job := range notable {
		fmt.Fprintf(t, "%s\t%s\t%s\n", problem.Show(job.job.ID), problem.Clock(job.job.Schedule.Prev(r.now)), r.says(job))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, r.sum())
	return err
}

// summary is what the page of the run shows: how all jobs stand, those first that
// somebody may have to look after.
func (r *rescue) summary() string {
	notable, confirmed := r.notable()
	var b strings.Builder
	b.WriteString(r.sum() + ", at " + problem.Clock(r.now) + ".\n\n| job | due (UTC) | | latest run | next (UTC) |\n|---|---|---|---|---|\n")
	for i, job := range slices.Concat(notable, confirmed) {
		window, latest := job.job.Schedule.Window(r.now), ""
		if run, found := job.latest(window); found {
			latest = markdownLink(run)
		}
		row := markdown.Row(markdown.Code(problem.Show(job.job.ID)), minute(window.Start), r.says(job), latest, minute(window.End))
		if b.Len()+len(row) > 256<<10 {
			fmt.Fprintf(&b, "\nThe table is cut: %d of %s shown.\n", i, problem.Count(len(r.jobs), "row"))
			break
		}
		b.WriteString(row)
	}
	return b.String()
}

// latest returns the run of a window that was created last.
func (j rescued) latest(w schedule.Window) (latest schedule.Run, found bool) {
	for _, run := range j.watch.Runs {
		if w.Contains(run.Created) && run.Created.After(latest.Created) {
			latest, found = run, true
		}
	}
	return latest, found
}

// alarm sees to the issues of jobs that fail and of those that have recovered.
func (r *rescue) alarm(ctx context.Context) (err error) {
	var alarms []github.Alarm
	for _, job := range r.jobs {
		if job.workflow != active {
			continue // nothing is known of its runs
		}
		alarm := github.Alarm{Project: r.project.path, Job: job.job.ID}
		switch failure, failing := schedule.Failing(job.watch, job.verdict); {
		case job.verdict.Why == schedule.Fulfilled:
			alarm.Body = r.recovered(job)
		case failing:
			alarm.Failing, alarm.Title, alarm.Body = true, "Scheduled job "+problem.Show(job.job.ID)+" fails", fails(job.job.ID, failure)
		default:
			continue
		}
		alarms = append(alarms, alarm)
	}
	var left int
	r.issues, left, err = r.client.Alarm(ctx, alarms)
	if left > 0 {
		r.say(fmt.Sprintf("the issues of %s are left to the next rescue", problem.Count(left, "job")))
	}
	return err
}

// fails is the body of the issue of a job that fails.
func fails(id string, f schedule.Failure) string {
	return markdown.Unmarked(fmt.Sprintf("%s of the job %s failed in the window from %s to %s; the last one was %s, on %s.\n\n"+
		"It is started again until it succeeds, at ever longer intervals, at most a twelfth of the window.\n\n"+
		"This issue is closed once a window is confirmed again. Close it yourself to hear no more of this failure; "+
		"disable the workflow in the Actions tab to pause the job.\n",
		problem.Count(f.Runs, "run"), markdown.Code(problem.Show(id)), problem.Clock(f.Window.Start), problem.Clock(f.Window.End), markdownLink(f.Last), problem.Clock(f.Last.Created)))
}

// recovered is the body of the issue of a job that succeeded again.
func (r *rescue) recovered(job rescued) string {
	w := job.verdict.Window
	return markdown.Unmarked(fmt.Sprintf("The job %s works again: its window from %s to %s is confirmed.\n", markdown.Code(problem.Show(job.job.ID)), problem.Clock(w.Start), problem.Clock(w.End)))
}
