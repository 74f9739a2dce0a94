package entrypoint

import (
	"slices"
	"strings"
)

// module is what facts.py says about the source of a module without running it.
type module struct {
	Names   []binding    `json:"names"`
	Dynamic bool         `json:"dynamic"` // it may get names in ways that we cannot follow
	Error   *syntaxError `json:"error"`   // why Python cannot compile it

	All       []string `json:"all"`       // the names in __all__; nil if unknown
	Changed   []string `json:"changed"`   // the attributes that it assigns: a.b, or a.* for any attribute of a
	Registers bool     `json:"registers"` // it uses sys.modules, or passes its own name to a function that may
	Paths     bool     `json:"paths"`     // it changes where modules are looked for

	// Of a module that may also be run as a script.
	Exits map[string]int `json:"exits"` // the lines where it then hands what is called by these names to sys.exit
	Reads *reading       `json:"reads"` // where it first reads arguments, except there; nil if nowhere

	Bodies map[string]body `json:"bodies"` // by function or class.method, and "" as a script; nil if none has imports
}

// body is what a function runs unless a condition is against it.
type body struct {
	Imports []binding `json:"imports"` // without names
	Calls   []string  `json:"calls"`   // functions of the same module
}

// certain returns the imports of the module itself that no condition is against.
func (m module) certain(script bool) (imports []binding) {
	for _, b := range m.Names {
		if b.Kind == anImport && (b.Guard == always || script && b.Guard == asScript) {
			imports = append(imports, b)
		}
	}
	return imports
}

// late returns the imports of a function, and of those in the module that it calls.
func (m module) late(name string) (imports []binding) {
	seen := map[string]bool{name: true}
	for todo := []string{name}; len(todo) > 0; todo = todo[1:] {
		of := m.Bodies[todo[0]]
		imports = append(imports, of.Imports...)
		for _, call := range of.Calls {
			if !seen[call] {
				seen[call] = true
				todo = append(todo, call)
			}
		}
	}
	return imports
}

// reading is a use of the command line.
type reading struct {
	Line int    `json:"line"`
	What string `json:"what"` // "sys.argv", "argparse.ArgumentParser"
}

// settle corrects what depends on the whole module: whether TYPE_CHECKING, __name__ and
// sys.path have their usual meaning.
func (m *module) settle() {
	types, script := true, true
	for _, b := range m.Names {
		switch b.Name {
		case "TYPE_CHECKING", "typing", "t":
			types = types && (b.Kind == anImport && (b.From == "typing" || b.From == "typing_extensions") || b.Guard == forTypes)
		case "__name__":
			script = false
		}
		m.Paths = m.Paths || b.Kind == anImport && (b.From == "sys" && b.Attr == "path" || b.From == "site")
	}
	types = types && !m.changes("typing", "TYPE_CHECKING") && !m.changes("t", "TYPE_CHECKING")
	for i, b := range m.Names {
		if b.Guard == forTypes && !types || b.Guard == asScript && !script {
			m.Names[i].Guard = sometimes
		}
	}
}

// calls are the attributes that change how their object is called.
var calls = []string{"__defaults__", "__kwdefaults__", "__code__", "__class__", "__bases__"}

// changes reports whether the module assigns what a path of names leads through.
func (m *module) changes(names ...string) bool {
	return slices.ContainsFunc(m.Changed, func(changed string) bool {
		if !strings.HasPrefix(changed, names[0]) {
			return false
		}
		parts := strings.Split(changed, ".")
		if last := len(parts) - 1; slices.Contains(calls, parts[last]) {
			parts = parts[:last]
		}
		if len(parts) > len(names) {
			return false
		}
		for i, part := range parts {
			if part != names[i] && part != "*" {
				return false
			}
		}
		return true
	})
}

// imports reports whether the module, whose full name is given, imports its submodule of
// that name, or something in it.
func (m *module) imports(full, name string) bool {
	return slices.ContainsFunc(m.Names, func(b binding) bool {
		from, absolute := strings.CutPrefix(b.From, full+".")
		if !absolute && strings.HasPrefix(from, ".") {
			from = from[1:]
		}
		return b.Kind == anImport && b.Guard.imported() && (absolute || from != b.From) && strings.HasPrefix(from+".", name+".")
	})
}

// exports reports whether a star import of the module brings a name.
func (m *module) exports(name string) bool {
	if _, told := first(m.Names, "__all__"); told || m.Dynamic {
		return m.All == nil || slices.Contains(m.All, name)
	}
	return !strings.HasPrefix(name, "_")
}

// syntaxError is why a source is not Python.
type syntaxError struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
	Certain bool   `json:"certain"` // no later version would compile it either
}

// binding is a statement that gives a name of a module or a class its value.
type binding struct {
	Name  string `json:"name"` // "*" of a star import
	Kind  kind   `json:"kind"`
	Guard guard  `json:"guard"`
	Line  int    `json:"line"`

	// Of functions and classes.
	Doc        string   `json:"doc"`        // the first line of the docstring
	Decorators []string `json:"decorators"` // dotted names without their call; "?" for anything else

	// Of functions.
	Async      bool        `json:"async"`
	Generator  bool        `json:"generator"`
	Parameters []parameter `json:"parameters"`

	// Of classes.
	Bases   []string  `json:"bases"`   // dotted names without their subscript; "?" for anything else
	Keyword bool      `json:"keyword"` // has keywords beside its bases, such as metaclass
	Body    []binding `json:"body"`

	// Of imports, with leading dots if relative; and what an alias names.
	From string `json:"from"`
	Attr string `json:"attr"` // what is taken from the module; "" for the module itself
}

// kind is what a name is bound to.
type kind string

const (
	aFunction kind = "function"
	aClass    kind = "class"
	anImport  kind = "import"
	anAlias   kind = "alias"   // the value of another name
	aLiteral  kind = "literal" // a value that is not callable
	aValue    kind = "value"   // anything
	nothing   kind = "del"
)

// guard is the condition under which a statement runs.
type guard string

const (
	always    guard = ""
	sometimes guard = "if"
	forTypes  guard = "TYPE_CHECKING" // never: only type checkers read it
	asScript  guard = "__main__"      // not when the module is imported
)

// imported reports whether the statement can be run when the module is imported.
func (g guard) imported() bool { return g != forTypes && g != asScript }

// live returns the bindings that a name may have when the module has been imported.
func live(names []binding, name string) []binding {
	var alive []binding
	for _, b := range names {
		switch {
		case b.Name != name || !b.Guard.imported():
		case b.Guard == always && b.Kind == nothing:
			alive = nil
		case b.Kind == nothing:
		case b.Guard == always && name != "*":
			alive = []binding{b}
		default:
			alive = append(alive, b)
		}
	}
	return alive
}

func first(names []binding, name string) (binding, bool) {
	i := slices.IndexFunc(names, func(b binding) bool { return b.Name == name })
	if i < 0 {
		return binding{}, false
	}
	return names[i], true
}

func namesOf(names []binding) []string {
	var all []string
	for _, b := range names {
		if b.Guard.imported() && b.Kind != nothing {
			all = append(all, b.Name)
		}
	}
	return all
}

func isDunder(name string) bool {
	return strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}
