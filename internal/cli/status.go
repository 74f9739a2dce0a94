package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
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
null for a job that did not exist yet.

A job that cannot be read stands there as unknown. Then the exit code is 1, or 4 if
the token lacks the right to.`,
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
	var read atomic.Int64
	doing := func() string {
		return fmt.Sprintf("read %d of %s", read.Load(), problem.Count(len(project.Jobs), "job"))
	}
	return p.recall(project, token, doing, func(ctx context.Context, archive *archive) error {
		pasts, err := archive.readAll(ctx, project.Jobs, schedule.Reach{Windows: 2}, &read)
		if err != nil {
			return err
		}
		for _, past := range pasts {
			p.note(archive.remarks(past))
		}
		return errors.Join(p.tellStatus(project, pasts, archive.source(), asJSON), unread(pasts))
	})
}

func (p *Program) tellStatus(project *project, pasts []past, source string, asJSON bool) error {
	if !asJSON {
		return p.printStatus(project, pasts, source)
	}
	jobs := make([]standing, 0, len(pasts))
	for _, past := range pasts {
		jobs = append(jobs, newStanding(past))
	}
	return p.printJSON(map[string]any{"jobs": jobs})
}

// readAll reads the past of jobs, several at once. It is unknown of those that
// cannot be read: the error is that of the first, if there are no others.
func (a *archive) readAll(ctx context.Context, jobs []pyproject.Job, reach schedule.Reach, read *atomic.Int64) ([]past, error) {
	const atOnce = 8 // each has up to as many requests in flight, of the 100 that GitHub allows
	pasts := make([]past, len(jobs))
	var group sync.WaitGroup
	var mu sync.Mutex
	var vain error   // why there is no use in going on
	var failures int // in a row
	slots := make(chan struct{}, atOnce)
	for i, job := range jobs {
		slots <- struct{}{}
		mu.Lock()
		p := past{job: job, workflow: a.workflows[job.File()].State, unread: vain}
		mu.Unlock()
		group.Go(func() {
			defer func() { <-slots }()
			if p.unread == nil {
				if known, err := a.read(ctx, job, reach); err == nil {
					p = known
				} else {
					p.unread = err
				}
			}
			read.Add(1)
			mu.Lock()
			defer mu.Unlock()
			pasts[i] = p
			if p.unread == nil {
				failures = 0
			} else if failures++; failures > atOnce || forbidden(p.unread) {
				vain = cmp.Or(vain, p.unread)
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return pasts, fillUnread(pasts, reach)
}

// forbidden reports whether a token may not read runs, whatever the job.
func forbidden(err error) bool {
	_, denied := errors.AsType[*github.Denied](err)
	return denied && !github.Missing(err)
}

// fillUnread gives windows to the jobs that could not be read: unknown ones. Only
// the others tell what time it is.
func fillUnread(pasts []past, reach schedule.Reach) (err error) {
	var now time.Time
	for _, past := range pasts {
		if past.unread == nil && past.now.After(now) {
			now = past.now
		}
		err = cmp.Or(err, past.unread)
	}
	if now.IsZero() {
		return err
	}
	for i := range pasts {
		p := &pasts[i]
		if p.unread == nil {
			continue
		}
		p.now = now
		from := reach.From(p.job.Schedule, now)
		for w := p.job.Schedule.Window(now); w.End.After(from); w = p.job.Schedule.Window(w.Start.Add(-1)) {
			p.accounts = append(p.accounts, schedule.Account{Window: w, State: schedule.StateUnknown})
		}
	}
	return nil
}

// unread is the error of the jobs that could not be read: once for each cause.
func unread(pasts []past) error {
	const most = 3 // jobs to name
	var causes []error
	names := map[string][]string{}
	for _, past := range pasts {
		if past.unread == nil {
			continue
		}
		cause := past.unread.Error()
		if names[cause] == nil {
			causes = append(causes, past.unread)
		}
		names[cause] = append(names[cause], problem.Show(past.job.ID))
	}
	for i, cause := range causes {
		jobs := names[cause.Error()]
		if more := len(jobs) - most; more > 0 {
			jobs = append(jobs[:most], fmt.Sprintf("%d more", more))
		}
		causes[i] = fmt.Errorf("unknown here: %s: %w", strings.Join(jobs, ", "), cause)
	}
	return errors.Join(causes...)
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
	fmt.Fprintf(p.Stdout, "%s, from %s\n\n", problem.Count(len(pasts), "job"), source)
	t := table(p.Stdout)
	fmt.Fprintf(t, "JOB\tEVERY\tDUE (UTC)\tRAN (UTC)\tLATE\t%s\t%s\tNEXT (UTC)\tRUN\n", paint("", "STATE"), paint("", "BEFORE"))
	for _, past := range pasts {
		current, before := past.accounts[0], schedule.State("")
		if len(past.accounts) > 1 {
			before = past.accounts[1].State
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", problem.Show(past.job.ID), past.job.Schedule.Every(), minute(current.Window.Start), ranAt(current),
			paint(current.State, string(current.State)), paint(before, cmp.Or(string(before), "-")), minute(past.job.Schedule.Next(past.now)), link(current))
	}
	return t.Flush()
}
