package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/onboarding"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
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
}

func (p *Program) initCommand() *cobra.Command {
	var flags initFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Bring a project to its first run: an example job, workflow files, the next steps",
		Long: `init brings a project to its first run on GitHub. It writes

  - where there is no job, an example: a table of pyproject.toml, which it makes if there
    is none, and the function that it calls. It runs that once on this machine.
  - the workflow files of the jobs, as sync does.
  - ` + workflow.Dir + "/" + workflow.SyncFile + `, which fails every pull request whose
    workflow files do not match pyproject.toml.

Then it says which steps are left, with their commands, and what each costs. It makes no
commit and changes nothing on GitHub. Run it again to see how far the project is.

On a terminal, init asks before it adds an example, and offers to import the scheduled
workflows that the repository has. Elsewhere it asks nothing: it adds an example where
there is neither a job nor such a workflow, and imports none. With --yes it asks nothing
either, and also imports them, unless that would lose something.

With a token that may write workflow files, ` + workflow.SyncFile + ` also opens a pull
request that updates them:

  app    a GitHub App: its client ID in the variable
         ` + workflow.ClientIDVariable + `, its private key in the secret
         ` + workflow.PrivateKeySecret + `
  pat    a personal access token, in the secret ` + workflow.TokenSecret + `
  none   no token: it only checks, and names the command to run

Either token needs Contents, Pull requests and Workflows: write. Without --token, init
keeps the kind that the file has, or uses none. With --all-projects it writes one such
workflow for all projects of the repository, and their workflow files, and neither adds
nor imports jobs.

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
			uses, err := p.action(flags.action)
			if err != nil {
				return err
			}
			return p.initialise(uses, flags)
		},
	}
	cmd.Flags().BoolVar(&flags.yes, "yes", false, "ask nothing; import scheduled workflows, or else add an example job if there is no job")
	p.registerAllProjects(cmd)
	cmd.Flags().StringVar(&flags.token, "token", "", "token that may write workflow files: app, pat or none")
	cmd.Flags().StringVar(&flags.branch, "branch", "", "default branch of the repository (default: origin's, else main or master, else the current one)")
	cmd.Flags().BoolVar(&flags.pacemaker, "pacemaker", false, "make the environments of the option pacemaker instead")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "write nothing; show what would be written")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.action, "action", "", "reference to our action in the file, such as 'owner/repo@commit # v1.2.3'")
	return cmd
}

// tokenKinds are the kinds of token, the default first.
var tokenKinds = []string{string(workflow.NoToken), string(workflow.App), string(workflow.PAT)}

func checkToken(flag string) error {
	if flag == "" || slices.Contains(tokenKinds, flag) {
		return nil
	}
	return &exitError{exitUsage, problem.New("use app for a GitHub App, pat for a personal access token, or none", "--token is %q; it must be app, pat or none", flag)}
}

// initialise asks what no flag says, and then writes what is needed for the first run. What
// is in the way of that is an error before anything is asked or written.
func (p *Program) initialise(uses workflow.Uses, flags initFlags) error {
	do, at, failed, err := p.beginning()
	if err != nil {
		return err
	}
	do.Keeper = workflow.Keeper{Path: at.Path, All: do.Keeper.All, Branch: cmp.Or(flags.branch, github.CloneBranch(p.git(at))),
		Token: workflow.NoToken, Action: uses, Exact: flags.action != ""}
	ctx, stop := withSignals()
	defer stop()
	if err := do.Plan(ctx); err != nil {
		return p.worst(append(failed, usage(err))...)
	}
	var from *onboarding.Offer
	if do.All == nil {
		from = onboarding.FindOffer(ctx, at.Place, p.askPython)
	}
	begun, err := p.choose(do, from, flags)
	if err == nil {
		err = usage(do.Plan(ctx))
	}
	if err == nil && begun && !flags.dryRun {
		err = usage(do.Write(ctx, p.Now()))
	}
	if at.Project = do.Project; err == nil {
		err = p.printBeginning(ctx, do, at, from, begun, flags)
	}
	for _, err := range do.Unplaced {
		failed = append(failed, &exitError{exitUsage, err})
	}
	return p.worst(append(failed, err)...)
}

// beginning returns what init works on: a project, which may have no pyproject.toml yet, or
// with --all-projects all projects, without those with errors.
func (p *Program) beginning() (do *onboarding.Beginning, at *project, failed []error, _ error) {
	if !p.allProjects {
		place, err := pyproject.FindOrNew(p.project, p.getenv("GITHUB_WORKSPACE"))
		if err != nil {
			return nil, nil, nil, &exitError{exitUsage, err}
		}
		return &onboarding.Beginning{Place: place}, &project{Place: place}, nil, nil
	}
	projects, failed := p.projects(openValidAt)
	if len(projects) == 0 {
		return nil, nil, nil, p.worst(failed...)
	}
	do = &onboarding.Beginning{Place: projects[0].Place}
	for _, project := range projects {
		do.All = append(do.All, workflow.Target{Project: project.Project, Path: project.Path})
		do.Keeper.All = append(do.Keeper.All, project.Path)
	}
	return do, projects[0], failed, nil
}

// choose decides what no flag says: whether to import jobs or add an example one, and the
// kind of token. It asks before anything is written, and only on a terminal. Without a
// pyproject.toml, and with nothing to write into one, nothing is begun.
func (p *Program) choose(do *onboarding.Beginning, from *onboarding.Offer, flags initFlags) (begun bool, err error) {
	var ask *interview
	if !flags.yes && !flags.dryRun {
		ask = p.interview()
	}
	switch imports, err := p.accepted(from, ask, flags.yes); {
	case err != nil:
		return false, err
	case imports:
		do.Import = &from.Import
	case len(do.Jobs()) > 0:
	case ask != nil:
		do.Example = ask.agree("Add an example job to " + do.Place.Path + "?")
	default:
		do.Example = from == nil
	}
	begun = do.All != nil || do.Edit.Before != nil || do.Import != nil || do.Example
	if !begun && ask != nil && ask.failed() == nil {
		return false, &exitError{exitUsage, problem.New("declare a job with `scheduled add`, and run `scheduled init` again", "there is no %s, so nothing was changed", do.Place.Path)}
	}
	do.Keeper.Token = workflow.Token(cmp.Or(flags.token, string(do.Kept.Token()), tokenKinds[0]))
	return begun, ask.failed()
}

// accepted asks whether to import, and says before what would become of what. Without a
// terminal the answer is that of --yes, unless something would be lost.
func (p *Program) accepted(from *onboarding.Offer, ask *interview, yes bool) (bool, error) {
	switch {
	case !from.Any():
		return false, nil
	case ask == nil && (!yes || from.Import.Lost()):
		p.note([]string{from.Note()})
		return false, nil
	}
	err := p.printFates(from.Import.Result)
	return err == nil && (ask == nil || ask.agree(from.Question())), err
}

// begun is the output of `init --json`.
type begun struct {
	synced
	Steps []onboarding.Step `json:"steps"`
}

// printBeginning runs an example job, and prints what was done and what is next.
func (p *Program) printBeginning(ctx context.Context, do *onboarding.Beginning, at *project, from *onboarding.Offer, begun bool, flags initFlags) error {
	way := p.way(ctx, do, at)
	way.Written, way.Offer = begun && !flags.dryRun, from
	if do.Example && way.Written && !p.runner(p.Stderr).On() {
		if environment, err := at.environment(do.Project.Jobs[0]); err == nil {
			job := p.execution(at, do.Project.Jobs[0], environment)
			job.Warn, job.Found = func(err error) { p.warn(p.runner(p.Stderr), err) }, func(python.Launcher) {}
			way.Tried, err = onboarding.Try(ctx, job)
			job.Warn(err)
		}
	}
	if begun {
		for _, kept := range do.Files.Kept() {
			p.say(kept.Words())
		}
	} else {
		do.Files = workflow.Plan{}
	}
	if flags.asJSON {
		return p.printJSON(newBegun(do, p.steps(way)))
	}
	if flags.dryRun {
		w, end := p.runner(p.Stdout).Verbatim()
		defer end()
		_, err := io.WriteString(w, do.Diff())
		return err
	}
	t := p.table(p.Stdout, whole, whole, phrase)
	for _, row := range do.Table() {
		t.Row(row...)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	steps := p.steps(way)
	fmt.Fprint(p.Stdout, onboarding.Text(steps))
	if costs := do.Costs(steps); len(costs) > 0 {
		fmt.Fprintln(p.Stdout, "\n`gh auth login` gives you these rights. Runner minutes are free in a public repository.\nIn a private one, each month, where no run takes longer than a minute:")
		for _, row := range costs {
			t.Row(row...)
		}
	}
	return t.Flush()
}

// newBegun returns the output with --json.
func newBegun(do *onboarding.Beginning, steps []onboarding.Step) begun {
	files := do.Files
	result := synced{Created: paths(files.Created), Updated: paths(files.Updated), Deleted: paths(files.Deleted), Unchanged: paths(files.Unchanged), Kept: keptPins(files)}
	for _, c := range do.Changes() {
		if c.Before == nil {
			result.Created = append(result.Created, c.Path)
		} else {
			result.Updated = append(result.Updated, c.Path)
		}
	}
	return begun{result, steps}
}

// steps returns the steps, whose commands call the program as this one was called.
func (p *Program) steps(way onboarding.Way) []onboarding.Step {
	steps := way.Steps()
	for i := range steps {
		if command, ours := strings.CutPrefix(steps[i].Do, "scheduled "); ours {
			steps[i].Do = p.called() + " " + command
		}
	}
	return steps
}

// way returns the way of a project to its first run.
func (p *Program) way(ctx context.Context, do *onboarding.Beginning, at *project) onboarding.Way {
	way := onboarding.Way{Beginning: do, Tried: do.Tried(), Git: p.git(at), Program: strings.TrimSuffix(p.howToSync(), " sync")}
	way.Status = way.Program + " status"
	if p.allProjects {
		way.Program, way.Status = "scheduled", "scheduled status --all-projects"
		if dir := path.Dir(at.Path); dir != "." {
			way.Program += " --project " + way.Word(dir)
		}
	}
	way.Runs = func() onboarding.Runs {
		origin := p.origin(ctx, at, "")
		if origin.Repository == "" {
			return onboarding.Runs{}
		}
		client, err := p.client(origin, io.Discard, io.Discard)
		var runs onboarding.Runs
		if err == nil {
			runs, err = do.Runs(ctx, client)
		}
		if err != nil {
			p.note([]string{"cannot tell whether a job has run on GitHub: " + err.Error()})
		}
		return runs
	}
	return way
}
