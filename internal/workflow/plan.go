package workflow

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/aymanbagabas/go-udiff"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// Change is one workflow file of the plan.
type Change struct {
	Path string // relative to the repository's root, with slashes
	Job  string // id of the job whose file it is, or was
	Old  []byte // what is there; nil for a file to create
	New  []byte // what has to be there; nil for a file to delete
}

// Plan is what a sync has to do. Each list is sorted by path.
type Plan struct {
	Created, Updated, Deleted, Unchanged []Change
}

// Changes returns what a sync would write or delete, sorted by kind and path.
func (p Plan) Changes() []Change {
	return slices.Concat(p.Created, p.Updated, p.Deleted)
}

// Diff writes the changes as one unified diff.
func (p Plan) Diff() string {
	var b strings.Builder
	for _, c := range p.Changes() {
		before, after := "a/"+c.Path, "b/"+c.Path
		if c.Old == nil {
			before = "/dev/null"
		}
		if c.New == nil {
			after = "/dev/null"
		}
		b.WriteString(udiff.Unified(before, after, string(c.Old), string(c.New)))
	}
	return b.String()
}

// ConflictError says that a file which a job needs is not ours to write.
type ConflictError struct {
	Path   string // relative to the repository's root
	Job    string
	Reason string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s: cannot write the workflow of job %q: %s", e.Path, e.Job, e.Reason)
}

// Hint names the way out.
func (e *ConflictError) Hint() string {
	return "move that file away, or choose other file names with workflow-prefix in [tool.scheduled-actions]"
}

// Plan compares the files that the project's jobs need with those in repo,
// the file system of the repository's root. It reads nothing outside Dir and
// the project's folder. All conflicts are reported at once.
func (t Target) Plan(repo fs.FS) (Plan, error) {
	if what := pyproject.Forbidden(t.Path); what != "" {
		return Plan{}, fmt.Errorf("project path %q holds the %s, which no workflow file may", t.Path, what)
	}
	there, err := t.readDir(repo)
	if err != nil {
		return Plan{}, err
	}
	project, err := fs.Sub(repo, t.dir())
	if err != nil {
		return Plan{}, err
	}
	has := exists(project)
	changes := make([]Change, len(t.Project.Jobs))
	errs := make([]error, len(t.Project.Jobs))
	parallel(len(t.Project.Jobs), func(i int) {
		job := t.Project.Jobs[i]
		changes[i], errs[i] = t.change(job, there[job.File()], t.environment(job, has))
	})
	if err := errors.Join(errs...); err != nil {
		return Plan{}, err
	}
	return sorted(append(changes, t.leftovers(there)...)), nil
}

// change renders the file of a job and compares it with the one there.
func (t Target) change(job pyproject.Job, there *file, setup []step) (Change, error) {
	c := Change{Path: path.Join(Dir, job.File()), Job: job.ID}
	if there != nil {
		if there.foreign != "" {
			return c, &ConflictError{c.Path, job.ID, there.foreign}
		}
		c.Old = there.content
	}
	var err error
	c.New, err = t.render(t.document(job, setup), c.Old)
	if err != nil {
		return c, fmt.Errorf("render %s: %w", c.Path, err)
	}
	return c, nil
}

// leftovers returns the project's own files that no job needs any more. Those
// of a project that is not there are kept: in a sparse checkout it may just
// not have been checked out.
func (t Target) leftovers(there map[string]*file) []Change {
	needed := map[string]bool{}
	for _, job := range t.Project.Jobs {
		needed[job.File()] = true
	}
	var changes []Change
	for name, f := range there {
		if !needed[name] && f.foreign == "" && f.project == t.Path {
			changes = append(changes, Change{Path: path.Join(Dir, name), Job: f.job, Old: f.content})
		}
	}
	return changes
}

// sorted groups the changes by kind.
func sorted(changes []Change) Plan {
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	var p Plan
	for _, c := range changes {
		switch {
		case c.Old == nil:
			p.Created = append(p.Created, c)
		case c.New == nil:
			p.Deleted = append(p.Deleted, c)
		case bytes.Equal(c.Old, c.New):
			p.Unchanged = append(p.Unchanged, c)
		default:
			p.Updated = append(p.Updated, c)
		}
	}
	return p
}

// file is a workflow file that is there already.
type file struct {
	content      []byte
	project, job string // whose file it is, by the marker
	foreign      string // why the project may not change it; "" if it may
}

// readDir reads the workflow files by name. A folder that is not there has
// none; one that is a symbolic link is refused.
func (t Target) readDir(repo fs.FS) (map[string]*file, error) {
	for _, dir := range []string{path.Dir(Dir), Dir} {
		info, err := fs.Lstat(repo, dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", dir, err)
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("%s is not a folder: workflow files are written through no symbolic link", dir)
		}
	}
	entries, err := fs.ReadDir(repo, Dir)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", Dir, err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return path.Ext(e.Name()) != ".yml" })
	files := make([]*file, len(entries))
	errs := make([]error, len(entries))
	parallel(len(entries), func(i int) {
		files[i], errs[i] = t.readFile(repo, entries[i])
	})
	byName := make(map[string]*file, len(entries))
	for i, e := range entries {
		byName[e.Name()] = files[i]
	}
	return byName, errors.Join(errs...)
}

func (t Target) readFile(repo fs.FS, entry fs.DirEntry) (*file, error) {
	if !entry.Type().IsRegular() {
		return &file{foreign: "a symbolic link, or no regular file, has that name"}, nil
	}
	content, err := fs.ReadFile(repo, path.Join(Dir, entry.Name()))
	if err != nil {
		return nil, fmt.Errorf("read workflow file: %w", err)
	}
	m, ours := readMarker(content)
	f := &file{content: content, project: m.Project, job: m.Job}
	switch {
	case !ours:
		f.foreign = "a file that scheduled did not write has that name"
	case m.Project != t.Path && exists(repo)(m.Project):
		f.foreign = "the file belongs to " + m.Project
	}
	return f, nil
}

// exists returns a function that tells whether dir has a file of that name.
// It remembers: the jobs of a project all ask the same.
func exists(dir fs.FS) func(name string) bool {
	var seen sync.Map
	return func(name string) bool {
		found, known := seen.Load(name)
		if !known {
			info, err := fs.Stat(dir, name)
			found = err == nil && info.Mode().IsRegular()
			seen.Store(name, found)
		}
		return found.(bool)
	}
}

// parallel calls do for 0 to n-1, on every processor.
func parallel(n int, do func(i int)) {
	var wait sync.WaitGroup
	workers := min(n, runtime.GOMAXPROCS(0))
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	wait.Wait()
}
