package cli

import (
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

// addKeys are the keys of a job that have a flag of `add`.
var addKeys = []struct{ key, help string }{
	{"every", "how often: minute, hour, day, week or month, or as in '2 hours' or monday"},
	{"cron", "instead of every: five fields, as in '30 9 * * 1-5'"},
	{"at", "time of day, as in 09:30"},
	{"timezone", "time zone, as in Europe/Berlin"},
	{"entrypoint", "what to call, as in app.jobs:clean_files"},
	{"command", "instead of entrypoint: a command for bash"},
	{"description", "what the job does"},
}

func (p *Program) addCommand() *cobra.Command {
	var flags editFlags
	values := make([]string, len(addKeys))
	cmd := &cobra.Command{
		Use:   "add ID [KEY=VALUE…]",
		Short: "Add a job to pyproject.toml",
		Long: `add writes a new job after the others, and leaves every other byte of
pyproject.toml as it is. If there is no pyproject.toml, it writes one to the root of the
repository, or to the folder that --project names.

The job goes to [tool.scheduled] if it has an entrypoint and a schedule that fits there,
with its options in [tool.scheduled-actions.jobs]. Any other job goes there whole. All
options can be given as KEY=VALUE, as in attempts=3 or env.LOG_LEVEL=info;
` + "`scheduled set --help`" + ` says how values are read. The result is checked before it is
written.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("add takes the id of the new job", cmd)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var settings []pyproject.Setting
			for i, k := range addKeys {
				if !cmd.Flags().Changed(k.key) {
					continue
				}
				s, err := pyproject.NewSetting(k.key, values[i])
				if err != nil {
					return &exitError{exitUsage, fmt.Errorf("--%s: %w", k.key, err)}
				}
				settings = append(settings, s)
			}
			more, err := pyproject.ParseSettings(args[1:])
			if err != nil {
				return &exitError{exitUsage, err}
			}
			place, err := pyproject.FindOrNew(p.project, p.getenv("GITHUB_WORKSPACE"))
			if err != nil {
				return &exitError{exitUsage, err}
			}
			return p.editJob(place, args[0], func(e *pyproject.Edit) error { return e.Add(args[0], append(settings, more...)...) }, flags)
		},
	}
	for i, k := range addKeys {
		cmd.Flags().StringVar(&values[i], k.key, "", k.help)
	}
	flags.register(cmd)
	return cmd
}
