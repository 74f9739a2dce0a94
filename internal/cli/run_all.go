package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

// runAll is one call of `run`.
type runAll struct {
	*Program
	project *project
	flags   runFlags
	jobs    []pyproject.Job // in the order in which they run
	out     io.Writer       // of the entrypoints
	report  execution.ReportFile
}

// selected returns the jobs to run, with the arguments for this run.
func (a *runAll) selected(cmd *cobra.Command, ids []string) (jobs []pyproject.Job, err error) {
	onGitHub, one := a.runner(a.out).On(), len(ids) == 1 && a.flags.selection == selection{}
	switch {
	case onGitHub && !one:
		return nil, usageError("in Actions, run takes the id of one job", cmd)
	case !onGitHub && (a.flags.window != "" || a.flags.missed != 0):
		return nil, usageError("--window and --missed are for Actions, where check has decided", cmd)
	case one:
		job, err := a.project.job(ids[0], onGitHub)
		if err != nil {
			return nil, err
		}
		jobs = []pyproject.Job{job}
	default:
		if jobs, err = a.project.selected(ids, a.flags.selection); err != nil {
			return nil, err
		}
	}
	if len(jobs) > 1 && a.flags.report != "" {
		return nil, usageError("--report is for one job; --json prints the report of each", cmd)
	}
	if a.flags.kwargs != "" {
		for i, job := range jobs {
			if jobs[i].Options, err = execution.WithKwargs(job, a.flags.kwargs); err != nil {
				return nil, &exitError{exitUsage, err}
			}
		}
	}
	return execution.InOrder(jobs), nil
}

// several reports whether the result is a list.
func (a *runAll) several() bool { return a.flags.selection != selection{} || len(a.jobs) > 1 }

// run runs each job in turn. urls are those of their heartbeats.
func (a *runAll) run(ctx context.Context, urls map[string]string) error {
	reports, failed := []execution.Report{}, []error{}
	for _, job := range a.jobs {
		r := &run{Program: a.Program, project: a.project, job: job, flags: a.flags, out: a.out, report: a.report, runner: a.runner(a.out)}
		if a.several() {
			a.say("job " + problem.Show(job.ID))
		}
		if err := r.once(ctx, urls[job.ID]); err != nil {
			r.failed = append(r.failed, err)
		} else if last := len(r.reports) - 1; a.flags.kwargs != "" && last >= 0 && r.reports[last].Status == "skipped" {
			a.say("note: --kwargs had no effect: add --force to run " + problem.Show(job.ID) + " all the same")
		}
		reports, failed = append(reports, r.reports...), append(failed, r.failed...)
		if ctx.Err() != nil {
			break
		}
	}
	for _, broken := range a.project.Broken {
		if a.flags.all {
			failed = append(failed, broken.Problems)
		}
	}
	err := print(a, reports)
	if err != nil || len(failed) == 0 {
		return err
	}
	for _, err := range failed[:len(failed)-1] {
		a.Program.report(err)
	}
	last := failed[len(failed)-1]
	if !a.several() {
		return last
	}
	a.Program.report(last)
	return &exitError{exitFindings, nil}
}

// tell says what would run. A job that another one needs, and that would run before it,
// is taken to succeed.
func (a *runAll) tell() error {
	results, run := []execution.Decided{}, map[string]bool{}
	for _, job := range a.jobs {
		engine := a.execution(a.project, job, installer.Environment{})
		engine.Warn = func(err error) { a.warn(a.runner(a.out), err) }
		engine.Needs = slices.DeleteFunc(engine.Needs, func(other pyproject.Job) bool { return run[other.ID] })
		d, err := engine.Look(a.flags.force)
		if err != nil {
			return err
		}
		run[job.ID] = d.Run
		results = append(results, execution.NewDecided(job.ID, d.Decision))
		fmt.Fprintf(a.out, "%s: %s\n", problem.Show(job.ID), execution.Describe(job.Schedule, d.Decision, execution.PlainLink))
	}
	return print(a, results)
}

// print prints what became of each job with --json: a list, unless there is one.
func print[T any](a *runAll, results []T) error {
	switch {
	case !a.flags.json:
		return nil
	case len(results) == 1 && !a.several():
		return a.printJSON(results[0])
	}
	return a.printJSON(results)
}
