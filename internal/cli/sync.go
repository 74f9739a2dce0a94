package cli

import (
	"fmt"
	"os"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pullrequest"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/spf13/cobra"
)

// syncFlags are the flags of `sync`.
type syncFlags struct {
	check    bool
	format   string // of --check: text or github
	exitCode bool
	asJSON   bool
	action   string
	pull     pullFlags
}

// The values of --output-format.
const (
	textFormat   = "text"
	githubFormat = "github"
)

func (p *Program) syncCommand() *cobra.Command {
	var flags syncFlags
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Write the workflow files that the jobs need",
		Long: `sync writes a workflow file for each job and one for the rescue, and deletes those
that are not needed any more. It writes a file only if its meaning changed.

With --pull-request it works on GitHub alone, whatever is checked out: it reads
pyproject.toml and the workflow files from the default branch. Then it opens a pull
request with the changes, updates the open one, or closes it if nothing is left to
change. It needs GITHUB_REPOSITORY, as in Actions, and a token that may write
contents, pull requests and workflows.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.validate(cmd); err != nil {
				return err
			}
			uses, err := p.action(flags.action)
			if err != nil {
				return err
			}
			if flags.pull.on {
				return p.syncByPullRequest(flags, uses)
			}
			project, err := p.read()
			if err == nil && len(project.Broken) > 0 {
				err = project.Problems()
			}
			if err != nil {
				if flags.format == githubFormat {
					p.annotateProblems(p.Stdout, configurationTitle, err, pyproject.FromRoot)
				}
				return err
			}
			return p.sync(project, uses, flags)
		},
	}
	cmd.Flags().BoolVar(&flags.check, "check", false, "change nothing; exit with 1 if files differ")
	cmd.Flags().BoolVar(&flags.exitCode, "exit-code", false, "exit with 1 if files were changed, for hooks")
	cmd.Flags().StringVar(&flags.format, "output-format", textFormat, "with --check: text, or github for annotations at the lines of pyproject.toml")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.action, "action", "", "reference to our action in the files, such as 'owner/repo@commit # v1.2.3'")
	flags.pull.register(cmd)
	return cmd
}

// validate is an error for flags that make no sense, alone or together.
func (f *syncFlags) validate(cmd *cobra.Command) error {
	switch {
	case f.format != textFormat && f.format != githubFormat:
		return usageError(fmt.Sprintf("--output-format is %s or %s, not %q", textFormat, githubFormat, f.format), cmd)
	case f.format == githubFormat && f.asJSON:
		return usageError("--json cannot be combined with --output-format github", cmd)
	case f.format == githubFormat && !f.check:
		return usageError("--output-format is for --check", cmd)
	case f.pull.on && (f.check || f.exitCode):
		return usageError("--check and --exit-code cannot be combined with --pull-request", cmd)
	}
	return f.pull.check(cmd)
}

func (p *Program) sync(project *project, action workflow.Uses, flags syncFlags) error {
	repo, err := os.OpenRoot(project.Root)
	if err != nil {
		return fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	target := workflow.Target{Project: project.Project, Path: project.Path, Action: action, Exact: flags.action != ""}
	plan, err := target.Plan(repo.FS())
	if err = project.placed(err); err != nil {
		if flags.format == githubFormat {
			p.annotateProblems(p.Stdout, configurationTitle, err, func(string) string { return project.Path })
		}
		return &exitError{exitUsage, err}
	}
	for _, kept := range plan.Kept() {
		p.say(kept.Words())
	}
	p.note(target.Remarks(plan.Environments))
	if !flags.check {
		if err := plan.Apply(repo, p.Now()); err != nil {
			return err
		}
	}
	if err := p.printPlan(project.Project, plan, nil, flags); err != nil {
		return err
	}
	if flags.check && flags.format == githubFormat {
		if err := p.annotateDrift(pullrequest.Describe(target, plan, p.Now())); err != nil {
			return err
		}
	}
	var unproven error
	if flags.check {
		unproven = p.checkEntrypoints(project, plan.Environments, flags.format)
	}
	unhosted := project.Problems()
	if unhosted != nil && flags.format == githubFormat {
		p.annotateProblems(p.Stdout, configurationTitle, unhosted, pyproject.FromRoot)
	}
	return p.last(unproven, changed(plan, project.Path, p.howToSync(), flags), unhosted)
}

// changed returns the error of a plan with changes, if the flags ask for one.
func changed(plan workflow.Plan, path, howToSync string, flags syncFlags) error {
	switch changes := len(plan.Changes()); {
	case changes > 0 && flags.check:
		return &exitError{exitFindings, problem.New(fmt.Sprintf("run `%s` and commit the files", howToSync), "%s and %s do not match", problem.Count(changes, "workflow file"), path)}
	case changes > 0 && flags.exitCode:
		return &exitError{exitFindings, problem.New("add the files to the commit: git add "+workflow.Dir, "%s changed", problem.Count(changes, "workflow file"))}
	}
	return nil
}

// last returns the last of some errors, and reports the others.
func (p *Program) last(errs ...error) (last error) {
	for _, err := range errs {
		if err != nil {
			p.report(last)
			last = err
		}
	}
	return last
}
