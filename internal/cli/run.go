package cli

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/spf13/cobra"
)

// runFlags are the flags of `run`.
type runFlags struct {
	selection
	python, window, report, kwargs string
	missed                         int
	force, json, dry               bool
	slot                           time.Time // of a backfill here; else zero
}

func (p *Program) runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run JOB…",
		Short: "Run jobs that have no confirmed run in the current window",
		Long: `run executes the entrypoint in the project's own environment. It starts the Python of
that environment directly if its tool would do only that, or else through the tool, as in
"poetry run python". Outside Actions it first asks the local ledger in .scheduled/
whether the current window is confirmed, so any cron or timer can call it as often as
it likes. In Actions the step before has already checked, so run executes at once.

Of several jobs, each that is due runs in turn, after those that it needs. A job that
fails does not stop the others.

run shows what the entrypoint returns. If that has a status, as a key or an
attribute, a status like "failed", False or 404 fails the run.

--kwargs '{"days": 7}' replaces arguments in kwargs for this run, or adds to them. For a
command, it sets variables that inputs names.

--json prints the report of each job, in an array unless there is one. The output of the
jobs then goes to stderr. --report replaces only an earlier report, and no other file. A
report that cannot be written is an error before anything runs. If that shows only after
the work is done, it is a warning: the work counts.`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd, args, flags) },
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&flags.python, "python", "", "interpreter (default: the one of the project's environment)")
	cmd.Flags().BoolVar(&flags.force, "force", false, "run even if the window is confirmed, or the job is paused")
	cmd.Flags().StringVar(&flags.kwargs, "kwargs", "", `arguments for this run, as in '{"days": 7}'`)
	cmd.Flags().StringVar(&flags.window, "window", "", "in Actions: start of the window that check decided on")
	cmd.Flags().IntVar(&flags.missed, "missed", 0, "in Actions: number of missed windows that check found")
	cmd.Flags().StringVar(&flags.report, "report", "", "file to write the outcome of one job to, as JSON")
	cmd.Flags().BoolVar(&flags.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&flags.dry, "dry-run", false, "report what would run, but run nothing")
	return cmd
}

func (p *Program) run(cmd *cobra.Command, ids []string, flags runFlags) error {
	// The entrypoint outlives the reader of its output.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	project, err := p.open()
	if err != nil {
		return err
	}
	all := runAll{Program: p, project: project, flags: flags, out: p.Stdout}
	if flags.json {
		all.out = p.Stderr
	}
	if all.jobs, err = all.selected(cmd, ids); err != nil {
		return err
	}
	urls := p.restart(all.jobs)
	ctx, stop := withSignals()
	defer stop()
	if flags.dry {
		return all.tell()
	}
	if all.report, err = execution.FindReport(flags.report, p.Stdout, p.Stderr); err != nil {
		return &exitError{exitUsage, err}
	}
	return all.run(ctx, urls)
}
