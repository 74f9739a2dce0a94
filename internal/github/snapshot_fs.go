package github

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"time"
)

// Open opens a file, which is fetched when it is needed, or a folder.
func (s *Snapshot) Open(name string) (fs.File, error) {
	e, err := s.follow("open", name)
	if err != nil {
		return nil, err
	}
	info := entryInfo{path.Base(name), e}
	if e.mode == modeDir {
		entries, err := s.ReadDir(name)
		return &openDir{info, entries}, err
	}
	return &openFile{snapshot: s, entryInfo: info}, nil
}

// ReadDir returns the entries of a folder, sorted by name.
func (s *Snapshot) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := s.lookup("readdir", name)
	if err == nil && e.mode != modeDir {
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
		list[i] = fs.FileInfoToDirEntry(entryInfo{e.name, e})
	}
	return list, nil
}

// ReadFile returns the content of a file.
func (s *Snapshot) ReadFile(name string) ([]byte, error) {
	e, err := s.follow("open", name)
	if err == nil && e.mode != modeFile && e.mode != modeExec {
		err = &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	if err != nil {
		return nil, err
	}
	content, err := s.content(e.id)
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
	if err == nil && e.mode != modeLink {
		err = &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return "", err
	}
	target, err := s.content(e.id)
	return string(target), err
}

// entryInfo describes an entry under the requested name.
type entryInfo struct {
	name  string
	entry entry
}

func (i entryInfo) Name() string       { return i.name }
func (i entryInfo) Size() int64        { return i.entry.size }
func (i entryInfo) ModTime() time.Time { return time.Time{} }
func (i entryInfo) IsDir() bool        { return i.entry.mode == modeDir }
func (i entryInfo) Sys() any           { return nil }

func (i entryInfo) Mode() fs.FileMode {
	switch i.entry.mode {
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

// openFile is a file whose content is fetched when it is needed.
type openFile struct {
	entryInfo
	snapshot *Snapshot
	content  *bytes.Reader
}

func (f *openFile) Close() error { return nil }

// Stat takes the size from the content: GitHub need not say it in a tree.
func (f *openFile) Stat() (fs.FileInfo, error) {
	if err := f.fetch(); err != nil {
		return nil, err
	}
	info := f.entryInfo
	info.entry.size = f.content.Size()
	return info, nil
}

func (f *openFile) Read(p []byte) (int, error) {
	if err := f.fetch(); err != nil {
		return 0, err
	}
	return f.content.Read(p)
}

func (f *openFile) fetch() error {
	if f.content != nil {
		return nil
	}
	content, err := f.snapshot.content(f.entry.id)
	if err != nil {
		return &fs.PathError{Op: "read", Path: f.name, Err: err}
	}
	f.content = bytes.NewReader(content)
	return nil
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
