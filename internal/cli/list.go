package cli

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/spf13/cobra"
)

// listedJob is a job in the output of `list --json`.
type listedJob struct {
	ID         string   `json:"id"`
	Every      string   `json:"every"`
	Entrypoint string   `json:"entrypoint"`
	Doc        string   `json:"doc"` // the first line of its docstring; "" without one
	Assigned   string   `json:"assigned"`
	Crons      []string `json:"crons"` // none if GitHub does not start it
	Workflow   string   `json:"workflow"`
	Next       []string `json:"next"` // RFC 3339, UTC; none if it has ended or is disabled

	Trigger     any    `json:"trigger"` // as written: a string or a []string
	Timezone    string `json:"timezone"`
	Group       string `json:"group"`
	Enabled     bool   `json:"enabled"`
	Executor    string `json:"executor"`    // github or serve
	Description string `json:"description"` // the option, else the docstring's first line

	Environment listedEnvironment `json:"environment"`

	primary, spares int    // of Crons
	standing        string // instead of Next: "disabled", "ended" or "none"
	cron            string // instead of one that it does not have
}

// listedEnvironment is how a job's packages are installed.
type listedEnvironment struct {
	Tool   installer.Tool `json:"tool"`
	File   string         `json:"file"`   // relative to the repository's root; "" without one
	Why    string         `json:"why"`    // what decided
	Locked bool           `json:"locked"` // the file pins every package
}

func (p *Program) listCommand() *cobra.Command {
	var asJSON bool
	var runs int
	var now string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show the jobs with their assigned times, crons and next runs",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from := p.Now()
			if now != "" {
				var err error
				if from, err = time.Parse(time.RFC3339, now); err != nil {
					return usageError(fmt.Sprintf("--now %q is not a time of the form 2026-11-21T10:37:00Z", now), cmd)
				}
			}
			if runs < 0 {
				return usageError(fmt.Sprintf("-n %d must not be negative", runs), cmd)
			}
			return p.list(from, runs, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().IntVarP(&runs, "number", "n", 3, "number of next runs to show")
	cmd.Flags().StringVar(&now, "now", "", "time after which to show the next runs, as in 2026-11-21T10:37:00Z")
	return cmd
}

// list shows the jobs, each with that number of runs after a time.
func (p *Program) list(from time.Time, runs int, asJSON bool) error {
	project, err := p.open()
	if err != nil {
		return err
	}
	environments, err := project.environments()
	if err != nil {
		return err
	}
	docs, err := p.jobs(project, environments).Docs()
	if err != nil {
		return err
	}
	jobs, environmentOf := make([]listedJob, 0, len(project.Jobs)), workflow.ByJob(environments)
	for i, job := range project.Jobs {
		l, env := listed(job, from, runs), environmentOf[job.ID]
		l.Doc = docs[i]
		l.Description = cmp.Or(l.Description, l.Doc)
		l.Environment = listedEnvironment{env.Tool, env.File, env.Why, env.Locked}
		jobs = append(jobs, l)
	}
	if asJSON {
		return p.printJSON(map[string]any{"jobs": jobs})
	}
	if err := printJobs(p.Stdout, project.Path, jobs); err != nil {
		return err
	}
	_, minutes := workflow.Target{Project: project.Project, Path: project.Path}.Minutes(workflow.Plan{})
	if minutes > 0 {
		fmt.Fprintf(p.Stdout, "\nAbout %d runner minutes a month, $%.2f in a private repository\n", minutes, float64(minutes)*workflow.DollarsPerMinute)
	}
	return printEnvironments(p.Stdout, environments)
}

func listed(job pyproject.Job, from time.Time, runs int) listedJob {
	l := listedJob{
		ID:         job.ID,
		Every:      string(job.Schedule.Every()),
		Entrypoint: job.Entrypoint,
		Assigned:   job.Schedule.String(),
		Crons:      []string{},
		Workflow:   path.Join(workflow.Dir, job.File()),
		Next:       []string{},

		Trigger:     job.Trigger(),
		Timezone:    job.Schedule.Zone(),
		Group:       job.Options.Group,
		Enabled:     !job.Schedule.Spec().Disabled,
		Executor:    "github",
		Description: job.Options.Description,

		cron: "none",
	}
	switch {
	case job.Options.Serve:
		l.Executor, l.cron = "serve", "serve"
	case !job.Hosted():
		l.cron = "not on GitHub"
	case l.Enabled:
		for _, cron := range job.Schedule.Crons(job.Options.Spares) {
			l.Crons = append(l.Crons, cron.Expr)
			if cron.Spare {
				l.spares++
			} else {
				l.primary++
			}
		}
	}
	if !l.Enabled {
		l.standing = string(schedule.Disabled)
		return l
	}
	for slot := job.Schedule.Next(from); len(l.Next) < runs && !slot.IsZero(); slot = job.Schedule.Next(slot) {
		l.Next = append(l.Next, slot.Format(time.RFC3339))
	}
	if job.Schedule.Next(from).IsZero() {
		l.standing = cmp.Or(string(job.Schedule.Standing(from)), "none")
	}
	return l
}

// printEnvironments prints a line for each way in which the jobs' packages are
// installed.
func printEnvironments(w io.Writer, environments []workflow.Installed) error {
	for i, env := range environments {
		whose := "every job"
		if len(environments) > 1 {
			whose = problem.Some(env.Jobs, problem.Show)
		}
		if i == 0 {
			fmt.Fprintln(w)
		}
		if _, err := fmt.Fprintf(w, "Environment of %s: %s\n", whose, env); err != nil {
			return err
		}
	}
	return nil
}

func printJobs(w io.Writer, file string, jobs []listedJob) error {
	if len(jobs) == 0 {
		return printNoJobs(w, file)
	}
	t := table(w)
	does := func(string) string { return "" }
	if slices.ContainsFunc(jobs, func(job listedJob) bool { return job.Description != "" }) {
		does = docColumn
	}
	fmt.Fprintln(t, "JOB\tASSIGNED\tCRON\tSPARES\tENTRYPOINT\tNEXT (UTC)"+does("DOES"))
	for _, job := range jobs {
		var next []string
		for _, slot := range job.Next {
			next = append(next, strings.NewReplacer("T", " ", ":00Z", "").Replace(slot))
		}
		cron := job.cron
		if len(job.Crons) > 0 {
			cron = job.Crons[0]
		}
		if job.primary > 1 {
			cron += fmt.Sprintf(" and %d more", job.primary-1)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s%s\n", problem.Show(job.ID), problem.Cut(job.Assigned, 60), cron, job.spares,
			job.Entrypoint, cmp.Or(strings.Join(next, ", "), job.standing), does(job.Description))
	}
	return t.Flush()
}

// docColumn returns a cell of the last column of a table of jobs.
func docColumn(text string) string {
	return "\t" + strings.ReplaceAll(problem.Cut(text, 60), "\t", " ")
}
