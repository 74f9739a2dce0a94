// Package cli is the command line: one file for each command, and what they share.
package cli

import (
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
		Use:           "scheduled",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: p.called()},
		Short:         "Scheduled jobs of a Python project on GitHub Actions, run at least once in every window",
		Version:       p.build().version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return noCommand(cmd, args[0])
		},
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError(flagError(err), cmd) })
	root.PersistentFlags().StringVar(&p.project, "project", "", "folder of the project, or its pyproject.toml (default: the nearest one upward)")
	p.helped(root, []commandGroup{
		{"Set up", []*cobra.Command{p.initCommand(), p.addCommand(), p.setCommand(), p.removeCommand(), p.validateCommand(), p.syncCommand()}},
		{"Run", []*cobra.Command{p.runCommand(), p.triggerCommand(), p.backfillCommand(), p.serveCommand()}},
		{"See", []*cobra.Command{p.listCommand(), p.statusCommand(), p.historyCommand(), p.reportCommand(), p.simulateCommand(), p.demoCommand((*Program).Main)}},
		{"Operate", []*cobra.Command{p.pauseCommand(), p.resumeCommand(), p.rescueCommand(), p.doctorCommand()}},
		{"Move", []*cobra.Command{p.importCommand(), p.exportCommand()}},
		{"In workflows and editors", []*cobra.Command{p.checkCommand(), p.commitCommand(), p.heartbeatCommand(), p.schemaCommand(), p.completionCommand()}},
	})
	p.completed(root)
	return root
}
