package entrypoint

import (
	_ "embed"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"golang.org/x/text/unicode/norm"
)

// folder is a folder that may contain modules.
type folder struct {
	fsys  fs.FS
	path  string // in fsys
	shown string // for people: from the repository's root, or absolute
}

func (f folder) join(name string) folder {
	return folder{f.fsys, path.Join(f.path, name), path.Join(f.shown, name)}
}

// place is where a module is.
type place struct {
	name    string // its full name
	fsys    fs.FS
	file    string   // its source in fsys; "" for a namespace package or without a source
	shown   string   // the file for people
	opaque  bool     // without a source: an extension, or a module of the standard library
	folders []folder // of a package
}

// finder finds modules as Python's path finder does.
// https://docs.python.org/3/reference/import.html#the-path-based-finder
type finder struct {
	project   Project
	roots     []folder // sys.path without the standard library
	src       folder   // comes last on the path, as in a run
	strayPath string   // the part of PYTHONPATH that is no folder of the repository; "" if none
	listings  map[string][]string
	found     map[string]*place

	declarations func() []declaration
}

func newFinder(p Project) *finder {
	dir := folder{p.Repo, path.Clean(p.Dir), path.Clean(p.Dir)}
	f := &finder{project: p, src: dir.join("src"), listings: map[string][]string{}, found: map[string]*place{}}
	f.roots = []folder{dir}
	for _, more := range p.Path {
		inside := dir.join(more)
		if info, err := fs.Stat(p.Repo, inside.path); path.IsAbs(more) || err != nil || !info.IsDir() {
			f.strayPath = more // such as a zip file, or a folder that a step creates
			continue
		}
		f.roots = append(f.roots, inside)
	}
	if p.Environment != nil {
		f.roots = append(f.roots, p.Environment.roots()...)
	}
	f.declarations = sync.OnceValue(f.readDeclarations)
	return f
}

//go:embed stdlib.txt
var stdlibNames string

// stdlib holds the names of the modules of Python 3.8 to 3.14.
var stdlib = sync.OnceValue(func() map[string]bool {
	set := make(map[string]bool)
	for name := range strings.Lines(stdlibNames) {
		set[strings.TrimSpace(name)] = true
	}
	return set
})

// top returns the module of a name without dots, or nil.
func (f *finder) top(name string) *place {
	if at, ok := f.found[name]; ok {
		return at
	}
	at := f.locate(name, name, f.roots[:1])
	if at == nil || at.namespace() {
		at = f.beyond(name)
	}
	f.found[name] = at
	return at
}

// beyond returns the module of a name that no file in the project's folder has.
func (f *finder) beyond(name string) *place {
	if stdlib()[name] {
		return &place{name: name, opaque: true}
	}
	spread := f.locate(name, name, append(slices.Clone(f.roots), f.src))
	if spread != nil && !spread.namespace() {
		return spread
	}
	if at := f.editable(name); at != nil {
		return at
	}
	if at := f.shipped(name); at != nil && (spread == nil || !at.namespace()) {
		return at
	}
	return spread
}

// namespace reports whether a module is a package without an __init__.py.
func (p *place) namespace() bool { return p.file == "" && !p.opaque }

// locate returns the module of that name in the first of the folders that has it, or
// nil. Folders without an __init__.py count only if nothing else is found, and then all
// of them are one package.
func (f *finder) locate(name, full string, in []folder) *place {
	var portions []folder
	for _, dir := range in {
		entries := f.list(dir)
		if has(entries, name+"/") {
			inner := dir.join(name)
			if at := f.source(full, inner, "__init__"); at != nil {
				at.folders = []folder{inner}
				return at
			}
			portions = append(portions, inner)
		}
		if at := f.source(full, dir, name); at != nil {
			return at
		}
	}
	if portions == nil {
		return nil
	}
	return &place{name: full, shown: portions[0].shown, folders: portions}
}

// source returns the module whose file in the folder has that name, or nil.
func (f *finder) source(full string, in folder, name string) *place {
	for _, entry := range f.list(in) {
		if entry == name+".py" {
			at := in.join(entry)
			return &place{name: full, fsys: in.fsys, file: at.path, shown: at.shown}
		}
	}
	for _, entry := range f.list(in) {
		stem, suffix, _ := strings.Cut(entry, ".")
		if stem == name && (suffix == "pyc" || suffix == "so" || suffix == "pyd" || strings.HasSuffix(suffix, ".so") || strings.HasSuffix(suffix, ".pyd")) {
			return &place{name: full, opaque: true, shown: in.join(entry).shown}
		}
	}
	return nil
}

func has(entries []string, name string) bool {
	_, found := slices.BinarySearch(entries, name)
	return found
}

// list returns the entries of a folder, sorted; names of folders end in a slash. Python
// compares names exactly, also on file systems that ignore case, and in its own normal
// form.
func (f *finder) list(in folder) []string {
	if entries, ok := f.listings[in.shown]; ok {
		return entries
	}
	var names []string
	entries, _ := fs.ReadDir(in.fsys, in.path)
	for _, e := range entries {
		name, dir := norm.NFC.String(e.Name()), e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := fs.Stat(in.fsys, path.Join(in.path, e.Name()))
			if err != nil {
				continue // a link to nothing, or to itself
			}
			dir = info.IsDir()
		}
		if dir {
			name += "/"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	f.listings[in.shown] = names
	return names
}

// maxFile is the maximum size of a file that is read, in bytes. A Python that reads it can
// take some 350 times as much memory, and a larger one than any module of its own library
// is data.
const maxFile = 1 << 20

// readFile returns the content of a regular file of at most maxFile bytes.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	return atomic.Read(fsys, name, maxFile)
}

// modulesIn returns the names of the modules in folders.
func (f *finder) modulesIn(folders []folder) []string {
	var names []string
	for _, in := range folders {
		for _, entry := range f.list(in) {
			name, dir := strings.CutSuffix(entry, "/")
			source := false
			if !dir {
				name, source = strings.CutSuffix(entry, ".py")
			}
			if (dir || source) && name != "__init__" && !strings.ContainsAny(name, ".-") && name != "__pycache__" {
				names = append(names, name)
			}
		}
	}
	return names
}

// child returns the submodule of a package, or nil.
func (f *finder) child(of *place, name string) *place {
	full := of.name + "." + name
	at, ok := f.found[full]
	if !ok {
		at = f.locate(name, full, of.folders)
		f.found[full] = at
	}
	return at
}
