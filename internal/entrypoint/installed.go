package entrypoint

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Environment is where a project's packages are installed.
type Environment struct {
	Python string // its interpreter
	Shown  string // for people

	packages []string          // the folders of packages, absolute
	moved    map[string]string // what an editable install maps: a module to its file or folder
	hidden   bool              // something in it finds modules in a way of its own
	borrowed bool              // it is merely active, and may be of something else
}

// FindEnvironment returns the environment that is installed for a project: .venv in
// its folder or one above it up to the repository's root, else the one of pixi there,
// else that which is active. It is nil if there is none. getenv looks a variable up.
func FindEnvironment(dir, root string, getenv func(string) string) *Environment {
	folders := []string{".venv", filepath.Join(".pixi", "envs", "default")}
	if own := getenv("UV_PROJECT_ENVIRONMENT"); own != "" && !filepath.IsAbs(own) {
		folders = append(folders, own)
	}
	for at := dir; ; at = filepath.Dir(at) {
		for _, name := range folders {
			if e := openEnvironment(filepath.Join(at, name), name); e != nil {
				return e
			}
		}
		if at == root || at == filepath.Dir(at) {
			break
		}
	}
	for _, name := range []string{"UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV", "CONDA_PREFIX"} {
		if at := getenv(name); filepath.IsAbs(at) {
			if e := openEnvironment(at, at); e != nil {
				e.borrowed = name != "UV_PROJECT_ENVIRONMENT"
				return e
			}
		}
	}
	return nil
}

// openEnvironment returns the environment in a folder, or nil if there is none.
func openEnvironment(dir, shown string) *Environment {
	python, lib := filepath.Join(dir, "bin", "python"), filepath.Join(dir, "lib", "python3.*", "site-packages")
	if runtime.GOOS == "windows" {
		python, lib = filepath.Join(dir, "Scripts", "python.exe"), filepath.Join(dir, "Lib", "site-packages")
		if hasAny(dir, "conda-meta") {
			python = filepath.Join(dir, "python.exe")
		}
	}
	if _, err := os.Stat(python); err != nil || !hasAny(dir, "pyvenv.cfg", "conda-meta") {
		return nil
	}
	packages, _ := filepath.Glob(lib)
	e := &Environment{Python: python, Shown: filepath.ToSlash(shown), packages: packages, moved: make(map[string]string)}
	config, _ := os.ReadFile(filepath.Join(dir, "pyvenv.cfg"))
	e.hidden = systemPackages.Match(config)
	for _, site := range packages {
		e.readPaths(site)
	}
	return e
}

// hasAny reports whether a folder has something of one of these names.
func hasAny(dir string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	})
}

// systemPackages matches a pyvenv.cfg by which the system's packages count, too.
var systemPackages = regexp.MustCompile(`(?mi)^include-system-site-packages\s*=\s*true`)

// readPaths reads the .pth files of a folder of packages, as site does, which adds
// folders and runs code. Of that only the finders of editable installs matter.
// https://docs.python.org/3/library/site.html
func (e *Environment) readPaths(site string) {
	files, _ := filepath.Glob(filepath.Join(site, "*.pth"))
	slices.Sort(files)
	for _, file := range files {
		content, _ := os.ReadFile(file)
		for scanner := bufio.NewScanner(bytes.NewReader(content)); scanner.Scan(); {
			line := strings.TrimSpace(scanner.Text())
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
	finderModule = regexp.MustCompile(`^import\s+(\w*editable\w*)`)
	mapping      = regexp.MustCompile(`(?m)^MAPPING(?:: [^=]+)? = (\{.*\})`)
	mapped       = regexp.MustCompile(`'((?:[^'\\]|\\.)*)': '((?:[^'\\]|\\.)*)'`)
)

// readFinder reads the modules that a finder of setuptools maps; others it leaves
// unread.
func (e *Environment) readFinder(site, line string) {
	module := finderModule.FindStringSubmatch(line)
	if module == nil {
		return // such as _virtualenv
	}
	source, _ := os.ReadFile(filepath.Join(site, module[1]+".py"))
	table := mapping.FindSubmatch(source)
	if table == nil {
		e.hidden = true
		return
	}
	for _, pair := range mapped.FindAllStringSubmatch(string(table[1]), -1) {
		e.moved[pair[1]] = strings.ReplaceAll(pair[2], `\\`, `\`)
	}
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
