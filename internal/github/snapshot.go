package github

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Snapshot is the content of a repository at the head of a branch, as a file
// system. All of it is of one commit, whatever is pushed meanwhile. A file is
// fetched when it is read, unless its content is known already.
//
// It implements fs.ReadDirFS, fs.ReadFileFS, fs.StatFS and fs.ReadLinkFS. Errors
// hold a *Failure where GitHub did not answer.
type Snapshot struct {
	Branch string
	Commit string

	client *Client
	ctx    context.Context // a file system has nowhere else to take it from
	root   string          // id of the tree
	whole  bool            // folders holds all there are

	mu      sync.Mutex
	failed  error                 // of the first request that failed
	folders map[string][]gitEntry // entries by name, sorted
	files   map[string][]byte     // contents by blob id
}

// DefaultBranch returns the repository's default branch.
func (c *Client) DefaultBranch(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := get[repository](ctx, c, "")
	if err != nil {
		return "", denied(Read, err)
	}
	c.repository = cmp.Or(found.value.FullName, c.repository) // it may have been renamed, and writes follow no redirect
	return found.value.DefaultBranch, nil
}

// Snapshot returns the content of a branch. ctx, which has to have a deadline, is
// for all that is read from it later, too.
func (c *Client) Snapshot(ctx context.Context, branch string) (*Snapshot, error) {
	head, err := get[gitBranch](ctx, c, "branches/"+url.PathEscape(branch))
	if status(err) == http.StatusNotFound {
		if _, err := c.DefaultBranch(ctx); err != nil {
			return nil, err
		}
		return nil, &NoBranch{c.repository, branch}
	}
	if err != nil {
		return nil, denied(Read, err)
	}
	commit := head.value.Commit
	s := &Snapshot{Branch: branch, Commit: commit.ID, client: c, ctx: ctx, root: commit.Commit.Tree.ID,
		folders: map[string][]gitEntry{}, files: map[string][]byte{}}
	fmt.Fprintf(c.log, "reading %s at %s, commit %s\n", c.repository, branch, Short(s.Commit))
	return s, denied(Read, s.list())
}

// NoBranch is the error of a branch that is not there.
type NoBranch struct{ repository, branch string }

func (e *NoBranch) Error() string {
	return fmt.Sprintf("%s has no branch %q", e.repository, e.branch)
}

// Hint names the way out.
func (e *NoBranch) Hint() string {
	return "commit something to it first, or name another branch with --base"
}

// list fetches the whole tree in one request, unless it is too large for that.
// https://docs.github.com/rest/git/trees#get-a-tree
// "The limit for the tree array is 100,000 entries with a maximum size of 7 MB
// when using the recursive parameter."
func (s *Snapshot) list() error {
	tree, err := get[gitTree](s.ctx, s.client, "git/trees/"+s.root+"?recursive=1")
	if err != nil || tree.value.Truncated {
		return err
	}
	s.whole = true
	s.folders["."] = nil // also where there is nothing
	for _, e := range tree.value.Entries {
		dir := path.Dir(e.Path)
		e.Path = path.Base(e.Path)
		s.folders[dir] = append(s.folders[dir], e)
	}
	for _, entries := range s.folders {
		sortEntries(entries)
	}
	return nil
}

func sortEntries(entries []gitEntry) {
	slices.SortFunc(entries, func(a, b gitEntry) int { return strings.Compare(a.Path, b.Path) })
}

// Err returns the error of the first request that failed, nil if none did: who
// reads a file system may take a file that cannot be described for none.
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

// Know saves fetching files of that content.
func (s *Snapshot) Know(content []byte) {
	id := blobID(content)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[id] = content
}

// Known reports whether a file can be read without a request.
func (s *Snapshot) Known(name string) bool {
	e, err := s.lookup("stat", name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return err == nil && s.files[e.ID] != nil
}

// blobs identifies what files hold in the snapshot.
func (s *Snapshot) blobs(files []File) string {
	h := sha256.New()
	for _, f := range files {
		e, _ := s.lookup("stat", f.Path) // no id where there is none
		fmt.Fprintf(h, "%q %s\n", f.Path, e.ID)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// folder returns the entries of a folder.
func (s *Snapshot) folder(dir string) ([]gitEntry, error) {
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
		id = e.ID
	}
	tree, err := get[gitTree](s.ctx, s.client, "git/trees/"+id)
	if err != nil {
		return nil, s.fail(err)
	}
	if tree.value.Truncated {
		return nil, fmt.Errorf("folder %s has more files than GitHub lists", dir)
	}
	sortEntries(tree.value.Entries)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folders[dir] = tree.value.Entries
	return tree.value.Entries, nil
}

// lookup returns the entry of that name, following no link.
func (s *Snapshot) lookup(op, name string) (gitEntry, error) {
	if !fs.ValidPath(name) {
		return gitEntry{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return gitEntry{Path: ".", Mode: modeDir, ID: s.root}, nil
	}
	dir, base := path.Split(name)
	dir = path.Clean(dir)
	parent, err := s.lookup(op, dir)
	if err == nil && parent.Mode == modeDir {
		var entries []gitEntry
		entries, err = s.folder(dir)
		if i, found := slices.BinarySearchFunc(entries, base, func(e gitEntry, name string) int { return strings.Compare(e.Path, name) }); found {
			return entries[i], nil
		}
	}
	if err == nil {
		err = fs.ErrNotExist
	}
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		err = wrapped.Err
	}
	return gitEntry{}, &fs.PathError{Op: op, Path: name, Err: err}
}

// follow returns the entry of that name, or the one that a link of that name
// leads to.
func (s *Snapshot) follow(op, name string) (gitEntry, error) {
	at := name
	for range 10 {
		e, err := s.lookup(op, at)
		if err != nil || e.Mode != modeLink {
			return e, err
		}
		target, err := s.content(e.ID)
		if err != nil {
			return e, &fs.PathError{Op: op, Path: name, Err: err}
		}
		if path.IsAbs(string(target)) {
			return e, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} // it leads out of the repository
		}
		at = path.Join(path.Dir(at), string(target))
	}
	return gitEntry{}, &fs.PathError{Op: op, Path: name, Err: errors.New("too many links")}
}

// content returns the content of a blob.
func (s *Snapshot) content(id string) ([]byte, error) {
	s.mu.Lock()
	content, known := s.files[id]
	s.mu.Unlock()
	if known {
		return content, nil
	}
	blob, err := get[gitBlob](s.ctx, s.client, "git/blobs/"+id)
	if err == nil {
		content, err = blob.value.decode()
	}
	if err == nil && blobID(content) != id {
		err = fmt.Errorf("file %s arrived with another content", id)
	}
	if err != nil {
		return nil, s.fail(err)
	}
	s.Know(content)
	return content, nil
}

// Open opens a file, which is fetched when it is first read, or a folder.
func (s *Snapshot) Open(name string) (fs.File, error) {
	e, err := s.follow("open", name)
	if err != nil {
		return nil, err
	}
	info := entryInfo{path.Base(name), e}
	if e.Mode == modeDir {
		entries, err := s.ReadDir(name)
		return &openDir{info, entries}, err
	}
	return &openFile{snapshot: s, entryInfo: info}, nil
}

// ReadDir returns the entries of a folder, sorted by name.
func (s *Snapshot) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := s.lookup("readdir", name)
	if err == nil && e.Mode != modeDir {
		err = &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a folder")}
	}
	if err != nil {
		return nil, err
	}
	entries, err := s.folder(name)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	list := make([]fs.DirEntry, len(entries))
	for i, e := range entries {
		list[i] = fs.FileInfoToDirEntry(entryInfo{e.Path, e})
	}
	return list, nil
}

// ReadFile returns the content of a file.
func (s *Snapshot) ReadFile(name string) ([]byte, error) {
	e, err := s.follow("open", name)
	if err == nil && e.Mode != modeFile && e.Mode != modeExec {
		err = &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	if err != nil {
		return nil, err
	}
	content, err := s.content(e.ID)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return bytes.Clone(content), nil
}

// Stat describes a file, or the one that a link of that name leads to.
func (s *Snapshot) Stat(name string) (fs.FileInfo, error) {
	e, err := s.follow("stat", name)
	return entryInfo{path.Base(name), e}, err
}

// Lstat describes a file, following no link.
func (s *Snapshot) Lstat(name string) (fs.FileInfo, error) {
	e, err := s.lookup("lstat", name)
	return entryInfo{path.Base(name), e}, err
}

// ReadLink returns where a link leads to.
func (s *Snapshot) ReadLink(name string) (string, error) {
	e, err := s.lookup("readlink", name)
	if err == nil && e.Mode != modeLink {
		err = &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return "", err
	}
	target, err := s.content(e.ID)
	return string(target), err
}

// entryInfo describes an entry under the name that it was asked for by.
type entryInfo struct {
	name  string
	entry gitEntry
}

func (i entryInfo) Name() string       { return i.name }
func (i entryInfo) Size() int64        { return i.entry.Size }
func (i entryInfo) ModTime() time.Time { return time.Time{} }
func (i entryInfo) IsDir() bool        { return i.entry.Mode == modeDir }
func (i entryInfo) Sys() any           { return nil }

func (i entryInfo) Mode() fs.FileMode {
	switch i.entry.Mode {
	case modeFile:
		return 0o644
	case modeExec:
		return 0o755
	case modeDir:
		return fs.ModeDir | 0o755
	case modeLink:
		return fs.ModeSymlink | 0o777
	}
	return fs.ModeIrregular // a submodule
}

// openFile is a file whose content is fetched when it is first read.
type openFile struct {
	entryInfo
	snapshot *Snapshot
	content  *bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.entryInfo, nil }
func (f *openFile) Close() error               { return nil }

func (f *openFile) Read(p []byte) (int, error) {
	if f.content == nil {
		content, err := f.snapshot.content(f.entry.ID)
		if err != nil {
			return 0, &fs.PathError{Op: "read", Path: f.name, Err: err}
		}
		f.content = bytes.NewReader(content)
	}
	return f.content.Read(p)
}

// openDir is a folder.
type openDir struct {
	entryInfo
	rest []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.entryInfo, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a folder")}
}

// ReadDir returns the next n entries, or with n of 0 or less all that are left.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(d.rest)
	} else if len(d.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.rest))
	list := d.rest[:n]
	d.rest = d.rest[n:]
	return list, nil
}
