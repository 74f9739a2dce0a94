package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pullrequest"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/spf13/cobra"
)

// pullFlags are the flags of `sync --pull-request`.
type pullFlags struct {
	on        bool
	token     string
	branch    string
	base      string
	title     string
	body      string
	labels    string
	reviewers string
	assignees string
	draft     bool
}

const defaultBranch = "scheduled/sync"

func (f *pullFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.on, "pull-request", false, "read the files from GitHub and propose the changes in a pull request")
	flags.StringVar(&f.token, "token", "", "with --pull-request: token that may write workflow files (default: $INPUT_TOKEN, $GITHUB_TOKEN or $GH_TOKEN)")
	flags.StringVar(&f.branch, "branch", defaultBranch, "with --pull-request: branch to commit to")
	flags.StringVar(&f.base, "base", "", "with --pull-request: branch to read and to change (default: the default branch)")
	flags.StringVar(&f.title, "title", "", "with --pull-request: title of the pull request and of its commit")
	flags.StringVar(&f.body, "body", "", "with --pull-request: Markdown at the start of its description")
	flags.StringVar(&f.labels, "labels", "", "with --pull-request: labels, separated by commas")
	flags.StringVar(&f.reviewers, "reviewers", "", "with --pull-request: reviewers, separated by commas; teams as org/team")
	flags.StringVar(&f.assignees, "assignees", "", "with --pull-request: assignees, separated by commas")
	flags.BoolVar(&f.draft, "draft", false, "with --pull-request: open it as a draft")
}

// check is an error for flags that make no sense.
func (f *pullFlags) check(cmd *cobra.Command) error {
	switch {
	case !f.on && *f != (pullFlags{branch: f.branch, token: f.token}):
		return usageError("--base, --title, --body, --labels, --reviewers, --assignees and --draft are for --pull-request", cmd)
	case strings.ContainsAny(f.title, "\r\n") || utf8.RuneCountInString(f.title) > pullrequest.MaxTitle || f.title != "" && strings.TrimSpace(f.title) == "":
		return usageError(fmt.Sprintf("--title must be one line of at most %d characters", pullrequest.MaxTitle), cmd)
	case len(f.body) > pullrequest.MaxIntro:
		return usageError(fmt.Sprintf("--body has %d bytes; it can have at most %d", len(f.body), pullrequest.MaxIntro), cmd)
	case !pullrequest.ValidBranch(f.branch):
		return usageError(fmt.Sprintf("--branch %q is not a valid branch name", f.branch), cmd)
	}
	return nil
}

// list splits what a flag lists.
func list(value string) []string {
	var items []string
	for _, item := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '\n' }) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// syncByPullRequest updates the workflow files on GitHub. It reads and writes nothing
// here.
func (p *Program) syncByPullRequest(flags syncFlags, action workflow.Uses) error {
	ctx, stop := withSignals()
	defer stop()
	request, err := p.pullRequest(flags, action)
	if err != nil {
		return err
	}
	result, err := pullrequest.Sync(ctx, request)
	if err != nil {
		return p.explainPull(err)
	}
	for _, remark := range result.Pull.Remarks {
		p.warn(p.runner(p.Stderr), errors.New(remark))
	}
	if err := p.printPull(result, flags); err != nil {
		return err
	}
	for _, target := range result.Targets {
		result.Failed = append(result.Failed, target.Project.Problems())
	}
	for i, err := range result.Failed {
		if err != nil {
			result.Failed[i] = p.explainPull(err)
		}
	}
	return p.worst(result.Failed...)
}

// pullRequest returns the request that the flags and the environment make.
func (p *Program) pullRequest(flags syncFlags, action workflow.Uses) (pullrequest.Request, error) {
	path, err := pyproject.PathInRepository(p.project, p.getenv("GITHUB_WORKSPACE"))
	if err != nil {
		return pullrequest.Request{}, &exitError{exitUsage, err}
	}
	if !p.onGitHub() {
		return pullrequest.Request{}, &exitError{exitUsage, problem.New("set GITHUB_REPOSITORY to owner/name", "sync by pull request: no repository")}
	}
	origin := github.FindOrigin(p.getenv, "", flags.pull.token)
	client, err := p.client(origin, p.Stderr, p.Stderr)
	if err != nil {
		return pullrequest.Request{}, &exitError{exitUsage, err}
	}
	trigger, _ := p.runner(p.Stderr).Trigger() // GitHub says what it does not
	pull := flags.pull
	return pullrequest.Request{
		Client:        client,
		Token:         origin.Token,
		Server:        cmp.Or(p.getenv("GITHUB_SERVER_URL"), "https://"+origin.Host),
		Repository:    origin.Repository,
		DefaultBranch: trigger.DefaultBranch,
		Path:          path,
		All:           p.allProjects,
		Action:        action,
		Exact:         flags.action != "",
		Branch:        pull.branch,
		Base:          pull.base,
		Title:         pull.title,
		Intro:         pull.body,
		Labels:        list(pull.labels),
		Reviewers:     list(pull.reviewers),
		Assignees:     list(pull.assignees),
		Draft:         pull.draft,
		Command:       p.howToSync(),
		Now:           p.Now(),
		Say:           p.say,
	}, nil
}

// explainPull gives an exit code to an error, and shows on GitHub what is wrong.
func (p *Program) explainPull(err error) error {
	runner := p.runner(p.Stderr)
	if denied, ok := errors.AsType[*pullrequest.Denied](err); ok {
		runner.Error(actions.Place{}, "scheduled sync", denied.Notice)
		p.warn(runner, runner.Summary(denied.Summary))
		return &exitError{exitDenied, err}
	}
	if _, ok := errors.AsType[*pullrequest.Invalid](err); ok {
		return &exitError{exitUsage, err}
	}
	if runner.On() {
		p.annotateProblems(p.Stderr, configurationTitle, err, func(file string) string { return file })
	}
	return err
}

// printPull says what became of the pull request.
func (p *Program) printPull(done pullrequest.Result, flags syncFlags) error {
	runner, pull := p.runner(p.Stdout), done.Pull
	said := "no pull request: nothing to change"
	var result *pullRequest
	if pull.Number != 0 {
		said = fmt.Sprintf("pull request #%d %s: %s", pull.Number, pullrequest.Became(pull.Operation), pull.URL)
		result = &pullRequest{pull.Number, pull.URL, pull.Operation}
	}
	if err := runner.Outputs(pullOutputs(pull)...); err != nil {
		return err
	}
	if done.Summary != "" {
		p.warn(runner, runner.Summary(done.Summary))
	}
	if err := p.printPlan(workflow.Times(done.Targets), done.Plan, result, flags); err != nil || flags.asJSON {
		return err
	}
	_, err := fmt.Fprintln(p.Stdout, said)
	return err
}
