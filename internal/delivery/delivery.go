// Package delivery brings what a job has changed in its checkout to GitHub: as a commit on
// a branch, or as a pull request.
package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// Request says what to deliver, and where from.
type Request struct {
	Client   *github.Client // nil without a token
	Checkout Checkout
	Job      pyproject.Job
	Project  string    // path of its pyproject.toml in the repository
	Ref      string    // what the run is on, as in "refs/heads/main"
	SHA      string    // of the run; "" if unknown
	Default  string    // the repository's default branch; "" to ask GitHub
	Slot     time.Time // that the run serves; zero if unknown
	Page     string    // of the run; "" if unknown
	DryRun   bool      // ask GitHub nothing, and write nothing
	Say      func(string)
}

// Result is what was delivered.
type Result struct {
	Branch  string   // that was committed to, or that the pull request brings
	Changed []string // paths from the repository's root, sorted
	Commit  github.Committed
	Pull    github.Pull
	Remarks []string // for people
	Words   string   // what was done, on a line
	Summary string   // the same in Markdown; if it was not, the change as a patch
}

// Invalid is the error of an option that does not fit what is checked out.
type Invalid struct{ error }

// Unwrap returns what is wrong.
func (e *Invalid) Unwrap() error { return e.error }

// ErrNoToken is the error of a request without a client.
var ErrNoToken = problem.New("pass a token with `contents: write` to the action as the input token, or set GITHUB_TOKEN", "commit: no token")

const (
	within = 15 * time.Minute // for all of it, with the waits that GitHub asks for
	tries  = 4                // of a pull request, if somebody else changes the repository meanwhile
)

// Deliver commits what the job has changed, or proposes it. The result is valid also
// beside an error: its summary then has the change as a patch.
//
// The error is an *Invalid, ErrNoToken, one of github.Client.Commit or Propose, or about
// a file that cannot be committed.
func Deliver(ctx context.Context, request Request) (Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("not done within %v", within))
	defer cancel()
	d := delivery{Request: request, commit: request.Job.Options.Commit}
	ref := cmp.Or(d.Job.Options.CheckedOut(), d.Ref, d.Default)
	view, err := d.Checkout.open(ctx)
	if err != nil {
		return Result{}, err
	}
	defer view.close()
	base, on := view.begin(ctx, ref, d.SHA)
	if err := d.choose(on, ref); err != nil {
		return Result{}, err
	}
	if d.changes, err = view.find(ctx, base, d.commit.Paths); err != nil {
		return Result{}, err
	}
	d.Remarks, d.Result.Branch = d.remarks, d.branch
	for _, f := range d.files {
		d.Changed = append(d.Changed, f.Path)
	}
	switch {
	case d.DryRun:
		d.Words = d.would()
	case d.Client == nil:
		err = ErrNoToken
	case d.commit.PullRequest:
		err = d.propose(ctx)
	case len(d.files) == 0:
		d.Words = "nothing changed"
	default:
		err = d.push(ctx)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err = d.explained(err); err != nil {
		d.Summary = d.failed(ctx, err)
	} else {
		d.Summary = d.succeeded()
	}
	return d.Result, err
}

// delivery is the work on a request.
type delivery struct {
	Request
	Result
	*changes
	commit pyproject.Commit
	on     string // the branch that is checked out; "" if it is none
	branch string // to commit to
}

// choose chooses the branch.
func (d *delivery) choose(on, ref string) error {
	d.on, d.branch = on, cmp.Or(d.commit.Branch, on)
	switch {
	case d.commit.PullRequest && on == "":
		return &Invalid{problem.New("run the job on a branch", "no pull request can be for %s, which is not a branch", problem.Quote(ref))}
	case d.commit.PullRequest && d.commit.Branch == "":
		d.branch = "scheduled/" + d.Job.Slug
		if folder := path.Dir(d.Project); folder != "." {
			d.branch = "scheduled/" + pyproject.FolderSlug(folder) + "-" + d.Job.Slug
		}
	case d.commit.PullRequest && d.branch == on:
		return &Invalid{problem.New("give the pull request a branch of its own", "branch %s is the base of the pull request, so it cannot also be its branch", problem.Quote(on))}
	case d.commit.PullRequest && d.branch == d.Default:
		return &Invalid{problem.New("give the pull request a branch of its own", "branch %s is the default branch, so it cannot be that of a pull request", problem.Quote(d.branch))}
	case d.branch == "":
		return &Invalid{problem.New(`name the branch, as in commit = { paths = ["data"], branch = "data" }`, "commit has no branch: %s is checked out, which is not one", problem.Quote(ref))}
	}
	return nil
}

// message returns the message of the commit.
func (d *delivery) message() string {
	title := problem.Show(d.Job.ID) + ": results"
	if !d.Slot.IsZero() && !d.commit.PullRequest { // a pull request keeps its title
		title += " for " + problem.Clock(d.Slot)
	}
	return cmp.Or(d.commit.Message, strings.TrimSpace(title+"\n\n"+d.Page))
}

// push commits the change to the branch.
func (d *delivery) push(ctx context.Context) (err error) {
	d.Commit, err = d.Client.Commit(ctx, github.Commit{
		Branch: d.branch, Start: d.Default, Same: d.branch == d.on, Files: d.files, Message: d.message(),
	})
	if err != nil {
		return invalid(err)
	}
	d.Result.Branch = cmp.Or(d.Commit.Branch, d.branch)
	switch {
	case d.Commit.ID == "":
		d.Words = fmt.Sprintf("nothing to commit: branch %s has these changes already", d.Result.Branch)
	case d.Commit.Begun:
		d.Words = fmt.Sprintf("committed %s to the new branch %s: %s", problem.Count(len(d.Commit.Files), "file"), d.Result.Branch, cmp.Or(d.Commit.URL, d.Commit.ID))
	default:
		d.Words = fmt.Sprintf("committed %s to branch %s: %s", problem.Count(len(d.Commit.Files), "file"), d.Result.Branch, cmp.Or(d.Commit.URL, d.Commit.ID))
	}
	return nil
}

// propose opens, updates or closes the pull request with the change.
func (d *delivery) propose(ctx context.Context) (err error) {
	for try := 1; ; try++ {
		d.Pull, err = d.proposeOnce(ctx)
		if !github.Again(err) || try == tries || ctx.Err() != nil {
			break
		}
		d.Say(fmt.Sprintf("%v; starting over", err))
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(try) * time.Second):
		}
	}
	if err != nil {
		return invalid(err)
	}
	d.Remarks = append(d.Remarks, d.Pull.Remarks...)
	switch {
	case d.Pull.Number == 0:
		d.Words = "no pull request: nothing changed"
	case d.Pull.Operation == github.None:
		d.Words = fmt.Sprintf("pull request #%d left as it is: %s", d.Pull.Number, d.Pull.URL)
	default:
		d.Words = fmt.Sprintf("pull request #%d %s: %s", d.Pull.Number, d.Pull.Operation, d.Pull.URL)
	}
	return nil
}

func (d *delivery) proposeOnce(ctx context.Context) (github.Pull, error) {
	base, err := d.Client.Since(ctx, d.on, d.base)
	if err != nil {
		return github.Pull{}, err
	}
	files, err := base.Lacks(d.files, true)
	if err != nil {
		return github.Pull{}, err
	}
	title, _, _ := strings.Cut(d.message(), "\n")
	return d.Client.Propose(ctx, github.Proposal{
		Base: base, Files: files, Project: d.Project + ", job " + problem.Show(d.Job.ID),
		Branch: d.branch, Title: title, Body: d.body(files), Message: d.message(),
		Needs: github.Contents, IgnoreBaseMoves: true, Whole: true,
		Words: github.Words{
			Settled: "The job changed nothing that `" + base.Branch + "` does not have.",
			Next:    "run of the job",
			Taken:   "name another one in the option commit, as branch",
		},
	})
}

// hints say what to do about a right that is missing.
var hints = map[github.Right]string{
	github.Valid:        "give the step a valid token: this one is not valid, or has expired",
	github.Read:         "run `scheduled sync`: the token may not read the repository, and the job's permissions need `contents: write`",
	github.Contents:     "run `scheduled sync`: the token may not write to the repository, and the job's permissions need `contents: write`",
	github.Workflows:    "name no path in .github/workflows: the token may not write workflow files",
	github.PullRequests: "run `scheduled sync`: the token may not write pull requests, and the job's permissions need `pull-requests: write`",
	github.Opening:      "let GitHub Actions create pull requests in Settings > Actions > General > Workflow permissions",
	github.Rules:        "name another branch in the option commit, set pull-request = true, or let the token's owner bypass the branch's rules",
}

// explained adds what to do about a right that is missing.
func (d *delivery) explained(err error) error {
	denied, ok := errors.AsType[*github.Denied](err)
	if !ok || problem.Hint(err) != "" {
		return err
	}
	hint := cmp.Or(hints[denied.Lacks], "do what GitHub's message asks for")
	if denied.Branch != "" {
		hint += fmt.Sprintf("; branch %s has the change, so a person can open the pull request", denied.Branch)
	}
	return problem.WithHint(err, hint)
}

// invalid returns the error of a branch that cannot be used as an *Invalid.
func invalid(err error) error {
	if _, unusable := errors.AsType[*github.BranchError](err); unusable {
		return &Invalid{err}
	}
	return err
}
