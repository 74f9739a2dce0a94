package github

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v60/github"
)

// sha1Digits is the length of the ids in a repository that has not chosen SHA-256.
const sha1Digits = 2 * sha1.Size

// blobID returns the id that git gives to a file of that content, in a repository whose
// ids have that many digits.
// https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
func blobID(content []byte, digits int) string {
	h := sha1.New()
	if digits == 2*sha256.Size {
		h = sha256.New()
	}
	fmt.Fprintf(h, "blob %d\x00", len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// Short abbreviates the id of a commit, for people.
func Short(id string) string { return id[:min(7, len(id))] }

// isObject reports whether s can be the id of a git object. Ids are used in URLs
// and in output.
func isObject(s string) bool {
	id, err := hex.DecodeString(s)
	return err == nil && (len(id) == sha1.Size || len(id) == sha256.Size)
}

// The modes of a tree's entries.
const (
	modeFile = "100644"
	modeExec = "100755"
	modeLink = "120000"
	modeDir  = "040000"
)

// head returns the commit that a branch is at, "" if there is no such branch.
func (c *Client) head(ctx context.Context, branch string) (string, error) {
	ref, _, err := call(ctx, c, "read ref", func(ctx context.Context) (*github.Reference, *github.Response, error) {
		return c.api.Git.GetRef(ctx, c.owner(), c.name(), "heads/"+branch)
	})
	if status(err) == http.StatusNotFound {
		return "", nil
	}
	return ref.GetObject().GetSHA(), err
}

// branch returns a branch with the commit that it is at.
func (c *Client) branch(ctx context.Context, branch string) (*github.Branch, error) {
	found, _, err := call(ctx, c, "read branch", func(ctx context.Context) (*github.Branch, *github.Response, error) {
		// Not with GetBranch, which hides GitHub's message.
		req, err := c.api.NewRequest(http.MethodGet, "repos/"+c.Repository()+"/branches/"+url.PathEscape(branch), nil)
		if err != nil {
			return nil, nil, err
		}
		found := new(github.Branch)
		resp, err := c.api.Do(ctx, req, found)
		return found, resp, err
	})
	return found, err
}

// commit returns a commit.
func (c *Client) commit(ctx context.Context, id string) (*github.Commit, error) {
	commit, _, err := call(ctx, c, "read commit", func(ctx context.Context) (*github.Commit, *github.Response, error) {
		return c.api.Git.GetCommit(ctx, c.owner(), c.name(), id)
	})
	return commit, err
}

// ahead returns how many commits head has that base does not have.
func (c *Client) ahead(ctx context.Context, base, head string) (int, error) {
	compared, _, err := call(ctx, c, "read comparison", func(ctx context.Context) (*github.CommitsComparison, *github.Response, error) {
		return c.api.Repositories.CompareCommits(ctx, c.owner(), c.name(), base, head, &github.ListOptions{PerPage: 1})
	})
	return compared.GetAheadBy(), err
}

// tree returns a folder, with all that is below it if recursive.
func (c *Client) tree(ctx context.Context, id string, recursive bool) (*github.Tree, error) {
	if !isObject(id) {
		return nil, fmt.Errorf("read tree of %s: %q is not an id", c.Repository(), id)
	}
	tree, _, err := call(ctx, c, "read tree", func(ctx context.Context) (*github.Tree, *github.Response, error) {
		return c.api.Git.GetTree(ctx, c.owner(), c.name(), id, recursive)
	})
	return tree, err
}

// blob returns the content of a file.
func (c *Client) blob(ctx context.Context, id string) ([]byte, error) {
	if !isObject(id) {
		return nil, fmt.Errorf("read file of %s: %q is not an id", c.Repository(), id)
	}
	blob, _, err := call(ctx, c, "read file", func(ctx context.Context) (*github.Blob, *github.Response, error) {
		return c.api.Git.GetBlob(ctx, c.owner(), c.name(), id)
	})
	if err != nil {
		return nil, err
	}
	content, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(blob.GetContent(), "\n", ""))
	if err == nil && blobID(content, len(id)) != id {
		err = fmt.Errorf("file %s arrived with different content", id)
	}
	return content, err
}

// writeCommit writes a commit. It names neither author nor committer: GitHub
// takes those of the token, and signs the commit if that is an App's.
// https://docs.github.com/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
func (c *Client) writeCommit(ctx context.Context, message, tree string, parents ...string) (string, error) {
	wanted := &github.Commit{Message: &message, Tree: &github.Tree{SHA: &tree}}
	for _, parent := range parents {
		wanted.Parents = append(wanted.Parents, &github.Commit{SHA: &parent})
	}
	commit, _, err := call(ctx, c, "create commit", func(ctx context.Context) (*github.Commit, *github.Response, error) {
		return c.api.Git.CreateCommit(ctx, c.owner(), c.name(), wanted, nil)
	})
	return commit.GetSHA(), err
}

// branchAt is a branch at a commit.
func branchAt(branch, commit string) *github.Reference {
	return &github.Reference{Ref: new("refs/heads/" + branch), Object: &github.GitObject{SHA: &commit}}
}

func (c *Client) createBranch(ctx context.Context, branch, commit string) error {
	_, _, err := call(ctx, c, "create ref", func(ctx context.Context) (*github.Reference, *github.Response, error) {
		return c.api.Git.CreateRef(ctx, c.owner(), c.name(), branchAt(branch, commit))
	})
	return err
}

func (c *Client) moveBranch(ctx context.Context, branch, commit string, force bool) error {
	_, _, err := call(ctx, c, "update ref", func(ctx context.Context) (*github.Reference, *github.Response, error) {
		return c.api.Git.UpdateRef(ctx, c.owner(), c.name(), branchAt(branch, commit), force)
	})
	return err
}

func (c *Client) deleteBranch(ctx context.Context, branch string) error {
	_, _, err := call(ctx, c, "delete ref", func(ctx context.Context) (any, *github.Response, error) {
		resp, err := c.api.Git.DeleteRef(ctx, c.owner(), c.name(), "refs/heads/"+branch)
		return nil, resp, err
	})
	return err
}
