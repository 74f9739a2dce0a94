// Package entrypoint proves, without running anything of a project, that an
// entrypoint is there and can be called without arguments. It finds the module's
// file as Python would, reads it, and follows imports and re-exports to the
// definition. What only a run could tell counts for the entrypoint, never against it.
package entrypoint

import (
	"fmt"
	"io/fs"
	"os/exec"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Project is where the modules of a project are.
type Project struct {
	Repo        fs.FS        // the repository
	Dir         string       // the project's folder there, with slashes; "." for the root
	Path        []string     // what is on PYTHONPATH besides, relative to Dir
	Before      bool         // steps of the project's own run first, which may make modules
	Beyond      string       // what else may have modules installed: "the container"; "" if nothing
	Environment *Environment // nil if none is installed
}

// Verdict is what is known about an entrypoint.
type Verdict struct {
	Problem string // why it cannot work; "" if nothing is known against it
	Hint    string // what to do about that
	Unknown string // why nothing more can be told without running it; "" if it is proven

	File string // where it is defined: from the repository's root, or absolute; "" if unknown
	Line int
	Doc  string // the first line of its docstring

	missing bool // the Problem is that there is no such name
	nowhere bool // not even its first part, as a module

	misspelt *Verdict // the Problem, instead of Unknown, if its name is to be a module of the project
}

// Prover proves the entrypoints of a project. It reads each module only once.
type Prover struct {
	project Project
	finder  *finder
	without *Prover      // knows nothing of an environment that may be of something else; nil if that has none
	python  *interpreter // nil: the grammar of this package
	modules map[string]module
	proofs  map[string]Verdict
}

// New returns a Prover that reads modules with the grammar of this package.
func New(project Project) *Prover {
	var without *Prover
	if e := project.Environment; e != nil && e.borrowed {
		alone := project
		alone.Environment = nil
		without = New(alone)
	}
	return &Prover{
		project: project,
		without: without,
		finder:  newFinder(project),
		modules: make(map[string]module),
		proofs:  make(map[string]Verdict),
	}
}

// UsePython has modules read by the Python of the project's environment, which
// knows what is valid in its version, or else by the python3 of the PATH. Neither may
// be in the repository, whose folder root is. Close ends it.
func (p *Prover) UsePython(root string) error {
	path, other := "", false
	if e := p.project.Environment; e != nil && !e.borrowed {
		path = trusted(e.Python, root)
	}
	if path == "" {
		found, err := exec.LookPath("python3")
		if path = trusted(found, root); err != nil || path == "" {
			return nil
		}
		other = true
	}
	var err error
	if p.python, err = startInterpreter(path, other); p.without != nil {
		p.without.python = p.python
	}
	return err
}

// Close ends the Python that reads modules, if there is one.
func (p *Prover) Close() {
	if p.python != nil {
		p.python.close()
	}
}

// Prove returns what is known about an entrypoint of the form
// module(.module)*:attribute(.attribute)*.
func (p *Prover) Prove(target string) Verdict {
	verdict, ok := p.proofs[target]
	if !ok {
		verdict = p.prove(norm.NFKC.String(target)) // as Python does with identifiers
		if verdict.Problem != "" && p.without != nil {
			verdict = p.without.Prove(target)
		}
		p.proofs[target] = verdict
	}
	return verdict
}

func (p *Prover) prove(target string) Verdict {
	name, attributes, _ := strings.Cut(target, ":")
	module, verdict := p.find(name)
	if module == nil {
		if verdict.misspelt != nil {
			return *verdict.misspelt
		}
		return verdict
	}
	w := walk{Prover: p, target: target}
	names := strings.Split(attributes, ".")
	if by := w.patcher(name, names); by != nil {
		return Verdict{Unknown: fmt.Sprintf("package %q assigns it when it is imported", by.name)}
	}
	verdict = w.judgeAll(w.lookup(module, names, true))
	if top, _, _ := strings.Cut(name, "."); verdict.Problem == "" && verdict.Unknown == "" {
		if owner := p.finder.top(top).stranger; owner != "" {
			verdict.Unknown = fmt.Sprintf("it is of the project in %s, on which nothing here depends", owner)
		}
	}
	return verdict
}

// read returns what the source of a module says.
func (p *Prover) read(at *place) module {
	if at.file == "" {
		return module{Dynamic: at.opaque} // a namespace package, or compiled
	}
	if m, ok := p.modules[at.shown]; ok {
		return m
	}
	source, err := fs.ReadFile(at.fsys, at.file)
	m := module{Dynamic: true} // what cannot be read can hold anything
	if err == nil {
		var ok bool
		if p.python != nil {
			m, ok = p.python.read(source)
		}
		if !ok {
			m = parse(source)
		}
	}
	m.settle()
	p.modules[at.shown] = m
	return m
}
