package entrypoint

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// absent returns the verdict on a module that is not found, in a package or, if that
// is nil, at the top: a problem only if nothing that the project declares could make
// or bring it. others are the last parts of the names that there are beside it; hint
// is what to do if none of them is near.
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
	if near := pyproject.Nearest(name, others); near != "" {
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

// nowhere returns the verdict on a module without dots that is not found.
func (p *Prover) nowhere(name string) Verdict {
	hint := ""
	if stray := p.finder.stash(name); len(stray) > 0 {
		where := stray[0].shown
		if where == "." {
			where = "the repository's root"
		}
		hint = fmt.Sprintf("there is one in %s, which is not on Python's path", where)
	}
	return p.absent(nil, name, p.finder.modulesIn([]folder{p.finder.roots[0], p.finder.src}), hint)
}

// supplier says what could make or bring a module that is not found; "" if nothing.
func (p *Prover) supplier(of *place, name string) string {
	if of != nil && of.folders == nil {
		return "" // no package, so that nothing can be in it
	}
	if p.project.Before {
		return "the steps before the entrypoint may make it"
	}
	if of == nil || of.namespace() { // more of such a package may be installed
		if why := cmp.Or(p.hides(name), p.installs(name)); why != "" {
			return why
		}
	}
	return p.finder.build(of, name)
}

// preinstalled are the modules that come with Python where it is set up.
var preinstalled = []string{"pip", "setuptools", "pkg_resources", "wheel"}

// hides says where a module may be without anything here that shows it; "" if nowhere.
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
		return environment.shown + " may have it in a way that only Python sees"
	}
	return ""
}

// installs says what that the project declares could install a module; "" if nothing.
func (p *Prover) installs(name string) string {
	environment := p.project.Environment
	for _, file := range p.finder.declarations() {
		switch {
		case !file.installs:
		case environment == nil:
			return fmt.Sprintf("a dependency may bring it, says %s, and no environment is installed", file.name)
		case strings.Contains(file.text, spelled(name)): // as pyyaml does yaml
			return fmt.Sprintf("%s may be older than %s, which mentions it", environment.shown, file.name)
		}
	}
	return ""
}

// misspelt reports whether a module that something could make or bring is rather
// meant to be one of others: its name is one edit away, and nothing here mentions it.
func (p *Prover) misspelt(of *place, name string, others []string) bool {
	if !slices.ContainsFunc(others, func(other string) bool { return oneEdit(name, other) }) || p.hides(name) != "" {
		return false
	}
	folders := []folder{p.finder.roots[0], p.finder.src}
	if of != nil {
		folders = of.folders
	}
	return !slices.ContainsFunc(folders, func(in folder) bool { return filepath.IsAbs(in.shown) || p.finder.hasOriginal(in, name) }) &&
		!slices.ContainsFunc(p.finder.declarations(), func(file declaration) bool { return file.mentions(name) })
}

// oneEdit reports whether two names differ by a letter that is put in, left out or
// replaced, or by two that are swapped. Digits and underscores are no slips: v1 and v2
// are two modules, and _core is what core is built with.
func oneEdit(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	swapped := len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]
	return max(len(a), len(b)) > 2 && (swapped || max(len(x), len(y)) == 1) && !strings.ContainsAny(string(x)+string(y), "0123456789_")
}

// declaration is a file that may declare something to be installed.
type declaration struct {
	name     string
	text     string // spelled, between two -, and without comments and entrypoints
	installs bool   // it does
}

// mentions reports whether the name of a module stands in the file as a word.
func (d declaration) mentions(name string) bool {
	return strings.Contains(d.text, "-"+spelled(name)+"-")
}

// spelled returns a text as its words only, so that Later.Lib is later_lib.
func spelled(text string) string {
	return strings.Trim(separators.ReplaceAllString(strings.ToLower(text), "-"), "-")
}

// declaring are the names of the files that can declare what is to be installed.
var declaring = []string{"pyproject.toml", "setup.py", "setup.cfg", "*requirements*.txt", "*requirements*.in", "requirements/*",
	"Pipfile", "Pipfile.lock", "environment*.y*ml", "conda-lock*.yml", "pixi.toml", "hatch.toml", "*.lock", "pylock*.toml"}

var (
	separators = regexp.MustCompile(`[^\pL\d]+`)
	remarks    = regexp.MustCompile(`(?m)#.*$|^\s*"?entrypoint"?\s*=.*$|^\s*\[+tool.scheduled.*$`)
	empty      = regexp.MustCompile(`dependencies["']?\s*=\s*\[\s*\]`)
	packages   = regexp.MustCompile(`\[\[packages?\]\]`)
	itself     = regexp.MustCompile(`(virtual|editable) = "`)
)

// readDeclarations returns the files that may declare something to be installed, in the
// project's folder and those above it.
func (f *finder) readDeclarations() []declaration {
	var found []declaration
	for dir := path.Clean(f.project.Dir); ; dir = path.Dir(dir) {
		for _, pattern := range declaring {
			names, _ := fs.Glob(f.project.Repo, path.Join(globbed.Replace(dir), pattern))
			for _, name := range names {
				content, _ := readFile(f.project.Repo, name)
				text := remarks.ReplaceAllString(string(content), "")
				found = append(found, declaration{name, "-" + spelled(text) + "-", declares(path.Base(name), text)})
			}
		}
		if dir == "." {
			return found
		}
	}
}

// globbed escapes what has a meaning in a pattern.
var globbed = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

// declares reports whether a file of that name and text, without its comments,
// declares something to be installed.
func declares(name, text string) bool {
	switch {
	case name == "pyproject.toml":
		text = empty.ReplaceAllString(text, "")
		return strings.Contains(text, "dependenc") || strings.Contains(text, "tool.flit")
	case name == "setup.cfg":
		return strings.Contains(text, "requires")
	case packages.MatchString(text): // a lock, in which the project itself is, too
		return len(packages.FindAllString(text, -1)) > len(itself.FindAllString(text, -1))
	case name == "uv.lock", name == "poetry.lock", name == "pdm.lock":
		return false
	}
	return strings.TrimSpace(text) != ""
}
