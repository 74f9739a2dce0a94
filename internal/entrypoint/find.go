package entrypoint

import (
	"fmt"
	"strings"
)

// find returns the module with that full name, or nil and the reason.
func (p *Prover) find(name string) (*place, Verdict) {
	top, rest, _ := strings.Cut(name, ".")
	at := p.finder.top(top)
	if at == nil {
		return nil, p.absentTop(top)
	}
	for part := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == '.' }) {
		inner, verdict := p.enter(at, part)
		if inner == nil {
			return nil, verdict
		}
		at = inner
	}
	return at, Verdict{}
}

// enter returns the submodule of a package, or nil and the reason. Python runs the
// package first.
func (p *Prover) enter(of *place, name string) (*place, Verdict) {
	m := p.read(of)
	if m.Error != nil {
		return nil, p.unreadable(of, m.Error)
	}
	inner := p.finder.child(of, name)
	switch {
	case inner != nil:
		return inner, Verdict{}
	case m.Dynamic:
		return nil, Verdict{Unknown: fmt.Sprintf("module %q may have %q in a way that only a run shows", of.name, name)}
	case len(live(m.Names, name)) > 0:
		return nil, p.absent(of, name, nil, fmt.Sprintf("%q is an attribute: write it after the colon, as in \"%s:%s\"", name, of.name, name))
	}
	return nil, p.absent(of, name, p.finder.modulesIn(of.folders), "")
}

// read returns what the source of a module says.
func (p *Prover) read(at *place) module {
	if at.file == "" {
		return module{Dynamic: at.opaque} // a namespace package, or compiled
	}
	return p.reader.read(at)
}

// unreadable returns the verdict on a module that Python does not compile.
func (p *Prover) unreadable(at *place, err *syntaxError) Verdict {
	where := fmt.Sprintf("%s:%d: %s", at.shown, err.Line, err.Message)
	version := p.reader.version
	if !err.Certain && !atLeast(version, p.project.Python) {
		return Verdict{Unknown: fmt.Sprintf("Python %d.%d cannot read module %q, and the job may have a later one: %s", version[0], version[1], at.name, where)}
	}
	return Verdict{Problem: fmt.Sprintf("module %q cannot be imported: %s", at.name, where), File: at.shown, Line: err.Line}
}
