package migrate

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// Import is an import into a project. Its methods are alternatives, and fill in what
// follows the place.
type Import struct {
	Request
	Place pyproject.Place

	Result
	Edit    pyproject.Change // of pyproject.toml
	Written bool
}

// Read reads the jobs only.
func (i *Import) Read(ctx context.Context) error {
	content, _ := atomic.Read(os.DirFS(i.Place.Dir), path.Base(i.Place.Path), maxFile)
	return i.read(ctx, content)
}

// Preview reads the jobs, and finds out what Write would do.
func (i *Import) Preview(ctx context.Context) error {
	i.Writing = true
	return i.Place.Preview(i.edit(ctx), i.accept)
}

// Write reads the jobs, adds them to pyproject.toml, and gives the files that they were
// imported from their new content. Nothing is written if one of these cannot be, or is
// another by now.
func (i *Import) Write(ctx context.Context, now time.Time) error {
	i.Writing = true
	if err := i.read(ctx, nil); err != nil {
		return err
	}
	err := i.replace(i.Changes, func() error { return i.Place.Write(i.edit(ctx), i.accept, now) })
	i.Written = err == nil && len(i.Jobs) > 0
	return err
}

// read reads the jobs for a pyproject.toml of that content.
func (i *Import) read(ctx context.Context, content []byte) (err error) {
	i.Request.Project, i.Repo, i.Path, i.Taken = os.DirFS(i.Place.Dir), os.DirFS(i.Place.Root), i.Place.Path, nil
	i.Has = nil
	if project, err := i.Place.Parse(content); err == nil {
		i.Has = func(j Job) bool { return j.in(project) }
		i.Taken = func(id string) bool {
			_, _, found := project.Job(id)
			return found || slices.ContainsFunc(project.Broken, func(b pyproject.Broken) bool { return b.ID == id })
		}
	}
	i.Result, err = Read(ctx, i.Request)
	i.Changes = slices.DeleteFunc(i.Changes, i.elsewhere)
	return err
}

// leave tells the jobs of a file what a person has to do with it.
func (i *Import) leave(change Change, what string) {
	for n := range i.Jobs {
		if j := &i.Jobs[n]; j.From.File == change.Path {
			j.glue(j.From.Line, "%s", what)
		}
	}
}

// elsewhere reports whether a file is in another repository, whose code is not here, or is
// standard input. It is left as it is, and its jobs say so.
func (i *Import) elsewhere(change Change) bool {
	if change.Path == "-" {
		i.leave(change, "remove the schedule from the workflow, or both will run")
		return true
	}
	folder, err := filepath.Abs(filepath.Dir(change.Path))
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	for err == nil {
		if _, none := os.Stat(filepath.Join(folder, ".git")); none == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			return false
		}
		folder = filepath.Dir(folder)
	}
	if err != nil || folder == i.Place.Root {
		return false
	}
	i.leave(change, "move its code here, and remove its schedule by hand: the file is in another repository, and stays as it is")
	return true
}

func (i *Import) edit(ctx context.Context) func(*pyproject.Edit) error {
	return func(e *pyproject.Edit) error {
		if err := i.read(ctx, e.Bytes()); err != nil || len(i.Jobs) == 0 {
			return err
		}
		return e.Append(i.TOML())
	}
}

// accept returns the errors that the jobs bring into the project.
func (i *Import) accept(change pyproject.Change) error {
	i.Edit = change
	if _, fresh := i.wrong(change.After).Since(i.wrong(change.Before)); len(fresh) > 0 {
		return fresh
	}
	return nil
}

// wrong returns what is wrong with a pyproject.toml of that content.
func (i *Import) wrong(content []byte) problem.Problems {
	project, err := i.Place.Parse(content)
	if err == nil {
		err = project.Problems()
	}
	wrong, _ := errors.AsType[problem.Problems](err)
	return wrong
}

// replace calls write, and then gives files their new content.
func (i *Import) replace(changes []Change, write func() error) error {
	if len(changes) == 0 {
		return write()
	}
	change := changes[0]
	before := i.Was(change.Path)
	dir, err := os.OpenRoot(filepath.Dir(change.Path))
	if err != nil {
		return unwritten(change.Path, err)
	}
	defer dir.Close()
	inside := false
	err = atomic.Update(dir, filepath.Base(change.Path), maxFile, func(now []byte) ([]byte, error) {
		if inside || !bytes.Equal(before, now) {
			inside = false
			return nil, problem.New("run the same command again", "something else has changed it")
		}
		inside = true
		return change.Content, i.replace(changes[1:], write)
	})
	if err != nil && !inside {
		return unwritten(change.Path, err)
	}
	return err
}

func unwritten(path string, err error) error {
	return &pyproject.Unwritten{Cause: fmt.Errorf("write %s: %w", problem.Show(path), err)}
}

// Was returns the content of a file as it was read.
func (i *Import) Was(path string) []byte {
	for _, f := range i.Request.Files {
		if f.Path == path {
			return f.Text
		}
	}
	return nil
}

// Glue reports whether something is left to do by hand.
func (r Result) Glue() bool {
	return slices.ContainsFunc(r.Jobs, func(j Job) bool { return len(j.Glue) > 0 })
}

// TOML returns the tables of all jobs.
func (r Result) TOML() string {
	var tables []string
	for _, j := range r.Jobs {
		tables = append(tables, j.TOML())
	}
	return strings.Join(tables, "\n")
}

// Files returns the files that change, pyproject.toml first, and a diff of them.
func (i *Import) Files() (paths []string, diff string) {
	add := func(path string, c pyproject.Change) {
		if c.Changed() {
			paths = append(paths, path)
			diff += c.Diff(path)
		}
	}
	add(i.Place.Path, i.Edit)
	for _, c := range i.Changes {
		add(filepath.ToSlash(c.Path), pyproject.Change{Before: i.Was(c.Path), After: c.Content})
	}
	return paths, diff
}

// Row is something in a file, and what became of it in the jobs that have it.
type Row struct {
	Jobs []string
	From Place
	Fate string // one of Fates, or "skipped"
	What string
}

// Fates are what can become of a part of a job.
var Fates = []string{"kept", "glue", "lost"}

// fateOrder is the order of rows: first what a person has to know.
var fateOrder = []string{"skipped", "lost", "glue", "kept"}

// Rows returns all notes, each once, those of what is kept last, by file and line. It also
// counts those of each fate.
func (r Result) Rows() (rows []Row, counts map[string]int) {
	for _, j := range r.Jobs {
		for n, notes := range [][]Note{j.Kept, j.Glue, j.Lost} {
			for _, note := range notes {
				row := Row{[]string{j.ID}, Place{j.From.File, note.Line}, Fates[n], note.What}
				same := slices.IndexFunc(rows, func(other Row) bool {
					return other.From == row.From && other.Fate == row.Fate && other.What == row.What
				})
				if same >= 0 {
					rows[same].Jobs = append(rows[same].Jobs, j.ID)
				} else {
					rows = append(rows, row)
				}
			}
		}
	}
	for _, s := range r.Skipped {
		rows = append(rows, Row{nil, s.From, "skipped", s.Why})
	}
	counts = map[string]int{}
	for _, row := range rows {
		counts[row.Fate]++
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		kept := func(r Row) int { return slices.Index(fateOrder, r.Fate) / 3 }
		return cmp.Or(kept(a)-kept(b), strings.Compare(a.From.File, b.From.File),
			slices.Index(fateOrder, a.Fate)-slices.Index(fateOrder, b.Fate), a.From.Line-b.From.Line)
	})
	return rows, counts
}
