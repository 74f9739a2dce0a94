// Package rescue starts due jobs that have no confirmed run, tells people by issues and
// webhooks about those that fail, and pauses them. It returns what it did as data.
package rescue

import (
	"context"
	"errors"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/webhook"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// GitHub cancels the job of a rescue after 15 minutes. Each step ends in time for
// the next one: slow lists of runs must not keep the issues from being written.
const (
	lookPatience     = 4 * time.Minute
	dispatchPatience = 6 * time.Minute
	alarmPatience    = 2 * time.Minute
	postPatience     = time.Minute
)

// Rescue is what a rescue works on.
type Rescue struct {
	Client   *github.Client
	Branch   string // the default branch; "" to ask GitHub
	Projects []*Project
	DryRun   bool // start no job, raise no alarm, and report what it would do

	Pacemaker *Pacemaker // nil for none
	Page      *Page      // nil for none

	// Wait pauses between two dispatches, and ends early when the context does; nil
	// for a pause by the clock.
	Wait func(context.Context, time.Duration)
}

// Project is a project whose jobs a rescue checks.
type Project struct {
	Path   string // of its pyproject.toml in the repository
	Jobs   []Job
	Others []string // ids of jobs that are declared, and cannot be checked
	Notify bool     // write issues for jobs that fail

	Hooks  map[string]*webhook.Hook // where to post, by Job.Webhook; others are not posted to
	Memory *webhook.Memory          // of what was posted; nil if no job has a webhook
}

// Job is a job that a rescue checks.
type Job struct {
	ID       string
	File     string // name of its workflow file, without a folder
	Schedule schedule.Schedule
	Patience time.Duration // how long after the slot the rescue leaves it to its own ticks
	Needs    []string      // ids of the jobs of its project that it waits for
	Parallel bool          // an execution of one window does not hold up that of another
	Tells    schedule.Telling
	Webhook  string // a key of Project.Hooks; "" for none

	Group, Description string
}

// Run checks the jobs once. Without a Report, nothing could be read. With one,
// the error joins all that went wrong later: a *github.Denied, a *github.Failure, a
// Hidden, or the cause that ended ctx.
func (r Rescue) Run(ctx context.Context) (*Report, error) {
	report, err := r.Look(ctx)
	if err != nil {
		if r.Pacemaker != nil && r.Pacemaker.Link != nil && r.Branch != "" && !r.DryRun {
			_, beat := r.pace(ctx, r.blind())
			err = errors.Join(err, beat.wrong())
		}
		return report, err
	}
	var dispatching error
	if !r.DryRun {
		dispatching = r.dispatch(ctx, report)
	}
	report, beat := r.pace(ctx, report)
	report.Beat = beat
	if !r.DryRun {
		r.pause(ctx, report)
	}
	err = errors.Join(dispatching, beat.wrong(), r.tell(ctx, report), report.failures())
	report.Publication = r.publish(ctx, report)
	return report, err
}

// Look reads the states of all jobs, and judges them. It changes nothing.
func (r Rescue) Look(ctx context.Context) (*Report, error) {
	ctx, cancel := github.Within(ctx, lookPatience, "read the runs of all jobs")
	defer cancel()
	workflows, err := r.Client.Workflows(ctx)
	if err != nil {
		return nil, err
	}
	report := &Report{branch: r.Branch, DryRun: r.DryRun}
	if report.branch == "" {
		if report.branch, err = r.Client.DefaultBranch(ctx); err != nil {
			return nil, err
		}
	}
	if r.Page != nil {
		report.page = github.Unregistered
		if pages, registered := workflows[workflow.PagesFile]; registered {
			report.page = pages.State
		}
	}
	var watches []github.Watch
	for _, project := range r.Projects {
		for _, job := range project.Jobs {
			workflow, registered := workflows[job.File]
			if !registered {
				workflow.State = github.Unregistered
			}
			report.Jobs = append(report.Jobs, Result{Job: job, Project: project, Workflow: workflow.State})
			if workflow.State == active {
				watches = append(watches, github.Watch{Workflow: job.File, Job: job.ID, Watch: schedule.Watch{
					Schedule: job.Schedule, Patience: job.Patience, Since: workflow.Created, Parallel: job.Parallel,
					Tells: job.Tells, Resumed: workflow.Enabled(),
				}})
			}
		}
	}
	if r.Pacemaker != nil {
		report.chain.Workflow = r.Pacemaker.Workflow
	}
	if report.Now, err = r.Client.Watch(ctx, report.branch, Reserve, watches, &report.chain); err != nil {
		return nil, err
	}
	report.judge(watches)
	report.listen()
	return report, nil
}

// judge gives the active jobs their watches and verdicts, and finds those that have failed
// so often that they are to be paused: these are not started.
func (r *Report) judge(watches []github.Watch) {
	byFile := map[string]schedule.Watch{}
	for _, w := range watches {
		byFile[w.Workflow] = w.Watch
	}
	for i := range r.Jobs {
		job := &r.Jobs[i]
		if job.Workflow != active {
			continue
		}
		job.watch = watches[0].Watch
		job.Schedule = job.Schedule.Adjusted(job.watch.Runs, r.Now)
		watches = watches[1:]
		for _, id := range job.Needs {
			if need, found := byFile[job.Project.file(id)]; found {
				if job.watch.Needs == nil {
					job.watch.Needs = map[string]schedule.Watch{}
				}
				job.watch.Needs[id] = need
			}
		}
		job.Verdict = schedule.Rescue(job.watch, r.Now)
		job.alarms = schedule.Alarms(job.watch, job.Verdict, r.Now)
		for _, a := range job.alarms {
			if a.Pause {
				job.Pausing, job.Verdict.Dispatch = a.InARow, false
			}
		}
	}
}

// file returns the name of a job's workflow file; "" without such a job.
func (p *Project) file(id string) string {
	for _, job := range p.Jobs {
		if job.ID == id {
			return job.File
		}
	}
	return ""
}

// pause disables the workflows of the jobs that have failed too often, as paced as it starts
// jobs. Those that are left are paused by the next rescue.
func (r Rescue) pause(ctx context.Context, report *Report) {
	ctx, cancel := github.Within(ctx, alarmPatience, "pause jobs")
	defer cancel()
	asked, over := 0, false
	for i := range report.Jobs {
		job := &report.Jobs[i]
		if job.Pausing == 0 {
			continue
		}
		job.unpaused = true
		if asked >= Unpaced && !over {
			r.wait(ctx, Pause)
		}
		remaining := r.Client.Remaining()
		if over = over || ctx.Err() != nil || remaining >= 0 && remaining < Reserve; over {
			continue
		}
		asked++
		job.Failed = r.Client.SetWorkflow(ctx, job.File, false)
		job.Paused, job.unpaused = job.Failed == nil, job.Failed != nil
		_, denied := errors.AsType[*github.Denied](job.Failed)
		over = denied && !github.Missing(job.Failed) || github.Limited(job.Failed)
	}
}
