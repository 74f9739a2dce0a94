// Package cli is the command line: one file for each command, and what they share.
package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/spf13/cobra"
)

// Program is one call of the program. Nothing below reads the process's own
// arguments, environment, streams or clock.
type Program struct {
	Name    string   // how the program was called
	Args    []string // without Name
	Environ []string // as os.Environ has it
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Now     func() time.Time
	Version string // the release, as "v1.2.3"; "" if it is none

	// Path is the file of this program, to start it again: without credentials, or as
	// the guard of an entrypoint. Without it, neither is done.
	Path string

	project     string   // --project
	allProjects bool     // --all-projects
	closing     []func() // is called at the end
}

// Main runs the command that the arguments name and returns the exit code:
// 0 done; 1 drift, findings, or the entrypoint failed; 2 wrong usage or
// configuration; 4 a credential is missing or lacks a right.
func (p *Program) Main() int {
	if len(p.Args) > 0 && p.Args[0] == python.GuardArgument {
		python.Guard(p.Args[1:])
		return 0
	}
	if p.runner(p.Stderr).On() {
		python.Seal()
		out, log := actions.NewLog(p.Stdout), actions.NewLog(p.Stderr)
		defer out.Flush()
		defer log.Flush()
		p.Stdout, p.Stderr = out, log
		if len(p.Args) == 0 {
			p.Args = p.argsFromInputs()
		}
	}
	root := p.root()
	root.SetArgs(p.Args)
	defer func() {
		for _, end := range p.closing {
			end()
		}
	}()
	return p.report(root.Execute())
}

func (p *Program) root() *cobra.Command {
	root := &cobra.Command{
		Use:         "scheduled",
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: p.called()},
		Short:       "Scheduled jobs of a Python project on GitHub Actions, run at least once in every window",
		Long: `Jobs are tables of pyproject.toml:

  [tool.scheduled.clean-files]
  every = "day"                      # hour, day, week, month
  entrypoint = "app.jobs:clean_files"

  [tool.scheduled-actions.jobs.send-report]
  cron = "0 9 * * MON-FRI"           # or every = "2 hours", or run-at
  timezone = "Europe/Berlin"
  entrypoint = "app.reports:send"

sync writes a workflow file for each. When one of its ticks arrives, check
asks GitHub whether the job's window is confirmed, and if not, run executes
the entrypoint.`,
		Version:       p.build().version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("no command", cmd)
			}
			return usageError(fmt.Sprintf("no command %q%s", args[0], didYouMean(cmd.SuggestionsFor(args[0]))), cmd)
		},
		RunE:              func(*cobra.Command, []string) error { return nil },
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError(err.Error(), cmd) })
	root.PersistentFlags().StringVar(&p.project, "project", "", "folder of the project, or its pyproject.toml (default: the nearest one upward)")
	root.AddCommand(
		p.initCommand(),
		p.addCommand(),
		p.removeCommand(),
		p.setCommand(),
		p.syncCommand(),
		p.listCommand(),
		p.validateCommand(),
		p.doctorCommand(),
		p.schemaCommand(),
		p.completionCommand(),
		p.checkCommand(),
		p.runCommand(),
		p.commitCommand(),
		p.heartbeatCommand(),
		p.simulateCommand(),
		p.historyCommand(),
		p.statusCommand(),
		p.reportCommand(),
		p.rescueCommand(),
		p.serveCommand(),
		p.triggerCommand(),
		p.backfillCommand(),
		p.pauseCommand(),
		p.resumeCommand(),
		p.importCommand(),
		p.exportCommand(),
		p.demoCommand((*Program).Main),
	)
	p.completed(root)
	return root
}

func didYouMean(suggestions []string) string {
	if len(suggestions) == 0 {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", suggestions[0])
}
