package cli

import (
	"slices"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

// selection selects jobs, beside the ids that a command gets as arguments.
type selection struct {
	group string
	all   bool
}

func (s *selection) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.group, "group", "", "the jobs of this group")
	cmd.Flags().BoolVar(&s.all, "all", false, "all jobs")
}

// selected returns the selected jobs in file order, each once. It is an error if none is, or
// if all are and some of them besides.
func (pr *project) selected(ids []string, s selection) ([]pyproject.Job, error) {
	if s.all && (len(ids) > 0 || s.group != "") {
		return nil, &exitError{exitUsage, problem.New("leave one of them out", "--all cannot be combined with jobs or --group")}
	}
	for _, id := range ids {
		if _, err := pr.job(id, false); err != nil {
			return nil, err
		}
	}
	var jobs []pyproject.Job
	var known, groups []string
	for _, job := range pr.Jobs {
		known = append(known, job.ID)
		if job.Options.Group != "" && !slices.Contains(groups, job.Options.Group) {
			groups = append(groups, job.Options.Group)
		}
		if s.all || slices.Contains(ids, job.ID) || s.group != "" && job.Options.Group == s.group {
			jobs = append(jobs, job)
		}
	}
	if s.group != "" && !slices.Contains(groups, s.group) {
		hint := "set group = " + problem.Quote(s.group) + " in the options of jobs"
		if len(groups) > 0 {
			hint = "the groups are " + problem.Some(groups, problem.Show)
		}
		return nil, &exitError{exitUsage, problem.New(hint, "no job has the group %s", problem.Quote(s.group))}
	}
	if len(known) == 0 {
		return nil, &exitError{exitUsage, problem.New("`scheduled init` adds an example, and `scheduled add` a job of your own", "%s declares no job", pr.Path)}
	}
	if len(jobs) == 0 {
		return nil, &exitError{exitUsage, problem.New("name jobs, or add --group or --all. The jobs are "+problem.Some(known, problem.Show), "no job selected")}
	}
	return jobs, nil
}
