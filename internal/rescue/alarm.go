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
	for _, job := range report.Jobs {
		if job.Workflow != active {
			continue // its runs were not read
		}
		alarm := github.Alarm{Project: r.Project, Job: job.ID}
		switch failure, failing := schedule.Failing(job.watch, job.Verdict); {
		case job.Verdict.Why == schedule.Fulfilled:
			alarm.Body = recovered(job)
		case failing && failure.Runs == 0:
			alarm.Failing, alarm.Title, alarm.Body = true, "Scheduled job "+problem.Show(job.ID)+" did not run", expired(job, failure)
		case failing:
			alarm.Failing, alarm.Title, alarm.Body = true, "Scheduled job "+problem.Show(job.ID)+" fails", fails(job.ID, failure)
		default:
			continue
		}
		alarms = append(alarms, alarm)
	}
	report.Issues, report.IssuesLeft, err = r.Client.Alarm(ctx, alarms)
	return err
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
		"The job is not run for that window any more, because of its option expires. Its next window is served as usual.\n\n"+
		"This issue is closed when a run of the job has succeeded. Close it yourself to hear no more about this; "+
		"disable the workflow in the Actions tab to pause the job.\n",
		markdown.Code(problem.Show(job.ID)), problem.Clock(f.Window.Start), problem.Clock(f.Window.End), problem.Clock(job.Schedule.Expires(f.Window))))
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
