package entrypoint

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// build says how a build of the project could make a module; "" if it could not.
func (f *finder) build(of *place, name string) string {
	full, folders := name, []folder{f.roots[0], f.src}
	if of != nil {
		full, folders = of.name+"."+name, of.folders
	}
	for _, in := range folders {
		if filepath.IsAbs(in.shown) {
			continue // it is installed, and so built
		}
		if file := f.builder(in.path, full, f.hasOriginal(in, name)); file != "" {
			return fmt.Sprintf("the build that %s describes may make it", file)
		}
	}
	return ""
}

// original matches the rest of the name of a file from which a module is built, or
// that says what is in it when it has been.
var original = regexp.MustCompile(`^\.(pyx|pyi|c|cc|cpp|cxx|cu|rs|f|f90|nim|zig|py\..+|.*\.(in|j2|jinja|jinja2|tmpl|mako))$`)

// hasOriginal reports whether a folder has a file from which the module may be built.
func (f *finder) hasOriginal(in folder, name string) bool {
	return slices.ContainsFunc(f.list(in), func(entry string) bool {
		rest, found := strings.CutPrefix(entry, name)
		return found && original.MatchString(rest)
	})
}

var (
	// generates matches configurations of builds that do more than copy modules.
	generates = regexp.MustCompile(`(?i)maturin|meson|scikit.build|skbuild|cmake|cython|mypyc|setuptools.rust|rust.extensions|ext.modules|Extension\(|` +
		`cffi|pybind11|nanobind|cmdclass|force-include|build\.hooks|build-script|backend-path|tool\.poetry\.build|tool\.pdm\.build|wheel\.sources|protoc|grpc`)
	// builds matches those of any build.
	builds = regexp.MustCompile(`(?m)^\s*\[\s*(build-system|tool\.poetry)\s*\]|setup\(`)
)

// builder returns the configuration, in a folder or above it, of a build that could
// make the module, or "". original says that there is a file to make it from.
func (f *finder) builder(dir, full string, original bool) string {
	last := full[strings.LastIndexByte(full, '.')+1:]
	moved := regexp.MustCompile(`(?s)package.dir.*\b` + regexp.QuoteMeta(full) + `["'\s=]`)
	written := regexp.MustCompile(`\b` + regexp.QuoteMeta(last) + `\.py\b`) // as in version_file = "app/_version.py"
	for ; ; dir = path.Dir(dir) {
		for _, file := range []string{"Cargo.toml", "meson.build", "CMakeLists.txt"} {
			if at := path.Join(dir, file); f.exists(at) {
				return at
			}
		}
		for _, file := range []string{"pyproject.toml", "setup.cfg", "setup.py", "hatch.toml"} {
			at := path.Join(dir, file)
			text, _ := readFile(f.project.Repo, at)
			if generates.Match(text) || moved.Match(text) || written.Match(text) || original && builds.Match(text) {
				return at
			}
		}
		if dir == "." {
			return ""
		}
	}
}

func (f *finder) exists(file string) bool {
	_, err := fs.Stat(f.project.Repo, file)
	return err == nil
}
