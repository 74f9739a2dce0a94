package github

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// pulls returns the pull requests from the branch of a proposal into its base: the
// open one and the one that was closed last, each nil if there is none. The error is a
// *BranchError if one is open into another base.
func (c *Client) pulls(ctx context.Context, proposal Proposal) (open, closed *github.PullRequest, _ error) {
	branch, base := proposal.Branch, proposal.Base.Branch
	list, _, err := call(ctx, c, "read pull requests", func(ctx context.Context) ([]*github.PullRequest, *github.Response, error) {
		return c.api.PullRequests.List(ctx, c.owner(), c.name(), &github.PullRequestListOptions{
			Head: c.owner() + ":" + branch, State: "all", ListOptions: github.ListOptions{PerPage: perPage},
		})
	})
	if err != nil {
		return nil, nil, err
	}
	for _, p := range list {
		into := p.GetBase().GetRef()
		switch {
		case p.GetHead().GetRef() != branch || !c.own(p.GetHead().GetRepo()):
		case p.GetState() == "open" && into != base:
			return nil, nil, proposal.occupied(fmt.Sprintf("pull request #%d into %s", p.GetNumber(), into))
		case p.GetState() == "open":
			open = p
		case into == base && p.GetNumber() > closed.GetNumber():
			closed = p
		}
	}
	return open, closed, nil
}

// own reports whether a repository is this one, not a fork.
func (c *Client) own(r *github.Repository) bool {
	return r.GetFullName() == "" || strings.EqualFold(r.GetFullName(), c.Repository())
}

// updatePull changes the fields of a pull request that are set.
func (c *Client) updatePull(ctx context.Context, number int, fields github.PullRequest) error {
	_, _, err := call(ctx, c, "update pull request", func(ctx context.Context) (*github.PullRequest, *github.Response, error) {
		return c.api.PullRequests.Edit(ctx, c.owner(), c.name(), number, &fields)
	})
	return err
}

// maxComments is how many pages of comments are read to find one of ours.
const maxComments = 20

// commentOnce comments on a pull request, unless a comment with the same mark is
// there already, or there are too many comments to know.
func (c *Client) commentOnce(ctx context.Context, number int, mark, text string) error {
	mark = "<!-- scheduled: " + mark + " -->"
	for page := 1; ; page++ {
		list, resp, err := call(ctx, c, "read comments", func(ctx context.Context) ([]*github.IssueComment, *github.Response, error) {
			return c.api.Issues.ListComments(ctx, c.owner(), c.name(), number,
				&github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: perPage, Page: page}})
		})
		if err != nil {
			return err
		}
		marked := func(comment *github.IssueComment) bool { return strings.Contains(comment.GetBody(), mark) }
		if page == maxComments || slices.ContainsFunc(list, marked) {
			return nil
		}
		if resp.NextPage == 0 || len(list) == 0 {
			break
		}
	}
	_, _, err := call(ctx, c, "create comment", func(ctx context.Context) (*github.IssueComment, *github.Response, error) {
		return c.api.Issues.CreateComment(ctx, c.owner(), c.name(), number, &github.IssueComment{Body: new(text + "\n\n" + mark)})
	})
	return err
}

// note is what we store about a pull request, in an invisible comment in its body.
type note struct {
	Project   string `json:"project"`             // path of pyproject.toml
	Change    string `json:"change"`              // identifies its change
	From      string `json:"from"`                // identifies what the files were before
	Title     string `json:"title"`               // as we wrote it
	Head      string `json:"head"`                // our commit, "" if the branch has commits of others
	Base      string `json:"base"`                // the commit that ours is on top of
	Tree      string `json:"tree"`                // of our commit
	Asked     bool   `json:"asked,omitempty"`     // labels, reviewers and assignees were asked for
	Withdrawn bool   `json:"withdrawn,omitempty"` // we closed it, since there was nothing left to change
}

const notePrefix = "<!-- scheduled: {"

// in returns the body with this note instead of an older one.
func (n note) in(body string) string {
	if i := strings.LastIndex(body, notePrefix); i >= 0 {
		body = body[:i]
	}
	return annotated(body, n)
}

// readNote returns the note of a body, the zero note if there is none.
func readNote(body string) note { return annotation[note](body) }

// annotated returns a body with a note behind it.
func annotated(body string, note any) string {
	text, err := json.Marshal(note) // writes > as \u003e, so nothing in it ends the comment
	if err != nil {
		panic(err) // strings and booleans
	}
	return strings.TrimRight(body, "\r\n") + "\n\n" + strings.TrimSuffix(notePrefix, "{") + string(text) + " -->\n"
}

// annotation returns the last note of a body, a zero one if there is none.
func annotation[T any](body string) (note T) {
	i := strings.LastIndex(body, notePrefix)
	if i < 0 {
		return note
	}
	text, _, _ := strings.Cut(body[i+len(notePrefix)-1:], " -->")
	if json.Unmarshal([]byte(text), &note) != nil {
		return *new(T)
	}
	return note
}

// Discard marks the checkbox that discards other people's commits. In a body, it stands
// between the box and its text.
const Discard = "<!-- scheduled: discard -->"

const discardText = "discard other commits and regenerate"

// Box is that checkbox. Every body has it, on a line of its own.
const Box = "- [ ] " + Discard + discardText + "\n"

var ticked = pattern.New(`(?m)^[ \t]*[-*+] \[[xX]\] *` + Discard)

// change identifies a change by the content of the files after it.
func change(files []Changed) (string, error) {
	h := sha256.New()
	for _, f := range files {
		content, err := f.content()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%q %t %d\n", f.Path, content != nil, len(content))
		if !f.deleted() && f.Mode != modeFile {
			fmt.Fprintf(h, "%s\n", f.Mode)
		}
		h.Write(content)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// The trailers by which we know that a commit is ours, and unchanged.
// https://git-scm.com/docs/git-interpret-trailers
const (
	baseTrailer = "Scheduled-Base: "
	treeTrailer = "Scheduled-Tree: "
)

// signed returns a commit message with our trailers.
func signed(title, base, tree string) string {
	return title + "\n\n" + baseTrailer + base + "\n" + treeTrailer + tree + "\n"
}

// ours reports whether we made a commit, and it was not changed since.
func ours(c *github.Commit) bool {
	return len(c.Parents) > 0 &&
		strings.Contains(c.GetMessage(), "\n"+baseTrailer+c.Parents[0].GetSHA()+"\n"+treeTrailer+c.GetTree().GetSHA())
}
