package cli

import (
	"context"
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
	dryRun   bool
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
contents, pull requests and workflows.

With --all-projects it works on all projects of the repository, in one go: every folder
whose pyproject.toml has a [tool.scheduled] or [tool.scheduled-actions] table, except those
that git ignores, that begin with a dot, or that hold installed packages. It also deletes
the files of projects that were removed. Errors in one project do not stop the others.`,
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
			projects, failed := p.projects(openUnbroken)
			for _, err := range failed {
				if flags.format == githubFormat {
					p.annotateProblems(p.Stdout, configurationTitle, err, pyproject.FromRoot)
				}
			}
			if len(projects) == 0 {
				return p.worst(failed...)
			}
			return p.worst(append(failed, p.sync(projects, uses, flags))...)
		},
	}
	p.registerAllProjects(cmd)
	cmd.Flags().BoolVar(&flags.check, "check", false, "change nothing; exit with 1 if files differ")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "write nothing; show what would be written")
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
	case f.pull.on && (f.check || f.dryRun || f.exitCode):
		return usageError("--check, --dry-run and --exit-code cannot be combined with --pull-request", cmd)
	}
	return f.pull.check(cmd)
}

// openUnbroken reads the project at a place if it has no job with errors, other than that
// GitHub cannot run it.
func openUnbroken(place pyproject.Place) (*project, error) {
	project, err := readAt(place)
	if err == nil && len(project.Broken) > 0 {
		err = project.Problems()
	}
	return project, err
}

// planned is a project with the plan for its workflow files.
type planned struct {
	*project
	target workflow.Target
	plan   workflow.Plan
}

func (p *Program) sync(projects []*project, action workflow.Uses, flags syncFlags) error {
	repo, err := os.OpenRoot(projects[0].Root)
	if err != nil {
		return fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	all, failed := p.plans(projects, repo, action, flags)
	var plans []workflow.Plan
	var targets []workflow.Target
	for _, one := range all {
		plans, targets = append(plans, one.plan), append(targets, one.target)
	}
	gone, err := p.gone(repo)
	plan := workflow.Joined(plans, gone)
	if failed = append(failed, err); len(all) == 0 {
		return p.worst(failed...)
	}
	for _, kept := range plan.Kept() {
		p.say(kept.Words())
	}
	if !flags.check && !flags.dryRun {
		if err := plan.Apply(repo, p.Now()); err != nil {
			return p.worst(append(failed, err)...)
		}
		if plan.Publishes() {
			p.say(workflow.PagesNotice)
		}
	}
	if err := p.printPlan(workflow.Times(targets), plan, nil, flags); err != nil {
		return p.worst(append(failed, err)...)
	}
	for _, one := range all {
		failed = append(failed, p.checkPlanned(one, flags))
	}
	where := all[0].Path
	if p.allProjects {
		where = "the projects"
	}
	failed = append(failed, changed(plan, where, p.howToSync(), flags))
	for _, one := range all {
		failed = append(failed, one.Problems())
		if flags.format == githubFormat {
			p.annotateProblems(p.Stdout, configurationTitle, one.Problems(), pyproject.FromRoot)
		}
	}
	return p.worst(failed...)
}

// plans plans the workflow files of each project. Projects that have no plan are left
// out, and say why.
func (p *Program) plans(projects []*project, repo *os.Root, action workflow.Uses, flags syncFlags) (all []planned, failed []error) {
	folder := &workflow.Folder{}
	for _, project := range projects {
		target := workflow.Target{Project: project.Project, Path: project.Path, Action: action, Exact: flags.action != "", Folder: folder}
		plan, err := target.Plan(repo.FS())
		if err = workflow.Placed(project.Project, err); err != nil {
			if flags.format == githubFormat {
				p.annotateProblems(p.Stdout, configurationTitle, err, func(string) string { return project.Path })
			}
			failed = append(failed, &exitError{exitUsage, err})
			continue
		}
		p.note(target.Remarks(plan.Environments))
		if len(project.Jobs) == 0 {
			p.note([]string{project.Path + " declares no job; `scheduled init` adds an example"})
		}
		all = append(all, planned{project, target, plan})
	}
	return all, failed
}

// gone returns the deletions of the workflow files of projects that were removed, with
// --all-projects. A sparse checkout may just not have them.
func (p *Program) gone(repo *os.Root) ([]workflow.Change, error) {
	if !p.allProjects {
		return nil, nil
	}
	at := &project{Place: pyproject.Place{Dir: repo.Name(), Root: repo.Name()}}
	if sparse, _ := p.ask(context.Background(), at, p.Environ, "git", "-C", repo.Name(), "config", "--type=bool", "core.sparseCheckout"); sparse == "true" {
		return nil, nil
	}
	return workflow.Gone(repo.FS(), nil, nil, false)
}

// checkPlanned checks what else --check looks at in a project.
func (p *Program) checkPlanned(one planned, flags syncFlags) error {
	if !flags.check {
		return nil
	}
	if flags.format == githubFormat {
		if err := p.annotateDrift(pullrequest.Describe(one.target, one.plan, p.Now())); err != nil {
			return err
		}
	}
	return p.checkEntrypoints(one.project, one.plan.Environments, flags.format)
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
