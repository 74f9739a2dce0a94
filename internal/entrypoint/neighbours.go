package entrypoint

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// neighbour returns the module of a name that is not on Python's path here, but will
// be once it is installed: that of another project of the repository, or in a folder
// from which this one is built. It is nil if there is none.
func (f *finder) neighbour(name string) *place {
	var spread *place
	for _, in := range f.stash(name) {
		owner := f.builtFrom(in, name)
		if owner == "" {
			continue
		}
		at := f.locate(name, name, []folder{in})
		if at != nil && owner != path.Clean(f.project.Dir) && !f.dependsOn(owner, name) {
			at.stranger = owner
		}
		if at != nil && !at.namespace() {
			return at
		}
		if at != nil && spread == nil && !has(f.list(at.folders[0]), "pyproject.toml") {
			spread = at
		}
	}
	return spread
}

// The stash is not looked for further down than this, nor in more folders.
const (
	maxStashDepth   = 5
	maxStashFolders = 5000
)

// stash returns the folders of the repository that hold a module of that name.
func (f *finder) stash(name string) []folder {
	var found []folder
	level := []folder{{f.project.Repo, ".", "."}}
	for depth, seen := 0, 0; depth <= maxStashDepth; depth++ {
		var next []folder
		for _, in := range level {
			entries := f.list(in)
			if seen++; seen > maxStashFolders {
				return found
			}
			if has(entries, name+"/") || has(entries, name+".py") {
				found = append(found, in)
			}
			for _, entry := range entries {
				if inner, dir := strings.CutSuffix(entry, "/"); dir && !isForeign(inner) && !has(entries, "pyvenv.cfg") {
					next = append(next, in.join(inner))
				}
			}
		}
		level = next
	}
	return found
}

// isForeign reports whether no source of the repository is in a folder of that name.
func isForeign(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "__pycache__", "site-packages", "build", "dist", "vendor"}, name)
}

// builtFrom returns the folder of the project that is built from a folder, so that its
// module of that name is installed: the folder of another project, its src, or one that
// its configuration names, alone or with the module in it. It is "" if there is none.
func (f *finder) builtFrom(in folder, module string) string {
	for at := in.path; ; at = path.Dir(at) {
		inside := path.Clean(strings.TrimPrefix(strings.TrimPrefix(in.path, at), "/"))
		if at == "." {
			inside = in.path
		}
		named := regexp.MustCompile(`["'=\s](\./)?` + regexp.QuoteMeta(inside) + `(/` + regexp.QuoteMeta(module) + `)?/?(["'\s]|$)`)
		described := false
		for _, file := range []string{"pyproject.toml", "setup.cfg", "setup.py"} {
			text, err := readFile(f.project.Repo, path.Join(at, file))
			if err != nil || file == "pyproject.toml" && !metadata.Match(text) {
				continue
			}
			described = true
			if at != path.Clean(f.project.Dir) && (inside == "." || inside == "src") || inside != "." && named.Match(text) {
				return at
			}
		}
		if described || at == "." {
			return ""
		}
	}
}

// dependsOn reports whether something that declares dependencies mentions a module, or
// the other project in whose folder it is. A lock mentions also what is not for this
// one.
func (f *finder) dependsOn(owner, module string) bool {
	names := []string{module, path.Base(owner)}
	text, _ := readFile(f.project.Repo, path.Join(owner, "pyproject.toml"))
	if named := title.FindSubmatch(text); named != nil {
		names = append(names, string(named[1]))
	}
	return slices.ContainsFunc(f.declarations(), func(file declaration) bool {
		return file.installs && !strings.Contains(path.Base(file.name), "lock") && slices.ContainsFunc(names, file.mentions)
	})
}

// title matches the name of a project in its pyproject.toml.
var title = regexp.MustCompile(`(?m)^\s*name\s*=\s*["']([^"']+)["']`)

// metadata matches a pyproject.toml that describes a project, not only a workspace
// or settings of tools.
var metadata = regexp.MustCompile(`(?m)^\s*\[\s*(project|build-system|tool\.poetry)\s*\]`)
