package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/operate"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

// backfillFlags are the flags of backfill.
type backfillFlags struct {
	acting
	from, to  string
	confirmed bool
	limit     int
}

func (p *Program) backfillCommand() *cobra.Command {
	var flags backfillFlags
	cmd := &cobra.Command{
		Use:   "backfill JOB",
		Short: "Run past slots of the job again",
		Long: `backfill starts one run for each slot from --from to --to that has no confirmed run, the
oldest first. Both ends are included: RFC 3339 times, or dates in the job's time zone, from
the start of the first day to the end of the last. On GitHub, the runs wait for each other.
A job that does not run there is executed here, one slot after the other.

` + actingHelp,
		Args: jobArgument,
		RunE: func(cmd *cobra.Command, args []string) error { return p.backfill(cmd, args[0], flags) },
	}
	flags.register(cmd, "report what would be started, but start nothing")
	cmd.Flags().StringVar(&flags.from, "from", "", "first date or time, as in 2026-11-01 or 2026-11-01T10:37:00Z")
	cmd.Flags().StringVar(&flags.to, "to", "", "last date or time")
	cmd.Flags().BoolVar(&flags.confirmed, "confirmed", false, "include slots with a confirmed run, or one in progress")
	cmd.Flags().IntVar(&flags.limit, "limit", 100, "maximum number of slots")
	return cmd
}

func (p *Program) backfill(cmd *cobra.Command, id string, flags backfillFlags) error {
	switch {
	case flags.from == "" || flags.to == "":
		return usageError("backfill needs --from and --to", cmd)
	case flags.limit < 1:
		return usageError(fmt.Sprintf("--limit %d is less than 1", flags.limit), cmd)
	}
	project, err := p.open()
	if err != nil {
		return err
	}
	job, err := project.job(id, false)
	if err != nil {
		return err
	}
	b := operate.Backfill{Job: operatedJob(job), Confirmed: flags.confirmed, Limit: flags.limit}
	if b.Range, err = operate.ParseRange(flags.from, flags.to, b.Job); err != nil {
		return &exitError{exitUsage, err}
	}
	ctx, stop := withSignals()
	defer stop()
	origin := p.origin(ctx, project, flags.token)
	book, err := p.ledger(project)
	if err != nil {
		return err
	}
	var done operate.Backfilled
	switch {
	case job.Options.Serve || origin.Repository == "" || origin.Token == "" && book != nil && !p.onGitHub():
		done, err = b.BackfillHere(ctx, &past.Archive{Now: p.Now(), Ledger: book}, p.executor(project, job, flags.acting))
	case job.Unhosted != nil:
		return job.Unhosted
	default:
		done, err = p.backfillOnGitHub(ctx, origin, b, flags.acting)
	}
	if done.Slots == nil && err != nil {
		return explainActing(err)
	}
	var runs []*operate.Run
	for _, slot := range done.Slots {
		runs = append(runs, slot.Run)
	}
	return p.acted(append(operate.Errors(runs), err, p.printBackfill(id, done, flags.acting))...)
}

func (p *Program) backfillOnGitHub(ctx context.Context, origin github.Origin, b operate.Backfill, flags acting) (done operate.Backfilled, err error) {
	client, err := p.startingClient("backfill", origin)
	if err != nil {
		return done, err
	}
	engine, idle := p.engine(client, flags.dryRun)
	defer idle()
	archive := &past.Archive{Now: p.Now(), Repository: origin.Repository, Client: client, Retention: p.retention()}
	if err = archive.Begin(ctx); err != nil {
		return done, err
	}
	return engine.Backfill(ctx, archive, b)
}

// executor returns what executes a slot of a job on this machine; nil in a dry run.
func (p *Program) executor(project *project, job pyproject.Job, flags acting) func(context.Context, time.Time) (int64, error) {
	if flags.dryRun {
		return nil
	}
	url := p.restart([]pyproject.Job{job})[job.ID]
	out := p.Stdout
	if flags.asJSON {
		out = p.Stderr
	}
	return func(ctx context.Context, slot time.Time) (int64, error) {
		r := &run{Program: p, project: project, job: job, flags: runFlags{slot: slot}, out: out, runner: p.runner(out)}
		err := r.once(ctx, url)
		return r.id, errors.Join(append(r.failed, err)...)
	}
}

func (p *Program) printBackfill(id string, done operate.Backfilled, flags acting) error {
	if done.Bound != "" {
		p.say("note: not all slots were started: " + done.Bound)
	}
	if flags.asJSON {
		if done.Left > 0 {
			p.say(fmt.Sprintf("note: %s left: call backfill again to start them", problem.Count(done.Left, "slot")))
		}
		for _, s := range done.Slots {
			if s.Pending {
				p.say("note: " + problem.Clock(s.Window) + ": " + s.Words())
			}
		}
		return p.printJSON(done.Show(id))
	}
	paint := p.painter(p.Stdout)
	t := p.table(p.Stdout, whole, whole, phrase)
	for _, s := range done.Slots {
		t.Row(problem.Clock(s.Window), paint(s.State, string(s.State)), s.Words())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.Stdout, "%s, %d with a run already, %d left\n", problem.Count(len(done.Slots), "slot"), done.Skipped, done.Left)
	return err
}
