package operate

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

// ParseKwargs reads the JSON object of --kwargs. Numbers stay as they are written.
func ParseKwargs(text string) (kwargs map[string]any, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err = decoder.Decode(&kwargs); err == nil && kwargs == nil {
		err = errors.New("it is null")
	}
	if _, more := decoder.Token(); err == nil && more != io.EOF {
		err = errors.New("there is text after the object")
	}
	if err != nil {
		return nil, problem.New(`write an object, as in '{"days": 7}'`, "--kwargs %s is not a JSON object: %w", problem.Quote(text), err)
	}
	return kwargs, nil
}

// Inputs returns the inputs of a dispatch that give a job these arguments. They must be
// among its declared inputs, and of the types that these have in pyproject.toml.
func Inputs(job pyproject.Job, kwargs map[string]any) (map[string]string, error) {
	asked := map[string]pyproject.Input{}
	for _, input := range job.Options.Asked() {
		asked[input.Name] = input
	}
	inputs, given := map[string]string{}, map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(kwargs)) {
		input, declared := asked[name]
		if !declared {
			return nil, undeclared(job, name, slices.Sorted(maps.Keys(asked)))
		}
		text, ok := asText(kwargs[name], input)
		if !ok {
			return nil, problem.New("write it as in "+example(input), "%s of job %s is %s, which is not %s", problem.Quote(name), problem.Show(job.ID), written(kwargs[name]), kind(input))
		}
		inputs[name], given[name] = text, text
	}
	if _, err := job.Options.WithInputs(given); err != nil {
		return nil, err
	}
	return inputs, nil
}

func undeclared(job pyproject.Job, name string, names []string) error {
	hint := "the inputs are " + problem.Some(names, problem.Quote)
	if len(names) == 0 {
		hint = fmt.Sprintf("declare it: the job has no inputs. Add inputs = [%s] to its options, and its default to kwargs", problem.Quote(name))
	}
	return problem.New(hint, "job %s has no input %s", problem.Show(job.ID), problem.Quote(name))
}

// asText returns a value of JSON as an input has it; ok is false if it has another type
// than the default.
func asText(value any, input pyproject.Input) (text string, ok bool) {
	switch given := value.(type) {
	case string:
		_, isText := input.Default.(string)
		_, isTime := input.Default.(time.Time)
		return given, isText || isTime && strings.TrimSpace(given) != ""
	case bool:
		_, ok = input.Default.(bool)
	case json.Number:
		_, whole := input.Default.(int64)
		_, number := input.Default.(float64)
		_, err := given.Int64()
		ok = number || whole && err == nil && len(strings.TrimPrefix(given.String(), "-")) <= mostDigits
	}
	return fmt.Sprint(value), ok
}

// mostDigits is how many digits of a number surely arrive: GitHub's are floating-point ones.
const mostDigits = 15

// kind says what type an input has.
func kind(input pyproject.Input) string {
	switch input.Default.(type) {
	case bool:
		return "true or false"
	case int64:
		return fmt.Sprintf("an integer of at most %d digits", mostDigits)
	case float64:
		return "a number"
	case time.Time:
		return "a date or time"
	}
	return "a string"
}

// example returns the default of an input as JSON.
func example(input pyproject.Input) string {
	switch input.Default.(type) {
	case string, time.Time:
		return written(input.Text())
	}
	return input.Text()
}

// written returns a value as JSON.
func written(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return problem.Cut(string(text), 100)
}
