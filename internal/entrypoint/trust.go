package entrypoint

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/python"
)

// trust decides which programs may be started to look at a project that the user has
// not asked to run. Such a program belongs to the user or to the system, and no other
// user can change it. The same holds for the folders above it, and for each link on the
// way to it. Nothing on that way is in the project or in the repository around it:
// what is in there may have come with the project.
type trust struct {
	outermost fs.FileInfo // the folder of all that may have come with the project
}

// marks are the names that the top folder of a project or repository has one of.
var marks = []string{"pyproject.toml", "setup.py", ".git", ".hg", ".svn", ".jj"}

// trustAround returns the trust for a project in the folder dir of a repository in
// root, both absolute and through no link. Neither may be all that came with the project:
// its repository can be a submodule, or a folder of one that was unpacked. So the topmost
// folder counts that looks like a project.
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

// maxLinks is how many links lead to a file at most, as on Linux.
const maxLinks = 40

// follow returns the file or folder that a path leads to, or "" if that is not to be
// trusted. Links are followed also because there may be a pyvenv.cfg beside one, from
// which Python takes where its own library is.
func (t trust) follow(path string) string {
	if !filepath.IsAbs(path) {
		return "" // the project decides where it leads
	}
	top := filepath.VolumeName(path) + string(filepath.Separator)
	at, ahead, links := top, split(path), 0
	for {
		info, err := os.Lstat(at)
		if err != nil || os.SameFile(info, t.outermost) || !Own(info) || info.Mode()&fs.ModeSymlink == 0 && !guarded(info) {
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

// folders returns those folders of a list, as in PATH, that are to be trusted.
func (t trust) folders(list string) []string {
	return slices.DeleteFunc(filepath.SplitList(list), func(folder string) bool { return t.follow(folder) == "" })
}

// pythons returns the files of the Pythons on the PATH that are to be trusted.
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
