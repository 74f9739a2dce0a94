// Package onboarding brings a project to its first run: the files that it needs for that,
// and the steps that are left, with what each costs.
package onboarding

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/migrate"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// Beginning is what a project, or all projects of a repository, need for their first run.
// All files are planned and checked before any is written.
type Beginning struct {
	Place   pyproject.Place   // of the project, or of the first one
	All     []workflow.Target // all projects; nil for one
	Keeper  workflow.Keeper   // Plan fills in the prefixes of its files
	Example bool              // add an example job
	Import  *migrate.Import   // nil for none

	Project  *pyproject.Project // as it will be; of several, the first
	Edit     pyproject.Change   // of pyproject.toml
	Kept     workflow.Plan      // the file of the Keeper
	Files    workflow.Plan      // all workflow files
	Unplaced []error            // of projects among several whose files cannot be planned

	targets []workflow.Target
	module  string // of the example job, with .py
	there   bool   // the module, from a call that was interrupted
}

// Plan finds out what Write will do, and everything that is in its way. The error is
// problem.Problems for an invalid project.
func (b *Beginning) Plan(ctx context.Context) error {
	repo, err := os.OpenRoot(b.Place.Root)
	if err != nil {
		return fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	edit := func(*pyproject.Edit) error { return nil }
	switch {
	case b.All != nil:
		b.targets, b.Project = slices.Clone(b.All), b.All[0].Project
		return b.planFiles(repo)
	case b.Import != nil:
		err = b.Import.Preview(ctx)
		b.Edit = b.Import.Edit
	case b.Example:
		if b.module, b.there, err = module(os.DirFS(b.Place.Dir)); err != nil {
			return err
		}
		edit = b.example
		fallthrough
	default:
		err = b.Place.Preview(edit, b.accept)
	}
	if err != nil {
		return err
	}
	if b.Project, err = b.Place.Parse(b.Edit.After); err == nil {
		err = b.Project.Problems()
	}
	if err != nil {
		return err
	}
	b.targets = []workflow.Target{{Project: b.Project, Path: b.Place.Path}}
	return b.planFiles(repo)
}

// accept keeps the change of pyproject.toml, and returns what is wrong with it.
func (b *Beginning) accept(change pyproject.Change) error {
	b.Edit = change
	project, err := b.Place.Parse(change.After)
	if err != nil {
		return err
	}
	return project.Problems()
}

// example adds the example job to pyproject.toml. A new one also gets the name of the
// project, from which the times of its jobs follow, unless that changed how packages are
// installed.
func (b *Beginning) example(e *pyproject.Edit) error {
	name := filepath.Base(b.Place.Dir)
	if len(e.Bytes()) == 0 && projectName.MatchString(name) && b.bare() {
		if err := e.Begin(name); err != nil {
			return err
		}
	}
	return e.AddExample(strings.TrimSuffix(b.module, ".py") + ":" + callable)
}

// unchanged is example in a file that is as it was planned.
func (b *Beginning) unchanged(e *pyproject.Edit) error {
	if !bytes.Equal(e.Bytes(), b.Edit.Before) {
		return problem.New("run `scheduled init` again", "something else has changed %s", b.Place.Path)
	}
	return b.example(e)
}

// bare reports whether the project has nothing to install.
func (b *Beginning) bare() bool {
	repo, err := os.OpenRoot(b.Place.Root)
	if err != nil {
		return false
	}
	defer repo.Close()
	project, err := b.Place.Parse(nil)
	if err != nil {
		return false
	}
	env, err := workflow.Target{Project: project, Path: b.Place.Path}.Environment(repo.FS(), pyproject.Job{})
	return err == nil && env.Tool == installer.None
}

// planFiles plans the workflow files. Of several projects, those that have no plan stop no
// other.
func (b *Beginning) planFiles(repo *os.Root) (err error) {
	b.Keeper.Prefixes, b.Unplaced = nil, nil
	for _, job := range b.Jobs() {
		b.Keeper.Prefixes = append(b.Keeper.Prefixes, job.Options.WorkflowPrefix)
	}
	if len(b.Keeper.Prefixes) == 0 {
		b.Keeper.Prefixes = []string{pyproject.WorkflowPrefix(path.Dir(b.Place.Path))} // that of future jobs
	}
	if b.Kept, err = b.Keeper.Plan(repo.FS()); err != nil {
		return err
	}
	plans, folder := []workflow.Plan{b.Kept}, &workflow.Folder{}
	for i := range b.targets {
		t := &b.targets[i]
		t.Action, t.Exact, t.Branch, t.Folder = b.Keeper.Action, b.Keeper.Exact, b.Keeper.Branch, folder
		plan, err := t.Plan(repo.FS())
		if err = workflow.Placed(t.Project, err); err == nil {
			plans = append(plans, plan)
		} else if b.Unplaced = append(b.Unplaced, err); b.All == nil {
			return err
		}
	}
	b.Files = workflow.Joined(plans, nil)
	return nil
}

// Jobs returns the jobs of all projects.
func (b *Beginning) Jobs() (jobs []pyproject.Job) {
	for _, t := range b.targets {
		jobs = append(jobs, t.Project.Jobs...)
	}
	return jobs
}

// Write writes the files: first the module, which nothing uses yet, then pyproject.toml, and
// then the workflow files. A call that was interrupted can be repeated.
func (b *Beginning) Write(ctx context.Context, now time.Time) error {
	repo, err := os.OpenRoot(b.Place.Root)
	if err != nil {
		return fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	switch {
	case b.Import != nil:
		err = b.Import.Write(ctx, now)
	case b.Example:
		if err = b.writeModule(); err == nil {
			err = b.Place.Write(b.unchanged, b.accept, now)
		}
	}
	if err != nil {
		return err
	}
	return b.Files.Apply(repo, now)
}

// Change is what becomes of a file that is not one of our workflow files.
type Change struct {
	pyproject.Change
	Path string // from the repository's root, or as the user named it
	What string // it says, for people
}

// Verb says in a word what becomes of it.
func (c Change) Verb() string {
	if c.Before == nil {
		return "created"
	}
	return "updated"
}

// Changes returns what Write changes beside our workflow files, pyproject.toml first.
func (b *Beginning) Changes() (changes []Change) {
	if b.Edit.Changed() {
		what := problem.Count(len(b.Project.Jobs), "job")
		if len(b.Project.Jobs) == 1 {
			what = "job " + problem.Show(b.Project.Jobs[0].ID) + ", " + b.Project.Jobs[0].Schedule.String()
		}
		changes = append(changes, Change{b.Edit, b.Place.Path, what})
	}
	if b.Example && !b.there {
		changes = append(changes, Change{pyproject.Change{After: source}, path.Join(path.Dir(b.Place.Path), b.module), "what the job calls"})
	}
	if b.Import != nil {
		for _, c := range b.Import.Changes {
			change := pyproject.Change{Before: b.Import.Was(c.Path), After: c.Content}
			changes = append(changes, Change{change, filepath.ToSlash(c.Path), "without its schedule, which is in " + b.Place.Path})
		}
	}
	return changes
}

// Diff shows everything that Write changes.
func (b *Beginning) Diff() (diff string) {
	for _, c := range b.Changes() {
		diff += c.Diff(c.Path)
	}
	return diff + b.Files.Diff()
}

// Table returns the rows of a table of what becomes of the files.
func (b *Beginning) Table() (rows [][]string) {
	row := func(verb, path, what string) { rows = append(rows, []string{verb, path, what}) }
	for _, c := range b.Changes() {
		row(c.Verb(), c.Path, c.What)
	}
	times, others := workflow.Times(b.targets), 0
	for _, list := range []struct {
		verb    string
		changes []workflow.Change
	}{{"created", b.Files.Created}, {"updated", b.Files.Updated}, {"deleted", b.Files.Deleted}, {"unchanged", b.Files.Unchanged}} {
		for _, c := range list.changes {
			switch {
			case c.Does == workflow.Keeps:
				row(list.verb, c.Path, fmt.Sprintf("branch %s, token: %s", b.Keeper.Branch, b.Keeper.Token))
			case list.verb == "unchanged":
				others++
			default:
				row(list.verb, c.Path, cmp.Or(times[c.Path], "not needed any more"))
			}
		}
	}
	if others > 0 {
		row("unchanged", problem.Count(others, "other workflow file"), "")
	}
	return rows
}
