package entrypoint

import (
	"fmt"
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
	names := strings.Split(attributes, ".")
	for _, f := range w.lookup(at, names, true) {
		if f.in == nil || f.binding == nil {
			continue
		}
		exits(f.in, f.binding.Name)
		called := f.binding.Name
		if f.member && len(names) > 1 {
			called = strings.Join(names[len(names)-2:], ".")
		}
		for _, remark := range w.unimportable(f.in, called) {
			say("%s", remark)
		}
		if reads := p.own(f.in).Reads; reads != nil {
			say("%s:%d uses %s, but the command line of a job is empty: "+
				"use command, or name a function that takes args and kwargs", f.in.shown, reads.Line, reads.What)
		}
	}
	return remarks
}

// own returns what is known about a module of the repository; nothing for any other.
func (p *Prover) own(in *place) module {
	if filepath.IsAbs(in.shown) {
		return module{}
	}
	return p.read(in)
}
