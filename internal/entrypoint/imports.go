package entrypoint

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxModules is how many modules of a project are searched for imports that fail.
const maxModules = 200

// unimportable says which imports always fail when a function of a module is called, or
// with "" the module is run as a script: those of the module, of what it calls in it, and
// of the modules of the project that these import. Each missing module is told once.
func (w *walk) unimportable(in *place, called string) (remarks []string) {
	todo, seen, told := append(w.above(in.name), in), map[string]bool{}, map[string]bool{}
	for i := 0; i < len(todo) && i < maxModules; i++ {
		at := todo[i]
		m := w.own(at)
		if m.Paths {
			return nil // anything can be on Python's path
		}
		if seen[at.shown] {
			continue
		}
		seen[at.shown] = true
		imports := m.certain(at == in && called == "")
		if at == in {
			imports = append(imports, m.late(called)...)
		}
		for _, b := range imports {
			top, _, _ := strings.Cut(b.From, ".")
			if why := w.missing(at, top); why != "" && !told[top] {
				told[top] = true
				remarks = append(remarks, fmt.Sprintf("%s:%d imports %s", at.shown, b.Line, why))
			}
			todo = append(todo, w.brought(at, b)...)
		}
	}
	return remarks
}

// brought returns the modules of the project that an import runs.
func (w *walk) brought(in *place, b binding) (modules []*place) {
	at, _ := w.origin(in, b.From)
	if at == nil {
		return nil
	}
	all := append(w.above(at.name), at)
	if inner := w.finder.child(at, b.Attr); inner != nil {
		all = append(all, inner)
	}
	for _, at := range all {
		if at.file != "" && !filepath.IsAbs(at.shown) {
			modules = append(modules, at)
		}
	}
	return modules
}

// above returns the packages that a module is in, which are imported before it.
func (w *walk) above(module string) (packages []*place) {
	for i, c := range module {
		if c == '.' {
			if at, _ := w.find(module[:i]); at != nil {
				packages = append(packages, at)
			}
		}
	}
	return packages
}

// missing says why the import of a top module always fails; "" if it may not.
func (p *Prover) missing(in *place, top string) string {
	if top == "" || p.finder.top(top) != nil || p.supplier(nil, top) != "" {
		return ""
	}
	folder, base := path.Dir(in.shown), path.Clean(p.project.Dir)
	for _, beside := range []string{path.Join(folder, top+".py"), path.Join(folder, top, "__init__.py")} {
		if _, err := fs.Stat(p.project.Repo, beside); err == nil && folder != base {
			return fmt.Sprintf("%q, but the folder of %s is not on Python's path, unlike that of a script: name its package too, as in `from %s import %s`",
				top, beside, strings.ReplaceAll(strings.TrimPrefix(folder, base+"/"), "/", "."), top)
		}
	}
	remark := fmt.Sprintf("%q, which neither the project nor a dependency that it declares provides", top)
	for _, pattern := range []string{"*/requirements*.txt", "*/*/requirements*.txt"} {
		files, _ := fs.Glob(p.project.Repo, path.Join(globbed.Replace(base), pattern))
		if len(files) > 0 && !slices.Contains(p.project.Files, files[0]) {
			return remark + fmt.Sprintf("; if %s has it, set requirements = [%q]", files[0], strings.TrimPrefix(files[0], base+"/"))
		}
	}
	return remark
}
