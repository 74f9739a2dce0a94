package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/delivery"
	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/spf13/cobra"
)

// commitFlags are the flags of commit.
type commitFlags struct {
	window string
	token  string
	dryRun bool
	asJSON bool
}

func (p *Program) commitCommand() *cobra.Command {
	var flags commitFlags
	cmd := &cobra.Command{
		Use:   "commit JOB",
		Short: "Commit what the job changed, in Actions",
		Long: `commit takes the files that changed since the checkout, under the paths of the job's
option commit, and commits them on top of the branch's newest commit, or proposes them
in a pull request. It is a step of the job's workflow. git says what changed, and
GitHub's API makes the commit, so the checkout holds no credentials. If nothing changed,
nothing is written.

If somebody else has changed the same files of the branch meanwhile, the exit code is
1, and the job runs again. If a right is missing it is 4, and the change is in the
summary of the step, as a patch.`,
		Args: jobArgument,
		RunE: func(cmd *cobra.Command, args []string) error { return p.commit(args[0], flags) },
	}
	cmd.Flags().StringVar(&flags.window, "window", "", "start of the window that the run serves, for the message")
	cmd.Flags().StringVar(&flags.token, "token", "", "token that may write the repository (default: $INPUT_TOKEN, $GITHUB_TOKEN or $GH_TOKEN)")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "report what changed, but write nothing")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	return cmd
}

func (p *Program) commit(id string, flags commitFlags) error {
	if !p.runner(p.Stdout).On() || !p.onGitHub() {
		return &exitError{exitUsage, problem.New("use git to commit on your own machine", "commit works in GitHub Actions only, as a step of the job's workflow")}
	}
	project, err := p.open()
	if err != nil {
		return err
	}
	request, err := p.delivery(project, id, flags)
	if err != nil {
		return err
	}
	ctx, stop := withSignals()
	defer stop()
	result, err := delivery.Deliver(ctx, request)
	runner := p.runner(p.Stderr)
	for _, remark := range result.Remarks {
		p.warn(runner, errors.New(remark))
	}
	kept := result.Summary != "" && p.getenv("GITHUB_STEP_SUMMARY") != ""
	if kept {
		unwritten := runner.Summary(result.Summary)
		p.warn(runner, unwritten)
		kept = unwritten == nil && len(result.Changed) > 0
	}
	if err != nil {
		return p.explainCommit(err, kept)
	}
	return p.printCommit(id, result, flags.asJSON)
}

// delivery returns the request that the flags and the environment make.
func (p *Program) delivery(project *project, id string, flags commitFlags) (delivery.Request, error) {
	job, err := project.job(id, true)
	if err != nil {
		return delivery.Request{}, err
	}
	if len(job.Options.Commit.Paths) == 0 {
		return delivery.Request{}, &exitError{exitUsage, problem.New(`set it, as in commit = ["data"]`, "job %s has no option commit", problem.Show(id))}
	}
	var slot time.Time
	if flags.window != "" {
		if slot, err = parseWindow(flags.window); err != nil {
			return delivery.Request{}, err
		}
	}
	git, search, err := entrypoint.LookPath("git", project.Dir, project.Root, p.Environ)
	if err != nil {
		return delivery.Request{}, problem.New("install git, in a container before the step Checkout", "commit: %w", err)
	}
	trigger, err := p.runner(p.Stderr).Trigger()
	p.warn(p.runner(p.Stderr), err)
	request := delivery.Request{
		Checkout: delivery.Checkout{Root: project.Root, Git: git, Environ: append(slices.Clip(p.Environ), "PATH="+search)},
		Job:      job,
		Project:  project.Path,
		Ref:      p.getenv("GITHUB_REF"),
		SHA:      p.getenv("GITHUB_SHA"),
		Default:  trigger.DefaultBranch,
		Slot:     slot,
		Page:     execution.RunPage(p.getenv),
		DryRun:   flags.dryRun,
		Say:      p.say,
	}
	if origin := github.FindOrigin(p.getenv, "", flags.token); origin.Token != "" {
		if request.Client, err = p.client(origin, p.Stderr, p.Stderr); err != nil {
			return request, &exitError{exitUsage, err}
		}
	}
	return request, nil
}

// explainCommit gives an exit code to an error, and shows on GitHub that the change is kept
// in the summary.
func (p *Program) explainCommit(err error, kept bool) error {
	if _, invalid := errors.AsType[*delivery.Invalid](err); invalid {
		return &exitError{exitUsage, err}
	}
	if _, denied := errors.AsType[*github.Denied](err); denied || errors.Is(err, delivery.ErrNoToken) {
		said := err.Error() + "\n" + problem.Hint(err)
		if kept {
			said += "\nthe change is kept as a patch in the summary of the run"
		}
		p.runner(p.Stderr).Error(actions.Place{}, "scheduled commit", said)
		return &exitError{exitDenied, err}
	}
	return err
}

// committed is the output of `commit --json`.
type committed struct {
	Job         string       `json:"job"`
	Branch      string       `json:"branch"`
	Changed     []string     `json:"changed"` // since the checkout
	Commit      *newCommit   `json:"commit"`  // null without one
	PullRequest *pullRequest `json:"pull_request"`
}

type newCommit struct {
	SHA   string   `json:"sha"`
	URL   string   `json:"url"`
	Files []string `json:"files"`
}

// printCommit says what was delivered.
func (p *Program) printCommit(id string, result delivery.Result, asJSON bool) error {
	runner, pull := p.runner(p.Stdout), result.Pull
	shown := committed{Job: id, Branch: result.Branch, Changed: append([]string{}, result.Changed...)}
	if pull.Number != 0 {
		shown.PullRequest = &pullRequest{pull.Number, pull.URL, pull.Operation}
	}
	if result.Commit.ID != "" {
		shown.Commit = &newCommit{result.Commit.ID, result.Commit.URL, result.Commit.Files}
	}
	commit := [][2]string{{"commit-sha", result.Commit.ID}, {"commit-url", result.Commit.URL}}
	if err := runner.Outputs(append(commit, pullOutputs(pull)...)...); err != nil {
		return err
	}
	if asJSON {
		return p.printJSON(shown)
	}
	for _, changed := range result.Changed[:min(len(result.Changed), mostListed)] {
		if quoted := strconv.Quote(changed); quoted != `"`+changed+`"` {
			changed = quoted
		}
		fmt.Fprintln(p.Stdout, "changed "+changed)
	}
	if more := len(result.Changed) - mostListed; more > 0 {
		fmt.Fprintf(p.Stdout, "and %d more\n", more)
	}
	_, err := fmt.Fprintln(p.Stdout, result.Words)
	return err
}

// mostListed is how many files the log names.
const mostListed = 100
