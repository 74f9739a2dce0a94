package cli

import (
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

func (p *Program) setCommand() *cobra.Command {
	var flags editFlags
	cmd := &cobra.Command{
		Use:   "set ID KEY=VALUE…",
		Short: "Change keys of a job in pyproject.toml",
		Long: `set changes keys of a job and leaves every other byte of pyproject.toml as it is. A key
is every, entrypoint or an option of a job, or a key in one, as in env.LOG_LEVEL.

  scheduled set clean every=week
  scheduled set clean attempts=3 'cron=0 9 * * *'
  scheduled set clean 'args=["daily", 7]' env.LOG_LEVEL=info
  scheduled set clean at=

A value is TOML or a bare string. Where it could be both, the type of the option
decides: at=06:00 and description=true are strings. KEY= removes the key.

every, cron and run-at replace each other, and so do entrypoint and command. A job
of [tool.scheduled] moves to [tool.scheduled-actions.jobs] if its new value needs that.
The result is checked before it is written.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError("set takes the id of a job and at least one KEY=VALUE", cmd)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			settings, err := pyproject.ParseSettings(args[1:])
			if err != nil {
				return &exitError{exitUsage, err}
			}
			place, err := p.find()
			if err != nil {
				return err
			}
			return p.editJob(place, args[0], func(e *pyproject.Edit) error { return e.Set(args[0], settings...) }, flags)
		},
	}
	flags.register(cmd)
	return cmd
}
