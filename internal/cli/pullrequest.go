package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
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

const (
	defaultBranch = "scheduled/sync"
	defaultTitle  = "Keep scheduled workflows in step with %s"
	maxTitle      = 256 // "title is too long (maximum is 256 characters)"
)

func (f *pullFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.on, "pull-request", false, "read the files from GitHub and bring the changes in by pull request")
	flags.StringVar(&f.token, "token", "", "with --pull-request: token that may write workflow files (default: $INPUT_TOKEN, then $GITHUB_TOKEN)")
	flags.StringVar(&f.branch, "branch", defaultBranch, "with --pull-request: branch to commit to")
	flags.StringVar(&f.base, "base", "", "with --pull-request: branch to read and to change (default: the repository's)")
	flags.StringVar(&f.title, "title", "", "with --pull-request: title of the pull request and of its commit")
	flags.StringVar(&f.body, "body", "", "with --pull-request: Markdown that its description begins with")
	flags.StringVar(&f.labels, "labels", "", "with --pull-request: labels, separated by commas")
	flags.StringVar(&f.reviewers, "reviewers", "", "with --pull-request: reviewers, separated by commas; teams as org/team")
	flags.StringVar(&f.assignees, "assignees", "", "with --pull-request: assignees, separated by commas")
	flags.BoolVar(&f.draft, "draft", false, "with --pull-request: open it as a draft")
}

// check refuses flags that make no sense.
func (f *pullFlags) check(cmd *cobra.Command) error {
	switch {
	case !f.on && *f != (pullFlags{branch: f.branch, token: f.token}):
		return usageError("--base, --title, --body, --labels, --reviewers, --assignees and --draft are for --pull-request", cmd)
	case strings.ContainsAny(f.title, "\r\n") || utf8.RuneCountInString(f.title) > maxTitle || f.title != "" && strings.TrimSpace(f.title) == "":
		return usageError(fmt.Sprintf("--title is one line of at most %d characters", maxTitle), cmd)
	case len(f.body) > maxIntro:
		return usageError(fmt.Sprintf("--body has %d bytes; it can have %d", len(f.body), maxIntro), cmd)
	case !validBranch(f.branch):
		return usageError(fmt.Sprintf("%q cannot be the name of a branch", f.branch), cmd)
	}
	return nil
}

// validBranch reports whether git takes a name for a branch, as far as GitHub's
// API would not misread it.
// https://git-scm.com/docs/git-check-ref-format
func validBranch(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return !strings.Contains(name, "..") && !strings.Contains(name, "@{") && name[0] != '-' &&
		name != "@" && name != "HEAD" && !strings.HasPrefix(name, "refs/") &&
		!strings.HasSuffix(name, ".") && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r)
	})
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

const (
	pullPatience = 10 * time.Minute // for all of it, with the waits that GitHub asks for
	pullTries    = 4                // when somebody else changes the repository meanwhile
)

// syncByPullRequest brings the workflow files in step on GitHub. It reads and
// writes nothing here.
func (p *Program) syncByPullRequest(flags syncFlags, action workflow.Uses) error {
	ctx, stop := withSignals()
	defer stop()
	ctx, cancel := context.WithTimeoutCause(ctx, pullPatience, fmt.Errorf("not done within %v", pullPatience))
	defer cancel()
	where, err := p.inRepository()
	if err != nil {
		return err
	}
	if !p.onGitHub() {
		return &exitError{exitUsage, errors.New("sync by pull request: no repository"), "set GITHUB_REPOSITORY to owner/name"}
	}
	client, err := p.github(flags.pull.token, p.Stderr)
	if err != nil {
		return &exitError{exitUsage, err, ""}
	}
	if what := p.unfitToken(flags.pull.token); what != "" {
		return p.tokenless(what)
	}
	for try := 1; ; try++ {
		h := hosted{Program: p, client: client, flags: flags, action: action, path: where, last: try == pullTries}
		err = h.sync(ctx)
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !github.Again(err) || h.last {
			return err
		}
		p.say(fmt.Sprintf("%v; starting over", err))
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(try) * time.Second):
		}
	}
}

// github returns a client of the repository that GITHUB_REPOSITORY names.
func (p *Program) github(token string, log io.Writer) (*github.Client, error) {
	return p.client(origin{p.getenv("GITHUB_REPOSITORY"), publicHost, p.token(token)}, log, p.Stderr)
}

// token returns the token to use: that of the flag --token, or from the
// environment, where no process list shows it.
func (p *Program) token(flag string) string {
	return cmp.Or(strings.TrimSpace(flag), strings.TrimSpace(p.getenv("INPUT_TOKEN")), strings.TrimSpace(p.getenv("GITHUB_TOKEN")))
}

// unfitToken says what is wrong with the token, "" if nothing seems to be.
func (p *Program) unfitToken(flag string) string {
	switch token := p.token(flag); {
	case token == "":
		return "no token"
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "the token holds characters that no token has"
	}
	return ""
}

// inRepository returns the path of pyproject.toml in the repository: what
// --project names from the working folder, which need not hold a checkout.
func (p *Program) inRepository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find project: %w", err)
	}
	root, name := cmp.Or(repositoryRoot(dir), dir), p.project
	if workspace := p.getenv("GITHUB_WORKSPACE"); workspace != "" && strings.HasPrefix(workspace, root+string(filepath.Separator)) {
		root = workspace // a runner may work in a folder of some other repository
	}
	if name == "" {
		name = root
		if file, err := nearest(); err == nil {
			name = file
		}
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	if filepath.Ext(name) != ".toml" {
		name = filepath.Join(name, projectFile)
	}
	rel, err := filepath.Rel(root, name)
	if rel = filepath.ToSlash(rel); err != nil || !fs.ValidPath(rel) {
		if p.project == "" {
			return projectFile, nil // the nearest one is no part of this repository
		}
		return "", &exitError{exitUsage, fmt.Errorf("--project %q is outside the repository", p.project), "--project names a folder of the repository, or a pyproject.toml in it"}
	}
	return rel, nil
}

// hosted is a sync of the files on GitHub, as they are at one commit.
type hosted struct {
	*Program
	client *github.Client
	flags  syncFlags
	action workflow.Uses
	path   string // of pyproject.toml in the repository
	last   bool   // there is no other try

	snapshot *github.Snapshot
	target   workflow.Target
	plan     workflow.Plan
	change   description // of the plan, if that changes anything
}

func (h *hosted) sync(ctx context.Context) error {
	if err := h.read(ctx); err != nil {
		return h.explain(err)
	}
	pull, err := h.client.Propose(ctx, h.proposal())
	if err != nil {
		return h.explain(err)
	}
	for _, remark := range pull.Remarks {
		h.warn(h.runner(h.Stderr), errors.New(remark))
	}
	return h.conclude(pull)
}

// read reads the project and its workflow files, and plans what to change.
func (h *hosted) read(ctx context.Context) (err error) {
	trigger, _ := h.runner(h.Stderr).Trigger() // what it does not tell GitHub does
	main := trigger.DefaultBranch
	if main == "" {
		if main, err = h.client.DefaultBranch(ctx); err != nil {
			return err
		}
	}
	base := cmp.Or(h.flags.pull.base, main)
	if branch := h.flags.pull.branch; branch == base || branch == main {
		return &exitError{exitUsage, fmt.Errorf("branch %q cannot be that of a pull request: it would be overwritten", branch), "give another --branch"}
	}
	if h.snapshot, err = h.client.Snapshot(ctx, base); err != nil {
		return err
	}
	project, err := pyproject.Load(h.snapshot, h.path, h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return &exitError{exitUsage, fmt.Errorf("branch %s of %s has no %s", h.snapshot.Branch, h.getenv("GITHUB_REPOSITORY"), h.path), "--project names a folder of the repository, or a pyproject.toml in it"}
	}
	if err == nil {
		err = project.Hosted()
	}
	if _, ok := errors.AsType[problem.Problems](err); ok {
		if h.runner(h.Stderr).On() {
			h.annotateProblems(h.Stderr, configurationTitle, err, func(file string) string { return file })
		}
		return err
	}
	if err != nil {
		return h.refused(err)
	}
	h.target = workflow.Target{Project: project, Path: h.path, Action: h.action, Exact: h.flags.action != "", Sparing: true}
	if err := h.guess(); err != nil {
		return err
	}
	if h.plan, err = h.target.Plan(h.snapshot); err == nil && len(h.plan.Changes()) > 0 {
		h.change = h.description()
	}
	return h.refused(err)
}

// refused returns the error of what the repository holds, unless it is that not
// all of it could be read.
func (h *hosted) refused(err error) error {
	if failed := h.snapshot.Err(); failed != nil || err == nil {
		return failed
	}
	return &exitError{exitUsage, err, ""}
}

// guess saves fetching files that hold what we would write now, or would write
// with the references that another file has: bots bring newer ones to all files
// at once.
func (h *hosted) guess() error {
	const rounds = 3
	var like []byte
	for range rounds {
		guesses, err := h.target.Guesses(h.snapshot, like)
		if err != nil {
			return h.refused(err)
		}
		for _, guess := range guesses {
			h.snapshot.Know(guess)
		}
		unknown := h.unknown()
		if unknown == "" {
			return nil
		}
		if like, err = h.snapshot.ReadFile(unknown); err != nil {
			return err
		}
	}
	return nil
}

// unknown returns a workflow file of the project that would have to be fetched,
// "" if there is none.
func (h *hosted) unknown() string {
	for _, name := range h.target.Files() {
		if info, err := h.snapshot.Lstat(name); err == nil && info.Mode().IsRegular() && !h.snapshot.Known(name) {
			return name
		}
	}
	return ""
}

// proposal is the pull request that the plan calls for.
func (h *hosted) proposal() github.Proposal {
	flags := h.flags.pull
	proposal := github.Proposal{
		Base:      h.snapshot,
		Project:   h.path,
		Branch:    flags.branch,
		Title:     cmp.Or(flags.title, fmt.Sprintf(defaultTitle, h.path)),
		Labels:    list(flags.labels),
		Reviewers: list(flags.reviewers),
		Assignees: list(flags.assignees),
		Draft:     flags.draft,
		Stubborn:  h.last,
	}
	for _, c := range h.plan.Changes() {
		proposal.Files = append(proposal.Files, github.File{Path: c.Path, Content: c.New})
	}
	if len(proposal.Files) > 0 {
		proposal.Body = h.change.body()
	}
	return proposal
}

// conclude tells what became of the pull request.
func (h *hosted) conclude(pull github.Pull) error {
	runner := h.runner(h.Stdout)
	number := ""
	var result *pullRequest
	if pull.Number != 0 {
		number = strconv.Itoa(pull.Number)
		result = &pullRequest{pull.Number, pull.URL, pull.Operation}
	}
	for _, output := range [][2]string{
		{"pull-request-number", number},
		{"pull-request-url", pull.URL},
		{"pull-request-operation", string(pull.Operation)},
		{"pull-request-head-sha", pull.Head},
	} {
		if err := runner.Output(output[0], output[1]); err != nil {
			return err
		}
	}
	summary := ""
	if len(h.plan.Changes()) > 0 {
		summary = h.change.overview()
	}
	said := "no pull request: nothing to change"
	if result != nil {
		operation := string(pull.Operation)
		if pull.Operation == github.None {
			operation = "left as it is"
		}
		said = fmt.Sprintf("pull request #%d %s", pull.Number, operation)
		summary += fmt.Sprintf("[Pull request #%d](%s) %s.\n", pull.Number, pull.URL, operation)
		said += ": " + pull.URL
	}
	if summary != "" {
		h.warn(runner, runner.Summary(summary))
	}
	if err := h.printPlan(h.target.Project, h.plan, result, h.flags); err != nil || h.flags.asJSON {
		return err
	}
	_, err := fmt.Fprintln(h.Stdout, said)
	return err
}
