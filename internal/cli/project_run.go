package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// run is the run of one job.
type run struct {
	*Program
	project *project
	job     pyproject.Job
	flags   runFlags
	out     io.Writer // of the entrypoint
	report  execution.ReportFile
	runner  *actions.Runner
	untold  error              // why the monitor is not told; nil if it is, or there is none
	reports []execution.Report // of each window
	id      int64              // of the last run in the ledger; 0 without one
	failed  []error
}

// once runs the job.
func (r *run) once(ctx context.Context, url string) (err error) {
	environment := installer.Environment{Tool: installer.None, Why: "option --python"}
	if r.flags.python == "" {
		if environment, err = r.project.environment(r.job); err != nil {
			return err
		}
	}
	engine := r.engine(environment)
	engine.Monitor, r.untold = execution.Monitor(r.job, url)
	if r.runner.On() && r.flags.slot.IsZero() {
		return r.inActions(ctx, engine)
	}
	return r.local(ctx, engine)
}

// engine returns what runs the job.
func (r *run) engine(environment installer.Environment) execution.Job {
	engine := r.execution(r.project, r.job, environment)
	engine.Interpreter = r.flags.python
	engine.Warn = func(err error) { r.warn(r.runner, err) }
	engine.Found = func(l python.Launcher) {
		r.logGroup("Environment: "+string(environment.Tool), fmt.Sprintf("environment %v; Python: %s", environment, l.Words))
	}
	engine.Output = func(execution.Variables) (stdout, stderr io.Writer, end func()) {
		if !r.runner.On() {
			return r.out, r.Stderr, func() {}
		}
		// The runner reads stdout and stderr side by side, so only what goes to
		// one of them is sure to lie between the two commands.
		output, end := r.runner.Verbatim()
		return output, output, end
	}
	return engine
}

// inActions runs the entrypoint: the step before has decided that.
func (r *run) inActions(ctx context.Context, engine execution.Job) error {
	r.warn(r.runner, r.untold)
	v, err := r.handed(&engine.Options)
	if err != nil {
		engine.Failed(ctx, err.Error())
		return err
	}
	if r.getenv("RUNNER_ENVIRONMENT") == "github-hosted" {
		engine.Options.Timeout = min(engine.Options.Timeout, workflow.HostedTimeout)
	}
	r.logGroup("Decision: run", fmt.Sprintf("job %s, %s, after %s missed; started by %s, attempt %d",
		problem.Show(r.job.ID), execution.WindowWords(v.Window), problem.Count(v.Missed, "window"),
		cmp.Or(v.Trigger, "an unknown event"), v.RunAttempt))
	r.conclude(engine.Execute(ctx, v))
	return nil
}

// handed returns what the check and the event of this run hand over, and changes the
// options to what was entered by hand.
func (r *run) handed(options *pyproject.Options) (v execution.Variables, err error) {
	window := r.job.Schedule.Latest(r.Now())
	if r.flags.window != "" {
		at, err := parseWindow(r.flags.window)
		if err != nil {
			return v, err
		}
		if window = r.job.Schedule.From(at); window.IsZero() {
			return v, windowError(r.flags.window, "is not in a window of the job")
		}
		window = execution.Until(r.getenv(execution.WindowEnd), window)
	}
	trigger, err := r.runner.Trigger()
	r.warn(r.runner, err)
	if *options, err = options.WithInputs(trigger.Inputs); err != nil {
		return v, &exitError{exitUsage, err}
	}
	return execution.Variables{
		Window:     window,
		Since:      execution.Handed(r.getenv(execution.Since), window),
		Missed:     r.flags.missed,
		Trigger:    trigger.Event,
		RunAttempt: trigger.Attempt,
	}, nil
}

// local runs the entrypoint if the local ledger has no evidence for the window.
func (r *run) local(ctx context.Context, engine execution.Job) error {
	decided := func(d schedule.Decision) {
		r.say(execution.Describe(r.job.Schedule, d, execution.PlainLink))
		r.warn(r.runner, execution.Unseen(r.job.Schedule, d))
		if d.Run {
			r.warn(r.runner, r.untold)
		}
		if keys := r.job.Options.OnGitHub(); d.Run && len(keys) > 0 {
			r.note([]string{"left out " + problem.Some(keys, strings.Clone) + " of job " + problem.Show(r.job.ID) + ", for a workflow on GitHub only"})
		}
	}
	err := engine.RunLocally(ctx, execution.Wish{Forced: r.flags.force, Slot: r.flags.slot}, execution.Told{Decided: decided, Ended: r.conclude})
	if err != nil {
		engine.Failed(ctx, err.Error())
	}
	return err
}

// logGroup writes lines to the log: folded in Actions, where the runner reads
// stdout and stderr side by side and only what goes to the stream of the commands
// is sure to lie between them.
func (r *run) logGroup(title string, lines ...string) {
	if !r.runner.On() {
		r.say(strings.Join(lines, "\n"))
		return
	}
	defer r.runner.Group(title)()
	fmt.Fprintln(r.out, strings.Join(lines, "\n"))
}
