// Package entrypoint proves, without running anything of a project, that an
// entrypoint is there and can be called without arguments. It finds the module's
// file as Python would, reads it, and follows imports and re-exports to the
// definition. What only a run could tell counts for the entrypoint, never against it.
package entrypoint

import (
	"fmt"
	"io/fs"
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
	Python      string       // the version that runs the entrypoint, as "3.12" or ">=3.11"; "" if unknown
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

// Prover proves the entrypoints of a project.
type Prover struct {
	project Project
	reader  *Reader
	finder  *finder
	without *Prover // knows nothing of an environment that may be of something else; nil if that has none
	proofs  map[string]Verdict
}

// NoReader is why nothing is known about an entrypoint without a Python.
const NoReader = "there is no Python here that could read its module"

// New returns a Prover that has modules read by a Python. Several may share that.
// Without one, nil, everything is left open.
func New(project Project, reader *Reader) *Prover {
	var without *Prover
	if e := project.Environment; e != nil && e.borrowed {
		alone := project
		alone.Environment = nil
		without = New(alone, reader)
	}
	return &Prover{
		project: project,
		reader:  reader,
		without: without,
		finder:  newFinder(project),
		proofs:  make(map[string]Verdict),
	}
}

// Prove returns what is known about an entrypoint of the form
// module(.module)*:attribute(.attribute)*.
func (p *Prover) Prove(target string) Verdict {
	if p.reader == nil {
		return Verdict{Unknown: NoReader}
	}
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
	return w.judgeAll(w.lookup(module, names, true))
}
