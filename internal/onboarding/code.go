package onboarding

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// mostNamed is how many files of a package are named; of more, the package is.
const mostNamed = 5

// code returns the files that the jobs of a project start and its packages come from, as
// far as they are in its folder: paths from there.
func code(dir fs.FS, jobs []pyproject.Job) (paths []string) {
	for _, job := range jobs {
		if module, _, ok := strings.Cut(job.Entrypoint, ":"); ok {
			top, _, _ := strings.Cut(module, ".")
			paths = append(paths, sources(dir, top)...)
		}
		for _, word := range strings.Fields(strings.Join(job.Options.Command, " ")) {
			word = path.Clean(strings.Trim(word, `"';`))
			if info, err := fs.Stat(dir, word); err == nil && info.Mode().IsRegular() {
				paths = append(paths, word)
			}
		}
	}
	for _, name := range workflow.Decisive {
		found, _ := fs.Glob(dir, name)
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// sources returns the files of a module or package, from the project's folder or src.
func sources(dir fs.FS, name string) (files []string) {
	for _, at := range []string{name, path.Join("src", name)} {
		if info, err := fs.Stat(dir, at+".py"); err == nil && info.Mode().IsRegular() {
			return []string{at + ".py"}
		}
		_ = fs.WalkDir(dir, at, func(file string, entry fs.DirEntry, err error) error { // what cannot be read is not named
			switch {
			case err != nil || entry.Name() == "__pycache__" || len(files) > mostNamed:
				return fs.SkipDir
			case path.Ext(file) == ".py":
				files = append(files, file)
			}
			return nil
		})
		if len(files) > mostNamed {
			return []string{at}
		}
		if len(files) > 0 {
			return files
		}
	}
	return nil
}

// Needed returns the paths of what has to be on the default branch, from the repository's
// root: the files that declare the jobs, their code, and the workflow files.
func (b *Beginning) Needed() (paths []string) {
	for _, t := range b.targets {
		paths = append(paths, t.Path)
		dir := path.Dir(t.Path)
		for _, file := range code(os.DirFS(path.Join(b.Place.Root, dir)), t.Project.Jobs) {
			paths = append(paths, path.Join(dir, file))
		}
	}
	return append(paths, workflow.Dir)
}
