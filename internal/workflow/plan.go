package workflow

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/aymanbagabas/go-udiff"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"gopkg.in/yaml.v3"
)

// Change is one workflow file of the plan.
type Change struct {
	Path string // relative to the repository's root, with slashes
	Does string // purpose of a workflow that belongs to no job: Rescues, Publishes or Keeps; else ""
	Job  string // id of the job that the file belongs to, or belonged to
	Old  []byte // the present content; nil for a file to create
	New  []byte // the new content; nil for a file to delete
	Kept []Uses // references in Old that stay in New instead of ours
}

// Plan is what a sync has to do. Each list is sorted by path.
type Plan struct {
	Created, Updated, Deleted, Unchanged []Change
	Environments                         []Installed // of all jobs, whether their files change or not
}

// Kept is a reference to an action that a sync did not write and keeps. Offline we
// cannot know whether the commit belongs to the release, so people have to check it.
type Kept struct {
	Uses
	Files []string // paths of the files that have it, sorted
}

// Words says what is kept, and what people have to check.
func (k Kept) Words() string {
	return fmt.Sprintf("kept %s (%s by its comment) in %s: check that this is the commit of that release, because scheduled did not write it",
		k.Uses, k.release(), problem.Count(len(k.Files), "file"))
}

// Kept returns the references that are kept, sorted by action.
func (p Plan) Kept() []Kept {
	files := map[Uses][]string{}
	for _, c := range slices.Concat(p.Updated, p.Unchanged) {
		for _, uses := range c.Kept {
			files[uses] = append(files[uses], c.Path)
		}
	}
	var kept []Kept
	for uses, paths := range files {
		slices.Sort(paths)
		kept = append(kept, Kept{uses, slices.Compact(paths)})
	}
	slices.SortFunc(kept, func(a, b Kept) int {
		return cmp.Or(strings.Compare(a.String(), b.String()), strings.Compare(a.Version, b.Version))
	})
	return kept
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

// conflict is the error of a change to a file that is not ours.
func (c Change) conflict(reason string) error {
	whose, hint := fmt.Sprintf("of job %q", c.Job), "move that file away, or choose other file names with workflow-prefix in [tool.scheduled-actions]"
	switch c.Does {
	case Keeps:
		whose, hint = "that keeps the others up to date",
			"move that file away and run `scheduled init` again, or, if it belongs to another project, add jobs for this project to it"
	case Rescues:
		whose, hint = "that rescues jobs", "move that file away, or set rescue = false in [tool.scheduled-actions]"
	case Publishes:
		whose, hint = "that publishes the page of the jobs", "move that file away, or remove pages from [tool.scheduled-actions]; "+
			"a repository has one site, so only one of its projects sets pages, to \"all-projects\""
	}
	return problem.New(hint, "%s: cannot write the workflow %s: %s", c.Path, whose, reason)
}

// Plan compares the files that the project's jobs and its services need with those in
// repo, the file system of the repository's root. It reads only Dir, the project's
// folder, and the names of files above that. All conflicts are reported at once.
func (t Target) Plan(repo fs.FS) (Plan, error) {
	document, environments, err := t.documents(repo)
	if err != nil {
		return Plan{}, err
	}
	there, err := t.readDir(repo)
	if err != nil {
		return Plan{}, err
	}
	jobs := t.Project.Hosted()
	changes := make([]Change, len(jobs))
	errs := make([]error, len(jobs))
	parallel(len(jobs), func(i int) {
		job := jobs[i]
		changes[i], errs[i] = t.change(job, there[job.File()], document(job))
	})
	for _, s := range t.wanted() {
		c, err := t.serviceChange(s, repo, there[s.file])
		changes, errs = append(changes, c), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return Plan{}, err
	}
	plan := sorted(append(changes, t.leftovers(there)...))
	plan.Environments = environments
	return plan, nil
}

// Files returns the paths of the files that the project needs: first those of its jobs
// on GitHub, in their order, then those of its services.
func (t Target) Files() []string {
	var paths []string
	for _, job := range t.Project.Hosted() {
		paths = append(paths, path.Join(Dir, job.File()))
	}
	for _, s := range t.wanted() {
		paths = append(paths, path.Join(Dir, s.file))
	}
	return paths
}

// Guesses returns the content of each of Files if it keeps the references in the file
// like, which may be nil. A file with exactly that content is up to date, and its hash
// shows that without reading it.
func (t Target) Guesses(repo fs.FS, like []byte) ([][]byte, error) {
	document, _, err := t.documents(repo)
	if err != nil {
		return nil, err
	}
	jobs, services := t.Project.Hosted(), t.wanted()
	guesses := make([][]byte, len(t.Files()))
	errs := make([]error, len(guesses))
	parallel(len(guesses), func(i int) {
		var doc *yaml.Node
		if i < len(jobs) {
			doc = document(jobs[i])
		} else {
			doc = services[i-len(jobs)].document(repo)
		}
		keepReferences(doc, like, loose(t.Action, t.Exact))
		guesses[i], errs[i] = encode(doc)
	})
	return guesses, errors.Join(errs...)
}

// documents returns what builds the workflow of a job of the project in repo, and
// how the jobs' packages are installed.
func (t Target) documents(repo fs.FS) (document func(pyproject.Job) *yaml.Node, environments []Installed, err error) {
	if what := pyproject.Forbidden(t.Path); what != "" {
		return nil, nil, fmt.Errorf("project path %q contains the %s, which is not allowed in workflow files", t.Path, what)
	}
	if environments, err = t.Environments(repo); err != nil {
		return nil, nil, err
	}
	of := map[string]installer.Environment{}
	for _, env := range environments {
		for _, id := range env.Jobs {
			of[id] = env.Environment
		}
	}
	return func(job pyproject.Job) *yaml.Node {
		return t.document(job, setup{t, job, of[job.ID]}.steps())
	}, environments, nil
}

// change renders the file of a job and compares it with the one there.
func (t Target) change(job pyproject.Job, there *file, doc *yaml.Node) (Change, error) {
	c := Change{Path: path.Join(Dir, job.File()), Job: job.ID}
	if there != nil && there.foreign != "" {
		return c, c.conflict(there.foreign)
	}
	return c.compare(there, doc, loose(t.Action, t.Exact))
}

// compare completes a change with the present content and the wanted one.
func (c Change) compare(there *file, doc *yaml.Node, loose Uses) (Change, error) {
	if there != nil {
		c.Old = there.content
	}
	var err error
	if c.New, c.Kept, err = render(doc, c.Old, loose); err != nil {
		return c, fmt.Errorf("render %s: %w", c.Path, err)
	}
	if len(c.New) > maxFile {
		return c, problem.New("move long texts from before and env into files of the repository: https://docs.github.com/actions/reference/limits",
			"%s: the workflow of job %q would have %d bytes; GitHub takes at most %d (500 KB)", c.Path, c.Job, len(c.New), maxFile)
	}
	return c, nil
}

// leftovers returns the project's own files that are no longer needed. The files of a
// missing project are kept, because a sparse checkout may not include it, and those of
// jobs that GitHub cannot run as they are declared now, with the services, until that is
// mended.
func (t Target) leftovers(there map[string]*file) []Change {
	needed := map[string]bool{}
	for _, file := range t.Files() {
		needed[path.Base(file)] = true
	}
	unhosted := map[string]bool{}
	for _, job := range t.Project.Jobs {
		if len(job.Unhosted) > 0 {
			unhosted[job.ID] = true
		}
	}
	stays := func(m marker) bool {
		if m.Job != nil {
			return unhosted[*m.Job]
		}
		return len(unhosted) > 0 && t.Project.Rescue.Rounds.Every() > 0 && (m.Workflow != Publishes || t.Project.Rescue.Pages)
	}
	var changes []Change
	for name, f := range there {
		if needed[name] || f.foreign != "" || f.marker.Project != t.Path || stays(f.marker) {
			continue
		}
		c := Change{Path: path.Join(Dir, name), Does: f.marker.Workflow, Old: f.content}
		if f.marker.Job != nil {
			c.Job = *f.marker.Job
		}
		changes = append(changes, c)
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

// exists returns a function that reports whether dir has a file of that name. It
// remembers the answers, because all jobs of a project ask the same.
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
