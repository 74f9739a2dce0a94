package workflow

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// maxRead is the largest file that is read, in bytes: more than GitHub ever took for a
// workflow.
const maxRead = 16 * maxFile

// file is a workflow file that is there already.
type file struct {
	content []byte
	marker  marker // what the file belongs to, unless foreign says otherwise
	foreign string // why the file must not be changed; "" if it may be
}

// readDir reads the workflow files by name: for each service its own, for jobs all others
// except the Keeper's. A missing folder has none. A symbolic link is refused.
func (t Target) readDir(repo fs.FS) (map[string]*file, error) {
	found, err := realDir(repo)
	if err != nil || !found {
		return nil, err
	}
	entries, err := fs.ReadDir(repo, Dir)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", Dir, err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return path.Ext(e.Name()) != ".yml" || e.Name() == SyncFile
	})
	if t.Remote {
		ours := t.ours(entries)
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !ours(e.Name()) })
	}
	files := make([]*file, len(entries))
	errs := make([]error, len(entries))
	parallel(len(entries), func(i int) {
		does := t.serves(entries[i].Name())
		files[i], errs[i] = t.Folder.readFile(repo, entries[i], t.Path, does)
		if does == Publishes && !t.published() && errs[i] == nil && files[i].marker.Job != nil { // a job can have that file
			files[i], errs[i] = t.Folder.readFile(repo, entries[i], t.Path, "")
		}
	})
	byName := make(map[string]*file, len(entries))
	for i, e := range entries {
		byName[e.Name()] = files[i]
	}
	return byName, errors.Join(errs...)
}

// ours returns a function that reports whether a file's name can belong to the project:
// it begins with a prefix of the project or the default one, or it ends with the name
// of a job without a file, since the prefix may have changed. It misses the file of a
// job that was removed together with its own prefix; only reading all files would find
// that.
func (t Target) ours(entries []fs.DirEntry) func(name string) bool {
	there := map[string]bool{}
	for _, e := range entries {
		there[e.Name()] = true
	}
	begins, ends := map[string]bool{pyproject.WorkflowPrefix(t.dir()): true}, map[string]bool{}
	for _, s := range t.services() {
		ends[s.file] = true
	}
	for _, job := range t.Project.Jobs {
		begins[job.Options.WorkflowPrefix] = true
		if !there[job.File()] {
			ends[job.Slug+".yml"] = true
		}
	}
	return func(name string) bool {
		for i := range name {
			if begins[name[:i]] || ends[name[i:]] {
				return true
			}
		}
		return len(t.Project.Jobs) == 0
	}
}

// realDir reports whether there is a folder of workflow files. It is an error if it, or
// a folder above it, is a symbolic link.
func realDir(repo fs.FS) (found bool, err error) {
	for _, dir := range []string{path.Dir(Dir), Dir} {
		info, err := fs.Lstat(repo, dir)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("read %s: %w", dir, err)
		}
		if !info.IsDir() {
			return false, problem.New("move it away, so that a folder can be made there", "%s is not a folder: scheduled does not write through symbolic links", dir)
		}
	}
	return true, nil
}

// Folder remembers the content of workflow files, for several projects that look at the
// same ones. A nil Folder does not.
type Folder struct{ files sync.Map }

// read reads a workflow file.
func (f *Folder) read(repo fs.FS, name string) ([]byte, error) {
	if f == nil {
		return atomic.Read(repo, path.Join(Dir, name), maxRead)
	}
	if content, known := f.files.Load(name); known {
		return content.([]byte), nil
	}
	content, err := atomic.Read(repo, path.Join(Dir, name), maxRead)
	if err == nil {
		f.files.Store(name, content)
	}
	return content, err
}

// readFile reads a workflow file for the project at that path: for its jobs, or for its
// workflow with that purpose.
func (f *Folder) readFile(repo fs.FS, entry fs.DirEntry, project, does string) (*file, error) {
	if !entry.Type().IsRegular() {
		return &file{foreign: "a symbolic link, or no regular file, has that name"}, nil
	}
	if info, err := entry.Info(); err == nil && info.Size() > maxRead {
		return &file{foreign: fmt.Sprintf("a file of %d MB has that name", info.Size()>>20)}, nil
	}
	content, err := f.read(repo, entry.Name())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path.Join(Dir, entry.Name()), err)
	}
	m, ours := readMarker(content)
	there := &file{content: content, marker: m}
	switch {
	case !ours:
		there.foreign = "a file that scheduled did not write has that name"
	case m.Workflow != does && m.Job != nil:
		there.foreign = fmt.Sprintf("the file belongs to job %q", *m.Job)
	case m.Workflow != does:
		there.foreign = fmt.Sprintf("the file is our workflow %q", m.Workflow)
	case m.Project != project && exists(repo)(m.Project):
		there.foreign = "the file belongs to " + m.Project
	}
	return there, nil
}
