package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/spf13/cobra"
)

func (p *Program) statusCommand() *cobra.Command {
	var asJSON bool
	var token string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the current and the previous window of every job",
		Long: `status shows the current and the previous window of every job.

` + past.States + `

` + sourcesHelp + `

A job that cannot be read is shown as unknown. The exit code is then 1, or 4 if the
token may not read runs.`,
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
	var jobs []past.Job
	for _, job := range project.Jobs {
		jobs = append(jobs, pastJob(job))
	}
	var read atomic.Int64
	doing := func() string { return fmt.Sprintf("read %d of %s", read.Load(), problem.Count(len(jobs), "job")) }
	return p.recall(project, token, doing, func(ctx context.Context, archive *past.Archive) error {
		histories, err := archive.ReadAll(ctx, jobs, schedule.Reach{Windows: 2}, func() { read.Add(1) })
		if err != nil {
			return err
		}
		for _, h := range histories {
			p.note(archive.Remarks(h))
		}
		return errors.Join(p.printStatus(project, histories, archive.Source(), asJSON), past.Unread(histories))
	})
}

// statusJSON is a job in the output of `status --json`.
type statusJSON struct {
	Job      string           `json:"job"`
	Every    schedule.Cadence `json:"every"`
	Next     time.Time        `json:"next"`
	Workflow *string          `json:"workflow"`
	Current  windowJSON       `json:"current"`
	Last     *windowJSON      `json:"last"`
}

func newStatusJSON(h past.History) statusJSON {
	s := statusJSON{
		Job:      h.ID,
		Every:    h.Schedule.Every(),
		Next:     h.Schedule.Next(h.Now),
		Workflow: optional(h.Workflow),
		Current:  newWindowJSON(h.Accounts[0]),
	}
	if len(h.Accounts) > 1 {
		s.Last = new(newWindowJSON(h.Accounts[1]))
	}
	return s
}

// printStatus prints the jobs, as JSON or as a table.
func (p *Program) printStatus(project *project, histories []past.History, source string, asJSON bool) error {
	if asJSON {
		jobs := make([]statusJSON, 0, len(histories))
		for _, h := range histories {
			jobs = append(jobs, newStatusJSON(h))
		}
		return p.printJSON(map[string]any{"jobs": jobs})
	}
	if len(histories) == 0 {
		return printNoJobs(p.Stdout, project.Path)
	}
	paint := p.painter(p.Stdout)
	fmt.Fprintf(p.Stdout, "%s, from %s\n\n", problem.Count(len(histories), "job"), source)
	t := table(p.Stdout)
	fmt.Fprintf(t, "JOB\tEVERY\tDUE (UTC)\tRAN (UTC)\tLATE\t%s\t%s\tNEXT (UTC)\tRUN\n", paint("", "STATE"), paint("", "BEFORE"))
	for _, h := range histories {
		current, before := h.Accounts[0], schedule.State("")
		if len(h.Accounts) > 1 {
			before = h.Accounts[1].State
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", problem.Show(h.ID), h.Schedule.Every(), minute(current.Window.Start), ranAt(current),
			paint(current.State, string(current.State)), paint(before, cmp.Or(string(before), "-")), minute(h.Schedule.Next(h.Now)), link(current))
	}
	return t.Flush()
}
