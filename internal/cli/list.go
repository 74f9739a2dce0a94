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
	var flags listFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show the jobs with their assigned times, crons and next runs",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from := p.Now()
			if flags.now != "" {
				var err error
				if from, err = time.Parse(time.RFC3339, flags.now); err != nil {
					return usageError(fmt.Sprintf("--now %q is not a time of the form 2026-11-21T10:37:00Z", flags.now), cmd)
				}
			}
			if flags.runs < 0 {
				return usageError(fmt.Sprintf("-n %d must not be negative", flags.runs), cmd)
			}
			return p.list(from, flags)
		},
	}
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	cmd.Flags().IntVarP(&flags.runs, "number", "n", 3, "number of next runs to show")
	cmd.Flags().StringVar(&flags.group, "group", "", "the jobs of this group")
	p.registerAllProjects(cmd)
	cmd.Flags().StringVar(&flags.now, "now", "", "time after which to show the next runs, as in 2026-11-21T10:37:00Z")
	return cmd
}

// listFlags are the flags of `list`.
type listFlags struct {
	asJSON bool
	runs   int
	now    string
	group  string
}

// list shows the jobs, each with some runs after a time.
func (p *Program) list(from time.Time, flags listFlags) error {
	projects, failed := p.projects(p.openAt)
	all := []workflow.Listed{}
	found := flags.group == ""
	for i, project := range projects {
		jobs, environments, err := p.listed(project, from, flags.runs)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if flags.group != "" {
			jobs = slices.DeleteFunc(jobs, func(job workflow.Listed) bool { return job.Group != flags.group })
			found = found || len(jobs) > 0
		}
		if all = append(all, jobs...); flags.asJSON || flags.group != "" && len(jobs) == 0 {
			continue
		}
		if p.allProjects {
			if i > 0 {
				fmt.Fprintln(p.Stdout)
			}
			fmt.Fprintf(p.Stdout, "%s\n\n", project.Path)
		}
		if err := p.printListed(project, jobs, environments); err != nil {
			return err
		}
	}
	if !found && len(failed) == 0 {
		failed = append(failed, &exitError{exitUsage, problem.New("`scheduled list` shows the groups", "no job has the group %s", problem.Quote(flags.group))})
	}
	if flags.asJSON && (len(failed) == 0 || p.allProjects) {
		failed = append(failed, p.printJSON(map[string]any{"jobs": all}))
	}
	return p.worst(failed...)
}

// listed returns the jobs of a project, and how their packages are installed.
func (p *Program) listed(project *project, from time.Time, runs int) ([]workflow.Listed, []workflow.Installed, error) {
	environments, err := project.environments()
	if _, wrong := errors.AsType[problem.Problems](err); wrong && len(environments) > 0 {
		p.keepInstalled(project, environments)
	} else if err != nil {
		return nil, nil, err
	}
	docs, err := p.jobs(project, environments).Docs()
	if err != nil {
		return nil, nil, err
	}
	jobs := workflow.Target{Project: project.Project, Path: project.Path}.List(from, runs, environments, docs)
	for i := range jobs {
		if p.allProjects {
			jobs[i].Project = project.Path
		}
	}
	return jobs, environments, nil
}

// printListed prints the jobs of a project, what they cost, and their environments.
func (p *Program) printListed(project *project, jobs []workflow.Listed, environments []workflow.Installed) error {
	if err := printJobs(p.Stdout, project.Path, jobs); err != nil {
		return err
	}
	_, minutes := workflow.Target{Project: project.Project, Path: project.Path}.Minutes(workflow.Plan{})
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
	none := func(string) string { return "" } // the cell of a column that no job needs
	does, group := none, none
	if slices.ContainsFunc(jobs, func(job workflow.Listed) bool { return job.Group != "" }) {
		group = docColumn
	}
	if slices.ContainsFunc(jobs, func(job workflow.Listed) bool { return job.Description != "" }) {
		does = docColumn
	}
	fmt.Fprintln(t, "JOB"+group("GROUP")+"\tASSIGNED\tCRON\tSPARES\tENTRYPOINT\tNEXT (UTC)"+does("DOES"))
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
		fmt.Fprintf(t, "%s%s\t%s\t%s\t%d\t%s\t%s%s\n", problem.Show(job.ID), group(job.Group), problem.Cut(job.Assigned, 60), cron, len(job.Crons)-job.Primary,
			job.Runs, cmp.Or(strings.Join(next, ", "), string(job.Standing)), does(job.Description))
	}
	return t.Flush()
}

// docColumn returns a cell of the last column of a table of jobs.
func docColumn(text string) string {
	return "\t" + strings.ReplaceAll(problem.Cut(text, 60), "\t", " ")
}
