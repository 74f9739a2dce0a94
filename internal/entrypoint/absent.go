package entrypoint

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// absent returns the verdict on a module that is not found in a package or, without
// one, at the top. It is a problem only if nothing that the project declares could make
// or install the module. others are the last parts of the names of the modules beside
// it; hint says what to do if none of them is similar.
func (p *Prover) absent(of *place, name string, others []string, hint string) Verdict {
	full, where := name, " in the project"
	if p.project.Environment != nil {
		where += " or in " + p.project.Environment.shown
	}
	if of != nil {
		full, where = of.name+"."+name, ""
	}
	missing := fmt.Sprintf("there is no module %q", full)
	v := Verdict{Problem: missing + where, Hint: hint, missing: true, nowhere: of == nil}
	if near := nearest(name, others); near != "" {
		v.Hint = fmt.Sprintf("did you mean %q?", strings.TrimSuffix(full, name)+near)
	}
	why := p.supplier(of, name)
	if why == "" {
		return v
	}
	unknown := Verdict{Unknown: missing + " here, but " + why}
	if v.Hint != "" {
		unknown.Unknown += "; " + v.Hint
	}
	if p.misspelt(of, name, others) {
		unknown.misspelt = &v
	}
	return unknown
}

// absentTop is absent for a module without dots.
func (p *Prover) absentTop(name string) Verdict {
	hint := ""
	if stray := p.finder.stash(name); len(stray) > 0 {
		where := stray[0].shown
		if where == "." {
			where = "the repository's root"
		}
		hint = fmt.Sprintf("there is one in %s, which is not on Python's path", where)
	}
	return p.absent(nil, name, p.finder.modulesIn(p.finder.own(nil)), hint)
}

// supplier says what could make or install a missing module; "" if nothing.
func (p *Prover) supplier(of *place, name string) string {
	if of != nil && of.folders == nil {
		return "" // no package, so nothing can be in it
	}
	if p.project.Before {
		return "the steps before the entrypoint may make it"
	}
	if of == nil || of.namespace() { // more of such a package may be installed
		if why := cmp.Or(p.hides(name), p.installs(name)); why != "" {
			return why
		}
	}
	folders := p.finder.own(of)
	if len(folders) == 0 {
		return "" // the package is installed, and so built
	}
	for _, file := range p.finder.declarations() {
		if file.makes || file.writes(name) || file.builds && p.finder.hasOriginal(folders, name) {
			return fmt.Sprintf("the build that %s describes may make it", file.name)
		}
	}
	return ""
}

// own returns the folders of the repository in which modules of a package are or, if
// that is nil, the project's own modules.
func (f *finder) own(of *place) []folder {
	if of == nil {
		return []folder{f.roots[0], f.src}
	}
	return slices.DeleteFunc(slices.Clone(of.folders), func(in folder) bool { return filepath.IsAbs(in.shown) })
}

// preinstalled are the modules that come with Python when it is set up.
var preinstalled = []string{"pip", "setuptools", "pkg_resources", "wheel"}

// hides says where a module may be although nothing here shows it; "" if nowhere.
func (p *Prover) hides(name string) string {
	environment := p.project.Environment
	switch {
	case p.project.Beyond != "":
		return p.project.Beyond + " may have it"
	case p.finder.strayPath != "":
		return fmt.Sprintf("it may be in %q of PYTHONPATH", p.finder.strayPath)
	case environment == nil && slices.Contains(preinstalled, name):
		return "it may come with Python"
	case environment != nil && environment.hidden:
		return environment.shown + " may have it in a way that only a run shows"
	}
	return ""
}

// installs says which declared dependency could provide a module; "" if none.
func (p *Prover) installs(name string) string {
	environment := p.project.Environment
	for _, file := range p.finder.declarations() {
		switch {
		case !file.installs:
		case environment == nil:
			return fmt.Sprintf("a dependency in %s may provide it, and no environment is installed", file.name)
		case strings.Contains(file.words, spelled(name)): // as pyyaml does yaml
			return fmt.Sprintf("%s may be older than %s, which mentions it", environment.shown, file.name)
		}
	}
	return ""
}

// misspelt reports whether a module that something could make or install is more likely
// a typo for one of others: its name is one edit away, and nothing here mentions it.
func (p *Prover) misspelt(of *place, name string, others []string) bool {
	folders := p.finder.own(of)
	return slices.ContainsFunc(others, func(other string) bool { return slip(name, other) }) &&
		p.hides(name) == "" && len(folders) > 0 && !p.finder.hasOriginal(folders, name) &&
		!slices.ContainsFunc(p.finder.declarations(), func(file declaration) bool { return file.mentions(name) })
}
