package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Proposal is a change of files that a pull request brings to a branch.
type Proposal struct {
	Base    *Snapshot
	Files   []File // none if there is nothing to change
	Project string // path of the pyproject.toml whose files they are
	Branch  string // that the change is committed to
	Title   string // of the pull request and of the commit, one line
	Body    string // of the pull request, Markdown, with room for 1,000 bytes more

	// Stubborn goes on where somebody has pushed to the base meanwhile.
	Stubborn bool

	// Asked for once, when the pull request is opened.
	Labels    []string
	Reviewers []string // logins, and teams as owner/team
	Assignees []string
	Draft     bool
}

// File is a file as it has to be: without content, it is to be no more.
type File struct {
	Path    string
	Content []byte
}

// Operation is what became of a pull request.
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
	Remarks   []string // for people: what was left alone, and why
}

// Occupied is the error of a branch that is taken: by what.
type Occupied struct{ Branch, By string }

func (e *Occupied) Error() string { return fmt.Sprintf("branch %s is taken by %s", e.Branch, e.By) }

// Hint names the way out.
func (e *Occupied) Hint() string {
	return "give each project and each base a branch of its own with --branch"
}

// Propose sees to it that one open pull request brings the change, or that none
// is open where there is nothing to change. Interrupted at any request, it goes on
// when it is called again. Commits of others on the branch are kept until somebody
// ticks the Discard box, and a pull request that a person closed stays closed until
// the change is another one.
//
// ctx has to have a deadline. The error is a *Denied, an *Occupied, a *Failure,
// or one that Again tells to start over with a new Snapshot.
func (c *Client) Propose(ctx context.Context, p Proposal) (Pull, error) {
	w := proposing{Proposal: p, client: c, note: note{Project: p.Project, Title: p.Title, Change: change(p.Files), From: p.Base.blobs(p.Files)}}
	w.pull.Operation = None
	var err error
	if w.open, w.closed, err = c.pulls(ctx, p.Branch, p.Base.Branch); err != nil {
		return Pull{}, denied(PullRequests, err)
	}
	if w.open != nil {
		w.was = readNote(w.open.Body)
		w.result(w.open)
		if w.was.Project != "" && w.was.Project != p.Project {
			return Pull{}, &Occupied{p.Branch, "the open pull request with the files of " + w.was.Project}
		}
	}
	switch {
	case len(p.Files) > 0 && w.refused():
		w.result(w.closed)
		w.remark("#%d was closed with this very change: it stays closed until another change is wanted, or somebody reopens it", w.closed.Number)
	case len(p.Files) > 0:
		err = w.bring(ctx)
	case w.open != nil:
		err = w.withdraw(ctx)
	case w.closed != nil && readNote(w.closed.Body).Withdrawn:
		err = w.sweep(ctx, w.closed)
	}
	return w.pull, err
}

// proposing is a proposal at work.
type proposing struct {
	Proposal
	client *Client
	open   *pull // nil if there is none
	closed *pull // the last one; nil if there is none
	was    note  // in the open one
	note   note  // to be in it

	head     string // the commit that the branch is at, "" if there is no branch
	headTree string // "" if unknown
	headBase string // the commit that it is on top of, "" if unknown
	foreign  bool   // the branch holds commits of others that are merged nowhere

	pull Pull
}

func (w *proposing) result(p *pull) {
	w.pull = Pull{Number: p.Number, URL: p.URL, Operation: None, Head: p.Head.Commit}
}

func (w *proposing) remark(format string, args ...any) {
	w.pull.Remarks = append(w.pull.Remarks, fmt.Sprintf(format, args...))
}

func (w *proposing) step(format string, args ...any) {
	fmt.Fprintf(w.client.log, format+"\n", args...)
}

// refused reports whether a person closed the last pull request, which brought
// the same change.
func (w *proposing) refused() bool {
	if w.open != nil || w.closed == nil || w.closed.Merged != "" {
		return false
	}
	was := readNote(w.closed.Body)
	return was.Project == w.Project && was.Change == w.note.Change && !was.Withdrawn
}

// bring sees to the branch, and then to the pull request.
func (w *proposing) bring(ctx context.Context) error {
	if !w.assume() {
		if err := w.look(ctx); err != nil {
			return err
		}
	}
	tree, err := w.tree(ctx)
	if err != nil {
		return denied(Workflows, err)
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
		body = "This branch holds commits that `scheduled` did not make, and not the change that is wanted of it.\n\n" + Box
	}
	opened, err := do[pull](ctx, w.client, request{http.MethodPost, "pulls", map[string]any{
		"title": w.Title, "body": w.note.in(body), "head": w.Branch, "base": w.Base.Branch, "draft": w.Draft,
	}})
	if err != nil {
		err = denied(PullRequests, moved(err))
		if d, ok := errors.AsType[*Denied](err); ok {
			d.Branch = w.Branch
		}
		return err
	}
	w.result(&opened.value)
	w.pull.Operation, w.pull.Head = Created, w.head
	w.open = &opened.value
	if !wishes {
		return nil
	}
	if err := w.ask(ctx); err != nil {
		return err
	}
	w.note.Asked = true
	return denied(PullRequests, w.client.updatePull(ctx, w.pull.Number, map[string]any{"body": w.note.in(body)}))
}

// ask asks for the labels, reviewers and assignees that are not there. It goes on
// without those that GitHub does not take: they do not make the pull request a
// wrong one.
func (w *proposing) ask(ctx context.Context) error {
	people, teams := []string{}, []string{}
	for _, reviewer := range missing(w.Reviewers, w.open.Reviewers, w.open.Teams) {
		if _, team, found := strings.Cut(reviewer, "/"); found {
			teams = append(teams, team)
		} else {
			people = append(people, reviewer)
		}
	}
	labels, assignees := missing(w.Labels, w.open.Labels), missing(w.Assignees, w.open.Assignees)
	issue, reviewers := fmt.Sprintf("issues/%d", w.pull.Number), fmt.Sprintf("pulls/%d/requested_reviewers", w.pull.Number)
	for _, wish := range []struct {
		names []string
		request
	}{
		{labels, request{http.MethodPost, issue + "/labels", map[string]any{"labels": labels}}},
		{assignees, request{http.MethodPatch, issue, map[string]any{"assignees": w.Assignees}}},
		{slices.Concat(people, teams), request{http.MethodPost, reviewers, map[string]any{"reviewers": people, "team_reviewers": teams}}},
	} {
		if len(wish.names) == 0 {
			continue
		}
		_, err := do[asked](ctx, w.client, wish.request)
		if failure, ok := errors.AsType[*Failure](err); ok && !failure.refused() {
			return err
		}
		if err != nil {
			w.remark("#%d goes without %s: %v", w.pull.Number, strings.Join(wish.names, ", "), err)
		}
	}
	return nil
}

// missing returns the names that nothing there has, a team by the end of its name.
func missing(names []string, there ...[]named) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(slices.Concat(there...), func(n named) bool {
			return strings.EqualFold(name, cmp.Or(n.Login, n.Name)) || n.Slug != "" && strings.HasSuffix(name, "/"+n.Slug)
		})
	})
}

// asked is an answer whose content does not matter.
type asked struct{}

func (asked) noun() string                                 { return "labels, assignees or reviewers" }
func (asked) complete() bool                               { return true }
func (*asked) UnmarshalJSONFrom(d *jsontext.Decoder) error { return d.SkipValue() }

// update changes the text of the open pull request, if it does not tell of the
// commit that the branch is at.
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
	fields := map[string]any{"body": w.note.in(w.Body)}
	if w.was.Title == "" || w.was.Title == w.open.Title {
		fields["title"] = w.Title // else a person has given it another
	}
	w.step("updating #%d", w.pull.Number)
	w.pull.Operation = Updated
	err := denied(PullRequests, w.client.updatePull(ctx, w.pull.Number, fields))
	if d, ok := errors.AsType[*Denied](err); ok {
		d.Pull = w.open.URL
	}
	return err
}

// leave leaves a branch alone that holds commits of others, and says so once
// unless they bring the wanted tree.
func (w *proposing) leave(ctx context.Context, tree string) error {
	if w.open == nil {
		if err := w.openPull(ctx); err != nil {
			return err
		}
	}
	if w.headTree == tree {
		return nil
	}
	w.remark("#%d holds commits that are not of this program: left alone, until somebody ticks the box in its description", w.pull.Number)
	if !strings.Contains(w.open.Body, Discard) { // somebody has written another description
		body := w.note.in(w.open.Body + "\n\n" + Box)
		if err := w.client.updatePull(ctx, w.pull.Number, map[string]any{"body": body}); err != nil {
			return denied(PullRequests, err)
		}
	}
	return w.comment(ctx, "others "+w.was.Head,
		"This branch holds commits that `scheduled` did not make. They are kept, and so the branch is not updated any more.\n\n"+
			"To have them thrown away and the branch made anew, tick **"+discardText+"** in the description: "+
			"the next sync does it. To keep them, merge this pull request, or move them to a branch of their own.")
}

// comment makes a comment that bears a mark once. It goes on where GitHub takes
// none: the conversation may be locked.
func (w *proposing) comment(ctx context.Context, mark, text string) error {
	err := w.client.commentOnce(ctx, w.pull.Number, mark, text)
	if failure, ok := errors.AsType[*Failure](err); ok && failure.refused() {
		w.remark("#%d goes without a comment: %v", w.pull.Number, err)
		return nil
	}
	return err
}

// withdraw closes the pull request and deletes its branch: there is nothing left
// to change.
func (w *proposing) withdraw(ctx context.Context) error {
	w.assume()
	if err := w.look(ctx); err != nil {
		return err
	}
	if w.untouchable() {
		return w.leave(ctx, "")
	}
	w.step("closing #%d", w.pull.Number)
	if err := w.comment(ctx, "closed "+w.head,
		"The workflow files on `"+w.Base.Branch+"` are in step with `"+w.Project+"`: nothing is left to change."); err != nil {
		return err
	}
	w.was.Withdrawn = true
	w.was.Project = w.Project
	if err := w.client.updatePull(ctx, w.pull.Number, map[string]any{"state": "closed", "body": w.was.in(w.open.Body)}); err != nil {
		return denied(PullRequests, err)
	}
	w.pull.Operation = Closed
	return w.sweep(ctx, w.open)
}

// sweep deletes the branch of a pull request that we closed, if it still is what
// it was.
func (w *proposing) sweep(ctx context.Context, closed *pull) error {
	head, err := w.client.head(ctx, w.Branch)
	if err != nil || head == "" || head != closed.Head.Commit {
		return denied(Read, err)
	}
	err = w.client.deleteBranch(ctx, w.Branch)
	if ruledOut(err) {
		w.remark("branch %s is kept: its rules forbid to delete it", w.Branch)
		return nil
	}
	if err = moved(err); errors.Is(err, ErrMoved) {
		return nil // deleted already
	}
	return denied(Workflows, err)
}
