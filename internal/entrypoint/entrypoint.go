// Package entrypoint proves that an entrypoint exists and can be called with the
// arguments of its job, and runs nothing of the project. It finds the file of the module as Python
// would, lets a Python read it, and follows imports and re-exports to the definition.
// What only a run can show counts for the entrypoint, never against it.
package entrypoint

import (
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Project says where the modules of a project are.
type Project struct {
	Repo        fs.FS        // the repository
	Dir         string       // the project's folder there, with slashes; "." for the root
	Path        []string     // the folders of PYTHONPATH, relative to Dir
	Files       []string     // of the option requirements, from the repository's root
	Before      bool         // the project's own steps run first and may make modules
	Beyond      string       // another place that may have modules: "the container"; "" if none
	Environment *Environment // nil if none is installed
	Python      string       // the version that runs the entrypoint, as "3.12" or ">=3.11"; "" if unknown
}

// Verdict is what is known about an entrypoint.
type Verdict struct {
	Problem string // why it cannot work; "" if there is no known reason
	Hint    string // what to do about that
	Key     string // of the job that is to blame: "args", "kwargs" or pyproject.KwargKey; "" for entrypoint
	Unknown string // why it is not proven; "" if it is

	File string // where it is defined: from the repository's root, or absolute; "" if unknown
	Line int
	Doc  string // the first line of its docstring

	missing bool // the Problem is that the name does not exist
	nowhere bool // nor does its first part, as a module

	misspelt *Verdict // the Problem to report instead of Unknown if the name is the user's own
}

// Prover proves the entrypoints of a project.
type Prover struct {
	project Project
	reader  *Reader
	finder  *finder
	without *Prover // looks into no borrowed environment; nil if there is none
	proofs  map[string]Verdict
}

// NoReader is the reason why an entrypoint is not proven without a Python.
const NoReader = "there is no Python 3 on PATH that belongs to you or to the system"

// New returns a Prover for a project. The reader reads its modules, and several Provers
// can share it. Without a reader nothing is proven.
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
// module(.module)*:attribute(.attribute)* that is called like this.
func (p *Prover) Prove(target string, given Given) Verdict {
	if p.reader == nil {
		return Verdict{Unknown: NoReader}
	}
	call := target
	if !given.none() {
		call = fmt.Sprintf("%s(%d %q)", target, given.Positional, given.Named)
	}
	verdict, ok := p.proofs[call]
	if !ok {
		verdict = p.prove(norm.NFKC.String(target), given) // as Python does with identifiers
		if verdict.Problem != "" && p.without != nil {
			verdict = p.without.Prove(target, given)
		}
		if verdict.Unknown != "" && p.reader.broken {
			verdict.Unknown = "the Python that reads its modules has stopped"
		}
		p.proofs[call] = verdict
	}
	return verdict
}

func (p *Prover) prove(target string, given Given) Verdict {
	name, attributes, _ := strings.Cut(target, ":")
	module, verdict := p.find(name)
	if module == nil {
		if verdict.misspelt != nil {
			return *verdict.misspelt
		}
		return verdict
	}
	w := walk{Prover: p, target: target, given: given}
	names := strings.Split(attributes, ".")
	if by := w.patcher(name, names); by != nil {
		return Verdict{Unknown: fmt.Sprintf("package %q assigns it when it is imported", by.name)}
	}
	return w.judgeAll(w.lookup(module, names, true))
}
