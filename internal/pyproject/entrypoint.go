package pyproject

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"golang.org/x/text/unicode/norm"
)

// checkEntrypoint returns what keeps a string from being an entrypoint, which
// has the form module(.module)*:callable(.callable)*; "" if nothing does.
func checkEntrypoint(s string) string {
	module, callable, colon := strings.Cut(s, ":")
	switch {
	case !colon:
		return "has no colon between module and callable"
	case strings.Contains(callable, ":"):
		return "has more than one colon"
	case module == "":
		return "has no module before the colon"
	case callable == "":
		return "has no callable after the colon"
	}
	for _, name := range append(strings.Split(module, "."), strings.Split(callable, ".")...) {
		switch {
		case name == "":
			return "has a dot without a name beside it"
		case keywords[norm.NFKC.String(name)]:
			return fmt.Sprintf("contains %s, which is a Python keyword", problem.Quote(name))
		case !isIdentifier(name):
			return fmt.Sprintf("contains %s, which is not a Python name", problem.Quote(name))
		}
	}
	return ""
}

// keywords are not identifiers. https://docs.python.org/3/reference/lexical_analysis.html#keywords
var keywords = func() map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(`False None True and as assert async await break class continue def del
		elif else except finally for from global if import in is lambda nonlocal not or pass raise return try
		while with yield`) {
		set[word] = true
	}
	return set
}()

// isIdentifier reports whether s is a Python identifier, both as written and in
// the normal form NFKC, to which Python converts it.
// https://docs.python.org/3/reference/lexical_analysis.html#identifiers
func isIdentifier(s string) bool {
	return s != "" && hasIdentifierForm(s) && hasIdentifierForm(norm.NFKC.String(s))
}

func hasIdentifierForm(s string) bool {
	for i, r := range s {
		start := r == '_' || unicode.In(r, unicode.L, unicode.Nl, unicode.Other_ID_Start)
		more := i > 0 && unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)
		if !start && !more || unicode.Is(unicode.Pattern_Syntax, r) {
			return false
		}
	}
	return true
}

var (
	pythonCommand = pattern.New(`^(?:.*\s)?python[0-9.]*(?:\.exe)?\s+(?:-m\s+)?(\S+).*$`)
	callOrExtra   = pattern.New(`[(\[].*$`)
	looseJoint    = pattern.New(`\s*([.:])\s*`)
)

// entrypointHint returns the remedy for a string that is not an entrypoint: what
// was probably meant, if that can be guessed.
func entrypointHint(s string) string {
	s = norm.NFKC.String(s)
	line, command := strings.TrimSpace(s), pythonCommand.MatchString(s)
	s = pythonCommand.ReplaceAllString(s, "$1")
	s = strings.TrimSpace(callOrExtra.ReplaceAllString(s, ""))
	s = looseJoint.ReplaceAllString(s, "$1")
	s = strings.NewReplacer(`\`, "/", "::", ":", "-", "_").Replace(s)

	module, callable, colon := strings.Cut(s, ":")
	script := strings.HasSuffix(module, ".py")
	module = strings.TrimSuffix(strings.TrimSuffix(module, ".py"), "/__init__")
	module = strings.TrimPrefix(strings.TrimLeft(module, "./"), "src/")
	module = strings.ReplaceAll(module, "/", ".")
	if dot := strings.LastIndexByte(module, '.'); !colon && !script && !command && dot >= 0 {
		module, callable = module[:dot], module[dot+1:]
	}
	if meant := module + ":" + callable; checkEntrypoint(meant) == "" {
		return didYouMean(meant)
	}
	if meant := module + ":main"; callable == "" && checkEntrypoint(meant) == "" {
		hint := "name the callable too, as in " + problem.Quote(meant)
		if script && !command {
			line, command = "python "+line, true
		}
		if command {
			hint += ", or write command = " + problem.Quote(line) + " in place of entrypoint"
		}
		return hint
	}
	return `write "module:callable", as in "app.jobs:clean"`
}

// The values of the option result.
const (
	Status   = "status"
	ExitCode = "exit-code"
)

// scripts returns the objects that the project's scripts call. A script's wrapper "should
// call the object with no arguments and pass the result to sys.exit".
// https://packaging.python.org/en/latest/specifications/entry-points/#use-for-scripts
func scripts(metadata *entry) map[string]bool {
	objects := map[string]bool{}
	for _, e := range metadata.child("scripts").children() {
		if object, ok := e.value.(string); ok {
			object, _, _ = strings.Cut(object, "[") // the deprecated extras
			objects[strings.Join(strings.Fields(object), "")] = true
		}
	}
	return objects
}
