package migrate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// call returns the value of a function.
func (g *ghJob) call(e *ghExpr) ghValue {
	args := make([]ghValue, len(e.args))
	all := true
	for i, arg := range e.args {
		args[i] = g.value(arg)
		all = all && args[i].known
		if args[i].why != "" && !isPath(arg, "github") {
			return args[i]
		}
	}
	switch form, two := ghTests[e.name], len(args) == 2; {
	case ghOutcomes[e.name] != nil && g.deciding != "":
		return known(ghOutcomes[e.name](g.deciding))
	case e.name == "always":
		return known(true)
	case ghOutcomes[e.name] != nil:
		return tested(`[ "$SCHEDULED_OUTCOME" = ` + e.name + " ]")
	case e.name == "format" && len(args) > 0 && args[0].known:
		return filled(args[0].text(), args[1:])
	case form.bash != "" && two && all:
		if list, ok := args[0].value.([]any); ok && e.name == "contains" {
			return known(slices.ContainsFunc(list, func(v any) bool { return equal(false, known(v), args[1]).value == true }))
		}
		return known(form.is(strings.ToLower(args[0].text()), strings.ToLower(args[1].text())))
	case form.bash != "" && two:
		return tested(fmt.Sprintf(form.bash, args[0].quoted(), args[1].quoted()), args...)
	case e.name == "fromjson" && all && len(args) == 1:
		return fromJSON(args[0].text())
	case e.name == "tojson" && len(args) == 1 && isPath(e.args[0], "github", "github.event"):
		return held(`$(cat "${GITHUB_EVENT_PATH}")`)
	case e.name == "tojson" && all && len(args) == 1:
		return toJSON(args[0].value)
	case e.name == "join" && all && len(args) > 0:
		return known(joinValues(args))
	case e.name == "hashfiles":
		return without("hashFiles, which is known only in a run")
	}
	return without("the function %s", e.name)
}

// ghTests are functions with two texts that say true or false.
var ghTests = map[string]struct {
	is   func(a, b string) bool
	bash string
}{
	"contains":   {strings.Contains, `[[ "%s" = *"%s"* ]]`},
	"startswith": {strings.HasPrefix, `[[ "%s" = "%s"* ]]`},
	"endswith":   {strings.HasSuffix, `[[ "%s" = *"%s" ]]`},
}

// filled fills in {0}, {1} …
func filled(form string, args []ghValue) ghValue {
	var b strings.Builder
	all := ghValue{known: true}
	for _, a := range args {
		all.known = all.known && a.known
		all.refs = append(all.refs, a.refs...)
	}
	for i := 0; i < len(form); i++ {
		if strings.HasPrefix(form[i:], "{{") || strings.HasPrefix(form[i:], "}}") {
			b.WriteByte(form[i])
			i++
			continue
		}
		end := strings.IndexByte(form[i:], '}')
		n, err := strconv.Atoi(form[min(i+1, len(form)):max(min(i+1, len(form)), i+end)])
		if form[i] != '{' || end < 0 || err != nil || n < 0 || n >= len(args) {
			b.WriteString(ghValue{known: true, value: form[i : i+1]}.literalIn(all.known))
			continue
		}
		b.WriteString(args[n].literalIn(all.known))
		i += end
	}
	if all.known {
		return known(b.String())
	}
	return held(b.String(), all.refs...).short()
}

// literalIn returns the value for a text that is known, or else for bash.
func (v ghValue) literalIn(known bool) string {
	if known {
		return v.text()
	}
	return v.quoted()
}

func fromJSON(text string) ghValue {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return without("fromJSON of something else")
	}
	return known(value)
}

func toJSON(value any) ghValue {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return without("toJSON of something that it cannot write")
	}
	return known(string(text))
}

// joinValues joins the elements of a list, with a comma or what the second argument says.
func joinValues(args []ghValue) string {
	between, texts := ",", []string{}
	if len(args) > 1 {
		between = args[1].text()
	}
	list, ok := args[0].value.([]any)
	if !ok {
		return args[0].text()
	}
	for _, v := range list {
		texts = append(texts, known(v).text())
	}
	return strings.Join(texts, between)
}
