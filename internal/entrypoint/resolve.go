package entrypoint

import (
	"fmt"
	"slices"
	"strings"
)

// walk follows one entrypoint to its definitions.
type walk struct {
	*Prover
	target string
	given  Given
	steps  int
}

// maxSteps is the maximum number of names that a walk follows. Imports may be circular.
const maxSteps = 500

// found is what a path of names may lead to: a binding in a module, the module
// itself, or a verdict that settles it.
type found struct {
	in      *place
	binding *binding // nil for the module
	member  bool     // of a class
	settled *Verdict
}

func settled(v Verdict) []found { return []found{{settled: &v}} }

func unknown(format string, args ...any) []found {
	return settled(Verdict{Unknown: fmt.Sprintf(format, args...)})
}

// lookup returns what the names lead to from a module: several things if a name is
// bound under conditions. With asked, the first name is imported if it is a submodule,
// as from … import does.
func (w *walk) lookup(in *place, names []string, asked bool) []found {
	if w.steps++; w.steps > maxSteps {
		return unknown("its imports are circular or too deep")
	}
	if len(names) == 0 {
		return []found{{in: in}}
	}
	m := w.read(in)
	if m.Error != nil {
		return settled(w.unreadable(in, m.Error))
	}
	if m.changes(names...) {
		return unknown("module %q assigns %q when it runs", in.name, strings.Join(names, "."))
	}
	return w.within(in, m, names, asked)
}

// within is lookup in a module that has been read.
func (w *walk) within(in *place, m module, names []string, asked bool) []found {
	if things := w.bound(in, m, names); len(things) > 0 {
		return things
	}
	return w.inside(in, m, names, asked)
}

// bound returns what the names lead to if the module binds the first one, itself or by a
// star import. Otherwise it returns nothing.
func (w *walk) bound(in *place, m module, names []string) []found {
	bindings := live(m.Names, names[0])
	all := w.followAll(in, nil, bindings, names[1:])
	for _, star := range slices.Backward(live(m.Names, "*")) { // the last one counts
		if len(bindings) > 0 && star.Line < bindings[len(bindings)-1].Line {
			break
		}
		if w.steps++; w.steps > maxSteps {
			return unknown("its imports are circular or too deep")
		}
		at, verdict := w.origin(in, star.From)
		if at == nil {
			return settled(w.via(in, &star, verdict))
		}
		from := w.read(at)
		if from.Error == nil && !from.exports(names[0]) {
			continue
		}
		things := w.bound(at, from, names)
		inner := w.finder.child(at, names[0])
		switch {
		case from.Error != nil:
			return settled(w.unreadable(at, from.Error))
		case len(things) == 0 && inner != nil: // if that has been imported
			things = w.lookup(inner, names[1:], false)
		case len(things) == 0 && computes(from):
			things = unknown("%s:%d imports what module %q has when it runs", in.shown, star.Line, at.name)
		}
		all = append(all, things...)
	}
	return all
}

// computes reports whether a module may have names that are not bound in its source.
func computes(m module) bool {
	_, computed := first(m.Names, "__getattr__")
	return computed || m.Dynamic || m.Registers
}

// inside returns what the names lead to from a module that does not bind the first.
func (w *walk) inside(in *place, m module, names []string, asked bool) []found {
	if at := w.finder.child(in, names[0]); at != nil {
		if !asked && !m.imports(in.name, names[0]) {
			return unknown("nothing in module %q imports %q", in.name, at.name)
		}
		return w.lookup(at, names[1:], false)
	}
	if computes(m) || isDunder(names[0]) {
		return unknown("module %q may get the name %q when it runs", in.name, names[0])
	}
	if why := w.supplier(in, names[0]); why != "" && len(names) > 1 {
		return unknown("there is no module %q here, but %s", in.name+"."+names[0], why)
	}
	v := Verdict{Problem: fmt.Sprintf("module %q has no attribute %q", in.name, names[0]), missing: true, File: in.shown}
	if b, ok := first(m.Names, names[0]); ok {
		v.Problem += reason(b)
	} else if near := nearest(names[0], append(namesOf(m.Names), w.finder.modulesIn(in.folders)...)); near != "" {
		v.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return settled(v)
}

// reason says why a name that is bound in the source is not there.
func reason(b binding) string {
	switch {
	case b.Guard == forTypes:
		return " at run time: it is bound only if TYPE_CHECKING"
	case b.Guard == asScript:
		return ` when it is imported: it is bound only if __name__ == "__main__"`
	}
	return ": it deletes that"
}

// followAll follows each of the bindings, the last one first: it is the most likely.
func (w *walk) followAll(in *place, class []binding, bindings []binding, rest []string) []found {
	var all []found
	for _, b := range slices.Backward(bindings) {
		all = append(all, w.follow(in, class, &b, rest)...)
	}
	return all
}

// follow returns what the names lead to from a binding of a module or, if class is
// not nil, of a class.
func (w *walk) follow(in *place, class []binding, b *binding, rest []string) []found {
	switch {
	case b.Kind == anImport:
		at, verdict := w.origin(in, b.From)
		if at == nil {
			return settled(w.via(in, b, verdict))
		}
		if b.Attr != "" {
			rest = append([]string{b.Attr}, rest...)
		}
		things := w.imported(in, b, at, rest)
		for i := range things {
			if v := things[i].settled; v != nil && v.missing {
				broken := w.via(in, b, *v)
				things[i].settled = &broken
			}
		}
		return things
	case b.Kind == anAlias:
		return w.alias(in, class, b, rest)
	case len(rest) == 0:
		return []found{{in: in, binding: b, member: class != nil}}
	case b.Kind == aClass:
		return w.member(in, b, rest)
	}
	return unknown("%q is an attribute of a value", rest[0])
}

// imported returns what the names lead to from the module in which an import looks for
// them. A module can import from itself.
func (w *walk) imported(by *place, b *binding, at *place, names []string) []found {
	if at != by || len(names) == 0 {
		return w.lookup(at, names, b.Attr != "")
	}
	m := w.read(at) // which has run up to the import, as in from . import name
	m.Names = slices.DeleteFunc(slices.Clone(m.Names), func(other binding) bool { return other.Line >= b.Line })
	return w.within(at, m, names, b.Attr != "")
}

// via adds to a verdict the import that leads to it.
func (w *walk) via(in *place, b *binding, v Verdict) Verdict {
	if v.Problem != "" {
		v.Problem = fmt.Sprintf("%s:%d imports something that does not exist: %s", in.shown, b.Line, v.Problem)
		v.File, v.Line = in.shown, b.Line
	}
	return v
}

// origin returns the module that an import statement names.
func (w *walk) origin(in *place, from string) (*place, Verdict) {
	name := strings.TrimLeft(from, ".")
	if level := len(from) - len(name); level > 0 {
		parts := strings.Split(in.name, ".")
		if in.folders != nil {
			level-- // the first dot of a package is the package
		}
		if level >= len(parts) {
			return nil, Verdict{Problem: fmt.Sprintf("%q goes beyond the topmost package", from)}
		}
		name = strings.Trim(strings.Join(parts[:len(parts)-level], ".")+"."+name, ".")
	}
	at, v := w.find(name)
	switch {
	case at == nil && v.Problem != "" && w.movesPath(in):
		v = Verdict{Unknown: fmt.Sprintf("%s imports the module %q, and Python's path is changed before", in.shown, name)}
	case v.nowhere && w.project.Environment == nil:
		v = Verdict{Unknown: fmt.Sprintf("%s imports the module %q, and no environment is installed here", in.shown, name)}
	}
	return at, v
}

// patcher returns the package above a module that assigns one of the module's names;
// nil if none does.
func (w *walk) patcher(module string, names []string) *place {
	parts := strings.Split(module, ".")
	for i := 1; i < len(parts); i++ {
		at, _ := w.find(strings.Join(parts[:i], "."))
		if at == nil {
			return nil
		}
		m := w.read(at)
		if m.changes(slices.Concat(parts[i:], names)...) || m.changes(slices.Concat(parts, names)...) {
			return at
		}
	}
	return nil
}

// movesPath reports whether Python's path is changed by a module, a package above it, or
// a module that one of them imports.
func (w *walk) movesPath(in *place) bool {
	find := func(name string) module {
		if at, _ := w.find(name); at != nil {
			return w.read(at)
		}
		return module{}
	}
	moves := func(b binding) bool {
		return b.Kind == anImport && b.From != "" && b.From[0] != '.' && find(b.From).Paths
	}
	for name := in.name; name != ""; name = name[:max(0, strings.LastIndexByte(name, '.'))] {
		if m := find(name); m.Paths || slices.ContainsFunc(m.Names, moves) {
			return true
		}
	}
	return false
}

// alias follows a name to the other name that is its value.
func (w *walk) alias(in *place, class []binding, b *binding, rest []string) []found {
	names := append(strings.Split(b.From, "."), rest...)
	if w.steps++; w.steps > maxSteps {
		return unknown("its names are circular or too deep")
	}
	if bindings := live(class, names[0]); len(bindings) > 0 {
		return w.followAll(in, class, bindings, names[1:])
	}
	things := w.lookup(in, names, false)
	if len(things) == 1 && things[0].settled != nil && things[0].settled.missing {
		return unknown("%q is the value of %q, which may be a builtin", b.Name, b.From)
	}
	return things
}

// inert are the base classes without methods of their own.
var inert = []string{"object", "ABC", "Generic", "Protocol"}

// member returns what the names lead to from a class.
func (w *walk) member(in *place, class *binding, names []string) []found {
	if w.steps++; w.steps > maxSteps {
		return unknown("its bases are circular or too deep")
	}
	if bindings := live(class.Body, names[0]); len(bindings) > 0 {
		return w.followAll(in, class.Body, bindings, names[1:])
	}
	m := w.read(in)
	if isDunder(names[0]) || class.Keyword || len(class.Decorators) > 0 || m.Dynamic || m.changes(names...) {
		return unknown("class %q may get the name %q when it is made", class.Name, names[0])
	}
	others := namesOf(class.Body)
	for _, base := range class.Bases {
		if slices.Contains(inert, base[strings.LastIndexByte(base, '.')+1:]) {
			continue
		}
		for _, f := range w.lookup(in, strings.Split(base, "."), false) {
			if f.binding == nil || f.binding.Kind != aClass || len(live(f.binding.Body, "__init_subclass__")) > 0 {
				return unknown("class %q may inherit the name %q", class.Name, names[0])
			}
			things := w.member(f.in, f.binding, names)
			if things[0].settled == nil || !things[0].settled.missing {
				return things
			}
			others = append(others, namesOf(f.binding.Body)...)
		}
	}
	v := Verdict{Problem: fmt.Sprintf("class %q of %q has no attribute %q", class.Name, in.name, names[0]), missing: true, File: in.shown, Line: class.Line}
	if near := nearest(names[0], others); near != "" {
		v.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return settled(v)
}

// offers reports whether a class or one of its bases binds a name. open says that this
// is not certain.
func (w *walk) offers(f found, name string) (offered, open bool) {
	class := f.binding
	if len(live(class.Body, name)) > 0 {
		return true, false
	}
	if w.steps++; w.steps > maxSteps {
		return false, true
	}
	m := w.read(f.in)
	open = class.Keyword || m.changes(class.Name, name) ||
		slices.ContainsFunc(class.Decorators, func(decorator string) bool { return !isDataclass(decorator) })
	for _, base := range class.Bases {
		if slices.Contains(inert, base[strings.LastIndexByte(base, '.')+1:]) {
			continue
		}
		for _, g := range w.lookup(f.in, strings.Split(base, "."), false) {
			if g.binding == nil || g.binding.Kind != aClass {
				open = true
				continue
			}
			inherited, unsure := w.offers(g, name)
			offered, open = offered || inherited, open || unsure
		}
	}
	return offered, open
}
