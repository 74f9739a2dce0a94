// Package pullrequest keeps the workflow files of a repository on GitHub up to date
// with its pyproject.toml, by one pull request.
package pullrequest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// Request says what to sync, and what the pull request looks like.
type Request struct {
	Client        *github.Client
	Token         string // of the client, "" if it has none
	Server        string // of GitHub, such as "https://github.com"
	Repository    string // owner/name
	DefaultBranch string // "" to ask GitHub

	Path   string        // of pyproject.toml in the repository
	All    bool          // all projects of the repository, instead of the one at Path
	Action workflow.Uses // how workflow files refer to our action
	Exact  bool          // files keep no other reference to it

	Branch    string // that the pull request brings
	Base      string // that it changes; "" for the default branch
	Title     string // "" for the usual one
	Intro     string // Markdown that the description begins with, at most MaxIntro bytes
	Labels    []string
	Reviewers []string // logins, and teams as org/team
	Assignees []string
	Draft     bool

	Command string       // the command that does the same in a checkout
	Now     time.Time    // for the next runs in the description
	Say     func(string) // for remarks while it works
}

// The limits of what a user may add.
const (
	MaxTitle = 256    // characters: "title is too long (maximum is 256 characters)"
	MaxIntro = 16_000 // bytes
)

// Result is what was done.
type Result struct {
	Pull    github.Pull
	Targets []workflow.Target // those that were synced
	Plan    workflow.Plan     // of all of them
	Failed  []error           // with All, why the others were not
	Summary string            // Markdown for the page of the run; "" if there is nothing to say
}

// Invalid is the error of a request, or of a repository, that has to be changed
// before anything can be done.
type Invalid struct{ error }

// Unwrap returns what is wrong.
func (e *Invalid) Unwrap() error { return e.error }

const (
	patience = 10 * time.Minute // for the whole sync, with the waits that GitHub asks for
	tries    = 4                // tries, if somebody else changes the repository meanwhile
)

// Sync opens a pull request with the changes that the workflow files need, updates
// the one that is open, or closes it if nothing is left to change. It works on GitHub
// alone, whatever is checked out here.
//
// The error is a problem.Problems of pyproject.toml, an *Invalid, a *Denied, or
// another one of GitHub or of the network.
func Sync(ctx context.Context, request Request) (Result, error) {
	if what := unfit(request.Token); what != "" {
		return Result{}, request.tokenless(what)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not done within %v", patience))
	defer cancel()
	for try := 1; ; try++ {
		s := syncing{Request: request, last: try == tries}
		result, err := s.sync(ctx)
		if err != nil && ctx.Err() != nil {
			return result, context.Cause(ctx)
		}
		if !github.Again(err) || s.last {
			return result, s.explain(err)
		}
		request.Say(fmt.Sprintf("%v; starting over", err))
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(try) * time.Second):
		}
	}
}

// syncing is a sync of the files as they are at one commit.
type syncing struct {
	Request
	last bool // there is no other try

	snapshot *github.Snapshot
	targets  []workflow.Target
	plan     workflow.Plan
	change   Description // of the plan, if that changes anything
	failed   []error     // of projects that are left out
}

func (s *syncing) sync(ctx context.Context) (Result, error) {
	if err := s.read(ctx); err != nil {
		return Result{}, err
	}
	pull, err := s.Client.Propose(ctx, s.proposal())
	if err != nil {
		return Result{}, err
	}
	return Result{pull, s.targets, s.plan, s.failed, s.summary(pull)}, nil
}

// read reads the projects and their workflow files, and plans what to change.
func (s *syncing) read(ctx context.Context) (err error) {
	main := s.DefaultBranch
	if main == "" {
		if main, err = s.Client.DefaultBranch(ctx); err != nil {
			return err
		}
	}
	base := cmp.Or(s.Base, main)
	if s.Branch == base || s.Branch == main {
		return &Invalid{problem.New("give another --branch", "branch %q is the base of the pull request, so it cannot also be its branch", s.Branch)}
	}
	if s.snapshot, err = s.Client.Snapshot(ctx, base); err != nil {
		return err
	}
	if s.All {
		err = s.planAll()
	} else {
		err = s.planOne()
	}
	if err == nil && len(s.plan.Changes()) > 0 {
		s.change.head, s.change.branch, s.change.intro = github.Short(s.snapshot.Commit), s.Branch, s.Intro
	}
	return err
}

// planOne plans for the one project.
func (s *syncing) planOne() error {
	target, err := s.target(s.Path)
	if err != nil {
		return err
	}
	if s.plan, err = s.planFor(target); err != nil {
		return err
	}
	s.targets, s.change = []workflow.Target{target}, Describe(target, s.plan, s.Now)
	return nil
}

// planAll plans for all projects of the repository that have no errors, and for those
// that were removed.
func (s *syncing) planAll() error {
	paths, err := pyproject.Search(s.snapshot)
	if err != nil {
		return s.invalid(err)
	}
	var targets []workflow.Target
	for _, path := range paths {
		target, err := s.target(path)
		if failed := s.snapshot.Err(); failed != nil {
			return failed
		}
		if err != nil {
			s.failed = append(s.failed, err)
			continue
		}
		targets = append(targets, target)
	}
	var plans []workflow.Plan
	var changes []Description
	clashes := workflow.Distinct(targets)
	for i, target := range targets {
		plan, err := workflow.Plan{}, error(nil)
		if clash := clashes[i]; clash != nil {
			err = &Invalid{clash}
		} else {
			plan, err = s.planFor(target)
		}
		if failed := s.snapshot.Err(); failed != nil {
			return failed
		}
		if err != nil {
			s.failed = append(s.failed, err)
			continue
		}
		s.targets, plans, changes = append(s.targets, target), append(plans, plan), append(changes, Describe(target, plan, s.Now))
	}
	gone, err := workflow.Gone(s.snapshot, paths, nil, true)
	if err != nil || s.snapshot.Err() != nil {
		return s.invalid(err)
	}
	if len(s.targets) == 0 && len(gone) == 0 {
		return errors.Join(append(s.failed, &Invalid{problem.New("add a table such as [tool.scheduled.clean-files] to the pyproject.toml of a project",
			"branch %s of %s has no project with scheduled jobs that can be synced", s.snapshot.Branch, s.Repository)})...)
	}
	if len(gone) > 0 {
		removed := workflow.Target{Project: &pyproject.Project{}, Path: "of removed projects"}
		changes = append(changes, Describe(removed, workflow.Plan{Deleted: gone}, s.Now))
	}
	s.plan = workflow.Joined(plans, gone)
	s.change = join(changes, s.plan)
	return nil
}

// planFor plans for a project.
func (s *syncing) planFor(target workflow.Target) (workflow.Plan, error) {
	if err := s.guess(target); err != nil {
		return workflow.Plan{}, err
	}
	plan, err := target.Plan(s.snapshot)
	if err != nil || s.snapshot.Err() != nil {
		return plan, s.invalid(err)
	}
	return plan, nil
}

// target reads the project at a path of the snapshot. Jobs that GitHub cannot run are no
// error, so that they do not stop the others.
func (s *syncing) target(path string) (target workflow.Target, _ error) {
	project, err := pyproject.Load(s.snapshot, path, path)
	if errors.Is(err, fs.ErrNotExist) {
		return target, &Invalid{problem.New("set --project to a folder of the repository, or to a pyproject.toml in it",
			"branch %s of %s has no %s", s.snapshot.Branch, s.Repository, path)}
	}
	if err == nil && len(project.Broken) > 0 {
		err = project.Problems()
	}
	if _, ok := errors.AsType[problem.Problems](err); ok {
		return target, err
	}
	if err != nil {
		return target, s.invalid(err)
	}
	return workflow.Target{Project: project, Path: path, Action: s.Action, Exact: s.Exact, Remote: true}, nil
}

// invalid returns an error in the content of the repository as an *Invalid. An error in
// reading it stays as it is.
func (s *syncing) invalid(err error) error {
	if failed := s.snapshot.Err(); failed != nil || err == nil {
		return failed
	}
	return &Invalid{err}
}

// guess avoids fetching files that already have what we would write, with our
// references or with those that another file has: bots bring newer ones to all files at
// once.
func (s *syncing) guess(target workflow.Target) error {
	const rounds = 3
	var like []byte
	for range rounds {
		guesses, err := target.Guesses(s.snapshot, like)
		if err != nil {
			return s.invalid(err)
		}
		for _, guess := range guesses {
			s.snapshot.Know(guess)
		}
		unknown := s.unknown(target)
		if unknown == "" {
			return nil
		}
		if like, err = s.snapshot.ReadFile(unknown); err != nil {
			return err
		}
	}
	return nil
}

// unknown returns a workflow file of the project that would have to be fetched,
// "" if there is none.
func (s *syncing) unknown(target workflow.Target) string {
	for _, name := range target.Files() {
		if info, err := s.snapshot.Lstat(name); err == nil && info.Mode().IsRegular() && !s.snapshot.Known(name) {
			return name
		}
	}
	return ""
}

// proposal is the pull request that the plan needs.
func (s *syncing) proposal() github.Proposal {
	project, words := s.Path, s.Path
	if s.All {
		project, words = "*", "the pyproject.toml files of all projects"
	}
	proposal := github.Proposal{
		Base:            s.snapshot,
		Project:         project,
		Branch:          s.Branch,
		Title:           cmp.Or(s.Title, fmt.Sprintf("Update scheduled workflows to match %s", words)),
		Labels:          s.Labels,
		Reviewers:       s.Reviewers,
		Assignees:       s.Assignees,
		Draft:           s.Draft,
		IgnoreBaseMoves: s.last,
		Needs:           github.Workflows,
		Words: github.Words{
			Settled: fmt.Sprintf("The workflow files on `%s` match `%s`: there is nothing to change.", s.snapshot.Branch, words),
			Next:    "sync",
			Taken:   "give each project and each base its own branch with --branch",
		},
	}
	for _, c := range s.plan.Changes() {
		proposal.Files = append(proposal.Files, github.File(c.Path, c.New))
	}
	if len(proposal.Files) > 0 {
		proposal.Body = s.change.body()
	}
	return proposal
}

// Became says in words what became of a pull request.
func Became(operation github.Operation) string {
	if operation == github.None {
		return "left as it is"
	}
	return string(operation)
}

// summary says what became of the pull request.
func (s *syncing) summary(pull github.Pull) string {
	summary := ""
	if len(s.plan.Changes()) > 0 {
		summary = s.change.Overview()
	}
	if pull.Number != 0 {
		summary += fmt.Sprintf("[Pull request #%d](%s) %s.\n", pull.Number, pull.URL, Became(pull.Operation))
	}
	return summary
}
