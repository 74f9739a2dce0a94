package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// initialiseAll writes the one workflow that keeps the files of all projects up to date.
// It declares and imports no job.
func (p *Program) initialiseAll(action workflow.Uses, flags initFlags) error {
	projects, failed := p.projects(openValidAt)
	if len(projects) == 0 {
		return p.worst(failed...)
	}
	first := projects[0]
	git := func(args ...string) (string, error) {
		return p.ask(context.Background(), first, p.Environ, "git", append([]string{"-C", first.Root}, args...)...)
	}
	keeper := workflow.Keeper{
		Path: first.Path, Branch: cmp.Or(flags.branch, github.CloneBranch(git)),
		Token: workflow.NoToken, Action: action, Exact: flags.action != "",
	}
	for _, project := range projects {
		keeper.All = append(keeper.All, project.Path)
		for _, job := range project.Jobs {
			keeper.Prefixes = append(keeper.Prefixes, job.Options.WorkflowPrefix)
		}
	}
	repo, err := os.OpenRoot(first.Root)
	if err != nil {
		return fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	plan, err := keeper.Plan(repo.FS())
	if err != nil {
		return p.worst(append(failed, &exitError{exitUsage, err})...)
	}
	kind := cmp.Or(flags.token, string(plan.Token()))
	if ask := p.interview(); kind == "" && !flags.yes {
		if kind = ask.token(); ask.failed() != nil {
			return ask.failed()
		}
	}
	keeper.Token = workflow.Token(cmp.Or(kind, tokenKinds[0]))
	if plan, err = keeper.Plan(repo.FS()); err == nil {
		err = plan.Apply(repo, p.Now())
	}
	if err == nil {
		err = p.printInitialised(first, keeper, plan, nil, false, flags.asJSON)
	}
	return p.worst(append(failed, err)...)
}
