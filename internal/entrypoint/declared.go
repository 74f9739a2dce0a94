package entrypoint

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// declaration is a file that may declare something to be installed or built.
type declaration struct {
	name     string // its path in the repository
	text     string // without comments and entrypoints
	words    string // of the text, each between two -
	installs bool   // it declares a dependency
	builds   bool   // it describes a build of the project
	makes    bool   // that does more than copy modules
}

// mentions reports whether the name of a module is a word of the file.
func (d declaration) mentions(name string) bool {
	return strings.Contains(d.words, "-"+spelled(name)+"-")
}

// writes reports whether the file says where a module comes from, as in
// version_file = "app/_version.py" or package-dir = {app = "x/y"}.
func (d declaration) writes(name string) bool {
	name = regexp.QuoteMeta(name)
	return regexp.MustCompile(`\b` + name + `\.py\b|(?s)package.dir.*\b` + name + `["'\s=]`).MatchString(d.text)
}

// ships reports whether the file names a folder, alone or with the module in it, as in
// packages = ["lib/app"].
func (d declaration) ships(in folder, module string) bool {
	inside := in.path
	if dir := path.Dir(d.name); dir != "." {
		inside = strings.TrimPrefix(inside, dir+"/")
	}
	return regexp.MustCompile(`["'=\s](\./)?` + regexp.QuoteMeta(inside) + `(/` + regexp.QuoteMeta(module) + `)?/?(["'\s]|$)`).MatchString(d.text)
}

// spelled returns a text as its words only, so that Later.Lib is later-lib.
func spelled(text string) string {
	return strings.Trim(separators.ReplaceAllString(strings.ToLower(text), "-"), "-")
}

// configurations are the files that can describe a build of a project, and builders
// those that show a compiler. declaring are the other files that can declare what to
// install.
var (
	configurations = []string{"pyproject.toml", "setup.py", "setup.cfg", "hatch.toml"}
	builders       = []string{"Cargo.toml", "meson.build", "CMakeLists.txt"}
	declaring      = []string{"*requirements*.txt", "*requirements*.in", "requirements/*", "Pipfile", "Pipfile.lock",
		"environment*.y*ml", "conda-lock*.yml", "pixi.toml", "*.lock", "pylock*.toml"}
)

var (
	separators = pattern.New(`[^\pL\d]+`)
	remarks    = pattern.New(`(?m)#.*$|^\s*"?entrypoint"?\s*=.*$|^\s*\[+tool.scheduled.*$`)
	empty      = pattern.New(`dependencies["']?\s*=\s*\[\s*\]`)
	packages   = pattern.New(`\[\[packages?\]\]`)
	itself     = pattern.New(`(virtual|editable) = "`)
	build      = pattern.New(`(?m)^\s*\[\s*(build-system|tool\.poetry)\s*\]|setup\(`)

	// generates matches configurations of builds that do more than copy modules.
	generates = pattern.New(`(?i)maturin|meson|scikit.build|skbuild|cmake|cython|mypyc|setuptools.rust|rust.extensions|ext.modules|Extension\(|` +
		`cffi|pybind11|nanobind|cmdclass|force-include|build\.hooks|build-script|backend-path|tool\.poetry\.build|tool\.pdm\.build|wheel\.sources|protoc|grpc`)
)

// readDeclarations returns the files that may declare something, in the project's
// folder and those above it.
func (f *finder) readDeclarations() []declaration {
	var found []declaration
	for _, name := range f.project.Files {
		found = append(found, f.declaration(name))
	}
	for dir := path.Clean(f.project.Dir); ; dir = path.Dir(dir) {
		for _, pattern := range slices.Concat(configurations, builders, declaring) {
			names, _ := fs.Glob(f.project.Repo, path.Join(globbed.Replace(dir), pattern))
			for _, name := range names {
				found = append(found, f.declaration(name))
			}
		}
		if dir == "." {
			return found
		}
	}
}

// globbed escapes the special characters of a pattern.
var globbed = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

func (f *finder) declaration(name string) declaration {
	content, _ := readFile(f.project.Repo, name)
	text, base := remarks.ReplaceAllString(string(content), ""), path.Base(name)
	compiler, configuration := slices.Contains(builders, base), slices.Contains(configurations, base)
	return declaration{
		name:     name,
		text:     text,
		words:    "-" + spelled(text) + "-",
		installs: !compiler && installs(base, text),
		builds:   compiler || configuration && build.MatchString(text),
		makes:    compiler || configuration && generates.MatchString(text),
	}
}

// installs reports whether a file of that name and text declares a dependency.
func installs(name, text string) bool {
	switch {
	case name == "pyproject.toml":
		text = empty.ReplaceAllString(text, "")
		return strings.Contains(text, "dependenc") || strings.Contains(text, "tool.flit")
	case name == "setup.cfg":
		return strings.Contains(text, "requires")
	case packages.MatchString(text): // a lock, in which the project itself is, too
		return len(packages.FindAllString(text, -1)) > len(itself.FindAllString(text, -1))
	case name == "uv.lock", name == "poetry.lock", name == "pdm.lock":
		return false
	}
	return strings.TrimSpace(text) != ""
}

// original matches the rest of the name of a file from which a module is built, or
// that says what is in it when it has been.
var original = pattern.New(`^\.(pyx|pyi|c|cc|cpp|cxx|cu|rs|f|f90|nim|zig|py\..+|.*\.(in|j2|jinja|jinja2|tmpl|mako))$`)

// hasOriginal reports whether a folder has a file from which the module may be built.
func (f *finder) hasOriginal(folders []folder, name string) bool {
	return slices.ContainsFunc(folders, func(in folder) bool {
		return slices.ContainsFunc(f.list(in), func(entry string) bool {
			rest, found := strings.CutPrefix(entry, name)
			return found && original.MatchString(rest)
		})
	})
}

// shipped returns the module of that name if a declaration names it with its folder,
// because the project's build installs it from there; else nil.
func (f *finder) shipped(name string) *place {
	for _, in := range f.stash(name) {
		if slices.ContainsFunc(f.declarations(), func(d declaration) bool { return d.ships(in, name) }) {
			return f.locate(name, name, []folder{in})
		}
	}
	return nil
}

// stash looks no further down than this, and in no more folders.
const (
	maxStashDepth   = 5
	maxStashFolders = 5000
)

// stash returns the folders of the repository that have a module of that name.
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
