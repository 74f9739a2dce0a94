package cli

import (
	"slices"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

func (p *Program) removeCommand() *cobra.Command {
	var flags editFlags
	cmd := &cobra.Command{
		Use:   "remove ID",
		Short: "Remove a job from pyproject.toml",
		Long: `remove deletes a job with its options, the comments between its keys, and those that
touch the headers of its tables. It leaves every other byte of pyproject.toml as it is,
and refuses a job that others need. The next sync deletes the job's workflow file.`,
		Args: jobArgument,
		RunE: func(_ *cobra.Command, args []string) error {
			place, err := p.find()
			if err != nil {
				return err
			}
			if err := unneeded(place, args[0]); err != nil {
				return err
			}
			return p.editJob(place, args[0], func(e *pyproject.Edit) error { return e.Remove(args[0]) }, flags)
		},
	}
	flags.register(cmd)
	return cmd
}

// unneeded is an error for a job that others wait for.
func unneeded(place pyproject.Place, id string) error {
	project, err := place.Load()
	if err != nil {
		return nil // the edit says what is wrong
	}
	var ids []string
	for _, job := range project.Jobs {
		if job.ID != id && slices.Contains(job.Options.Needs, id) {
			ids = append(ids, job.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return &exitError{exitUsage, problem.New("remove it from needs of those first, as with `scheduled set ID needs=`", "job %s is needed by %s", problem.Show(id), problem.Some(ids, problem.Show))}
}
