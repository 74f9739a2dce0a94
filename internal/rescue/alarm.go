package rescue

import (
	"context"
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// alarm writes the issues of the jobs that fail and of those that work again.
func (r Rescue) alarm(ctx context.Context, report *Report) (err error) {
	ctx, cancel := github.Within(ctx, alarmPatience, "write issues")
	defer cancel()
	var alarms []github.Alarm
	declared := map[string]bool{}
	for _, id := range r.Others {
		declared[id] = true
	}
	for _, job := range report.Jobs {
		declared[job.ID] = true
		alarm := github.Alarm{Project: r.Project, Job: job.ID}
		if alarm.Failing, alarm.Title, alarm.Body = job.alarm(); alarm.Body != "" {
			alarms = append(alarms, alarm)
		}
	}
	removed := func(project, id string) string {
		if project != r.Project || declared[id] {
			return ""
		}
		return over(id, "does not run on GitHub any more")
	}
	report.Issues, report.IssuesLeft, err = r.Client.Alarm(ctx, alarms, removed)
	return err
}

// alarm says whether the job fails, and what its issue says; body is "" if nobody can
// say.
func (r Result) alarm() (failing bool, title, body string) {
	failure, failing := schedule.Failing(r.watch, r.Verdict)
	switch state := r.State(); {
	case r.Verdict.Served:
		return false, "", recovered(r)
	case failing && r.Verdict.Lapsed:
		body = ended(r.ID, failure)
	case failing && failure.Runs == 0 && r.Schedule.Next(failure.Window.Start).IsZero():
		body = ended(r.ID, failure)
	case failing && failure.Runs == 0:
		body = expired(r, failure)
	case failing:
		body = fails(r.ID, failure)
	case state == Paused:
		body = over(r.ID, "is paused: its workflow is disabled by hand")
	case state == string(schedule.Disabled):
		body = over(r.ID, "is disabled")
	case state == string(schedule.NotStarted):
		body = over(r.ID, "has not started yet")
	case state == string(schedule.Ended) && r.Verdict.Window.IsZero():
		body = over(r.ID, "has ended")
	}
	title = "Scheduled job " + problem.Show(r.ID) + " fails"
	if failure.Runs == 0 {
		title = "Scheduled job " + problem.Show(r.ID) + " did not run"
	}
	return failing, title, body
}

// fails is the body of the issue of a job that fails.
func fails(id string, f schedule.Failure) string {
	return markdown.Unmarked(fmt.Sprintf("%s of the job %s failed in the window from %s to %s; the last one was %s, on %s.\n\n"+
		"The job is started again until it succeeds, after ever longer pauses, up to a twelfth of the window.\n\n"+
		"This issue is closed when a run of the job has succeeded. Close it yourself to hear no more about this failure; "+
		"disable the workflow in the Actions tab to pause the job.\n",
		problem.Count(f.Runs, "run"), markdown.Code(problem.Show(id)), problem.Clock(f.Window.Start), problem.Clock(f.Window.End), runLink(f.Last), problem.Clock(f.Last.Created)))
}

// expired is the body of the issue of a job whose slot became too old to be run.
func expired(job Result, f schedule.Failure) string {
	return markdown.Unmarked(fmt.Sprintf("The window of the job %s from %s to %s expired at %s without a confirmed run.\n\n"+
		"The job is not run for that window any more, because its slot is too old. Its next window is served as usual.\n\n"+
		"This issue is closed when a run of the job has succeeded. Close it yourself to hear no more about this; "+
		"disable the workflow in the Actions tab to pause the job.\n",
		markdown.Code(problem.Show(job.ID)), problem.Clock(f.Window.Start), problem.Clock(f.Window.End), problem.Clock(job.Schedule.Expires(f.Window))))
}

// ended is the body of the issue of a job whose last window nothing confirmed.
func ended(id string, f schedule.Failure) string {
	failures := ""
	if f.Runs > 0 {
		failures = fmt.Sprintf(" In it %s failed; the last one was %s, on %s.", problem.Count(f.Runs, "run"), runLink(f.Last), problem.Clock(f.Last.Created))
	}
	return markdown.Unmarked(fmt.Sprintf("The last window of the job %s, from %s to %s, has no confirmed run.%s\n\n"+
		"Nothing starts the job any more. To run it for that window, use the button Run workflow in the Actions tab.\n\n"+
		"This issue is closed when that run has succeeded, and a week after the end of the window at the latest.\n",
		markdown.Code(problem.Show(id)), problem.Clock(f.Window.Start), problem.Clock(f.Window.End), failures))
}

// over is the body of the issue of a job that has nothing to do any more.
func over(id, why string) string {
	return markdown.Unmarked(fmt.Sprintf("The job %s %s, so this issue is closed. The next failure opens a new one.\n", markdown.Code(problem.Show(id)), why))
}

// recovered is the body of the issue of a job that works again.
func recovered(job Result) string {
	w := job.Verdict.Window
	return markdown.Unmarked(fmt.Sprintf("The job %s works again: its window from %s to %s is confirmed.\n",
		markdown.Code(problem.Show(job.ID)), problem.Clock(w.Start), problem.Clock(w.End)))
}

func runLink(run schedule.Run) string {
	return markdown.Link(fmt.Sprintf("run %d", run.ID), run.URL)
}
