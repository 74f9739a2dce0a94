package migrate

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ghValue is what an expression comes to: a value that is known now, or one that bash has
// at run time, or none.
type ghValue struct {
	known bool
	value any     // if known: nil, bool, float64, string, []any or map[string]any
	bash  string  // else what bash replaces with it, within double quotes, as in ${TOKEN}
	test  string  // a command of bash that says whether it is true; "" for one that bash says
	refs  []ghRef // what the variables in it come from
	why   string  // why there is no value; "" if there is one
}

// ghRef is something outside the job that a value comes from.
type ghRef struct {
	kind     string // "secret", "variable", "input", "token", "env" or "output"
	name     string // as GitHub has it
	variable string // of the environment, that it is in
	fallback string // of an input without a value
}

func known(value any) ghValue                 { return ghValue{known: true, value: value} }
func held(bash string, refs ...ghRef) ghValue { return ghValue{bash: bash, refs: refs} }
func without(format string, args ...any) ghValue {
	return ghValue{why: fmt.Sprintf(format, args...)}
}

// text returns a known value as GitHub writes it.
func (v ghValue) text() string {
	switch value := v.value.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case []any:
		return "Array"
	case map[string]any:
		return "Object"
	}
	return fmt.Sprint(v.value)
}

// true reports whether a known value is.
func (v ghValue) true() bool {
	switch value := v.value.(type) {
	case nil:
		return false
	case bool:
		return value
	case float64:
		return value != 0
	case string:
		return value != ""
	}
	return true
}

// quoted returns the value for bash within double quotes.
func (v ghValue) quoted() string {
	if v.known {
		return doubleQuoted.Replace(v.text())
	}
	return v.bash
}

// says returns a command of bash that succeeds if the value is true.
func (v ghValue) says() string {
	switch {
	case v.known && v.true():
		return "true"
	case v.known:
		return "false"
	case v.test != "":
		return v.test
	}
	return `[ -n "` + v.bash + `" ]`
}

// tested returns the value of a command of bash: true or false.
func tested(test string, of ...ghValue) ghValue {
	v := ghValue{test: test, bash: "$(if " + test + "; then echo true; else echo false; fi)"}
	for _, o := range of {
		v.refs, v.why = append(v.refs, o.refs...), cmp.Or(v.why, o.why)
	}
	return v.short()
}

// longest is how long an expression may become in bash. One in another can triple it.
const longest = 2000

// short returns a value that is not too long for bash.
func (v ghValue) short() ghValue {
	if len(v.bash)+len(v.test) > longest {
		return without("an expression that is too long for bash")
	}
	return v
}

// either returns the first value if a command of bash succeeds, else the second.
func either(test, both string, a, b ghValue) ghValue {
	v := tested(both, a, b)
	if v.why != "" {
		return v
	}
	v.bash = fmt.Sprintf(`$(if %s; then printf %%s "%s"; else printf %%s "%s"; fi)`, test, a.quoted(), b.quoted())
	return v.short()
}

// value returns what an expression comes to in this job on a schedule.
func (g *ghJob) value(e *ghExpr) ghValue {
	switch {
	case e == nil:
		return without("an expression that cannot be read")
	case e.op == "value":
		return known(e.value)
	case e.op == "path":
		return g.path(e.name)
	case e.op == "call":
		return g.call(e)
	case e.op == "[":
		return g.index(g.value(e.args[0]), g.value(e.args[1]))
	case e.op == "!":
		v := g.value(e.args[0])
		if v.known {
			return known(!v.true())
		}
		return tested("! "+v.says(), v)
	}
	if left := e.args[0]; e.op == "||" && left.op == "&&" {
		is, then := g.value(left.args[0]), g.value(left.args[1])
		return g.or(e, g.and(left, is, then), g.value(e.args[1]), is, then)
	}
	a, b := g.value(e.args[0]), g.value(e.args[1])
	switch e.op {
	case "&&":
		return g.and(e, a, b)
	case "||":
		return g.or(e, a, b, ghValue{}, ghValue{})
	case "==", "!=":
		if g.deciding != "" && (guarded[a.bash] && b.known || guarded[b.bash] && a.known) {
			return known(e.op == "==")
		}
		return equal(e.op == "!=", a, b)
	}
	signs := map[string]string{"<": "-lt", "<=": "-le", ">": "-gt", ">=": "-ge"}
	if !a.known || !b.known {
		return tested(fmt.Sprintf(`[ "%s" %s "%s" ]`, a.quoted(), signs[e.op], b.quoted()), a, b)
	}
	x, y := numeric(a), numeric(b)
	return known(map[string]bool{"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[e.op])
}

func (g *ghJob) and(e *ghExpr, a, b ghValue) ghValue {
	switch {
	case isDispatch(e.args[0]) && b.input() != nil:
		return b // it has a value only then
	case a.known && a.true():
		return b
	case a.known:
		return a
	case b.known && !b.true():
		return b
	case b.known:
		return either(a.says(), a.says(), b, a)
	}
	return either(a.says(), "{ "+a.says()+" && "+b.says()+"; }", b, a)
}

// or returns a || b. Where a is an &&, is and then are its operands.
func (g *ghJob) or(e *ghExpr, a, b, is, then ghValue) ghValue {
	in := a.input()
	switch {
	case in != nil && b.known && (in.fallback == "" || in.fallback == b.text()):
		a.refs[0].fallback = b.text()
		return a
	case a.known && b.input() != nil && e.args[0].op == "&&" && isScheduled(e.args[0].args[0]):
		b.refs[0].fallback = cmp.Or(b.refs[0].fallback, a.text())
		return b
	case a.known && a.true():
		return a
	case a.known:
		return b
	case a.test == "" && b.text() != "" && strings.HasPrefix(a.bash, "${") && !strings.ContainsAny(a.bash[2:], "{:") && b.known:
		a.bash = strings.TrimSuffix(a.bash, "}") + ":-" + strings.ReplaceAll(b.quoted(), "}", `\}`) + "}"
		return a
	case isVariable(a.bash) && isVariable(b.bash):
		return held(strings.TrimSuffix(a.bash, "}")+":-"+b.bash+"}", append(a.refs, b.refs...)...)
	case then.known && then.true():
		v := either(is.says(), "{ "+is.says()+" || "+b.says()+"; }", then, b)
		v.refs, v.why = append(is.refs, v.refs...), cmp.Or(is.why, v.why)
		return v
	case b.known && !b.true():
		return a
	}
	return either(a.says(), "{ "+a.says()+" || "+b.says()+"; }", a, b)
}

// input returns the input that the value is, nil for anything else.
func (v ghValue) input() *ghRef {
	if !v.known && isVariable(v.bash) && len(v.refs) == 1 && v.refs[0].kind == "input" {
		return &v.refs[0]
	}
	return nil
}

func isDispatch(e *ghExpr) bool {
	return isEvent(e, "==", "workflow_dispatch") || isEvent(e, "!=", "schedule")
}
func isScheduled(e *ghExpr) bool { return isEvent(e, "==", "schedule") }

// isEvent reports whether an expression compares the name of the event.
func isEvent(e *ghExpr, op, name string) bool {
	return e.op == op && e.args[0].op == "path" && strings.EqualFold(e.args[0].name, "github.event_name") && e.args[1].value == name
}

// equal compares as GitHub does, which ignores the case of texts.
func equal(not bool, a, b ghValue) ghValue {
	if a.known && b.known {
		_, isA := a.value.(string)
		_, isB := b.value.(string)
		same := isA && isB && strings.EqualFold(a.text(), b.text()) || (!isA || !isB) && numeric(a) == numeric(b)
		return known(same != not)
	}
	sign := "="
	if not {
		sign = "!="
	}
	return tested(fmt.Sprintf(`[ "%s" %s "%s" ]`, a.quoted(), sign, b.quoted()), a, b)
}

// numeric returns a value as GitHub compares it: nil is 0, and what is no number is not
// equal to anything.
func numeric(v ghValue) float64 {
	switch value := v.value.(type) {
	case nil:
		return 0
	case bool:
		if value {
			return 1
		}
		return 0
	case float64:
		return value
	case string:
		if strings.TrimSpace(value) == "" {
			return 0
		}
		if n, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
			return n
		}
	}
	return math.NaN()
}

func (g *ghJob) index(of, at ghValue) ghValue {
	if !of.known || !at.known {
		return without("an index that is known only in a run")
	}
	switch list := of.value.(type) {
	case []any:
		if n := numeric(at); n >= 0 && n < float64(len(list)) {
			return known(list[int(n)])
		}
	case map[string]any:
		return known(list[at.text()])
	}
	return known(nil)
}
