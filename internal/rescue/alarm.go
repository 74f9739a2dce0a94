package rescue

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// gone says why the job owes no run any more, or for now; "" if it does, or that is not
// known.
func (r *Result) gone() string {
	switch state := r.State(); {
	case r.Paused:
		return ""
	case state == Paused:
		return "is paused: its workflow is disabled by hand"
	case state == string(schedule.Disabled):
		return "is disabled"
	case state == string(schedule.NotStarted):
		return "has not started yet"
	case state == string(schedule.Ended) && r.Verdict.Window.IsZero():
		return "has ended"
	}
	return ""
}

// known returns what is known about each kind of event. Of a job that is gone it is that.
func (r *Result) known() []schedule.Alarm {
	if r.gone() == "" {
		return r.alarms
	}
	return schedule.Alarms(schedule.Watch{Schedule: r.Schedule}, schedule.Verdict{}, time.Time{})
}

// alarmsOf returns what the issues of a job say.
func (r *Result) alarmsOf(facts *facts) (alarms []github.Alarm) {
	gone := r.gone()
	for _, a := range r.known() {
		alarm := github.Alarm{AlarmKey: github.AlarmKey{Project: r.Project.Path, Job: r.ID, Kind: a.Kind}}
		switch {
		case gone != "":
			alarm.Over, alarm.End, alarm.Held = true, r.over(gone), r.State() == Paused
		case !r.Tells.Tells(a.Kind):
			alarm.Over, alarm.End = true, r.over(fmt.Sprintf("is not watched for this any more, because notify-on lacks %q", a.Kind))
		case !a.Raised && !a.Over:
			continue
		default:
			r.fill(&alarm, a, facts)
		}
		alarms = append(alarms, alarm)
	}
	return alarms
}

// fill sets what the issue of an alarm says.
func (r *Result) fill(alarm *github.Alarm, a schedule.Alarm, facts *facts) {
	alarm.Failing, alarm.Over, alarm.Title = a.Raised, a.Over, title(r.Project.Path, r.ID, a.Kind)
	if a.Kind != schedule.JobFailed {
		alarm.Window, alarm.First = a.Window.Start, a.First.Start
	}
	alarm.Paused = r.halted() && a.Kind == schedule.JobFailed
	alarm.Sign = fmt.Sprint(a.Window.Start.Unix(), " ", a.Last.ID, " ", a.Runs, " ", a.InARow, " ", r.Verdict.Lapsed, " ", alarm.Paused)
	alarm.End, alarm.Posted = recovered(r, a.Evidence), r.Project.Hooks[r.Webhook] != nil
	alarm.Body = func(ctx context.Context, first time.Time) string {
		if !first.IsZero() && first.Before(a.First.Start) {
			a.First = r.Schedule.Window(first)
		}
		return markdown.Unmarked(body(r, a) + facts.lines(ctx, r, a) + "\n" + ending(r, a))
	}
}

// titles are what the titles of issues say, by kind.
var titles = map[schedule.Event]string{
	schedule.JobFailed:  "failed",
	schedule.JobMissed:  "missed its window",
	schedule.JobExpired: "expired without a run",
	schedule.JobLate:    "started late",
}

func title(project, id string, kind schedule.Event) string {
	return "Scheduled job " + named(project, id) + " " + titles[kind]
}

// named names a job, and its project where that is not at the root of the repository.
func named(project, id string) string {
	if dir := path.Dir(project); dir != "." {
		return problem.Show(id) + " of " + problem.Show(dir)
	}
	return problem.Show(id)
}

// marked is named as Markdown.
func marked(project, id string) string { return markdown.Code(named(project, id)) }

// marked names the job as Markdown.
func (r *Result) marked() string { return marked(r.Project.Path, r.ID) }

// body says what happened.
func body(job *Result, a schedule.Alarm) string {
	id, window := job.marked(), fmt.Sprintf("from %s to %s", problem.Clock(a.Window.Start), problem.Clock(a.Window.End))
	ended := job.Verdict.Lapsed && a.Window == job.Verdict.Window
	failures := fmt.Sprintf("%s of the job %s failed in the window %s; the last one was %s, on %s.",
		problem.Count(a.Runs, "run"), id, window, runLink(a.Last), problem.Clock(a.Last.Created))
	switch {
	case ended && a.Runs > 0:
		return fmt.Sprintf("The last window of the job %s, %s, has no confirmed run. In it %s failed; the last one was %s, on %s.\n\n",
			id, window, problem.Count(a.Runs, "run"), runLink(a.Last), problem.Clock(a.Last.Created))
	case ended:
		return fmt.Sprintf("The last window of the job %s, %s, has no confirmed run.\n\n", id, window)
	case a.Kind == schedule.JobExpired:
		return fmt.Sprintf("The window of the job %s %s expired at %s without a confirmed run.%s\n\n", id, window, problem.Clock(job.Schedule.Expires(a.Window)), since(a))
	case a.Kind == schedule.JobMissed:
		return fmt.Sprintf("The job %s did not execute in the window %s, which is over.%s\n\n", id, window, since(a))
	case a.Kind == schedule.JobLate:
		return fmt.Sprintf("The job %s executed %v after its slot, in the window %s.\n\n", id, a.Last.Started.Sub(a.Window.Start).Round(time.Minute), window)
	case a.InARow > 1:
		failures += fmt.Sprintf(" %d windows in a row have failed.", a.InARow)
	}
	return failures + "\n\n"
}

// since says with which window a row of such windows began; "" with this one.
func since(a schedule.Alarm) string {
	if !a.First.Start.Before(a.Window.Start) || a.First.IsZero() {
		return ""
	}
	return fmt.Sprintf(" The first such window began on %s.", problem.Clock(a.First.Start))
}

// lines are the facts of an event, as a list.
func (f *facts) lines(ctx context.Context, job *Result, a schedule.Alarm) string {
	var b strings.Builder
	if cause := f.cause(ctx, a); cause != "" {
		fmt.Fprintf(&b, "- Cause: %s\n", markdown.Code(markdown.Clean(cause)))
	}
	if a.Kind == schedule.JobLate {
		fmt.Fprintf(&b, "- Run: %s\n", runLink(a.Last))
	} else if last := f.success(ctx, job); !last.Started.IsZero() {
		fmt.Fprintf(&b, "- Last success: %s, on %s\n", runLink(last), problem.Clock(last.Started))
	}
	if command := again(job, a); command != "" {
		button := ", or the button Run workflow in the Actions tab"
		if job.halted() {
			button = ""
		}
		fmt.Fprintf(&b, "- To run it again: %s%s\n", markdown.Code(command), button)
	}
	return b.String()
}

// ending says what comes next.
func ending(job *Result, a schedule.Alarm) string {
	next, closed := "", "This issue is closed when a run of the job has succeeded. Close it yourself to hear no more about this; "+
		"disable the workflow in the Actions tab to pause the job.\n"
	switch {
	case job.halted() && a.Kind == schedule.JobFailed:
		next = fmt.Sprintf("The job is paused after %s in a row: its workflow is disabled. %s starts it again.\n\n",
			problem.Count(job.Pausing, "failed window"), markdown.Code(job.command("resume")))
		closed = "This issue is closed when a run of the job has succeeded.\n"
	case job.Verdict.Lapsed && a.Window == job.Verdict.Window:
		next = "Nothing starts the job any more. To run it for that window, use the button Run workflow in the Actions tab.\n\n"
		closed = "This issue is closed when that run has succeeded, and a week after the end of the window at the latest.\n"
	case a.Kind == schedule.JobFailed:
		next = "The job is started again until it succeeds, after ever longer pauses, up to a twelfth of the window.\n\n"
		closed = strings.Replace(closed, "about this;", "about this failure;", 1)
	case a.Kind == schedule.JobLate:
		closed = "This issue is closed when the job has started in time.\n"
	default:
		next = "The job is not run for that window any more. Its next window is served as usual.\n\n"
	}
	return next + closed
}

// over is the body of the issue of a job that has nothing to do any more.
func over(project, id, why string) string {
	return markdown.Unmarked(fmt.Sprintf("The job %s %s, so this issue is closed. The next failure opens a new one.\n", marked(project, id), why))
}

func (r *Result) over(why string) string { return over(r.Project.Path, r.ID, why) }

// recovered is the body of the issue of a job that works again.
func recovered(job *Result, evidence schedule.Run) string {
	w := job.Verdict.Window
	said := fmt.Sprintf("The job %s works again: its window from %s to %s is confirmed.\n",
		job.marked(), problem.Clock(w.Start), problem.Clock(w.End))
	if evidence.Outcome != "" {
		said += "\n- Message: " + markdown.Code(markdown.Clean(evidence.Outcome)) + "\n"
	}
	return markdown.Unmarked(said)
}

// again returns the command that runs a job again after an event, from the root of the
// repository; "" if there is no need.
func again(job *Result, a schedule.Alarm) string {
	switch a.Kind {
	case schedule.JobFailed:
		start := job.command("trigger")
		if job.halted() {
			return job.command("resume") + " && " + start
		}
		return start
	case schedule.JobMissed, schedule.JobExpired:
		from, to := cmp.Or(a.First, a.Window).Start.UTC(), a.Window.Start.UTC()
		return job.command("backfill", "--from", from.Format(time.RFC3339), "--to", to.Format(time.RFC3339))
	}
	return ""
}

// command returns a command about the job, from the root of the repository.
func (r *Result) command(verb string, flags ...string) string {
	before := "scheduled "
	if dir := path.Dir(r.Project.Path); dir != "." {
		if strings.HasPrefix(dir, "-") {
			dir = "./" + dir
		}
		before = problem.Command("scheduled --project", dir) + " "
	}
	return problem.Command(before+verb, r.ID, flags...)
}

// untitled is a cause without the word that it failed.
func untitled(cause string) string { return strings.TrimPrefix(cause, "failed: ") }

func runLink(run schedule.Run) string {
	return markdown.Link(fmt.Sprintf("run %d", run.ID), run.URL)
}
