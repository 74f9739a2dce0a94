package pyproject

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// maxInputs is how many inputs of its own a job can have: "The maximum number of
// top-level properties for inputs is 25", and two are ours.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs
const maxInputs = 25 - 2

// inputOption says which arguments the button Run workflow asks for.
var inputOption = option{
	name:     "inputs",
	kind:     "a list of strings",
	fallback: "none",
	meaning:  fmt.Sprintf("names in `kwargs`, or of a command in `env`, that the button **Run workflow** asks for, with their values as defaults; at most %d", maxInputs),
	example:  `["days"]`,
	form: func() form {
		return filledForm(matching(variableForm).but(form{"not": form{"pattern": "^" + anyCase("force", "window") + "$"}})).but(form{"maxItems": maxInputs, "uniqueItems": true})
	},
	single: true,
	most:   maxInputs,
	read: func(r *reader, e *entry) setting {
		if !isList(e) {
			r.valid(e, "a list of strings", wrongType, exampleHint("inputs", `["days"]`))
			return nil
		}
		names := r.strings(e, `"days"`)
		return func(o *Options) { o.Inputs = names }
	},
}

// Input is a value that the button Run workflow asks for.
type Input struct {
	Name    string
	Default any // a string, int64, float64, bool or time.Time
}

// Asked returns the inputs of the button, with the values of pyproject.toml.
func (o Options) Asked() []Input {
	var asked []Input
	for _, name := range o.Inputs {
		asked = append(asked, Input{name, o.named(name)})
	}
	return asked
}

// named returns the value of that name; nil if there is none.
func (o Options) named(name string) any {
	if len(o.Command) > 0 {
		for _, p := range o.Env {
			if p.Name == name {
				return p.Value
			}
		}
		return nil
	}
	for _, k := range o.Kwargs {
		if k.Name == name {
			return k.Value
		}
	}
	return nil
}

// askable reports names that cannot be inputs.
func (r *reader) askable(d draft, o Options) {
	e := d.options.child("inputs")
	if len(o.Inputs) == 0 {
		return
	}
	where := "kwargs"
	if d.declaration.child("command") != nil {
		where = "env"
	}
	for i, item := range e.items(r.text) {
		name := o.Inputs[i]
		other := func(taken string) bool { return strings.EqualFold(taken, name) }
		value := o.named(name)
		text, _ := value.(string)
		number, _ := value.(float64)
		whole, _ := value.(int64)
		switch {
		case slices.ContainsFunc([]string{"force", "window"}, other):
			r.report(item.at, "rename it", "inputs has %s, which every workflow has already", problem.Quote(name))
		case slices.ContainsFunc(o.Inputs[:i], other):
			r.report(item.at, "remove one of them", "inputs has %s twice: case does not count", problem.Quote(name))
		case value == nil:
			r.report(item.at, "give it a default there", "inputs has %s, which is not in %s", problem.Quote(name), where)
		case !variableForm.MatchString(name):
			r.report(item.at, "use up to 255 of A-Z a-z 0-9 _, and no digit first", "inputs has %s, which GitHub does not take as a name", problem.Quote(name))
		case whole > mostDigits || whole < -mostDigits:
			r.report(item.at, "leave it to pyproject.toml", "inputs has %s, whose value has more than 15 digits", problem.Quote(name))
		case strings.Contains(text, "\n"), math.IsInf(number, 0), math.IsNaN(number), !isScalar(value):
			r.report(item.at, "leave it to pyproject.toml", "inputs has %s, whose value is not one line of text, a number, a boolean, a date or a time", problem.Quote(name))
		}
	}
}

// mostDigits is the largest integer that surely arrives as it is: GitHub's numbers are
// floating-point ones, of which it may write 15 digits.
const mostDigits = 999_999_999_999_999

func isScalar(value any) bool {
	switch value.(type) {
	case string, int64, float64, bool, time.Time:
		return true
	}
	return false
}

// clocks are the forms of dates and times in an input, by the location that the toml
// package gives them; any other has an offset.
var clocks = map[string]string{"date-local": time.DateOnly, "time-local": "15:04:05.999999", "datetime-local": "2006-01-02T15:04:05.999999"}

// layout returns the form of a date or time in an input.
func layout(t time.Time) string {
	if form := clocks[t.Location().String()]; form != "" {
		return form
	}
	return time.RFC3339Nano
}

// Text returns the default as an input has it.
func (i Input) Text() string {
	if t, ok := i.Default.(time.Time); ok {
		return t.Format(layout(t))
	}
	return fmt.Sprint(i.Default)
}

// WithInputs returns options with the values that a person has given to the button, as
// GitHub sends them. Each gets the type of its default; one that is empty keeps it, unless
// it is a string.
func (o Options) WithInputs(given map[string]any) (Options, error) {
	o.Kwargs, o.Env = slices.Clone(o.Kwargs), slices.Clone(o.Env)
	for _, input := range o.Asked() {
		sent, ok := given[input.Name]
		if !ok || sent == nil {
			continue
		}
		value, err := input.read(fmt.Sprint(sent))
		if err != nil {
			return o, err
		}
		for i := range o.Kwargs {
			if o.Kwargs[i].Name == input.Name {
				o.Kwargs[i].Value = value
			}
		}
		for i := range o.Env {
			if text, ok := value.(string); ok && len(o.Command) > 0 && o.Env[i].Name == input.Name {
				o.Env[i].Value = text
			}
		}
	}
	return o, nil
}

// read returns a text as a value of the input's type.
func (i Input) read(text string) (value any, err error) {
	text, of := strings.ReplaceAll(text, "\x00", ""), ""
	if _, ok := i.Default.(string); ok {
		return text, nil
	}
	if text = strings.TrimSpace(text); text == "" {
		return i.Default, nil
	}
	switch was := i.Default.(type) {
	case int64:
		of = "an integer"
		value, err = strconv.ParseInt(text, 10, 64)
	case float64:
		of = "a number"
		value, err = strconv.ParseFloat(text, 64)
	case bool:
		of = "true or false"
		value, err = strconv.ParseBool(text)
	case time.Time:
		of = "a date or time as in " + i.Text()
		value, err = time.ParseInLocation(layout(was), text, was.Location())
	}
	if err != nil || flawedArgument(value, 0) != nil {
		return nil, problem.New("write it as in "+i.Text(), "input %s is %s, which is not %s", i.Name, problem.Quote(text), of)
	}
	return value, nil
}
