package entrypoint

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Remarks says what the modules of an entrypoint do when they are run as scripts, but not
// in a job, and which of their imports fail there. With exitCode, what the entrypoint returns goes to sys.exit in a job, too.
func (p *Prover) Remarks(target string, exitCode bool) []string {
	if p.reader == nil {
		return nil
	}
	name, attributes, _ := strings.Cut(norm.NFKC.String(target), ":")
	at, _ := p.find(name)
	if at == nil {
		return nil
	}
	var remarks []string
	said := map[string]bool{}
	say := func(format string, args ...any) {
		if remark := fmt.Sprintf(format, args...); !said[remark] {
			said[remark] = true
			remarks = append(remarks, remark)
		}
	}
	exits := func(in *place, name string) {
		if line := p.own(in).Exits[name]; line > 0 && !exitCode {
			say(`%s:%d hands what %q returns to sys.exit, which a job does only with the option result = "exit-code"`, in.shown, line, name)
		}
	}
	exits(at, attributes)
	w := walk{Prover: p, target: target}
	for _, f := range w.lookup(at, strings.Split(attributes, "."), true) {
		if f.in == nil || f.binding == nil {
			continue
		}
		exits(f.in, f.binding.Name)
		for _, b := range p.own(f.in).Names {
			if remark := p.unimportable(f.in, b); remark != "" {
				say("%s:%d imports %s", f.in.shown, b.Line, remark)
			}
		}
		if reads := p.own(f.in).Reads; reads != nil {
			say("%s:%d uses %s, but the command line of a job is empty: "+
				"use command, or name a function that takes args and kwargs", f.in.shown, reads.Line, reads.What)
		}
	}
	return remarks
}

// unimportable says why the import of a top module always fails, unless the module of
// the project changes the path; "" if it may not.
func (p *Prover) unimportable(in *place, b binding) string {
	top, _, _ := strings.Cut(b.From, ".")
	if b.Kind != anImport || b.Guard != always || top == "" || p.own(in).Paths || p.finder.top(top) != nil || p.supplier(nil, top) != "" {
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
		if files, _ := fs.Glob(p.project.Repo, path.Join(globbed.Replace(base), pattern)); len(files) > 0 {
			return remark + fmt.Sprintf("; %s is not installed, because it is in a folder below the project: move it up", files[0])
		}
	}
	return remark
}

// own returns what is known about a module of the repository; nothing for any other.
func (p *Prover) own(in *place) module {
	if filepath.IsAbs(in.shown) {
		return module{}
	}
	return p.read(in)
}
