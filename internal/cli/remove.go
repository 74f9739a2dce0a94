package cli

import (
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

func (p *Program) removeCommand() *cobra.Command {
	var flags editFlags
	cmd := &cobra.Command{
		Use:   "remove ID",
		Short: "Remove a job from pyproject.toml",
		Long: `remove deletes a job with its options, the comments between its keys, and those that
touch the headers of its tables. It leaves every other byte of pyproject.toml as it is.
The next sync deletes the job's workflow file.`,
		Args: jobArgument,
		RunE: func(_ *cobra.Command, args []string) error {
			place, err := p.find()
			if err != nil {
				return err
			}
			return p.editJob(place, args[0], func(e *pyproject.Edit) error { return e.Remove(args[0]) }, flags)
		},
	}
	flags.register(cmd)
	return cmd
}
