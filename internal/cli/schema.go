package cli

import (
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

func (p *Program) schemaCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of [tool.scheduled-actions]",
		Long: `schema prints the JSON schema (draft 2020-12) of [tool.scheduled-actions], with which an
editor completes and checks its keys. It needs no project.

Dates and times of TOML are strings in it. What depends on the rest of the file or on the
repository, such as a job id in needs, only ` + "`scheduled validate`" + ` checks.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := p.Stdout.Write(pyproject.Schema())
			return err
		},
	}
	cmd.Flags().Bool("json", true, "print JSON, as always")
	return cmd
}
