package github

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// blobID returns the id that git gives to a file of that content.
// https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
func blobID(content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// Short abbreviates the id of a commit, for people.
func Short(id string) string { return id[:min(7, len(id))] }

// gitBranch is a branch and the commit it is at.
// https://docs.github.com/rest/branches/branches#get-a-branch
type gitBranch struct {
	Commit struct {
		ID     string `json:"sha"`
		Commit struct {
			Tree gitObject `json:"tree"`
		} `json:"commit"`
	} `json:"commit"`
}

func (gitBranch) noun() string     { return "branch" }
func (b gitBranch) complete() bool { return b.Commit.ID != "" && b.Commit.Commit.Tree.ID != "" }

// gitObject names an object.
type gitObject struct {
	ID string `json:"sha"`
}

// gitBlob is the content of a file.
// https://docs.github.com/rest/git/blobs#get-a-blob
type gitBlob struct {
	Encoding string `json:"encoding"`
	Content  string `json:"content"`
}

func (gitBlob) noun() string     { return "file" }
func (b gitBlob) complete() bool { return b.Encoding == "base64" }

func (b gitBlob) decode() ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.ReplaceAll(b.Content, "\n", ""))
}

// gitTree is a folder, or with all that is below it where that was asked for.
// https://docs.github.com/rest/git/trees
type gitTree struct {
	ID        string     `json:"sha"`
	Entries   []gitEntry `json:"tree"`
	Truncated bool       `json:"truncated"` // some entries are missing
}

func (gitTree) noun() string     { return "tree" }
func (t gitTree) complete() bool { return t.ID != "" && t.Entries != nil }

// The modes of a tree's entries.
const (
	modeFile = "100644"
	modeExec = "100755"
	modeLink = "120000"
	modeDir  = "040000"
)

// gitEntry is an entry of a tree.
type gitEntry struct {
	Path string `json:"path"`
	Mode string `json:"mode"`
	ID   string `json:"sha"`
	Size int64  `json:"size"`
}

// gitCommit is a commit.
// https://docs.github.com/rest/git/commits
type gitCommit struct {
	ID      string      `json:"sha"`
	Message string      `json:"message"`
	Tree    gitObject   `json:"tree"`
	Parents []gitObject `json:"parents"`
}

func (gitCommit) noun() string     { return "commit" }
func (c gitCommit) complete() bool { return c.ID != "" && c.Tree.ID != "" }

// gitRef is a branch as git has it.
// https://docs.github.com/rest/git/refs
type gitRef struct {
	Object gitObject `json:"object"`
}

func (gitRef) noun() string     { return "ref" }
func (r gitRef) complete() bool { return r.Object.ID != "" }

// comparison tells how far a commit is ahead of a branch.
// https://docs.github.com/rest/commits/commits#compare-two-commits
type comparison struct {
	Ahead *int `json:"ahead_by"`
}

func (comparison) noun() string     { return "comparison" }
func (c comparison) complete() bool { return c.Ahead != nil }

// deletedRef is the answer to a deletion, which holds nothing.
type deletedRef struct{}

func (deletedRef) noun() string   { return "ref" }
func (deletedRef) complete() bool { return true }

// head returns the commit that a branch is at, "" if there is no such branch.
func (c *Client) head(ctx context.Context, branch string) (string, error) {
	ref, err := get[gitRef](ctx, c, "git/ref/heads/"+escapePath(branch))
	if status(err) == http.StatusNotFound {
		return "", nil
	}
	return ref.value.Object.ID, err
}

// escapePath escapes the segments of a path and leaves its slashes.
func escapePath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}

// filesPerTree is how many files one request writes: GitHub ends requests that
// take it more than ten seconds.
// https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
const filesPerTree = 250

// writeTree writes the tree that base becomes with the files. It hands their
// contents over with the tree, not as a blob each: GitHub allows 80 requests a
// minute that create something.
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
func (c *Client) writeTree(ctx context.Context, base string, files []File) (string, error) {
	for chunk := range slices.Chunk(files, filesPerTree) {
		var entries []map[string]any
		for _, f := range chunk {
			entry := map[string]any{"path": f.Path, "mode": modeFile, "type": "blob"}
			if f.Content != nil {
				entry["content"] = string(f.Content)
			} else {
				entry["sha"] = nil // deletes it
			}
			entries = append(entries, entry)
		}
		tree, err := do[gitTree](ctx, c, request{http.MethodPost, "git/trees", map[string]any{"base_tree": base, "tree": entries}})
		if err != nil {
			return "", err
		}
		base = tree.value.ID
	}
	return base, nil
}

// writeCommit writes a commit. It names neither author nor committer: GitHub
// takes those of the token, and signs the commit if that is an App's.
// https://docs.github.com/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
func (c *Client) writeCommit(ctx context.Context, message, tree string, parents ...string) (string, error) {
	commit, err := do[gitCommit](ctx, c, request{http.MethodPost, "git/commits",
		map[string]any{"message": message, "tree": tree, "parents": parents}})
	return commit.value.ID, err
}

func (c *Client) createBranch(ctx context.Context, branch, commit string) error {
	_, err := do[gitRef](ctx, c, request{http.MethodPost, "git/refs",
		map[string]any{"ref": "refs/heads/" + branch, "sha": commit}})
	return err
}

func (c *Client) moveBranch(ctx context.Context, branch, commit string, force bool) error {
	_, err := do[gitRef](ctx, c, request{http.MethodPatch, "git/refs/heads/" + escapePath(branch),
		map[string]any{"sha": commit, "force": force}})
	return err
}

func (c *Client) deleteBranch(ctx context.Context, branch string) error {
	_, err := do[deletedRef](ctx, c, request{http.MethodDelete, "git/refs/heads/" + escapePath(branch), nil})
	return err
}
