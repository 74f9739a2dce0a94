// Package rescue starts due jobs that have no confirmed run, and keeps an issue for
// each job that fails. It returns what it did as data.
package rescue

import (
	"context"
	"errors"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// GitHub cancels the job of a rescue after 15 minutes. Each step ends in time for
// the next one: slow lists of runs must not keep the issues from being written.
const (
	lookPatience     = 4 * time.Minute
	dispatchPatience = 6 * time.Minute
	alarmPatience    = 2 * time.Minute
)

// Rescue is what a rescue works on.
type Rescue struct {
	Client  *github.Client
	Branch  string // the default branch; "" to ask GitHub
	Project string // path of pyproject.toml in the repository
	Jobs    []Job
	Others  []string // ids of jobs that are declared, and cannot be checked
	DryRun  bool     // start no job and write no issue
	Notify  bool     // write issues for jobs that fail

	// Wait pauses between two dispatches, and ends early when the context does; nil
	// for a pause by the clock.
	Wait func(context.Context, time.Duration)
}

// Job is a job that a rescue checks.
type Job struct {
	ID       string
	File     string // name of its workflow file, without a folder
	Schedule schedule.Schedule
	Patience time.Duration // how long after the slot the rescue leaves it to its own ticks
}

// Run checks the jobs once. Without a Report, nothing could be read. With one,
// the error joins all that went wrong later: a *github.Denied, a *github.Failure, a
// Hidden, or the cause that ended ctx.
func (r Rescue) Run(ctx context.Context) (*Report, error) {
	report, err := r.look(ctx)
	if err != nil || r.DryRun {
		return report, err
	}
	dispatching := r.dispatch(ctx, report)
	var alarming error
	if r.Notify {
		alarming = r.alarm(ctx, report)
	}
	return report, errors.Join(dispatching, alarming, report.failures())
}

// look reads the states of all jobs.
func (r Rescue) look(ctx context.Context) (*Report, error) {
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
	var watches []github.Watch
	for _, job := range r.Jobs {
		workflow, registered := workflows[job.File]
		if !registered {
			workflow.State = github.Unregistered
		}
		report.Jobs = append(report.Jobs, Result{Job: job, Workflow: workflow.State})
		if workflow.State == active {
			watches = append(watches, github.Watch{Workflow: job.File, Job: job.ID, Watch: schedule.Watch{
				Schedule: job.Schedule, Patience: job.Patience, Since: workflow.Created,
			}})
		}
	}
	if report.Now, err = r.Client.Watch(ctx, report.branch, Reserve, watches); err != nil {
		return nil, err
	}
	report.judge(watches)
	return report, nil
}

// judge gives the active jobs their watches and verdicts.
func (r *Report) judge(watches []github.Watch) {
	for i := range r.Jobs {
		if job := &r.Jobs[i]; job.Workflow == active {
			job.watch, job.Verdict = watches[0].Watch, schedule.Rescue(watches[0].Watch, r.Now)
			watches = watches[1:]
		}
	}
}
