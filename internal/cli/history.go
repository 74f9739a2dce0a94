package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/table"
	"github.com/spf13/cobra"
)

// The bounds of --limit.
const (
	defaultLimit = 20
	maxLimit     = 10_000
)

func (p *Program) historyCommand() *cobra.Command {
	var asJSON bool
	var token, since string
	var limit int
	cmd := &cobra.Command{
		Use:   "history JOB",
		Short: "Show what became of the job's windows",
		Long: `history shows the windows of a job, the newest first: when each was due, when the
entrypoint started in it, how late that was, the window's state, and the run that
proves it.

` + past.States + `

` + sourcesHelp + ``,
		Args: jobArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			reach, err := parseReach(cmd, since, limit, p.Now())
			if err != nil {
				return err
			}
			return p.history(args[0], reach, token, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().IntVar(&limit, "limit", defaultLimit, "maximum number of windows (with --since: all)")
	cmd.Flags().StringVar(&since, "since", "", "time of the oldest window, as in 2026-11-21T10:37:00Z, or its age, as in 30d or 36h")
	registerToken(cmd, &token)
	return cmd
}

// parseReach reads how far to look back from the flags.
func parseReach(cmd *cobra.Command, since string, limit int, now time.Time) (schedule.Reach, error) {
	reach := schedule.Reach{Windows: limit}
	if limit < 1 || limit > maxLimit {
		return reach, usageError(fmt.Sprintf("--limit %d is not between 1 and %d", limit, maxLimit), cmd)
	}
	if since == "" {
		return reach, nil
	}
	if !cmd.Flags().Changed("limit") {
		reach.Windows = maxLimit
	}
	var err error
	if reach.Since, err = time.Parse(time.RFC3339, since); err == nil {
		if reach.Since.After(now) {
			return reach, usageError(fmt.Sprintf("--since %s is in the future", since), cmd)
		}
		return reach, nil
	}
	if reach.Age, err = parseAge(since); err != nil || reach.Age <= 0 {
		return reach, usageError(fmt.Sprintf("--since %q is neither a time of the form 2026-11-21T10:37:00Z nor an age such as 30d or 36h", since), cmd)
	}
	return reach, nil
}

func (p *Program) history(id string, reach schedule.Reach, token string, asJSON bool) error {
	in, err := p.open()
	if err != nil {
		return err
	}
	job, err := in.job(id, false)
	if err != nil {
		return err
	}
	doing := func() string { return "still reading the history of " + problem.Show(id) }
	return p.recall([]*project{in}, token, doing, func(ctx context.Context, archive *past.Archive) error {
		if archive.Client != nil && job.Unhosted != nil {
			return job.Unhosted
		}
		history, err := archive.Read(ctx, pastJob(job), reach)
		if err != nil {
			return err
		}
		p.note(append(archive.Remarks(history), history.Gone()...))
		p.note(past.Unasked(history))
		if asJSON {
			return p.printJSON(history.Show())
		}
		return p.printHistory(history, archive.SourceOf(history.Job))
	})
}

// printHistory prints a table of the windows, and a summary below it.
func (p *Program) printHistory(h past.History, source string) error {
	paint := p.painter(p.Stdout)
	fmt.Fprintf(p.Stdout, "%s, %s; from %s\n\n", problem.Show(h.ID), h.Schedule, source)
	address := ""
	number := func(link string, cells int) string { // of a run whose address is too long
		id := link[strings.LastIndex(link, "/")+1:]
		address = strings.TrimSuffix(link, id) + "RUN"
		return id
	}
	attempt := table.Column{Name: "ATTEMPT"}
	if p.screen(p.Stdout).Fixed {
		attempt.Rank = 1
	}
	t := p.table(p.Stdout, table.Column{Name: "DUE (UTC)"}, table.Column{Name: "RAN (UTC)"}, table.Column{Name: "LATE"}, table.Column{Name: "STATE"},
		attempt, table.Column{Name: "RUN", Least: 11, Shorten: number})
	for _, a := range h.Accounts {
		ran, late := past.Ran(a)
		t.Row(past.Minute(a.Window.Start), ran, late, paint(a.State, string(a.State)), past.Attempt(a), past.Link(a))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if address != "" {
		fmt.Fprintf(p.Stdout, "\nruns: %s", address)
	}
	_, err := fmt.Fprintf(p.Stdout, "%s\n%s\n", past.Lateness(h), past.Next(h))
	return err
}
