package github

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// ids adds the ids of all listed contents.
func (s *Snapshot) ids(to map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, entries := range s.folders {
		for _, e := range entries {
			to[e.id] = true
		}
	}
}

// Lacks returns what of a change the snapshot does not have, the deletions first. A file
// that has to go and is not there is left out; what is in the way of a file, as a folder
// of its name, goes with it. If the snapshot is of the branch that was changed, the
// error is a *ConflictError for what somebody else has changed to another content.
func (s *Snapshot) Lacks(files []Changed, same bool) (lacking []Changed, _ error) {
	if s.began { // all of it
		kept := slices.DeleteFunc(slices.Clone(files), Changed.deleted)
		return append(slices.DeleteFunc(slices.Clone(files), func(f Changed) bool { return !f.deleted() }), kept...), nil
	}
	deleted, removed, conflicts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, f := range files {
		deleted[f.Path] = f.deleted()
	}
	for _, f := range files {
		there, err := s.entry(f.Path)
		if err != nil {
			return nil, err
		}
		if f.is(there) {
			continue
		}
		if there.mode != modeDir && there.id != f.Was && there.id != f.ID {
			conflicts[f.Path] = true
		}
		if f.deleted() {
			removed[f.Path] = true
			continue
		}
		lacking = append(lacking, f)
		obstacles, err := s.obstacles(f.Path, there)
		if err != nil {
			return nil, err
		}
		for _, name := range obstacles {
			removed[name] = true
			if !deleted[name] {
				conflicts[name] = true
			}
		}
	}
	if same && len(conflicts) > 0 {
		return nil, &ConflictError{s.Branch, slices.Sorted(maps.Keys(conflicts))}
	}
	var gone []Changed
	for _, name := range slices.Sorted(maps.Keys(removed)) {
		gone = append(gone, Changed{Path: name})
	}
	return append(gone, lacking...), nil
}

// obstacles returns what has to go for a file at that name: a file where a folder has
// to be, or the files in a folder.
func (s *Snapshot) obstacles(name string, there entry) ([]string, error) {
	for _, dir := range parents(name) {
		e, err := s.entry(dir)
		if err != nil {
			return nil, err
		}
		if e.mode != "" && e.mode != modeDir {
			return []string{dir}, nil
		}
	}
	if there.mode != modeDir {
		return nil, nil
	}
	var names []string
	err := fs.WalkDir(s, name, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

// entry returns the entry of that name, the zero entry if there is none.
func (s *Snapshot) entry(name string) (entry, error) {
	e, err := s.lookup("stat", name)
	if errors.Is(err, fs.ErrNotExist) {
		return entry{}, nil
	}
	return e, err
}

// is reports whether the entry is as the change leaves the file.
func (f Changed) is(there entry) bool {
	if f.deleted() {
		return !there.isFile()
	}
	return there.mode == f.Mode && there.id == f.ID
}

// isFile reports whether the entry is a file or a link. Old gits wrote files of other
// modes, too, such as 100664.
func (e entry) isFile() bool { return strings.HasPrefix(e.mode, "100") || e.mode == modeLink }

// parents returns the folders that a path is in, the innermost first.
func parents(name string) (dirs []string) {
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
	}
	return dirs
}

// ConflictError is the error of files that somebody else changed meanwhile.
type ConflictError struct {
	Branch string
	Paths  []string // sorted
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("branch %s has other changes to %s since it was checked out", e.Branch, problem.Some(e.Paths, problem.Quote))
}

// Hint says what to do about it.
func (e *ConflictError) Hint() string {
	return "run the job again: it then begins with the branch's newest commit"
}
