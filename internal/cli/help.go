package cli

import (
	"bytes"
	"fmt"
	"io"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/table"
	"github.com/spf13/cobra"
)

// commandGroup is commands for one purpose, in the order in which the help shows them.
type commandGroup struct {
	title    string
	commands []*cobra.Command
}

// helped gives the root command its commands, and its help.
func (p *Program) helped(root *cobra.Command, groups []commandGroup) {
	for _, group := range groups {
		root.AddCommand(group.commands...)
	}
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		var text bytes.Buffer
		if cmd == root {
			p.help(&text, root, groups)
		} else {
			cmd.SetOut(&text)
			help(cmd, args)
			cmd.SetOut(p.Stdout)
		}
		io.WriteString(p.Stdout, table.Fold(text.String(), p.screen(p.Stdout)))
	})
	root.SetHelpCommand(&cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show how to use a command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return noCommand(root, args[0])
			}
			return cmd.Help()
		},
	})
}

// help prints the commands by their purpose, after how to begin.
func (p *Program) help(w io.Writer, root *cobra.Command, groups []commandGroup) {
	name := root.CommandPath()
	fmt.Fprintf(w, `%s

To begin, in the folder of your project:
  %[2]s init     sets it up, and says what to do next
  %[2]s demo     tries it on a sample project first

`, root.Short, name)
	t := table.New(w, p.screen(p.Stdout), whole, phrase)
	for _, group := range groups {
		t.Row(group.title + ":")
		for _, cmd := range group.commands {
			t.Row("  "+cmd.Name(), cmd.Short)
		}
	}
	if err := t.Flush(); err != nil {
		return
	}
	fmt.Fprintf(w, "\n--project PATH, for all of them, is the folder of the project or its pyproject.toml.\n`%s COMMAND --help` shows how to use a command.\n", name)
}

// noCommand is the error for a word that is no command.
func noCommand(root *cobra.Command, word string) error {
	suggested := ""
	if all := root.SuggestionsFor(word); len(all) > 0 {
		suggested = fmt.Sprintf(", did you mean %q?", all[0])
	}
	return usageError(fmt.Sprintf("no command %s%s", problem.Quote(word), suggested), root)
}
