package pyproject

import (
	"cmp"
	"fmt"
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
	r.report(e.at, cmp.Or(flawed.hint, hint), "%s %s", e.what(), message)
	return false
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

// nearest returns the word that name was probably meant to be, or "". It costs far more
// than the rest of a report, so it gives up after a thousand.
func (r *reader) nearest(name string, words []string) string {
	if len(r.findings) > 1000 {
		return ""
	}
	return nearest(name, words)
}

// unknown reports a key that is not allowed in its table.
func (r *reader) unknown(e *entry, kind, table string, names []string) {
	hint := "use one of " + strings.Join(names, ", ")
	if near := r.nearest(e.name, names); near != "" {
		hint = didYouMean(near)
	}
	r.report(e.at, hint, "unknown %s %s in %s", kind, problem.Quote(e.name), table)
}
