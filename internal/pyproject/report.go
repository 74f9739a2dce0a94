package pyproject

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// maxProblems is how many problems of a file are kept: several for each of ten
// thousand jobs.
const maxProblems = 100_000

// report keeps what is wrong at a place in the file.
func (r *reader) report(at span, hint, format string, args ...any) {
	switch n := len(r.findings); {
	case n == maxProblems:
		hint, format, args = "fix the others first", "there are more problems, which are not listed", nil
		r.of = 0
	case n > maxProblems:
		return
	}
	r.findings = append(r.findings, finding{at: at, message: problem.Cut(fmt.Sprintf(format, args...), mostText), hint: problem.Cut(hint, mostText), of: r.of})
}

// valid reports a flaw of an entry's value, which must be of that kind. It returns
// whether there is none.
func (r *reader) valid(e *entry, kind string, flawed *flaw, hint string) bool {
	if flawed == nil {
		return true
	}
	message := flawed.message
	if flawed == wrongType {
		message = "must be " + kind + ", not " + typeName(e.value)
	}
	r.report(r.at(e), cmp.Or(flawed.hint, hint), "%s %s", e.what(), message)
	return false
}

// at returns where the value of an entry is, or its key if the value is a table, or is
// in tables of its own.
func (r *reader) at(e *entry) span {
	start := skipAny(r.text, e.at.end, " \t")
	if e.shown != "" || start == len(r.text) || r.text[start] != '=' {
		return e.at
	}
	start = skipAny(r.text, start+1, " \t")
	if start == len(r.text) {
		return e.at
	}
	switch r.text[start] {
	case '"', '\'':
		return span{start, stringEnd(r.text, start)}
	case '[':
		return span{start, start + 1}
	case '{':
		return e.at
	}
	if n := len(momentForm.FindString(r.text[start:])); n > 0 {
		return span{start, start + n}
	}
	return span{start, start + len(scalar(r.text, e.at))}
}

// written returns the value of an entry as written: "…" if it is long or in several
// lines, "" if it is a table.
func (r *reader) written(e *entry) string {
	at := r.at(e)
	if at == e.at {
		return ""
	}
	if r.text[at.start] == '[' {
		at.end = at.start + 1
		for _, element := range elements(r.text, e.at) {
			at.end = element.end
		}
		at.end = skipAny(r.text, at.end, " \t,") + 1
	}
	value := r.text[at.start:min(at.end, len(r.text))]
	if len(value) > mostKey || printable(value) != value {
		return "…"
	}
	return value
}

// string reads a string, or reports that the value is none.
func (r *reader) string(e *entry, example string) (string, bool) {
	s, flawed := parseText(e.value)
	hint := exampleHint(tomlKey(e.name), example)
	switch e.value.(type) {
	case int64, float64, bool:
		hint = "write " + tomlKey(e.name) + " = " + strconv.Quote(scalar(r.text, e.at))
	}
	return s, r.valid(e, "a string", flawed, hint)
}

// members returns the entries of a table, or reports that it is none. To GitHub, names
// that differ only in case are the same, and the second one is an error.
// https://github.com/actions/languageservices/blob/main/workflow-parser/src/templates/template-reader.ts
func (r *reader) members(e *entry, example string) []*entry {
	if !e.isTable() {
		r.valid(e, "a table", wrongType, exampleHint(e.name, example))
		return nil
	}
	first := make(map[string]string)
	for _, member := range e.entries {
		folded := strings.ToLower(member.name)
		if other, twice := first[folded]; twice {
			r.report(member.at, "remove one of them", "%s and %s are the same to GitHub", tomlKey(other), tomlKey(member.name))
		} else {
			first[folded] = member.name
		}
	}
	return e.entries
}

// mostNear is the number of problems from which on nearest gives up.
const mostNear = 1000

// nearest returns the word that name was probably meant to be, or "". It costs far more
// than the rest of a report, so it gives up after mostNear.
func (r *reader) nearest(name string, words []string) string {
	if len(r.findings) > mostNear {
		return ""
	}
	return nearest(name, words)
}

// unknown reports a key that is not allowed in its table.
func (r *reader) unknown(e *entry, kind, table string, names []string) {
	hint := oneOfMany(e.name, names)
	if near := r.nearest(e.name, names); near != "" {
		hint = didYouMean(near)
	}
	r.report(e.at, hint, "unknown %s %s in %s", kind, problem.Quote(e.name), table)
}

// mostNames is how many names a hint lists.
const mostNames = 20

// oneOfMany returns the remedy for a name that is near none of those that are allowed: all
// of them, or those with which it has something in common.
func oneOfMany(name string, names []string) string {
	if len(names) <= mostNames {
		return "use one of " + strings.Join(names, ", ")
	}
	var alike []string
	for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' }) {
		for _, other := range names {
			if len(word) >= 3 && strings.Contains(other, word) && !slices.Contains(alike, other) {
				alike = append(alike, other)
			}
		}
	}
	if len(alike) == 0 || len(alike) > mostNames {
		return "`scheduled schema` and docs/options.md list all of them"
	}
	return "use one of those in `scheduled schema`, such as " + strings.Join(alike, ", ")
}
