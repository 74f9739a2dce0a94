package pyproject

import (
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Kwarg is an argument that the entrypoint gets by its name.
type Kwarg struct {
	Name  string
	Value any // as the toml package decodes it
}

// argumentOptions are the options of what an entrypoint is called with.
var argumentOptions = []option{
	{
		name:     "args",
		kind:     "an array",
		fallback: "none",
		meaning:  "arguments of the entrypoint, of any type of TOML",
		example:  `["daily", 7]`,
		form:     always(form{"type": "array", "maxItems": maxItems}),
		single:   true,
		read: func(r *reader, e *entry) setting {
			args := r.args(e)
			return func(o *Options) { o.Args = args }
		},
	},
	{
		name:     "kwargs",
		kind:     "a table",
		fallback: "none",
		meaning:  "arguments of the entrypoint by name, of any type of TOML",
		example:  `{ days = 7, since = 2026-01-01 }`,
		form:     func() form { return tableForm(text().but(form{"pattern": "^" + pythonName + "$"}), form{}) },
		single:   true,
		read: func(r *reader, e *entry) setting {
			kwargs := r.kwargs(e)
			return func(o *Options) { o.Kwargs = kwargs }
		},
	},
	{
		name:     "pass-context",
		kind:     "a boolean",
		fallback: "false",
		meaning:  "`true` to call the entrypoint with one more argument, first: its job, slot and the rest of what `SCHEDULED_*` says",
		example:  "true",
		form:     switchForm,
		parse:    into(parseSwitch, func(o *Options) *bool { return &o.PassContext }),
	},
}

// args reads the arguments without a name.
func (r *reader) args(e *entry) []any {
	switch e.value.(type) {
	case []any, []map[string]any:
	default:
		r.valid(e, "an array", wrongType, exampleHint("args", `["daily", 7]`))
		return nil
	}
	var args []any
	for _, item := range e.items(r.text) {
		if r.valid(item, "", flawedArgument(item.value, 0), "") {
			args = append(args, item.value)
		}
	}
	return args
}

// kwargs reads the arguments with a name, in file order.
func (r *reader) kwargs(e *entry) []Kwarg {
	if !e.isTable() {
		r.valid(e, "a table", wrongType, exampleHint("kwargs", `{ days = 7 }`))
		return nil
	}
	var kwargs []Kwarg
	for _, key := range e.entries {
		switch {
		case !isIdentifier(key.name):
			r.report(key.at, "use the name of a parameter of the entrypoint", "%s in kwargs is not a Python name", problem.Quote(key.name))
		case r.valid(key, "", flawedArgument(key.value, 0), ""):
			kwargs = append(kwargs, Kwarg{key.name, key.value})
		}
	}
	return kwargs
}

// mostNested is how deep arguments can be nested. Python 3.8 reads no more than 90 brackets
// in one another.
const mostNested = 50

// flawedArgument returns what keeps a value from being handed to Python.
func flawedArgument(value any, depth int) *flaw {
	if depth > mostNested {
		return &flaw{"is nested too deeply", fmt.Sprintf("nest at most %d arrays and tables in one another", mostNested)}
	}
	switch value := value.(type) {
	case string:
		_, flawed := parseText(inOneLine.Replace(strings.ReplaceAll(value, "\r\n", "\n")))
		return flawed
	case time.Time:
		return flawedTime(value)
	case []any:
		for _, element := range value {
			if flawed := flawedArgument(element, depth+1); flawed != nil {
				return flawed
			}
		}
	case []map[string]any:
		for _, element := range value {
			if flawed := flawedArgument(element, depth+1); flawed != nil {
				return flawed
			}
		}
	case map[string]any:
		for key, element := range value {
			if _, flawed := parseText(key); flawed != nil {
				return flawed
			}
			if flawed := flawedArgument(element, depth+1); flawed != nil {
				return flawed
			}
		}
	}
	return nil
}

// flawedTime returns why Python has no such time.
func flawedTime(t time.Time) *flaw {
	_, offset := t.Zone()
	switch local := strings.HasSuffix(t.Location().String(), "-local"); {
	case t.Year() < 1 && t.Location().String() != "time-local", !local && (offset <= -24*3600 || offset >= 24*3600):
		return &flaw{"has a date or time that Python does not accept", "correct it"}
	}
	return nil
}
