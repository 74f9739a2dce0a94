package cli

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/spf13/cobra"
)

// runFlags are the flags of `run`.
type runFlags struct {
	python string
	force  bool
	window string
	missed int
	report string
}

func (p *Program) runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run JOB",
		Short: "Execute the job's entrypoint, if its window is not confirmed",
		Long: `run executes the entrypoint in the project's own environment. It starts the Python of
that environment directly if its tool would do no more, else through the tool, as in
"poetry run python". Outside Actions it first asks the local ledger in .scheduled/
whether the current window is confirmed, so any cron or timer can call it as often as
it likes. In Actions the step before has asked already, and run executes at once.

run shows what the entrypoint returns. If that has a status, as a key or an
attribute, a status like "failed", False or 404 fails the run.

--report replaces only an earlier report, and no other file. A report that cannot
be written is an error before anything runs. If that shows only after the work is
done, it is a warning: the work counts.`,
		Args: jobArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			p.restart()
			// The entrypoint outlives the reader of its output.
			signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
			project, err := p.open() // any cadence: a local timer may run more often than GitHub allows
			if err != nil {
				return err
			}
			job, err := project.job(args[0])
			if err != nil {
				return err
			}
			ctx, stop := withSignals()
			defer stop()
			runner := p.runner(p.Stdout)
			if !runner.On() && (flags.window != "" || flags.missed != 0) {
				return usageError("--window and --missed are for Actions, where check has decided", cmd)
			}
			report, err := p.reportFile(flags.report)
			if err != nil {
				return err
			}
			environment, err := chosen(project, job, flags.python)
			if err != nil {
				return err
			}
			r := run{p, project, job, environment, flags, report, runner, nil}
			if runner.On() {
				return r.inActions(ctx)
			}
			return r.local(ctx)
		},
	}
	cmd.Flags().StringVar(&flags.python, "python", "", "interpreter (default: the one of the project's environment)")
	cmd.Flags().BoolVar(&flags.force, "force", false, "run even if the window is confirmed")
	cmd.Flags().StringVar(&flags.window, "window", "", "in Actions: start of the window that check decided on")
	cmd.Flags().IntVar(&flags.missed, "missed", 0, "in Actions: number of missed windows that check found")
	cmd.Flags().StringVar(&flags.report, "report", "", "file to write the outcome to, as JSON")
	return cmd
}

// run is one call of the command.
type run struct {
	*Program
	project     *project
	job         pyproject.Job
	environment installer.Environment
	flags       runFlags
	report      reportFile
	runner      *actions.Runner
	locks       []*os.File // of the job
}

// inActions runs the entrypoint: the step before has decided that.
func (r run) inActions(ctx context.Context) error {
	at := r.Now()
	if r.flags.window != "" {
		var err error
		if at, err = parseWindow(r.flags.window); err != nil {
			return err
		}
	}
	trigger, err := r.runner.Trigger()
	r.warn(r.runner, err)
	v := variables{
		window:     r.job.Schedule.Window(at),
		missed:     r.flags.missed,
		trigger:    trigger.Event,
		runAttempt: trigger.Attempt,
	}
	r.logGroup("Decision: run", fmt.Sprintf("job %s, window %s to %s, after %s missed; started by %s, attempt %d",
		problem.Show(r.job.ID), problem.Clock(v.window.Start), problem.Clock(v.window.End), problem.Count(v.missed, "window"),
		cmp.Or(v.trigger, "an unknown event"), v.runAttempt))
	return r.conclude(v, r.execute(ctx, v))
}

// local runs the entrypoint if the local ledger has no evidence for the
// window. Only one process at a time runs a job; the others wait and then find
// its evidence. A failing ledger causes a warning but never stops a job, unless the
// disk is full: then each call would run it again.
func (r run) local(ctx context.Context) error {
	tick := schedule.Tick{Forced: r.flags.force}
	book, unlock, err := r.lockLedger(ctx)
	defer unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == nil {
		r.locks = book.Held()
		tick.Runs, err = book.Runs(r.job.ID)
	}
	if ledger.Full(err) {
		return err
	}
	tick.Unknown = err != nil
	r.warn(r.runner, err)
	tick.Now = r.Now() // the window may be another one after the wait
	decision := schedule.Decide(r.job.Schedule, tick)
	r.say(describe(decision, plainLink))
	if !decision.Run {
		r.warn(r.runner, r.reportSkip(decision))
		return nil
	}
	finish, err := r.start(book, decision)
	if ledger.Full(err) {
		return err
	}
	r.warn(r.runner, err)
	v := variables{
		window:     decision.Window,
		missed:     decision.Missed,
		trigger:    "local",
		runAttempt: 1,
	}
	executed := r.execute(ctx, v)
	r.warn(r.runner, finish(executed.Outcome))
	return r.conclude(v, executed)
}

// lockLedger opens the ledger and waits for the job's turn. Without a ledger
// it returns nil, and the error. Call unlock in any case.
func (r run) lockLedger(ctx context.Context) (book *ledger.Ledger, unlock func(), err error) {
	book, err = ledger.Open(r.project.AbsFile(), r.say)
	if err != nil {
		return nil, func() {}, err
	}
	unlock, err = book.Lock(ctx, r.job.ID, func() { r.say("waiting for another process that runs this job") })
	if err != nil {
		return nil, unlock, err
	}
	return book, unlock, nil
}

// start enters a run into the ledger, if there is one, and returns how to
// enter its end.
func (r run) start(book *ledger.Ledger, d schedule.Decision) (finish func(python.Outcome) error, err error) {
	finish = func(python.Outcome) error { return nil }
	if book == nil {
		return finish, nil
	}
	execution, err := book.Start(r.job.ID, d.Now, d.Window)
	if err != nil {
		return finish, err
	}
	return func(o python.Outcome) error { return execution.Finish(r.Now(), o.OK, o.Cause) }, nil
}

// execute runs the entrypoint, as often as the job's options say.
func (r run) execute(ctx context.Context, v variables) python.Execution {
	options := r.job.Options
	launcher, missing := r.launcher()
	executed := python.Attempts{
		Most:    options.Attempts,
		Backoff: options.Backoff,
		Timeout: options.Timeout,
		Random:  rand.N[time.Duration],
		Now:     r.Now,
		Sleep:   python.Sleep,
		Failed:  func(remark string) { r.warn(r.runner, fmt.Errorf("job %s: %s", problem.Show(r.job.ID), remark)) },
	}.Do(ctx, func(n int, timeout time.Duration) python.Outcome {
		if missing != nil {
			return python.Outcome{Refused: true, Cause: missing.Error(), Hint: problem.Hint(missing)}
		}
		e := r.entrypoint(r.project, r.job, launcher, v.environ(r.job, n))
		e.Timeout, e.Stdout, e.Stderr = timeout, r.Stdout, r.Stderr
		if e.Host != nil {
			e.Host.Held = r.locks
		}
		if !r.runner.On() {
			return try(ctx, e)
		}
		// The runner reads stdout and stderr side by side, so only what goes to
		// one of them is sure to lie between the two commands.
		output, end := r.runner.Verbatim()
		defer end()
		e.Stdout, e.Stderr = output, output
		return try(ctx, e)
	})
	r.hintInstall(&executed.Outcome, r.environment)
	return executed
}

// chosen returns the environment of a job, unless an interpreter is named.
func chosen(project *project, job pyproject.Job, interpreter string) (installer.Environment, error) {
	if interpreter != "" {
		return installer.Environment{Tool: installer.None, Why: "option --python"}, nil
	}
	return project.environment(job)
}

// launcher returns how to start the Python of the job's environment.
func (r run) launcher() (python.Launcher, error) {
	environ := r.Program.environ(r.job)
	launcher, err := python.Find(r.environment, r.project.Root, r.project.Dir, environ)
	if r.flags.python != "" {
		launcher, err = python.Named(r.flags.python, r.project.Dir, environ)
	}
	if err == nil {
		r.logGroup("Environment: "+string(r.environment.Tool), fmt.Sprintf("environment %v; Python: %s", r.environment, launcher.Words))
	}
	return launcher, err
}

// try runs the entrypoint once. If nothing can be started, that is the outcome, which
// another attempt may improve, as it may an error while the module is loaded: that may
// ask a server for something.
func try(ctx context.Context, e python.Entrypoint) python.Outcome {
	o, err := python.Run(ctx, e)
	if err != nil {
		return python.Outcome{Cause: err.Error()}
	}
	return o
}

// logGroup writes lines to the log: folded in Actions, where the runner reads
// stdout and stderr side by side and only what goes to the stream of the commands
// is sure to lie between them.
func (r run) logGroup(title string, lines ...string) {
	if !r.runner.On() {
		r.say(strings.Join(lines, "\n"))
		return
	}
	defer r.runner.Group(title)()
	fmt.Fprintln(r.Stdout, strings.Join(lines, "\n"))
}
