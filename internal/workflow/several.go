package workflow

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// Joined returns one plan of those of several projects and of other changes.
func Joined(plans []Plan, more []Change) Plan {
	changes := slices.Clone(more)
	var environments []Installed
	for _, p := range plans {
		changes = slices.Concat(changes, p.Changes(), p.Unchanged)
		environments = append(environments, p.Environments...)
	}
	joined := sorted(changes)
	joined.Environments = environments
	return joined
}

// Times returns the assigned times of the workflow files of projects in words, by path.
func Times(targets []Target) map[string]string {
	times := map[string]string{}
	for _, t := range targets {
		jobs, services := t.Project.Hosted(), t.wanted()
		for i, file := range t.Files() {
			if i < len(jobs) {
				times[file] = When(jobs[i])
			} else {
				times[file] = services[i-len(jobs)].when
			}
		}
	}
	return times
}

// Distinct returns an error for each project that has a workflow file of an earlier one,
// by its place in the list. The name of the file is also that of the concurrency group,
// and neither minds the case.
func Distinct(targets []Target) map[int]error {
	clashes, owners := map[int]error{}, map[string]string{}
	for n, t := range targets {
		jobs, services := t.Project.Hosted(), t.wanted()
		for i, file := range t.Files() {
			var owner string
			hint, key := "set another workflow-prefix in [tool.scheduled-actions] of one of them", strings.ToLower(file)
			if i < len(jobs) {
				owner = fmt.Sprintf("job %s of %s", problem.Show(jobs[i].ID), t.Path)
			} else if owner = services[i-len(jobs)].whose; path.Base(file) == PagesFile {
				hint = "set pages = \"all-projects\" in one of the projects, and remove pages from the others: a repository has one site"
			}
			if other, taken := owners[key]; taken {
				clashes[n] = problem.New(hint, "%s and %s have the same workflow file, %s", other, owner, file)
			} else {
				owners[key] = owner
			}
		}
	}
	return clashes
}

// Gone returns the deletions of our workflow files of projects that are not there any
// more: theirs are none of the paths, and no pyproject.toml with scheduled jobs. For a
// remote repository, it reads only the files whose names begin as ours do.
func Gone(repo fs.FS, paths []string, folder *Folder, remote bool) ([]Change, error) {
	found, err := realDir(repo)
	if err != nil || !found {
		return nil, err
	}
	entries, err := fs.ReadDir(repo, Dir)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", Dir, err)
	}
	there := map[string]bool{}
	for _, name := range paths {
		there[name] = true
	}
	var gone []Change
	for _, entry := range entries {
		name := entry.Name()
		if path.Ext(name) != ".yml" || name == SyncFile || !entry.Type().IsRegular() || remote && !strings.HasPrefix(name, "scheduled-") {
			continue
		}
		info, err := entry.Info()
		if err == nil && info.Size() > maxRead {
			continue
		}
		content, err := folder.read(repo, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path.Join(Dir, name), err)
		}
		m, ours := readMarker(content)
		if !ours || there[m.Project] || !fs.ValidPath(m.Project) || pyproject.Declares(repo, m.Project) {
			continue
		}
		c := Change{Path: path.Join(Dir, name), Does: m.Workflow, Old: content}
		if m.Job != nil {
			c.Job = *m.Job
		}
		gone = append(gone, c)
	}
	return gone, nil
}
