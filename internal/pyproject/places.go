package pyproject

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// The bounds of a search for projects.
const (
	maxSearched = 300_000 // entries of folders
	maxProjects = 1000
)

// Repository returns the root of the repository that name leads into: a folder, a
// pyproject.toml, or "" for the working folder. For workspace, see Find. A folder in no
// repository is its own root.
func Repository(name, workspace string) (root string, err error) {
	info, err := os.Stat(cmp.Or(name, "."))
	if err != nil {
		return "", problem.New("set --project to a folder of the repository", "find repository: %w", err)
	}
	if !info.IsDir() {
		name = filepath.Dir(name)
	}
	place, err := placeOf(filepath.Join(name, fileName), workspace)
	return place.Root, err
}

// PlaceIn returns the place of the project whose pyproject.toml has that path from the
// root of a repository.
func PlaceIn(root, name string) Place {
	file := filepath.Join(root, filepath.FromSlash(name))
	display := file
	if here, err := os.Getwd(); err == nil {
		if real, err := filepath.EvalSymlinks(here); err == nil {
			here = real
		}
		if rel, err := filepath.Rel(here, file); err == nil && filepath.IsLocal(rel) {
			display = rel
		}
	}
	return Place{Dir: filepath.Dir(file), Root: root, Path: name, display: display}
}

// Search returns the paths of the pyproject.toml files in repo that declare scheduled
// jobs, or options for them, in their order. It follows no link, and leaves out folders
// that begin with a dot, other repositories, and installed packages.
func Search(repo fs.FS) (paths []string, err error) {
	searched := 0
	err = fs.WalkDir(repo, ".", func(name string, entry fs.DirEntry, err error) error {
		if searched++; searched > maxSearched {
			return problem.New("name one project at a time with --project", "find projects: the repository has more than %d files", maxSearched)
		}
		switch {
		case err != nil && entry != nil && entry.IsDir() && name != ".":
			return fs.SkipDir // not ours to read
		case err != nil:
			return fmt.Errorf("find projects: %w", err)
		case entry.IsDir() && name != "." && foreign(repo, name):
			return fs.SkipDir
		case entry.Name() == fileName && entry.Type().IsRegular() && Declares(repo, name):
			paths = append(paths, name)
		}
		if len(paths) > maxProjects {
			return problem.New("name one project at a time with --project", "find projects: the repository has more than %d", maxProjects)
		}
		return nil
	})
	slices.Sort(paths)
	return paths, err
}

// notOurs are the names of folders that hold the code of others.
var notOurs = []string{"node_modules", "site-packages", "__pycache__"}

// foreign reports whether a folder holds no projects of the repository.
func foreign(repo fs.FS, dir string) bool {
	base := path.Base(dir)
	if base[0] == '.' || slices.Contains(notOurs, base) {
		return true
	}
	for _, sign := range []string{".git", "pyvenv.cfg"} {
		if _, err := fs.Lstat(repo, path.Join(dir, sign)); err == nil {
			return true
		}
	}
	return false
}

// Declares reports whether the pyproject.toml of that path declares scheduled jobs, or
// options for them. One that is no TOML does if it mentions them.
func Declares(repo fs.FS, name string) bool {
	data, err := read(repo, name)
	if err != nil || !bytes.Contains(data, []byte("scheduled")) {
		return false
	}
	_, root, wrong := parse(data)
	if wrong != nil {
		return strings.Contains(string(data), "tool.scheduled")
	}
	document, _ := root.value.(map[string]any)
	tool, _ := document["tool"].(map[string]any)
	return tool["scheduled"] != nil || tool["scheduled-actions"] != nil
}
