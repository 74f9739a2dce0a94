package github

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// pull is a pull request.
// https://docs.github.com/rest/pulls/pulls
type pull struct {
	Number int    `json:"number"`
	URL    string `json:"html_url"`
	State  string `json:"state"` // open or closed
	Merged string `json:"merged_at"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	Head   struct {
		Branch     string     `json:"ref"`
		Commit     string     `json:"sha"`
		Repository repository `json:"repo"`
	} `json:"head"`
	Base struct {
		Branch string `json:"ref"`
	} `json:"base"`
	Labels    []named `json:"labels"`
	Assignees []named `json:"assignees"`
	Reviewers []named `json:"requested_reviewers"`
	Teams     []named `json:"requested_teams"`
}

// named is a label, a person or a team.
type named struct {
	Name  string `json:"name"`
	Login string `json:"login"`
	Slug  string `json:"slug"`
}

func (pull) noun() string     { return "pull request" }
func (p pull) complete() bool { return p.Number != 0 }

// pullList is a page of pull requests.
type pullList []pull

func (pullList) noun() string     { return "pull requests" }
func (l pullList) complete() bool { return l != nil }

// commentList is a page of the comments of a pull request.
// https://docs.github.com/rest/issues/comments
type commentList []comment

func (commentList) noun() string     { return "comments" }
func (l commentList) complete() bool { return l != nil }

type comment struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
}

func (comment) noun() string     { return "comment" }
func (c comment) complete() bool { return c.ID != 0 }

// pulls returns the pull requests that bring a branch of this repository to
// another: the open one, nil if there is none, and the one that was closed last,
// nil if there is none. The error is an *Occupied if one is open into yet another.
func (c *Client) pulls(ctx context.Context, branch, base string) (open, closed *pull, _ error) {
	owner, _, _ := strings.Cut(c.repository, "/")
	query := url.Values{"head": {owner + ":" + branch}, "state": {"all"}, "per_page": {fmt.Sprint(perPage)}}
	list, err := get[pullList](ctx, c, "pulls?"+query.Encode())
	if err != nil {
		return nil, nil, err
	}
	for _, p := range list.value {
		switch {
		case p.Head.Branch != branch || !c.own(p.Head.Repository):
		case p.State == "open" && p.Base.Branch != base:
			return nil, nil, &Occupied{branch, fmt.Sprintf("pull request #%d into %s", p.Number, p.Base.Branch)}
		case p.State == "open":
			open = &p
		case p.Base.Branch == base && (closed == nil || p.Number > closed.Number):
			closed = &p
		}
	}
	return open, closed, nil
}

// own reports whether a repository is this one, and not a fork of it.
func (c *Client) own(r repository) bool {
	return r.FullName == "" || strings.EqualFold(r.FullName, c.repository)
}

func (c *Client) updatePull(ctx context.Context, number int, fields map[string]any) error {
	_, err := do[pull](ctx, c, request{http.MethodPatch, fmt.Sprintf("pulls/%d", number), fields})
	return err
}

// commentOnce comments on a pull request, unless a comment with the same mark is
// there already.
func (c *Client) commentOnce(ctx context.Context, number int, mark, text string) error {
	mark = "<!-- scheduled: " + mark + " -->"
	for page := 1; page != 0; {
		list, err := get[commentList](ctx, c, fmt.Sprintf("issues/%d/comments?per_page=%d&page=%d", number, perPage, page))
		if err != nil {
			return err
		}
		for _, comment := range list.value {
			if strings.Contains(comment.Body, mark) {
				return nil
			}
		}
		if page++; !list.more {
			page = 0
		}
	}
	_, err := do[comment](ctx, c, request{http.MethodPost, fmt.Sprintf("issues/%d/comments", number),
		map[string]any{"body": text + "\n\n" + mark}})
	return err
}

// note is what we remember of a pull request, in a comment of its body that
// people do not see.
type note struct {
	Project   string `json:"project"`             // path of pyproject.toml
	Change    string `json:"change"`              // identifies the change that it brings
	From      string `json:"from"`                // identifies what the files were before
	Title     string `json:"title"`               // as we wrote it
	Head      string `json:"head"`                // our commit, "" if others have some there
	Base      string `json:"base"`                // the commit that ours is on top of
	Tree      string `json:"tree"`                // of our commit
	Asked     bool   `json:"asked,omitempty"`     // labels, reviewers and assignees were asked for
	Withdrawn bool   `json:"withdrawn,omitempty"` // we closed it, since there was nothing left to change
}

const notePrefix = "<!-- scheduled: {"

// in returns a body that holds the note instead of the one that is in it.
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

// Discard is the mark of the checkbox by which people have the commits of others
// discarded. In a body, it stands between the box and its text.
const Discard = "<!-- scheduled: discard -->"

const discardText = "discard other commits and regenerate"

// Box is that checkbox, which every body has to have on a line of its own.
const Box = "- [ ] " + Discard + discardText + "\n"

var ticked = regexp.MustCompile(`(?m)^[ \t]*[-*+] \[[xX]\] *` + regexp.QuoteMeta(Discard))

// change identifies what files hold after a change, whatever they held before.
func change(files []File) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%q %t %d\n", f.Path, f.Content != nil, len(f.Content))
		h.Write(f.Content)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The trailers by which a commit of ours tells that it is as we made it.
// https://git-scm.com/docs/git-interpret-trailers
const (
	baseTrailer = "Scheduled-Base: "
	treeTrailer = "Scheduled-Tree: "
)

// signed returns a commit message with our trailers.
func signed(title, base, tree string) string {
	return title + "\n\n" + baseTrailer + base + "\n" + treeTrailer + tree + "\n"
}

// ours reports whether a commit is one that we made, in which nothing was
// changed since.
func (c gitCommit) ours() bool {
	return len(c.Parents) > 0 && c.Tree.ID != "" &&
		strings.Contains(c.Message, "\n"+baseTrailer+c.Parents[0].ID+"\n"+treeTrailer+c.Tree.ID)
}
