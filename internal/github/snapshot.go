package github

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-github/v60/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Snapshot is the content of a repository at the head of a branch, as a file
// system. All of it is from one commit, whatever is pushed later. A file is fetched
// when it is read, unless its content is known already.
//
// It implements fs.ReadDirFS, fs.ReadFileFS, fs.StatFS and fs.ReadLinkFS. Errors
// hold a *Failure where GitHub did not answer.
type Snapshot struct {
	Branch string
	Commit string

	client *Client
	ctx    context.Context // the methods of a file system take none
	root   string          // id of the tree
	whole  bool            // folders has all folders
	began  bool            // the changes that it is asked about began at its commit

	mu      sync.Mutex
	failed  error              // of the first request that failed
	folders map[string][]entry // entries by name, sorted
	files   map[string][]byte  // contents by blob id
}

// DefaultBranch returns the repository's default branch.
func (c *Client) DefaultBranch(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.mainBranch(ctx)
}

// mainBranch is DefaultBranch for a step that has a longer patience.
func (c *Client) mainBranch(ctx context.Context) (string, error) {
	found, _, err := call(ctx, c, "read repository", func(ctx context.Context) (*github.Repository, *github.Response, error) {
		return c.api.Repositories.Get(ctx, c.owner(), c.name())
	})
	if err != nil {
		return "", denied(Read, err)
	}
	owner, name, _ := strings.Cut(found.GetFullName(), "/")
	if isSegment(owner) && isSegment(name) {
		full := found.GetFullName()
		c.named.Store(&full) // it may have been renamed, and a write follows no redirect
	}
	return found.GetDefaultBranch(), nil
}

// Snapshot returns the content of a branch. ctx must have a deadline; it also covers
// everything that is read from the snapshot later.
func (c *Client) Snapshot(ctx context.Context, branch string) (*Snapshot, error) {
	return c.Since(ctx, branch, "")
}

// Since is Snapshot for what changed since a commit. If the branch is still there, its
// files are not listed, since the changes say what they were.
func (c *Client) Since(ctx context.Context, branch, commit string) (*Snapshot, error) {
	head, err := c.branch(ctx, branch)
	if status(err) == http.StatusNotFound {
		return nil, c.noBranch(ctx, branch, "commit something to it first, or name another branch with --base")
	}
	if err != nil {
		return nil, denied(Read, err)
	}
	if s := c.unlisted(ctx, branch, head); s.Commit == commit {
		s.began = true
		return s, nil
	}
	return c.snapshot(ctx, branch, head)
}

// noBranch returns the error of a branch that was not found: it does not exist, or the
// token may not read the repository.
func (c *Client) noBranch(ctx context.Context, branch, hint string) error {
	if _, err := c.DefaultBranch(ctx); err != nil {
		return err
	}
	return problem.WithHint(&BranchError{fmt.Sprintf("%s has no branch %q", c.Repository(), branch)}, hint)
}

// snapshot returns the content of a branch that is at head.
func (c *Client) snapshot(ctx context.Context, branch string, head *github.Branch) (*Snapshot, error) {
	s := c.unlisted(ctx, branch, head)
	fmt.Fprintf(c.log, "reading %s at %s, commit %s\n", c.Repository(), branch, Short(s.Commit))
	return s, denied(Read, s.list())
}

// unlisted is snapshot without a request.
func (c *Client) unlisted(ctx context.Context, branch string, head *github.Branch) *Snapshot {
	commit := head.GetCommit()
	return &Snapshot{Branch: branch, Commit: commit.GetSHA(), client: c, ctx: ctx, root: commit.GetCommit().GetTree().GetSHA(),
		folders: map[string][]entry{}, files: map[string][]byte{}}
}

// list fetches the whole tree in one request, unless it is too large for that.
// https://docs.github.com/rest/git/trees#get-a-tree
// "The limit for the tree array is 100,000 entries with a maximum size of 7 MB
// when using the recursive parameter."
func (s *Snapshot) list() error {
	tree, err := s.client.tree(s.ctx, s.root, true)
	if err != nil || tree.GetTruncated() {
		return err
	}
	s.whole = true
	s.folders["."] = nil // even if it is empty
	for _, listed := range tree.Entries {
		dir := path.Dir(listed.GetPath())
		s.folders[dir] = append(s.folders[dir], newEntry(listed))
	}
	for _, entries := range s.folders {
		sortEntries(entries)
	}
	return nil
}

// entry is an entry of a folder.
type entry struct {
	name, mode, id string
	size           int64
}

func newEntry(e *github.TreeEntry) entry {
	return entry{path.Base(e.GetPath()), e.GetMode(), e.GetSHA(), int64(e.GetSize())}
}

func sortEntries(entries []entry) {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
}

// Err returns the error of the first request that failed, nil if none did. Code that
// reads a file system may treat a file that cannot be read as missing.
func (s *Snapshot) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// fail keeps the error of a request.
func (s *Snapshot) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = denied(Read, err)
	}
	return denied(Read, err)
}

// Know makes files with this content readable without a request.
func (s *Snapshot) Know(content []byte) {
	id := blobID(content, len(s.root))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[id] = content
}

// Known reports whether a file can be read without a request.
func (s *Snapshot) Known(name string) bool {
	e, err := s.lookup("stat", name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return err == nil && s.files[e.id] != nil
}

// blobs identifies the content of files in the snapshot.
func (s *Snapshot) blobs(files []Changed) string {
	h := sha256.New()
	for _, f := range files {
		id := f.Was
		if !s.began {
			e, _ := s.lookup("stat", f.Path) // no id where there is none
			id = e.id
		}
		fmt.Fprintf(h, "%q %s\n", f.Path, id)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// folder returns the entries of a folder.
func (s *Snapshot) folder(dir string) ([]entry, error) {
	s.mu.Lock()
	entries, there := s.folders[dir]
	s.mu.Unlock()
	if there || s.whole {
		return entries, nil
	}
	id := s.root
	if dir != "." {
		e, err := s.lookup("open", dir)
		if err != nil {
			return nil, err
		}
		id = e.id
	}
	tree, err := s.client.tree(s.ctx, id, false)
	if err != nil {
		return nil, s.fail(err)
	}
	if tree.GetTruncated() {
		return nil, fmt.Errorf("folder %s has more files than GitHub lists", dir)
	}
	for _, listed := range tree.Entries {
		entries = append(entries, newEntry(listed))
	}
	sortEntries(entries)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folders[dir] = entries
	return entries, nil
}

// lookup returns the entry of that name, following no link.
func (s *Snapshot) lookup(op, name string) (entry, error) {
	if !fs.ValidPath(name) {
		return entry{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return entry{name: ".", mode: modeDir, id: s.root}, nil
	}
	dir, base := path.Split(name)
	dir = path.Clean(dir)
	parent, err := s.lookup(op, dir)
	if err == nil && parent.mode == modeDir {
		var entries []entry
		entries, err = s.folder(dir)
		if i, found := slices.BinarySearchFunc(entries, base, func(e entry, name string) int { return strings.Compare(e.name, name) }); found {
			return entries[i], nil
		}
	}
	if err == nil {
		err = fs.ErrNotExist
	}
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		err = wrapped.Err
	}
	return entry{}, &fs.PathError{Op: op, Path: name, Err: err}
}

// follow returns the entry of that name, or the one that a link of that name
// leads to.
func (s *Snapshot) follow(op, name string) (entry, error) {
	at := name
	for range 10 {
		e, err := s.lookup(op, at)
		if err != nil || e.mode != modeLink {
			return e, err
		}
		target, err := s.content(e.id)
		if err != nil {
			return e, &fs.PathError{Op: op, Path: name, Err: err}
		}
		if path.IsAbs(string(target)) {
			return e, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} // it leads out of the repository
		}
		at = path.Join(path.Dir(at), string(target))
	}
	return entry{}, &fs.PathError{Op: op, Path: name, Err: errors.New("too many links")}
}

// content returns the content of a blob.
func (s *Snapshot) content(id string) ([]byte, error) {
	s.mu.Lock()
	content, known := s.files[id]
	s.mu.Unlock()
	if known {
		return content, nil
	}
	content, err := s.client.blob(s.ctx, id)
	if err != nil {
		return nil, s.fail(err)
	}
	s.Know(content)
	return content, nil
}
