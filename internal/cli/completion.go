package cli

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

// shells are the shells that can complete our commands, and what writes the script of each.
var shells = []struct {
	name  string
	write func(root *cobra.Command, w io.Writer) error
}{
	{"bash", func(root *cobra.Command, w io.Writer) error {
		if _, err := io.WriteString(w, bashWords); err != nil {
			return err
		}
		return root.GenBashCompletionV2(w, true)
	}},
	{"zsh", func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) }},
	{"fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
	{"powershell", func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) }},
}

// bashWords stands in for a function of the package bash-completion, which cobra's script
// calls and which macOS and small images do not have: it joins the words that bash has
// divided at = and :.
const bashWords = `if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref() {
        local line=$COMP_LINE i word gap
        words=() cword=0
        for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
            word=${COMP_WORDS[i]} gap=$line
            if [[ -n $word ]]; then
                gap=${line%%"$word"*} line=${line#*"$word"}
            fi
            if ((i > 0)) && [[ -z $gap && ($word == [=:]* || ${COMP_WORDS[i - 1]} == *[=:]) ]]; then
                words[${#words[@]} - 1]+=$word
            else
                words+=("$word")
            fi
            ((i == COMP_CWORD)) && cword=$((${#words[@]} - 1))
        done
        cur=${words[cword]} prev=${words[cword > 0 ? cword - 1 : 0]}
    }
fi

`

func (p *Program) completionCommand() *cobra.Command {
	var names []string
	for _, shell := range shells {
		names = append(names, shell.name)
	}
	cmd := &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script that completes commands, flags and job ids",
		Long: `completion prints a script with which a shell completes commands, flags, job ids,
groups, slots and the keys of options. SHELL is ` + strings.Join(names, ", ") + `.

  source <(scheduled completion bash)                     # in ~/.bashrc
  source <(scheduled completion zsh)                      # in ~/.zshrc, after compinit
  scheduled completion fish | source                      # in ~/.config/fish/config.fish
  scheduled completion powershell | Out-String | Invoke-Expression   # in $PROFILE`,
		ValidArgs: names,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(names, args[0]) {
				return usageError("completion takes the name of a shell: "+strings.Join(names, ", "), cmd)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			i := slices.Index(names, args[0])
			return shells[i].write(cmd.Root(), p.Stdout)
		},
	}
	return cmd
}

// completed completes the arguments and flags of all commands, by what their usage says.
func (p *Program) completed(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		_, usage, _ := strings.Cut(cmd.Use, " ")
		argument, more, _ := strings.Cut(strings.Trim(usage, "[]"), " ")
		switch {
		case cmd.ValidArgs != nil || cmd.ValidArgsFunction != nil || strings.HasPrefix(argument, "PATH"):
		case strings.HasPrefix(argument, "JOB"), argument == "ID":
			known := cmd.Name() != "add"
			several, keys := strings.HasSuffix(argument, "…"), strings.Contains(more, "KEY=VALUE")
			cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
				switch {
				case keys && len(args) > 0:
					return keysToSet(), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
				case known && (several || len(args) == 0):
					return p.idsBeside(args), cobra.ShellCompDirectiveNoFileComp
				}
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
		default:
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
		for _, flag := range []struct {
			name     string
			complete func(args []string) []cobra.Completion
		}{
			{"group", func([]string) []cobra.Completion { return p.groups() }},
			{"window", p.slots},
		} {
			if cmd.Flags().Lookup(flag.name) != nil {
				// It fails only for a flag that is not there, or has one already.
				_ = cmd.RegisterFlagCompletionFunc(flag.name, func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
					return flag.complete(args), cobra.ShellCompDirectiveNoFileComp
				})
			}
		}
	}
}

// keysToSet returns what the settings of a job begin with.
func keysToSet() (keys []cobra.Completion) {
	for _, key := range pyproject.JobKeys() {
		keys = append(keys, key+"=")
	}
	return keys
}

// idsBeside returns the ids of the jobs that are not among the arguments. Nothing is said
// about a file that cannot be read: a person is typing.
func (p *Program) idsBeside(args []string) (ids []cobra.Completion) {
	project, err := p.read()
	if err != nil {
		return nil
	}
	for _, job := range project.Jobs {
		if job.ID != "" && !slices.Contains(args, job.ID) {
			ids = append(ids, cobra.CompletionWithDesc(job.ID, problem.Cut(job.Schedule.String(), 60)))
		}
	}
	for _, broken := range project.Broken {
		if broken.ID != "" && pyproject.Forbidden(broken.ID) == "" && !slices.Contains(args, broken.ID) {
			ids = append(ids, cobra.CompletionWithDesc(broken.ID, "has errors"))
		}
	}
	return ids
}

func (p *Program) groups() (groups []cobra.Completion) {
	project, err := p.read()
	if err != nil {
		return nil
	}
	for _, job := range project.Jobs {
		if group := job.Options.Group; group != "" && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// slots returns the newest slots of the job that the arguments name.
func (p *Program) slots(args []string) (slots []cobra.Completion) {
	project, err := p.read()
	if err != nil || len(args) == 0 {
		return nil
	}
	job, _, found := project.Job(args[0])
	if !found {
		return nil
	}
	for _, window := range job.Schedule.Windows(p.Now(), time.Time{}, 10) {
		slots = append(slots, window.Start.UTC().Format(time.RFC3339))
	}
	return slots
}
