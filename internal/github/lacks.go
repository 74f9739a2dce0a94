package github

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
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

// Lacks returns the files of a change that are different in the snapshot. If it is of
// the same branch as what was changed, the error is a *ConflictError if somebody else
// has changed a file of them to another content. Files that are to be deleted and are
// not there, or go when a file takes the place of their folder, are left out.
func (s *Snapshot) Lacks(files []Changed, same bool) (lacking []Changed, _ error) {
	w := weighing{s, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, f := range files {
		if f.deleted() {
			w.deleted[f.Path] = true
			continue
		}
		w.written[f.Path] = true
		for _, dir := range parents(f.Path) {
			w.folders[dir] = true
		}
	}
	for _, f := range files {
		there, err := s.entry(f.Path)
		if err != nil {
			return nil, err
		}
		if f.is(there) {
			continue
		}
		if same {
			if err := w.weigh(f, there); err != nil {
				return nil, err
			}
		}
		if !f.deleted() || !w.implied(f.Path) {
			lacking = append(lacking, f)
		}
	}
	if len(w.conflicts) > 0 {
		return nil, &ConflictError{s.Branch, slices.Sorted(maps.Keys(w.conflicts))}
	}
	return lacking, nil
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

// isFile reports whether the entry is a file or a link.
func (e entry) isFile() bool { return e.mode == modeFile || e.mode == modeExec || e.mode == modeLink }

// weighing compares a change with what is there.
type weighing struct {
	*Snapshot
	deleted, written map[string]bool // paths of the change
	folders          map[string]bool // that the written files are in
	conflicts        map[string]bool
}

// implied reports whether a file goes when the others are written: one of them takes
// its place, or the place of a folder that it is in.
func (w weighing) implied(name string) bool {
	return w.folders[name] || slices.ContainsFunc(parents(name), func(dir string) bool { return w.written[dir] })
}

// weigh notes the conflicts of a file with what somebody else has put there.
func (w weighing) weigh(f Changed, there entry) error {
	switch {
	case there.mode == modeDir:
		return w.folder(f.Path)
	case there.id != f.Was && there.id != f.ID:
		w.conflicts[f.Path] = true
	case there.mode == "":
		for _, dir := range parents(f.Path) {
			e, err := w.entry(dir)
			if err != nil {
				return err
			}
			if e.mode != "" && e.mode != modeDir && !w.deleted[dir] {
				w.conflicts[dir] = true
			}
		}
	}
	return nil
}

// folder notes the files in a folder that the change does not know.
func (w weighing) folder(dir string) error {
	return fs.WalkDir(w.Snapshot, dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !w.deleted[name] {
			w.conflicts[name] = true
		}
		return err
	})
}
