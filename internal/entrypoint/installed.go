package entrypoint

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// Environment is where a project's packages are installed.
type Environment struct {
	shown    string            // for people
	packages []string          // the folders of packages, absolute
	moved    map[string]string // what an editable install maps: a module to its file or folder
	hidden   bool              // something in it finds modules in a special way
	borrowed bool              // it is only active and may belong to another project
}

// OpenEnvironment returns the environment in a folder, or nil if there is none. It
// belongs to the project if it is in the repository at root, or was chosen for the
// project. Any other environment is only active. Both paths are absolute.
func OpenEnvironment(dir, root string, chosen bool) *Environment {
	if !hasAny(dir, "pyvenv.cfg", "conda-meta") {
		return nil
	}
	lib := filepath.Join(dir, "lib", "python3.*", "site-packages")
	if runtime.GOOS == "windows" {
		lib = filepath.Join(dir, "Lib", "site-packages")
	}
	packages, _ := filepath.Glob(lib)
	e := &Environment{shown: filepath.ToSlash(dir), packages: packages, moved: make(map[string]string), borrowed: !chosen}
	if inside, err := filepath.Rel(root, dir); err == nil && filepath.IsLocal(inside) {
		e.shown, e.borrowed = filepath.ToSlash(inside), false
	}
	e.hidden = systemPackages.Match(readBeside(dir, "pyvenv.cfg"))
	for _, site := range packages {
		e.readPaths(site)
	}
	return e
}

// hasAny reports whether a folder has an entry with one of these names.
func hasAny(dir string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	})
}

// systemPackages matches a pyvenv.cfg that includes the system's packages.
var systemPackages = pattern.New(`(?mi)^include-system-site-packages\s*=\s*true`)

// readPaths reads the .pth files of a folder of packages. Python adds the folders that
// they name to its path and runs their code, which may be the finder of an editable
// install.
// https://docs.python.org/3/library/site.html
func (e *Environment) readPaths(site string) {
	files, _ := filepath.Glob(filepath.Join(site, "*.pth"))
	slices.Sort(files)
	for _, file := range files {
		for line := range strings.Lines(string(readBeside(site, filepath.Base(file)))) {
			line = strings.TrimSpace(line)
			switch {
			case line == "" || strings.HasPrefix(line, "#"):
			case strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "import\t"):
				e.readFinder(site, line)
			case filepath.IsAbs(line):
				e.packages = append(e.packages, line)
			default:
				e.packages = append(e.packages, filepath.Join(site, line))
			}
		}
	}
}

var (
	finderModule = pattern.New(`^import\s+(\w*editable\w*)`)
	mapping      = pattern.New(`(?m)^MAPPING(?:: [^=]+)? = (\{.*\})`)
	mapped       = pattern.New(`'((?:[^'\\]|\\.)*)': '((?:[^'\\]|\\.)*)'`)
)

// readFinder reads the modules that a finder of setuptools maps. It cannot read other
// finders.
func (e *Environment) readFinder(site, line string) {
	module := finderModule.FindStringSubmatch(line)
	if module == nil {
		return // such as _virtualenv
	}
	table := mapping.FindStringSubmatch(string(readBeside(site, module[1]+".py")))
	if table == nil {
		e.hidden = true
		return
	}
	for _, pair := range mapped.FindAllStringSubmatch(table[1], -1) {
		e.moved[pair[1]] = strings.ReplaceAll(pair[2], `\\`, `\`)
	}
}

// readBeside returns the content of a file in a folder, nil if there is none.
func readBeside(dir, name string) []byte {
	content, _ := readFile(os.DirFS(dir), name)
	return content
}

// roots returns the folders of packages.
func (e *Environment) roots() []folder {
	var roots []folder
	for _, dir := range e.packages {
		roots = append(roots, outside(dir))
	}
	return roots
}

// outside returns a folder that need not be in the repository.
func outside(dir string) folder {
	return folder{os.DirFS(dir), ".", filepath.ToSlash(dir)}
}

// editable returns the module of that name that an editable install maps, or nil.
func (f *finder) editable(name string) *place {
	if f.project.Environment == nil {
		return nil
	}
	at, ok := f.project.Environment.moved[name]
	if !ok {
		return nil
	}
	if info, err := os.Stat(at); err == nil && info.IsDir() {
		inner := outside(at)
		if found := f.source(name, inner, "__init__"); found != nil {
			found.folders = []folder{inner}
			return found
		}
		return &place{name: name, shown: inner.shown, folders: []folder{inner}}
	}
	dir, file := filepath.Split(strings.TrimSuffix(at, ".py") + ".py")
	if _, err := fs.Stat(os.DirFS(dir), file); err != nil {
		return nil
	}
	return &place{name: name, fsys: os.DirFS(dir), file: file, shown: filepath.ToSlash(at)}
}
