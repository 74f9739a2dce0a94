package pyproject

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

const fileName = "pyproject.toml"

// Place is where a project is.
type Place struct {
	Dir  string // its folder, absolute, without symbolic links
	Root string // the repository's root folder, or Dir where there is no repository
	Path string // of pyproject.toml, relative to Root, with slashes

	display string // of pyproject.toml, as the user named it
}

// Find returns the place of the project that name leads to: a folder, a pyproject.toml,
// or "" for the nearest one upward. workspace is the folder of the repository in Actions,
// "" elsewhere.
func Find(name, workspace string) (Place, error) {
	file, err := findFile(name)
	if err != nil {
		return Place{}, err
	}
	place, err := placeOf(file, workspace)
	if err != nil {
		return Place{}, fmt.Errorf("find project: %w", err)
	}
	return place, nil
}

// AbsFile returns the absolute path of the project's pyproject.toml, whatever that is called.
func (p Place) AbsFile() string { return filepath.Join(p.Root, filepath.FromSlash(p.Path)) }

// Load reads the project, as the function of that name. A link out of the repository is
// not followed.
func (p Place) Load() (*Project, error) {
	repo, err := os.OpenRoot(p.Root)
	if err != nil {
		return nil, fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	return Load(repo.FS(), p.Path, p.display)
}

// FromRoot returns the path of a local file from the root of its repository.
func FromRoot(file string) string {
	if place, err := placeOf(file, ""); err == nil {
		return place.Path
	}
	return file
}

func placeOf(file, workspace string) (Place, error) {
	dir, err := filepath.Abs(filepath.Dir(file))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return Place{}, err
	}
	root := cmp.Or(repositoryRoot(dir), checkoutRoot(dir, workspace), dir)
	path, err := filepath.Rel(root, filepath.Join(dir, filepath.Base(file)))
	return Place{Dir: dir, Root: root, Path: filepath.ToSlash(path), display: file}, err
}

// findFile returns the path of pyproject.toml, for display.
func findFile(name string) (string, error) {
	if name == "" {
		return findUpward()
	}
	const hint = "set --project to a folder or a pyproject.toml"
	info, err := os.Stat(name)
	if err != nil {
		return "", problem.New(hint, "find project: %w", err)
	}
	if !info.IsDir() {
		return name, nil
	}
	file := filepath.Join(name, fileName)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return "", problem.New(hint+"; `"+problem.Command("scheduled --project", name, "init")+"` makes one", "folder %s has no %s", name, fileName)
	}
	return file, nil
}

// findUpward looks for pyproject.toml in the working folder and above. Above it,
// another user's file is an error: anybody may put a file into a shared folder, and it
// says what to run.
func findUpward() (string, error) {
	for dir := "."; ; dir = filepath.Join(dir, "..") {
		file := filepath.Join(dir, fileName)
		if info, err := os.Stat(file); err == nil {
			link, err := os.Lstat(file)
			if dir != "." && (err != nil || !Own(link) || !Own(info)) {
				return "", problem.New("if you trust it, name it with --project", "%s belongs to another user", file)
			}
			return file, nil
		}
		if abs, err := filepath.Abs(dir); err != nil || abs == filepath.Dir(abs) {
			return "", problem.New("begin a project here with `scheduled init`, or go to its folder, or name it with --project. `scheduled list --all-projects` shows those of a repository", "no %s here or in any folder above", fileName)
		}
	}
}

// checkoutRoot returns the workspace if it contains dir, else "". In a container
// without git, actions/checkout downloads the files, and there is no .git.
func checkoutRoot(dir, workspace string) string {
	workspace, err := filepath.EvalSymlinks(workspace)
	if err != nil {
		return ""
	}
	if inside, err := filepath.Rel(workspace, dir); err != nil || !filepath.IsLocal(inside) {
		return ""
	}
	return workspace
}

// repositoryRoot returns the nearest folder upward that contains .git, or "".
func repositoryRoot(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// PathInRepository returns the path that pyproject.toml has in the repository: name
// leads to it from the working folder, which need not be a checkout. For workspace, see
// Find.
func PathInRepository(name, workspace string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find project: %w", err)
	}
	root, file := cmp.Or(repositoryRoot(dir), dir), name
	if workspace != "" && strings.HasPrefix(workspace, root+string(filepath.Separator)) {
		root = workspace // a runner may work in a folder of some other repository
	}
	if file == "" {
		file = root
		if nearest, err := findUpward(); err == nil {
			file = nearest
		}
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	if filepath.Ext(file) != ".toml" {
		file = filepath.Join(file, fileName)
	}
	path, err := filepath.Rel(root, file)
	if path = filepath.ToSlash(path); err != nil || !fs.ValidPath(path) {
		if name == "" {
			return fileName, nil // the nearest one is no part of this repository
		}
		return "", problem.New("set --project to a folder of the repository, or to a pyproject.toml in it", "--project %q is outside the repository", name)
	}
	return path, nil
}
