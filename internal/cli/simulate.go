package cli

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/simulate"
	"github.com/scheduled-actions/scheduled/internal/table"
	"github.com/spf13/cobra"
)

// maxDays is the longest simulation: ten years.
const maxDays = 3653

// simulateFlags are the flags of simulate.
type simulateFlags struct {
	regime  string
	from    string
	days    int
	seed    uint64
	json    bool
	regimes bool

	serve, pacemaker bool
}

func (p *Program) simulateCommand() *cobra.Command {
	var flags simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Simulate the jobs on an unreliable GitHub",
		Long: `simulate runs the project's jobs, with their crons, spares and rescue, on a
simulated GitHub, and counts how many windows are served, and when. The regime says
how unreliable that GitHub is. The last table compares the project as it is with
fewer helpers, and with serve or the pacemaker. --serve and --pacemaker show each job
with these.

A regime is ideal, late, throttled, starved, starved-file, silent or outage, or one of
these with +flaky, +incidents or +serve-outages: throttled+flaky. --regimes prints all of them as a file, with the sources
of their numbers, to copy and change. --regime takes such a file as FILE#NAME, or as
FILE if it has only one and ends in .json.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.regimes {
				_, err := p.Stdout.Write(simulate.Regimes)
				return err
			}
			if flags.days < 1 || flags.days > maxDays {
				return usageError(fmt.Sprintf("--days %d is not between 1 and %d", flags.days, maxDays), cmd)
			}
			from, err := time.Parse(time.DateOnly, flags.from)
			if err != nil {
				return usageError(fmt.Sprintf("--from %q is not a date of the form 2026-12-31", flags.from), cmd)
			}
			return p.simulate(flags, from)
		},
	}
	cmd.Flags().StringVar(&flags.regime, "regime", "throttled", "name of a regime, or a file with one")
	cmd.Flags().StringVar(&flags.from, "from", simulate.Start.Format(time.DateOnly), "first day to simulate")
	cmd.Flags().IntVar(&flags.days, "days", 365, "number of days to simulate")
	cmd.Flags().Uint64Var(&flags.seed, "seed", 1, "random seed")
	cmd.Flags().BoolVar(&flags.serve, "serve", false, "simulate a `scheduled serve` too, which dispatches the jobs")
	cmd.Flags().BoolVar(&flags.pacemaker, "pacemaker", false, "simulate the option pacemaker, even if it is not set")
	cmd.Flags().BoolVar(&flags.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&flags.regimes, "regimes", false, "print the built-in regimes as a file to copy")
	return cmd
}

// simulation is the output of `simulate --json`.
type simulation struct {
	Name     string             `json:"regime"`
	Sources  []string           `json:"sources"` // of the numbers of the regime
	From     time.Time          `json:"from"`
	Days     int                `json:"days"`
	Seed     uint64             `json:"seed"`
	Variants []simulate.Variant `json:"variants"` // the first is the project as it is
}

func (p *Program) simulate(flags simulateFlags, from time.Time) error {
	regime, err := simulate.Read(flags.regime)
	if err != nil {
		return &exitError{exitUsage, problem.WithHint(err, "`scheduled simulate --regimes` prints the built-in ones")}
	}
	project, err := p.open()
	if err != nil {
		return err
	}
	p.hosted(project)
	played, idle := project.simulated()
	played.From, played.Serve = from, flags.serve
	played.Pacemaker = played.Pacemaker || flags.pacemaker
	if len(idle) > 0 {
		p.note([]string{fmt.Sprintf("left out %s, which GitHub does not start", problem.Some(idle, problem.Show))})
	}
	variants, err := simulate.Variants(played, regime, flags.days, flags.seed)
	if err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	s := simulation{flags.regime, regime.Sources, from, flags.days, flags.seed, variants}
	switch {
	case flags.json:
		return p.printJSON(s)
	case len(project.Jobs) == 0:
		return p.printNoJobs(project.Path)
	}
	return s.print(p)
}

// simulated returns the project in the form that the simulator takes, and the jobs that
// are disabled or run elsewhere.
func (pr *project) simulated() (played simulate.Project, idle []string) {
	played = simulate.Project{AtOnce: rescue.MaxDispatches, Rescue: pr.Rescue.Rounds.Crons(), Pacemaker: pr.Rescue.Pacemaker}
	for _, job := range pr.Jobs {
		if job.Options.Serve || job.Schedule.Spec().Disabled {
			idle = append(idle, job.ID)
		}
		if !job.Hosted() || job.Schedule.Spec().Disabled {
			continue
		}
		played.Jobs = append(played.Jobs, simulate.Job{
			ID: job.ID, Schedule: job.Schedule, Crons: job.Schedule.Crons(job.Options.Spares), Patience: job.Options.Patience,
			Attempts: job.Options.Attempts, Backoff: job.Options.Backoff,
			Instances: job.Options.MaxInstances, Cancel: job.Options.Cancel, Lock: job.Options.Lock, Needs: job.Options.Needs,
		})
	}
	return played, idle
}

func (s simulation) print(p *Program) error {
	as, w := s.Variants[0], p.Stdout
	jobs := slices.SortedStableFunc(slices.Values(as.Jobs), func(a, b simulate.Outcome) int { return b.Windows - a.Windows })
	fmt.Fprintf(w, "%s of %s, seed %d\n\n", problem.Count(s.Days, "day"), s.Name, s.Seed)
	t := p.table(w, table.Column{Name: "JOB"}, table.Column{Name: "WINDOWS", Rank: 2}, table.Column{Name: "SERVED"}, table.Column{Name: "IN TIME"},
		table.Column{Name: "LATE P50"}, table.Column{Name: "P95", Rank: 1}, table.Column{Name: "MAX", Rank: 1}, table.Column{Name: "EXECUTED", Rank: 4},
		table.Column{Name: "NEEDLESS", Rank: 5}, table.Column{Name: "TICKS", Rank: 6}, table.Column{Name: "RESCUED", Rank: 3},
		table.Column{Name: "BY SERVE", Rank: 3}, table.Column{Name: "MINUTES A MONTH"})
	longest := 0
	for _, o := range jobs {
		served := ""
		if as.Serve {
			served = fmt.Sprint(o.Serves)
		}
		longest = max(longest, table.Width(problem.Show(o.ID)))
		t.Row(problem.Show(o.ID), fmt.Sprint(o.Windows), simulate.Percent(o.Served, o.Windows), simulate.Percent(o.InTime, o.Windows), simulate.Span(o.P50), simulate.Span(o.P95), simulate.Span(o.Max),
			fmt.Sprint(o.Executions), fmt.Sprint(o.Needless), fmt.Sprint(o.Ticks), fmt.Sprint(o.Dispatches), served, fmt.Sprintf("%.0f", o.Minutes))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	screen := p.screen(w)
	pen := simulate.NewPen(screen.ASCII)
	t = p.table(w, whole, whole, phrase)
	for _, o := range jobs {
		t.Row(problem.Show(o.ID), o.Picture(min(60, max(20, screen.Width-longest-4-phrase.Least)), pen), o.Schedule)
	}
	t.Row("", pen.Key())
	if err := t.Flush(); err != nil {
		return err
	}
	return s.printVariants(p)
}

// printVariants prints what the spares and the rescue achieve and cost.
func (s simulation) printVariants(p *Program) error {
	fmt.Fprintln(p.Stdout)
	t := p.table(p.Stdout, table.Column{Name: "ALL JOBS", Least: 20, Wrap: true}, table.Column{Name: "SERVED"}, table.Column{Name: "IN TIME"},
		table.Column{Name: "LATE P50"}, table.Column{Name: "P95", Rank: 1}, table.Column{Name: "MAX", Rank: 1}, table.Column{Name: "MINUTES A MONTH"})
	for _, v := range s.Variants {
		o := v.Total
		t.Row(v.Words(), simulate.Percent(o.Served, o.Windows), simulate.Percent(o.InTime, o.Windows), simulate.Span(o.P50), simulate.Span(o.P95), simulate.Span(o.Max), fmt.Sprintf("%.0f", o.Minutes))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(p.Stdout, s.Variants[0].Lost(s.From, s.Days))
	return err
}
