package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"slices"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/table"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/spf13/cobra"
)

// initFlags are the flags of `init`.
type initFlags struct {
	yes    bool
	asJSON bool
	token  string
	branch string
	action string

	pacemaker, dryRun bool

	missing error // there is no pyproject.toml
}

func (p *Program) initCommand() *cobra.Command {
	var flags initFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write the workflow that keeps the others up to date, and an example job if there is none",
		Long: `init writes ` + workflow.Dir + "/" + workflow.SyncFile + `. Once it is on the default
branch, it fails every pull request whose workflow files do not match
pyproject.toml. With a token that may write workflow files, it also opens a pull
request that updates them:

  app    a GitHub App: its client ID in the variable
         ` + workflow.ClientIDVariable + `, its private key in the secret
         ` + workflow.PrivateKeySecret + `
  pat    a personal access token, in the secret ` + workflow.TokenSecret + `
  none   no token: it only checks, and names the command to run

Either token needs Contents, Pull requests and Workflows: write. On a terminal, init
asks for what the flags do not say, and offers to import the scheduled workflows that
the repository has. Elsewhere it adds no example and keeps the kind
of token that the file has, or uses none. With --all-projects it writes one workflow
for all projects of the repository, and neither adds nor imports jobs.

With --pacemaker it writes no file: it makes the environments with wait timers that the
option pacemaker needs, on GitHub, or prints the commands that do if there is no token for
the repository or it may not administer it.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			if err := checkToken(flags.token); err != nil {
				return err
			}
			if flags.pacemaker {
				return p.initialisePacemaker(flags)
			}
			if flags.dryRun {
				return &exitError{exitUsage, problem.New("add --pacemaker, or leave --dry-run out", "--dry-run is for --pacemaker only")}
			}
			uses, err := p.action(flags.action)
			if err != nil {
				return err
			}
			if p.allProjects {
				return p.initialiseAll(uses, flags)
			}
			project, err := p.openValid()
			offer := p.offer()
			if begun, ok := offer.begin(); ok {
				project, flags.missing, err = begun, err, nil
			}
			if err != nil {
				return err
			}
			git := func(args ...string) (string, error) {
				return p.ask(context.Background(), project, p.Environ, "git", append([]string{"-C", project.Root}, args...)...)
			}
			keeper := workflow.Keeper{
				Path: project.Path, Branch: cmp.Or(flags.branch, github.CloneBranch(git)),
				Action: uses, Exact: flags.action != "",
			}
			return p.initialise(project, keeper, offer, flags)
		},
	}
	cmd.Flags().BoolVar(&flags.yes, "yes", false, "ask nothing; add an example job if there is no job")
	p.registerAllProjects(cmd)
	cmd.Flags().StringVar(&flags.token, "token", "", "token that may write workflow files: app, pat or none")
	cmd.Flags().StringVar(&flags.branch, "branch", "", "default branch of the repository (default: origin's, else main or master, else the current one)")
	cmd.Flags().BoolVar(&flags.pacemaker, "pacemaker", false, "make the environments of the option pacemaker instead")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "with --pacemaker: make nothing; show what is missing")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.action, "action", "", "reference to our action in the file, such as 'owner/repo@commit # v1.2.3'")
	return cmd
}

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

// tokenKinds are the kinds of token, the default first.
var tokenKinds = []string{string(workflow.NoToken), string(workflow.App), string(workflow.PAT)}

func checkToken(flag string) error {
	if flag == "" || slices.Contains(tokenKinds, flag) {
		return nil
	}
	return &exitError{exitUsage, problem.New("use app for a GitHub App, pat for a personal access token, or none", "--token is %q; it must be app, pat or none", flag)}
}

// initialise asks the open questions, and then writes: first what it imports or an example
// job, if the user wants that, and then the workflow.
func (p *Program) initialise(project *project, keeper workflow.Keeper, offer *offer, flags initFlags) error {
	repo, err := os.OpenRoot(project.Root)
	if err != nil {
		return fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	keeper.Token = workflow.NoToken
	plan, err := keeper.Plan(repo.FS()) // so that it fails before anything is asked or written
	if err != nil {
		return &exitError{exitUsage, err}
	}
	imports, example, token, err := p.choose(project, plan, offer, flags)
	switch {
	case err != nil:
		return err
	case flags.missing != nil && !imports:
		return flags.missing
	}
	keeper.Token = token
	if imports || example {
		if imports {
			err = usage(offer.do.Write(context.Background(), p.Now()))
		} else {
			err = p.addExample(project)
		}
		if err != nil {
			return err
		}
		if project, err = p.openValid(); err != nil {
			return err
		}
	}
	if len(project.Jobs) == 0 {
		keeper.Prefixes = []string{pyproject.WorkflowPrefix(path.Dir(project.Path))} // that of future jobs
		p.say(project.Path + " declares no job; `scheduled init --yes` adds an example")
	}
	for _, job := range project.Jobs {
		keeper.Prefixes = append(keeper.Prefixes, job.Options.WorkflowPrefix)
	}
	if plan, err = keeper.Plan(repo.FS()); err == nil {
		err = plan.Apply(repo, p.Now())
	}
	if err != nil {
		return err
	}
	if !imports {
		offer = nil
	} else if err := p.printFates(offer.do.Result); err != nil {
		return err
	}
	return p.printInitialised(project, keeper, plan, offer, example, flags.asJSON)
}

// addExample adds an example job to pyproject.toml.
func (p *Program) addExample(project *project) error {
	_, err := p.edit(project.Place, (*pyproject.Edit).AddExample, false)
	return err
}

// choose decides what no flag says: whether to import jobs or add an example one, and the
// kind of token. It asks before anything is written, and only on a terminal.
func (p *Program) choose(project *project, plan workflow.Plan, offer *offer, flags initFlags) (imports, example bool, token workflow.Token, err error) {
	var ask *interview
	if !flags.yes {
		ask = p.interview()
	}
	if imports = p.accepted(offer, ask); flags.missing != nil && !imports {
		return false, false, "", ask.failed()
	}
	if len(project.Jobs) == 0 && !imports {
		example = flags.yes || ask.agree("Add an example job to "+project.Path+"?")
	}
	kind := cmp.Or(flags.token, string(plan.Token()))
	if kind == "" {
		kind = ask.token()
	}
	return imports, example, workflow.Token(cmp.Or(kind, tokenKinds[0])), ask.failed()
}

// printInitialised writes what was done and, for people, what to do next.
func (p *Program) printInitialised(project *project, keeper workflow.Keeper, plan workflow.Plan, imported *offer, example, asJSON bool) error {
	result := synced{Created: paths(plan.Created), Updated: paths(plan.Updated), Deleted: paths(plan.Deleted), Unchanged: paths(plan.Unchanged), Kept: keptPins(plan)}
	if example || imported != nil {
		result.Updated = append(result.Updated, project.Path)
	}
	if imported != nil {
		result.Updated = append(result.Updated, imported.paths...)
	}
	if asJSON {
		return p.printJSON(result)
	}
	t := table.New(p.Stdout)
	for _, list := range []struct {
		verb  string
		paths []string
	}{{"created", result.Created}, {"updated", result.Updated}, {"unchanged", result.Unchanged}} {
		for _, path := range list.paths {
			what := fmt.Sprintf("branch %s, token: %s", keeper.Branch, keeper.Token)
			if path == project.Path {
				what = "job " + problem.Show(project.Jobs[0].ID) + ", " + project.Jobs[0].Schedule.String()
				if len(project.Jobs) > 1 {
					what = problem.Count(len(project.Jobs), "job")
				}
			}
			if imported != nil && slices.Contains(imported.paths, path) {
				what = "without its schedule, which is in " + project.Path
			}
			fmt.Fprintf(t, "%s\t%s\t%s\n", list.verb, path, what)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(plan.Changes()) > 0 || example || imported != nil {
		fmt.Fprintln(p.Stdout, "\nNext:")
		for i, step := range keeper.NextSteps(p.howToSync()) {
			fmt.Fprintf(p.Stdout, "%d. %s\n", i+1, step)
		}
		if cost := workflow.RescueCost(project.Project); cost != "" && keeper.All == nil {
			fmt.Fprintln(p.Stdout, "\n"+cost)
		}
	}
	return nil
}
