package entrypoint

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
)

// trust decides which programs may be started to look at a project that the user did
// not ask us to run. A trusted program belongs to the user or to the system, and no
// other user can change it. The same is true for the folders above it and for each link
// that leads to it. None of these is in the project or in the repository around it,
// where it may have come with the project.
type trust struct {
	outermost fs.FileInfo // the folder of everything that may have come with the project
}

// marks are the names that show the top folder of a project or repository.
var marks = []string{"pyproject.toml", "setup.py", ".git", ".hg", ".svn", ".jj"}

// trustAround returns the trust for a project in the folder dir of the repository in root,
// both absolute and without links. More may have come with the project than root
// contains: root can be a submodule, or dir where there is no repository. So the
// topmost folder that looks like a project counts.
func trustAround(dir, root string) (trust, error) {
	outermost := root
	for at := dir; ; at = filepath.Dir(at) {
		if hasAny(at, marks...) && len(at) < len(outermost) {
			outermost = at
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	info, err := os.Stat(outermost)
	return trust{info}, err
}

// maxLinks is the maximum number of links that lead to a file, as on Linux.
const maxLinks = 40

// follow returns the file or folder that a path leads to, or "" if it is not trusted. The
// file itself must be started, not a link to it: Python reads where its library is from a
// pyvenv.cfg beside the link.
func (t trust) follow(path string) string {
	return t.walk(path, func(info fs.FileInfo) bool {
		return pyproject.Own(info) && (info.Mode()&fs.ModeSymlink != 0 || guarded(info))
	})
}

// outside reports whether a path leads to a file or folder without touching what may have
// come with the project.
func (t trust) outside(path string) bool {
	return t.walk(path, func(fs.FileInfo) bool { return true }) != ""
}

// walk returns the file or folder that a path leads to, or "" if anything on the way may
// have come with the project or is not accepted.
func (t trust) walk(path string, accepted func(fs.FileInfo) bool) string {
	if !filepath.IsAbs(path) {
		return "" // it depends on the working folder
	}
	top := filepath.VolumeName(path) + string(filepath.Separator)
	at, ahead, links := top, split(path), 0
	for {
		info, err := os.Lstat(at)
		if err != nil || os.SameFile(info, t.outermost) || !accepted(info) {
			return ""
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(at)
			if links++; err != nil || links > maxLinks {
				return ""
			}
			if at = filepath.Dir(at); filepath.IsAbs(target) {
				at = filepath.VolumeName(target) + string(filepath.Separator)
			}
			ahead = slices.Concat(split(target), ahead)
			continue
		}
		if len(ahead) == 0 {
			return at
		}
		at, ahead = filepath.Join(at, ahead[0]), ahead[1:] // at is no link, so that Join may resolve ..
	}
}

// split returns the parts of a path below its volume.
func split(path string) []string {
	path = filepath.ToSlash(path[len(filepath.VolumeName(path)):])
	return slices.DeleteFunc(strings.Split(path, "/"), func(part string) bool { return part == "" || part == "." })
}

// folders returns the trusted folders of a list such as PATH.
func (t trust) folders(list string) []string {
	return slices.DeleteFunc(filepath.SplitList(list), func(folder string) bool { return t.follow(folder) == "" })
}

// pythons returns the files of the trusted Pythons on PATH.
func (t trust) pythons(environ python.Environ) []string {
	var found []string
	for _, folder := range t.folders(environ.Get("PATH")) {
		for _, name := range []string{"python3", "python"} {
			only := append(slices.Clip(environ), "PATH="+folder)
			if path, err := only.LookPath(name); err == nil {
				if file := t.follow(path); file != "" && !slices.Contains(found, file) {
					found = append(found, file)
				}
			}
		}
	}
	return found
}

// LookPath returns the path of a program on the PATH of environ, as the user would start
// it, except those that may have come with the project. path is that PATH without the
// project's folders, for the program and what it starts. The project is in the folder
// dir of the repository in root, both absolute and without links.
func LookPath(name, dir, root string, environ python.Environ) (file, path string, err error) {
	trust, err := trustAround(dir, root)
	if err != nil {
		return "", "", err
	}
	folders := slices.DeleteFunc(filepath.SplitList(environ.Get("PATH")), func(folder string) bool { return !trust.outside(folder) })
	for _, folder := range folders {
		found, err := append(slices.Clip(environ), "PATH="+folder).LookPath(name)
		if err == nil && trust.outside(found) {
			return found, strings.Join(folders, string(filepath.ListSeparator)), nil
		}
	}
	return "", "", fmt.Errorf("there is no %s on PATH outside the project", name)
}
