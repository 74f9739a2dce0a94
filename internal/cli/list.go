package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/table"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/spf13/cobra"
)

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
	if _, wrong := errors.AsType[problem.Problems](err); wrong && len(environments) > 0 {
		p.keepInstalled(project, environments)
	} else if err != nil {
		return err
	}
	docs, err := p.jobs(project, environments).Docs()
	if err != nil {
		return err
	}
	target := workflow.Target{Project: project.Project, Path: project.Path}
	jobs := target.List(from, runs, environments, docs)
	if asJSON {
		return p.printJSON(map[string]any{"jobs": jobs})
	}
	if err := printJobs(p.Stdout, project.Path, jobs); err != nil {
		return err
	}
	_, minutes := target.Minutes(workflow.Plan{})
	if minutes > 0 {
		fmt.Fprintf(p.Stdout, "\nAbout %d runner minutes a month, $%.2f in a private repository\n", minutes, float64(minutes)*workflow.DollarsPerMinute)
	}
	return printEnvironments(p.Stdout, environments)
}

// keepInstalled leaves the other jobs out of a project, with a warning.
func (p *Program) keepInstalled(project *project, environments []workflow.Installed) {
	var ids []string
	installed := workflow.ByJob(environments)
	project.Jobs = slices.DeleteFunc(project.Jobs, func(job pyproject.Job) bool {
		_, ok := installed[job.ID]
		if !ok {
			ids = append(ids, job.ID)
		}
		return !ok
	})
	p.leaveOut(ids, "because of errors")
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

func printJobs(w io.Writer, file string, jobs []workflow.Listed) error {
	if len(jobs) == 0 {
		return printNoJobs(w, file)
	}
	t := table.New(w)
	does := func(string) string { return "" }
	if slices.ContainsFunc(jobs, func(job workflow.Listed) bool { return job.Description != "" }) {
		does = docColumn
	}
	fmt.Fprintln(t, "JOB\tASSIGNED\tCRON\tSPARES\tENTRYPOINT\tNEXT (UTC)"+does("DOES"))
	for _, job := range jobs {
		var next []string
		for _, slot := range job.Next {
			next = append(next, strings.NewReplacer("T", " ", ":00Z", "", "Z", "").Replace(slot))
		}
		cron := job.Unticked
		if len(job.Crons) > 0 {
			cron = job.Crons[0]
		}
		if job.Primary > 1 {
			cron += fmt.Sprintf(" and %d more", job.Primary-1)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s%s\n", problem.Show(job.ID), problem.Cut(job.Assigned, 60), cron, len(job.Crons)-job.Primary,
			job.Runs, cmp.Or(strings.Join(next, ", "), string(job.Standing)), does(job.Description))
	}
	return t.Flush()
}

// docColumn returns a cell of the last column of a table of jobs.
func docColumn(text string) string {
	return "\t" + strings.ReplaceAll(problem.Cut(text, 60), "\t", " ")
}
