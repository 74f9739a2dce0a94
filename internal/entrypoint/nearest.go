package entrypoint

import "strings"

// nearest returns the first of others that a name was probably meant to be, or "": it is
// one edit away, or differs in case.
func nearest(name string, others []string) string {
	for _, other := range others {
		if before, after := difference(name, other); oneEdit(before, after) || strings.EqualFold(name, other) {
			return other
		}
	}
	return ""
}

// slip reports whether one name was almost certainly meant to be the other: it is one
// edit away, and the edit is no digit or underscore: v1 and v2 are two modules, and
// core may be built from _core.
func slip(name, other string) bool {
	before, after := difference(name, other)
	return max(len(name), len(other)) > 2 && oneEdit(before, after) && !strings.ContainsAny(before+after, "0123456789_")
}

// oneEdit reports whether a difference is a letter that is added, left out or replaced,
// or two that are swapped.
func oneEdit(before, after string) bool {
	x, y := []rune(before), []rune(after)
	return max(len(x), len(y)) == 1 || len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]
}

// difference returns what is left of two names without their common beginning and end.
func difference(a, b string) (string, string) {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return string(x), string(y)
}
