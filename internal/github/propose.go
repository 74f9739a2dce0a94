package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Proposal is a change of files, to be made by a pull request.
type Proposal struct {
	Base    *Snapshot
	Files   []Changed // empty if there is nothing to change
	Project string    // path of the pyproject.toml that the files belong to
	Branch  string    // that the change is committed to
	Title   string    // of the pull request and of the commit, one line
	Body    string    // of the pull request, Markdown, at least 1,000 bytes shorter than GitHub allows

	Message string // of the commit, "" for the title
	Words   Words
	Needs   Right // what writing the files takes, for a *Denied

	// IgnoreBaseMoves goes on after a push to the base.
	IgnoreBaseMoves bool

	// Whole says that the change must be on the branch in the end. Then commits of others
	// on it that do not have the change are an error, and no pull request is opened for a
	// branch that is not ours.
	Whole bool

	// Used once, when the pull request is opened.
	Labels    []string
	Reviewers []string // logins, and teams as owner/team
	Assignees []string
	Draft     bool
}

// Words are the parts of our texts that say where a proposal comes from.
type Words struct {
	Settled string // why it is closed: there is nothing to change, Markdown
	Next    string // what updates it the next time, as in "the next sync then rebuilds the branch"
	Taken   string // what to do about a branch that something else uses
}

// Operation is what was done to a pull request or an issue.
type Operation string

const (
	None    Operation = "none"
	Created Operation = "created"
	Updated Operation = "updated"
	Closed  Operation = "closed"
)

// Pull is what Propose has done.
type Pull struct {
	Number    int // 0 if there is no pull request
	URL       string
	Operation Operation
	Head      string   // the commit that the pull request is at, "" without one
	Remarks   []string // for people: what was left undone, and why
}

// occupied returns the error of a branch that is taken: by what.
func (p Proposal) occupied(by string) error {
	return problem.WithHint(&BranchError{fmt.Sprintf("branch %s is taken by %s", p.Branch, by)}, p.Words.Taken)
}

// Propose opens or updates the one pull request with the change, or closes it if there
// is nothing to change. If it is interrupted at any request, the next call goes on from
// there. Other people's commits on the branch are kept until a person ticks the Discard
// box, and a pull request that a person closed stays closed until the change is a
// different one.
//
// ctx must have a deadline. The error is a *Denied, a *BranchError, a *Failure,
// one that Again tells to start over with a new Snapshot, or says that the change did not
// arrive.
func (c *Client) Propose(ctx context.Context, p Proposal) (Pull, error) {
	changed, err := change(p.Files)
	if err != nil {
		return Pull{}, err
	}
	w := proposing{Proposal: p, client: c, note: note{Project: p.Project, Title: p.Title, Change: changed, From: p.Base.blobs(p.Files)}}
	w.pull.Operation = None
	if w.open, w.closed, err = c.pulls(ctx, p); err != nil {
		return Pull{}, denied(PullRequests, err)
	}
	if w.open != nil {
		w.was = readNote(w.open.GetBody())
		w.result(w.open)
		if w.was.Project != "" && w.was.Project != p.Project {
			return Pull{}, p.occupied("the open pull request with the files of " + w.was.Project)
		}
	}
	switch {
	case len(p.Files) > 0 && w.refused():
		w.result(w.closed)
		w.remark("#%d was closed with this same change: it stays closed until you reopen it or the change is a different one", w.closed.GetNumber())
	case len(p.Files) > 0:
		err = w.bring(ctx)
	case w.open != nil:
		err = w.withdraw(ctx)
	case w.closed != nil && readNote(w.closed.GetBody()).Withdrawn:
		err = w.sweep(ctx, w.closed)
	}
	return w.pull, err
}

// proposing is the work on a proposal.
type proposing struct {
	Proposal
	client *Client
	open   *github.PullRequest // nil if there is none
	closed *github.PullRequest // the last one; nil if there is none
	was    note                // in the open one
	note   note                // to be in it

	head     string // the commit that the branch is at, "" if there is no branch
	headTree string // "" if unknown
	headBase string // the commit that it is on top of, "" if unknown
	foreign  bool   // the branch has other people's commits that are not merged

	pull Pull
}

func (w *proposing) result(p *github.PullRequest) {
	w.pull = Pull{Number: p.GetNumber(), URL: w.client.page(p.GetHTMLURL()), Operation: None, Head: p.GetHead().GetSHA()}
}

func (w *proposing) remark(format string, args ...any) {
	w.pull.Remarks = append(w.pull.Remarks, fmt.Sprintf(format, args...))
}

func (w *proposing) step(format string, args ...any) {
	fmt.Fprintf(w.client.log, format+"\n", args...)
}

// refused reports whether a person closed the last pull request, which had the same
// change.
func (w *proposing) refused() bool {
	if w.open != nil || w.closed == nil || !w.closed.GetMergedAt().IsZero() {
		return false
	}
	was := readNote(w.closed.GetBody())
	return was.Project == w.Project && was.Change == w.note.Change && !was.Withdrawn
}

// bring updates the branch, and then the pull request.
func (w *proposing) bring(ctx context.Context) error {
	if !w.assume() && (w.open != nil || w.closed != nil) { // else there is most likely no branch
		if err := w.look(ctx); err != nil {
			return err
		}
	}
	tree, err := w.tree(ctx)
	if err != nil {
		return denied(w.Needs, err)
	}
	if !w.untouchable() {
		if err := w.settle(ctx, tree); err != nil {
			return err
		}
	}
	switch {
	case w.untouchable():
		return w.leave(ctx, tree)
	case w.open == nil:
		return w.openPull(ctx)
	}
	return w.update(ctx)
}

// openPull opens the pull request.
func (w *proposing) openPull(ctx context.Context) error {
	w.step("opening a pull request")
	wishes := len(w.Labels)+len(w.Reviewers)+len(w.Assignees) > 0
	w.note.Asked = !wishes
	body := w.Body
	if w.untouchable() {
		body = "This branch holds commits that `scheduled` did not make, so the change is not on it.\n\n" + Box
	}
	opened, _, err := call(ctx, w.client, "create pull request", func(ctx context.Context) (*github.PullRequest, *github.Response, error) {
		return w.client.api.PullRequests.Create(ctx, w.client.owner(), w.client.name(), &github.NewPullRequest{
			Title: &w.Title, Body: new(w.note.in(body)), Head: &w.Branch, Base: &w.Base.Branch, Draft: &w.Draft,
		})
	})
	if err != nil {
		err = denied(PullRequests, moved(err))
		if d, ok := errors.AsType[*Denied](err); ok {
			d.Branch = w.Branch
		}
		return err
	}
	w.result(opened)
	w.pull.Operation, w.pull.Head = Created, w.head
	w.open = opened
	if !wishes {
		return nil
	}
	if err := w.ask(ctx); err != nil {
		return err
	}
	w.note.Asked = true
	return denied(PullRequests, w.client.updatePull(ctx, w.pull.Number, github.PullRequest{Body: new(w.note.in(body))}))
}

// ask adds the labels, reviewers and assignees that are missing. It goes on without
// those that GitHub refuses, because the pull request is complete without them.
func (w *proposing) ask(ctx context.Context) error {
	var people, teams []string
	there := names(w.open.RequestedReviewers, (*github.User).GetLogin)
	for _, reviewer := range missing(w.Reviewers, there) {
		_, team, found := strings.Cut(reviewer, "/")
		switch {
		case !found:
			people = append(people, reviewer)
		case len(missing([]string{team}, names(w.open.RequestedTeams, (*github.Team).GetSlug))) > 0:
			teams = append(teams, team)
		}
	}
	labels := missing(w.Labels, names(w.open.Labels, (*github.Label).GetName))
	assignees := missing(w.Assignees, names(w.open.Assignees, (*github.User).GetLogin))
	c, number := w.client, w.pull.Number
	for _, wish := range []struct {
		names []string
		what  string
		ask   func(ctx context.Context) (*github.Response, error)
	}{
		{labels, "add labels", func(ctx context.Context) (*github.Response, error) {
			// Not with AddLabelsToIssue, which sends a bare list. GitHub's description
			// has no such body any more.
			req, err := c.api.NewRequest(http.MethodPost, fmt.Sprintf("repos/%s/issues/%d/labels", c.Repository(), number), map[string]any{"labels": labels})
			if err != nil {
				return nil, err
			}
			return c.api.Do(ctx, req, nil)
		}},
		{assignees, "update assignees", func(ctx context.Context) (*github.Response, error) {
			_, resp, err := c.api.Issues.Edit(ctx, c.owner(), c.name(), number, &github.IssueRequest{Assignees: &w.Assignees})
			return resp, err
		}},
		{slices.Concat(people, teams), "request reviewers", func(ctx context.Context) (*github.Response, error) {
			_, resp, err := c.api.PullRequests.RequestReviewers(ctx, c.owner(), c.name(), number, github.ReviewersRequest{Reviewers: people, TeamReviewers: teams})
			return resp, err
		}},
	} {
		if len(wish.names) == 0 {
			continue
		}
		_, _, err := call(ctx, c, wish.what, func(ctx context.Context) (any, *github.Response, error) {
			resp, err := wish.ask(ctx)
			return nil, resp, err
		})
		if failure, ok := errors.AsType[*Failure](err); ok && !failure.refused() {
			return err
		}
		if err != nil {
			w.remark("#%d has no %s: %v", number, strings.Join(wish.names, ", "), err)
		}
	}
	return nil
}

// names returns the names of labels, people or teams.
func names[T any](things []T, name func(T) string) (all []string) {
	for _, thing := range things {
		all = append(all, name(thing))
	}
	return all
}

// missing returns the names that are not there, which GitHub compares without case.
func missing(names, there []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(there, func(known string) bool { return strings.EqualFold(name, known) })
	})
}

// update changes the text of the open pull request, if it needs to change.
func (w *proposing) update(ctx context.Context) error {
	w.note.Asked = true
	if w.was == w.note && !w.discards() {
		return nil
	}
	if w.was.Project != "" && !w.was.Asked {
		if err := w.ask(ctx); err != nil {
			return err
		}
	}
	fields := github.PullRequest{Body: new(w.note.in(w.Body))}
	if w.was.Title == "" || w.was.Title == w.open.GetTitle() {
		fields.Title = &w.Title // otherwise a person has changed it
	}
	w.step("updating #%d", w.pull.Number)
	w.pull.Operation = Updated
	err := denied(PullRequests, w.client.updatePull(ctx, w.pull.Number, fields))
	if d, ok := errors.AsType[*Denied](err); ok {
		d.Pull = w.pull.URL
	}
	return err
}

// leave keeps a branch with other people's commits. It says so once, unless the branch
// already has the right content.
func (w *proposing) leave(ctx context.Context, tree string) error {
	const others = "commits that `scheduled` did not make"
	wanting := w.Whole && len(w.Files) > 0
	switch {
	case w.open == nil && wanting:
		return problem.New(w.Words.Taken, "branch %s has %s, so the change is not on it", w.Branch, others)
	case w.open == nil:
		if err := w.openPull(ctx); err != nil {
			return err
		}
	}
	if has, err := w.has(ctx, tree); err != nil || has {
		return err
	}
	if !wanting {
		w.remark("#%d has %s: it is not updated until you tick the box in its description", w.pull.Number, others)
	}
	if !strings.Contains(w.open.GetBody(), Discard) { // a person has replaced the description
		body := w.note.in(w.open.GetBody() + "\n\n" + Box)
		if err := w.client.updatePull(ctx, w.pull.Number, github.PullRequest{Body: &body}); err != nil {
			return denied(PullRequests, err)
		}
	}
	err := w.comment(ctx, "others "+w.was.Head,
		"This branch holds "+others+". They are kept, so the branch is no longer updated.\n\n"+
			"To discard them, tick **"+discardText+"** in the description: the next "+w.Words.Next+" then rebuilds the branch. "+
			"To keep them, merge this pull request, or move them to another branch.")
	if err == nil && wanting {
		err = problem.New("merge the pull request, or tick the box in its description to discard those commits, and let the job run again; or "+w.Words.Taken,
			"#%d has %s, so the change is not on its branch %s", w.pull.Number, others, w.Branch)
	}
	return err
}

// has reports whether a branch with other people's commits has the change: the wanted
// tree, or more than that if the change only has to arrive.
func (w *proposing) has(ctx context.Context, tree string) (bool, error) {
	if w.headTree == tree || !w.Whole || len(w.Files) == 0 {
		return w.headTree == tree, nil
	}
	head, err := w.client.Snapshot(ctx, w.Branch)
	if err != nil {
		return false, err
	}
	lacking, err := head.Lacks(w.Files, false)
	return len(lacking) == 0, err
}

// comment adds a comment with a mark, once. If GitHub refuses the comment, it goes on:
// the conversation may be locked.
func (w *proposing) comment(ctx context.Context, mark, text string) error {
	err := w.client.commentOnce(ctx, w.pull.Number, mark, text)
	if failure, ok := errors.AsType[*Failure](err); ok && failure.refused() {
		w.remark("#%d has no comment about this: %v", w.pull.Number, err)
		return nil
	}
	return err
}

// withdraw closes the pull request and deletes its branch: there is nothing to
// change any more.
func (w *proposing) withdraw(ctx context.Context) error {
	w.assume()
	if err := w.look(ctx); err != nil {
		return err
	}
	if w.untouchable() {
		return w.leave(ctx, "")
	}
	w.step("closing #%d", w.pull.Number)
	if err := w.comment(ctx, "closed "+w.head, w.Words.Settled); err != nil {
		return err
	}
	w.was.Withdrawn = true
	w.was.Project = w.Project
	if err := w.client.updatePull(ctx, w.pull.Number, github.PullRequest{State: new("closed"), Body: new(w.was.in(w.open.GetBody()))}); err != nil {
		return denied(PullRequests, err)
	}
	w.pull.Operation = Closed
	return w.sweep(ctx, w.open)
}

// sweep deletes the branch of a pull request that we closed, unless it has moved.
func (w *proposing) sweep(ctx context.Context, closed *github.PullRequest) error {
	head, err := w.client.head(ctx, w.Branch)
	if err != nil || head == "" || head != closed.GetHead().GetSHA() {
		return denied(Read, err)
	}
	err = w.client.deleteBranch(ctx, w.Branch)
	if ruledOut(err) {
		w.remark("branch %s is kept: a branch rule forbids deleting it", w.Branch)
		return nil
	}
	if err = moved(err); errors.Is(err, ErrMoved) {
		return nil // deleted already
	}
	return denied(w.Needs, err)
}
