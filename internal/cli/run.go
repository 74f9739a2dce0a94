package cli

import (
	"context"
	"fmt"
	"html"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/ledger"
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
}

func (p *Program) runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run JOB",
		Short: "Execute the job's entrypoint, if its window is not confirmed",
		Long: `run executes the entrypoint with the project's own Python. Outside Actions it
first asks the local ledger in .scheduled/ whether the window that holds now is
confirmed, so any cron or timer may call it as often as it likes. In Actions
the step before has asked already, and run executes at once.`,
		Args: jobArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			project, err := p.open() // any cadence: a timer of one's own can be faster than GitHub
			if err != nil {
				return err
			}
			job, err := project.job(args[0])
			if err != nil {
				return err
			}
			if p.runner(p.Stdout).On() {
				return p.runHere(cmd.Context(), project, job, flags)
			}
			return p.runLocal(cmd.Context(), project, job, flags)
		},
	}
	cmd.Flags().StringVar(&flags.python, "python", "", "interpreter (default: the project's .venv, then python3, then python)")
	cmd.Flags().BoolVar(&flags.force, "force", false, "outside Actions: run even if the window is confirmed")
	cmd.Flags().StringVar(&flags.window, "window", "", "in Actions: start of the window that check decided on")
	cmd.Flags().IntVar(&flags.missed, "missed", 0, "in Actions: how many windows check found missed")
	return cmd
}

// runHere runs the entrypoint in Actions, where the step before has decided.
func (p *Program) runHere(ctx context.Context, project *project, job pyproject.Job, flags runFlags) error {
	at := p.Now()
	if flags.window != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, flags.window); err != nil {
			return windowError(flags.window, "is no time")
		}
	}
	runner := p.runner(p.Stdout)
	trigger, err := runner.Trigger()
	p.warn(runner, err)
	// The runner reads stdout and stderr side by side, so only what goes to
	// one of them is sure to lie between the two commands.
	output := &lineWriter{w: p.Stdout}
	resume := runner.StopCommands()
	outcome, err := p.execute(ctx, project, job, flags.python, output, output, variables{
		window:  job.Schedule.Window(at),
		missed:  flags.missed,
		trigger: trigger.Event,
		attempt: trigger.Attempt,
	})
	output.endLine()
	resume()
	if err != nil {
		return err
	}
	return p.tellOutcome(runner, project, job, outcome)
}

// runLocal runs the entrypoint if the local ledger has no evidence for the
// window. Only one process at a time runs a job; the others wait and then
// find its evidence. A ledger that fails is told of and stops no job.
func (p *Program) runLocal(ctx context.Context, project *project, job pyproject.Job, flags runFlags) error {
	runner := p.runner(p.Stderr)
	tick := schedule.Tick{Forced: flags.force}
	book, unlock, err := p.lockLedger(ctx, project, job)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	defer unlock()
	if err == nil {
		tick.Runs, err = book.Runs(job.ID)
	}
	tick.Unknown = err != nil
	p.warn(runner, err)
	tick.Now = p.Now() // the window may be another one after the wait
	decision := schedule.Decide(job.Schedule, tick)
	p.say(words(decision))
	if !decision.Run {
		return nil
	}
	record, err := start(book, job, decision)
	p.warn(runner, err)
	outcome, err := p.execute(ctx, project, job, flags.python, p.Stdout, p.Stderr, variables{
		window:  decision.Window,
		missed:  decision.Missed,
		trigger: "local",
		attempt: 1,
	})
	p.warn(runner, record(p.Now(), err == nil && outcome.OK, outcome.Cause))
	if err != nil {
		return err
	}
	return p.tellOutcome(runner, project, job, outcome)
}

// lockLedger opens the ledger and waits for the job's turn. Without a ledger
// it returns nil, and the error.
func (p *Program) lockLedger(ctx context.Context, project *project, job pyproject.Job) (book *ledger.Ledger, unlock func(), err error) {
	unlock = func() {}
	if book, err = ledger.Open(project.dir, p.say); err != nil {
		return nil, unlock, err
	}
	free, err := book.Lock(ctx, job.ID, func() { p.say("waiting for another process that runs this job") })
	if err != nil {
		return nil, unlock, err
	}
	return book, free, nil
}

// start enters a run into the ledger, if there is one, and returns how to
// enter its end.
func start(book *ledger.Ledger, job pyproject.Job, d schedule.Decision) (finish func(end time.Time, ok bool, cause string) error, err error) {
	finish = func(time.Time, bool, string) error { return nil }
	if book == nil {
		return finish, nil
	}
	id, err := book.Start(job.ID, d.Now, d.Window)
	if err != nil {
		return finish, err
	}
	return func(end time.Time, ok bool, cause string) error {
		return book.Finish(job.ID, id, end, ok, cause)
	}, nil
}

// variables are what the entrypoint learns of its run.
type variables struct {
	window  schedule.Window
	missed  int
	trigger string // the event of GitHub, or "local"
	attempt int
}

func (v variables) environ(job pyproject.Job) []string {
	start := v.window.Start.Format(time.RFC3339)
	return []string{
		"SCHEDULED_JOB_ID=" + job.ID,
		"SCHEDULED_EVERY=" + string(job.Schedule.Every()),
		"SCHEDULED_FOR=" + start,
		"SCHEDULED_WINDOW_START=" + start,
		"SCHEDULED_WINDOW_END=" + v.window.End.Format(time.RFC3339),
		"SCHEDULED_KEY=" + v.window.Key(job.ID),
		"SCHEDULED_ATTEMPT=" + strconv.Itoa(v.attempt),
		"SCHEDULED_TRIGGER=" + v.trigger,
		"SCHEDULED_MISSED=" + strconv.Itoa(v.missed),
	}
}

// execute runs the entrypoint with the project's Python.
func (p *Program) execute(ctx context.Context, project *project, job pyproject.Job, interpreter string, stdout, stderr io.Writer, v variables) (python.Outcome, error) {
	found, err := python.Find(interpreter, project.dir)
	if err != nil {
		return python.Outcome{}, err
	}
	return python.Run(ctx, python.Entrypoint{
		Python:  found,
		Dir:     project.dir,
		Root:    project.root,
		Target:  job.Entrypoint,
		Env:     slices.Concat(p.Environ, v.environ(job)),
		Timeout: job.Options.Timeout,
		Stdout:  stdout,
		Stderr:  stderr,
	})
}

// tellOutcome says what became of the entrypoint, and fails if it did.
func (p *Program) tellOutcome(runner *actions.Runner, project *project, job pyproject.Job, o python.Outcome) error {
	if o.OK {
		took := o.Ended.Sub(o.Started).Round(time.Millisecond)
		p.say(fmt.Sprintf("%s succeeded in %s", show(job.ID), took))
		runner.Summary(fmt.Sprintf("**%s** succeeded in %s\n", markdown(job.ID), took))
		return nil
	}
	at := actions.Place{File: project.path, Line: job.Line}
	if o.Frame != nil {
		at = actions.Place{File: o.Frame.File, Line: o.Frame.Line}
	}
	runner.Error(at, show(job.ID)+" failed", o.Cause)
	summary := fmt.Sprintf("**%s** failed: %s\n", markdown(job.ID), markdown(o.Cause))
	if o.Traceback != "" {
		summary += fmt.Sprintf("\n<details><summary>Traceback</summary>\n\n<pre>%s</pre>\n\n</details>\n", html.EscapeString(o.Traceback))
	}
	runner.Summary(summary)
	return &exitError{code: exitFindings, err: fmt.Errorf("%s failed: %s", show(job.ID), o.Cause)}
}

// lineWriter remembers whether what was written ends in a newline.
type lineWriter struct {
	w    io.Writer
	open bool
}

func (l *lineWriter) Write(b []byte) (int, error) {
	if len(b) > 0 {
		l.open = b[len(b)-1] != '\n'
	}
	return l.w.Write(b)
}

// endLine writes a newline if the last line has none.
func (l *lineWriter) endLine() {
	if l.open {
		fmt.Fprintln(l)
	}
}
