package cli

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/spf13/cobra"
)

func (p *Program) statusCommand() *cobra.Command {
	var asJSON bool
	var token string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how all jobs stand: the window that holds now, and the one before",
		Long: `status shows of every job the window that holds now and the one before.

` + statesHelp + `

` + sourcesHelp + `

--json prints {"jobs": [{"job", "every", "next", "workflow", "current", "last"}]},
where current and last are windows as ` + "`scheduled history --json`" + ` has them; last is
null for a job that did not exist yet.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return p.status(token, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	registerToken(cmd, &token)
	return cmd
}

func (p *Program) status(token string, asJSON bool) error {
	project, err := p.open()
	if err != nil {
		return err
	}
	ctx, stop := withSignals()
	defer stop()
	var read atomic.Int64
	defer p.progress(func() string { return fmt.Sprintf("read %d of %s", read.Load(), count(len(project.Jobs), "job")) })()
	archive, err := p.archive(ctx, project, token)
	if err != nil {
		return err
	}
	pasts, err := archive.readAll(ctx, project.Jobs, schedule.Reach{Windows: 2}, &read)
	if err != nil {
		return archive.denied(err)
	}
	for _, past := range pasts {
		for _, remark := range archive.remarks(past) {
			p.say("note: " + remark)
		}
	}
	if asJSON {
		jobs := make([]standing, 0, len(pasts))
		for _, past := range pasts {
			jobs = append(jobs, newStanding(past))
		}
		return p.printJSON(map[string]any{"jobs": jobs})
	}
	return p.printStatus(project, pasts, archive.source())
}

// readAll reads the past of jobs, several at once.
func (a *archive) readAll(ctx context.Context, jobs []pyproject.Job, reach schedule.Reach, read *atomic.Int64) ([]past, error) {
	const atOnce = 8 // each has up to as many requests in flight, of the 100 that GitHub allows
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	pasts := make([]past, len(jobs))
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i, job := range jobs {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			var err error
			if pasts[i], err = a.read(ctx, job, reach); err != nil {
				cancel(err) // the first one counts
			}
			read.Add(1)
		})
	}
	group.Wait()
	return pasts, context.Cause(ctx)
}

// standing is a job in the output of `status --json`.
type standing struct {
	Job      string           `json:"job"`
	Every    schedule.Cadence `json:"every"`
	Next     time.Time        `json:"next"`
	Workflow *string          `json:"workflow"`
	Current  recountedOne     `json:"current"`
	Last     *recountedOne    `json:"last"`
}

func newStanding(p past) standing {
	s := standing{
		Job:      p.job.ID,
		Every:    p.job.Schedule.Every(),
		Next:     p.job.Schedule.Next(p.now),
		Workflow: optional(p.workflow),
		Current:  newRecountedOne(p.accounts[0]),
	}
	if len(p.accounts) > 1 {
		s.Last = new(newRecountedOne(p.accounts[1]))
	}
	return s
}

// printStatus prints a table with a row a job.
func (p *Program) printStatus(project *project, pasts []past, source string) error {
	if len(pasts) == 0 {
		return printJobs(p.Stdout, project.path, nil)
	}
	paint := p.painter(p.Stdout)
	fmt.Fprintf(p.Stdout, "%s, from %s\n\n", count(len(pasts), "job"), source)
	t := table(p.Stdout)
	fmt.Fprintf(t, "JOB\tEVERY\tDUE (UTC)\tRAN (UTC)\tLATE\t%s\t%s\tNEXT (UTC)\tRUN\n", paint("", "STATE"), paint("", "BEFORE"))
	for _, past := range pasts {
		current, before := past.accounts[0], schedule.State("")
		if len(past.accounts) > 1 {
			before = past.accounts[1].State
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", show(past.job.ID), past.job.Schedule.Every(), minute(current.Window.Start), ranAt(current),
			paint(current.State, string(current.State)), paint(before, cmp.Or(string(before), "-")), minute(past.job.Schedule.Next(past.now)), link(current))
	}
	return t.Flush()
}
