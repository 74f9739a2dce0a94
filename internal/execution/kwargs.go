package execution

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// WithKwargs returns the options of a job with other arguments, of a JSON object. They
// replace those in kwargs, or are added. Where a date or time is replaced, a string is read
// as one. Of a command, they are variables that inputs names.
func WithKwargs(job pyproject.Job, text string) (pyproject.Options, error) {
	o := job.Options
	given, err := decodeObject(text)
	if err != nil {
		return o, problem.New(`write a JSON object, as in --kwargs '{"days": 7}'`, "--kwargs is %s: %w", problem.Quote(text), err)
	}
	names := slices.Sorted(maps.Keys(given))
	if len(o.Command) > 0 {
		for _, name := range names {
			if !slices.Contains(o.Inputs, name) {
				hint := "add it to env and inputs of the job"
				if len(o.Inputs) > 0 {
					hint = "the inputs are " + problem.Some(o.Inputs, problem.Show)
				}
				return o, problem.New(hint, "--kwargs has %s, which is not in inputs of job %s", problem.Quote(name), problem.Show(job.ID))
			}
			switch given[name].(type) {
			case nil, []any, map[string]any:
				return o, problem.New("write a string, a number or a boolean", "the value of %s in --kwargs cannot be an environment variable", problem.Quote(name))
			}
		}
		return o.WithInputs(given)
	}
	o.Kwargs = slices.Clone(o.Kwargs)
	for _, name := range names {
		at := slices.IndexFunc(o.Kwargs, func(k pyproject.Kwarg) bool { return k.Name == name })
		if at < 0 {
			o.Kwargs = append(o.Kwargs, pyproject.Kwarg{Name: name, Value: given[name]})
			continue
		}
		value := given[name]
		if _, timed := o.Kwargs[at].Value.(time.Time); timed {
			if written, ok := value.(string); ok {
				if value, err = readAs(o, name, written); err != nil {
					return o, err
				}
			}
		}
		o.Kwargs[at].Value = value
	}
	return o, nil
}

// readAs reads a text as the button Run workflow does, by the type of the argument's default.
func readAs(o pyproject.Options, name, text string) (any, error) {
	o.Inputs = []string{name}
	read, err := o.WithInputs(map[string]any{name: text})
	if err != nil {
		return nil, err
	}
	return read.Asked()[0].Default, nil
}

// decodeObject reads a JSON object. Whole numbers are int64.
func decodeObject(text string) (map[string]any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, errors.New("it is not JSON")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("there is text after the object")
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("it is not an object")
	}
	if _, err := numbers(object); err != nil {
		return nil, err
	}
	return object, nil
}

// numbers makes the numbers of a JSON value int64 or float64, in place where it can.
func numbers(value any) (_ any, err error) {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		n, err := v.Float64()
		if err != nil || !strings.ContainsAny(v.String(), ".eE") {
			return nil, fmt.Errorf("%s is too large", v)
		}
		return n, nil
	case []any:
		for i := range v {
			if v[i], err = numbers(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range v {
			if v[key], err = numbers(v[key]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
