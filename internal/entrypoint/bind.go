package entrypoint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// Given is what an entrypoint is called with: the number of positional arguments, and the
// names of the others.
type Given struct {
	Positional int
	Named      []string
}

// none reports whether nothing is given.
func (g Given) none() bool { return g.Positional == 0 && len(g.Named) == 0 }

// parameter is one of a function.
type parameter struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`   // of five: "/", "", "*", "k" and "**"
	Needed bool   `json:"needed"` // it has no default
}

// The kinds of parameters, in their order.
const (
	positionalOnly = "/"
	anyhow         = ""
	restOfList     = "*"
	namedOnly      = "k"
	restOfNames    = "**"
)

// needed returns the names of the parameters without a default.
func needed(parameters []parameter) []string {
	var names []string
	for _, p := range parameters {
		if p.Needed {
			names = append(names, p.Name)
		}
	}
	return names
}

// bind returns why a call does not fit the parameters, in words that continue the name of
// the function, and the key that is to blame; "" if it fits.
// https://docs.python.org/3/reference/expressions.html#calls
func bind(parameters []parameter, g Given) (misfit, key string) {
	var takes []string  // positions
	var named []string  // what can be given by name
	var rest, more bool // it has *args, **kwargs
	for _, p := range parameters {
		switch p.Kind {
		case positionalOnly:
			takes = append(takes, p.Name)
		case anyhow:
			takes, named = append(takes, p.Name), append(named, p.Name)
		case namedOnly:
			named = append(named, p.Name)
		case restOfList:
			rest = true
		case restOfNames:
			more = true
		}
	}
	if g.Positional > len(takes) && !rest {
		return fmt.Sprintf("takes at most %s, not %d", problem.Count(len(takes), "positional argument"), g.Positional), "args"
	}
	filled := takes[:min(g.Positional, len(takes))]
	for _, name := range g.Named {
		switch {
		case slices.Contains(named, name) && slices.Contains(filled, name):
			return fmt.Sprintf("gets %q in both args and kwargs", name), pyproject.KwargKey(name)
		case !slices.Contains(named, name) && !more:
			if near := nearest(name, named); near != "" {
				return fmt.Sprintf("takes no argument %q; did you mean %q?", name, near), pyproject.KwargKey(name)
			}
			return fmt.Sprintf("takes no argument %q", name), pyproject.KwargKey(name)
		}
	}
	var missing []string
	for _, name := range needed(parameters) {
		if !slices.Contains(filled, name) && !(slices.Contains(g.Named, name) && slices.Contains(named, name)) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return "", ""
	}
	key = "args"
	if len(g.Named) > 0 {
		key = "kwargs"
	}
	return "takes required arguments: " + strings.Join(missing, ", "), key
}
