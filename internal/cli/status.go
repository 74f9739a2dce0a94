package cli

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/table"
	"github.com/spf13/cobra"
)

func (p *Program) statusCommand() *cobra.Command {
	var asJSON bool
	var token string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the state and the last windows of every job",
		Long: `status shows the state of every job in its current window, a bar of its last windows
with the newest at the end, and when it is next due. Jobs that need a look come first.

` + past.States + `

` + sourcesHelp + `

A job whose runs cannot be listed is shown as unknown. The exit code is then 1, or 4
if the token may not read runs. If single runs of it cannot be read, only their windows
are unknown, and a note says why. In a repository with many jobs, so are windows whose
runs are not checked, to save requests: the current ones are checked first. Windows before the previous one
are judged by the list of runs alone; ` + "`scheduled history`" + ` checks them.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return p.status(token, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	registerToken(cmd, &token)
	p.registerAllProjects(cmd)
	return cmd
}

func (p *Program) status(token string, asJSON bool) error {
	projects, failed := p.projects(p.openAt)
	if len(projects) == 0 {
		return p.worst(failed...)
	}
	reach := func([]past.Job) schedule.Reach { return schedule.Reach{Windows: 2} }
	err := p.recallAll(projects, token, reach, func(archive *past.Archive, histories []past.History) error {
		for _, h := range histories {
			p.note(append(archive.Remarks(h), h.Gone()...))
		}
		p.note(past.Unasked(histories...))
		started := p.dispatches(projects)
		return errors.Join(p.printStatus(projects[0].Path, histories, started, archive.Source(), asJSON), past.Unread(histories))
	})
	return p.worst(append(failed, err)...)
}

// dispatches returns what resident loops have dispatched from this machine, by project and
// job.
func (p *Program) dispatches(projects []*project) map[[2]string][]ledger.Dispatch {
	started := map[[2]string][]ledger.Dispatch{}
	for _, project := range projects {
		path := ""
		if p.allProjects {
			path = project.Path
		}
		book, err := p.ledger(project)
		var all []ledger.Dispatch
		if book != nil {
			all, err = book.Dispatches()
		}
		if err != nil {
			p.note([]string{err.Error()})
		}
		for _, d := range all {
			key := [2]string{path, d.Job}
			started[key] = append(started[key], d)
		}
	}
	return started
}

// printStatus prints the jobs, as JSON or as a table. file is the pyproject.toml of the
// first.
func (p *Program) printStatus(file string, histories []past.History, started map[[2]string][]ledger.Dispatch, source string, asJSON bool) error {
	all := past.LatencyOf(slices.Concat(slices.Collect(maps.Values(started))...))
	if asJSON {
		jobs := make([]past.ShownStatus, 0, len(histories))
		for _, h := range histories {
			shown := h.ShowStatus()
			shown.Latency = past.LatencyOf(started[[2]string{h.Project, h.ID}])
			jobs = append(jobs, shown)
		}
		shown := map[string]any{"jobs": jobs}
		if all != nil {
			shown["latency"] = all
		}
		return p.printJSON(shown)
	}
	if len(histories) == 0 {
		return p.printNoJobs(file)
	}
	fmt.Fprintf(p.Stdout, "%s, from %s\n%s\n\n", problem.Count(len(histories), "job"), source, past.Sum(histories))
	histories = past.ByTrouble(histories)
	screen, paint := p.screen(p.Stdout), p.painter(p.Stdout)
	bars, longest := make([][]schedule.Account, len(histories)), 0
	for i, h := range histories {
		bars[i] = h.Recent()
		longest = max(longest, len(bars[i]))
	}
	t := p.table(p.Stdout, table.Column{Name: "PROJECT"}, table.Column{Name: "JOB"}, table.Column{Name: "TRIGGER", Rank: 3, Most: 30}, table.Column{Name: "WINDOWS", Least: 7, Shorten: table.Tail},
		table.Column{Name: "STATE"}, table.Column{Name: "DUE (UTC)", Rank: 4}, table.Column{Name: "RAN (UTC)", Rank: 2}, table.Column{Name: "LATE", Rank: 1}, table.Column{Name: "NEXT (UTC)"},
		table.Column{Name: "RUN", Rank: 5})
	needs := p.table(p.Stdout, whole, whole, phrase)
	left := 0
	for i, h := range histories {
		current, _ := h.Current()
		project := ""
		if p.allProjects {
			project = path.Dir(h.Project)
		}
		ran, late := past.Ran(current)
		bar := strings.Repeat(" ", longest-len(bars[i])) + past.Bar(bars[i], screen.ASCII, paint)
		t.Row(project, problem.Show(h.ID), past.Trigger(h), bar, paint(h.State(), string(h.State())), past.MinuteOrNone(current.Window.Start), ran, late,
			past.NextShort(h), past.Link(current))
		if what := h.Needs(); what != "" && i < maxNeeds {
			needs.Row("  "+problem.Show(h.ID), project, what)
		} else if what != "" {
			left++
		}
	}
	if left > 0 {
		needs.Row("  and " + problem.Count(left, "more job"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "\n%s\n", past.Key(bars, screen.ASCII, paint))
	if needs.Rows() > 0 {
		fmt.Fprintln(p.Stdout, "\nLook at:")
	}
	if err := needs.Flush(); err != nil || all == nil {
		return err
	}
	_, err := fmt.Fprintf(p.Stdout, "\n%s\n", all.Words())
	return err
}

// maxNeeds is how many jobs are told to look at.
const maxNeeds = 10
