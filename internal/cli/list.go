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
			flags.all = cmd.Flags().Changed("number")
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
	all    bool // all of the runs are to be shown, whatever the width
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
		if err := p.printListed(project, jobs, environments, flags.all); err != nil {
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
func (p *Program) printListed(project *project, jobs []workflow.Listed, environments []workflow.Installed, all bool) error {
	if err := p.printJobs(project.Path, jobs, all); err != nil {
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

// printJobs prints a table of jobs. all says that every next run was asked for.
func (p *Program) printJobs(file string, jobs []workflow.Listed, all bool) error {
	if len(jobs) == 0 {
		return p.printNoJobs(file)
	}
	then := table.Column{Name: "THEN", Rank: 2, Least: 12, Wrap: true}
	if all {
		then.Rank = 0
	}
	t := p.table(p.Stdout, table.Column{Name: "JOB"}, table.Column{Name: "GROUP", Rank: 1, Most: 60}, table.Column{Name: "ASSIGNED", Least: 24, Most: 60},
		table.Column{Name: "CRON", Rank: 3, Least: 12}, table.Column{Name: "SPARES", Rank: 6}, table.Column{Name: "ENTRYPOINT", Rank: 4, Least: 20},
		table.Column{Name: "NEXT (UTC)"}, then, table.Column{Name: "DOES", Rank: 5, Least: 30, Most: 60})
	for _, job := range jobs {
		next, later := job.Upcoming()
		cron := job.Unticked
		if len(job.Crons) > 0 {
			cron = job.Crons[0]
		}
		if job.Primary > 1 {
			cron += fmt.Sprintf(" and %d more", job.Primary-1)
		}
		t.Row(problem.Show(job.ID), job.Group, job.Assigned, cron, fmt.Sprint(len(job.Crons)-job.Primary),
			job.Runs, cmp.Or(next, string(job.Standing)), later, strings.ReplaceAll(job.Description, "\t", " "))
	}
	return t.Flush()
}
