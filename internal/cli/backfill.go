package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/operate"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/table"
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
	job, err := project.job(id, true)
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
	client, err := p.startingClient("backfill", origin)
	if err != nil {
		return err
	}
	engine, idle := p.engine(client, flags.dryRun)
	archive := &past.Archive{Now: p.Now(), Repository: origin.Repository, Client: client, Retention: p.retention()}
	if err = archive.Begin(ctx); err != nil {
		idle()
		return explainActing(err)
	}
	done, err := engine.Backfill(ctx, archive, b)
	idle()
	var runs []*operate.Run
	for _, slot := range done.Slots {
		runs = append(runs, slot.Run)
	}
	err = explainActing(errors.Join(err, operate.Errors(runs)))
	if done.Slots == nil && err != nil {
		return err
	}
	return errors.Join(p.printBackfill(id, done, flags.acting), err)
}

// backfilled is a slot in the output of `backfill --json`: its state before, and the run
// that was started, or was there already.
type backfilled struct {
	Slot  time.Time      `json:"slot"`
	State schedule.State `json:"state"`
	RunID *int64         `json:"run_id"`
	URL   *string        `json:"url"`
}

func (p *Program) printBackfill(id string, done operate.Backfilled, flags acting) error {
	if done.Bound != "" {
		p.say("note: not all slots were started: " + done.Bound)
	}
	if flags.asJSON {
		if done.Left > 0 {
			p.say(fmt.Sprintf("note: %s left: call backfill again to start them", problem.Count(done.Left, "slot")))
		}
		slots := []backfilled{}
		for _, s := range done.Slots {
			if s.Pending {
				p.say("note: " + problem.Clock(s.Window) + ": " + s.Words())
			}
			slots = append(slots, backfilled{s.Window, s.State, orNull(s.ID), orNull(s.URL)})
		}
		return p.printJSON(struct {
			Job   string       `json:"job"`
			Slots []backfilled `json:"slots"`
			Left  int          `json:"left"`
		}{id, slots, done.Left})
	}
	paint := p.painter(p.Stdout)
	t := table.New(p.Stdout)
	for _, s := range done.Slots {
		words := "not started"
		if s.Err == nil {
			words = s.Words()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", problem.Clock(s.Window), paint(s.State), words)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.Stdout, "%s, %d with a run already, %d left\n", problem.Count(len(done.Slots), "slot"), done.Skipped, done.Left)
	return err
}
