package pyproject

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrongInputs(t *testing.T) {
	many := make([]string, 24)
	for i := range many {
		many[i] = fmt.Sprintf("%q", fmt.Sprint("a", i))
	}
	const kwargs = "kwargs = { days = 7, Force = 1, list = [1], x = nan, big = 1_000_000_000_000_000, two = \"a\\nb\", \"jägare\" = 1 }\n"
	testWrong(t, []wrongDeclaration{
		{"day", `inputs = "days"`, `4:10: inputs must be a list of strings, not a string | write it as in inputs = ["days"]`},
		{"day", `inputs = []`, `4:10: inputs is empty | write it as in inputs = ["days"], or remove it`},
		{"day", `inputs = ["days"]`, `4:11: inputs has "days", which is not in kwargs | give it a default there`},
		{"day", kwargs + "inputs = [\n  \"days\",\n  \"Force\",\n]", `7:3: inputs has "Force", which every workflow has already | rename it`},
		{"day", kwargs + `inputs = ["days", "window"]`, `5:19: inputs has "window", which every workflow has already | rename it`},
		{"day", kwargs + `inputs = ["days", "Days"]`, `5:19: inputs has "Days" twice: case does not count | remove one of them`},
		{"day", kwargs + `inputs = ["list"]`, `5:11: inputs has "list", whose value is not one line of text, a number, a boolean, a date or a time | leave it to pyproject.toml`},
		{"day", kwargs + `inputs = ["x"]`, `5:11: inputs has "x", whose value is not one line of text, a number, a boolean, a date or a time | leave it to pyproject.toml`},
		{"day", kwargs + `inputs = ["big"]`, `5:11: inputs has "big", whose value has more than 15 digits | leave it to pyproject.toml`},
		{"day", kwargs + `inputs = ["two"]`, `5:11: inputs has "two", whose value is not one line of text, a number, a boolean, a date or a time | leave it to pyproject.toml`},
		{"day", kwargs + `inputs = ["jägare"]`, `5:11: inputs has "jägare", which GitHub does not take as a name | use up to 255 of A-Z a-z 0-9 _, and no digit first`},
		{"bare", "command = \"make\"\nenv = { A = \"b\" }\ninputs = [\"A\", \"B\"]", `5:16: inputs has "B", which is not in env | give it a default there`},
		{"day", "inputs = [" + strings.Join(many, ", ") + "]", `4:10: inputs has 24 values | use at most 23`},
		{"project", `inputs = ["days"]`, `5:1: inputs can only be set for one job | move it to [tool.scheduled-actions.jobs.<job-id>]: inputs = ["days"]`},
	})
}

// What a person gives has the type of the default.
func TestWithInputs(t *testing.T) {
	const kwargs = `kwargs = { n = 7, f = 0.5, b = false, s = "x", d = 2026-01-01, l = 2026-01-01T09:00:00, t = 09:00:00, z = 2026-01-01T09:00:00Z, other = 1 }` + "\n" + `inputs = ["n", "f", "b", "s", "d", "l", "t", "z"]`
	project, err := load(declare("day", kwargs))
	if err := wrong(project, err); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		given map[string]any
		want  string
	}{
		"nothing":  {nil, "7 0.5 false x 2026-01-01 2026-01-01T09:00:00 09:00:00 2026-01-01T09:00:00Z 1"},
		"defaults": {map[string]any{"n": "7", "f": "0.5", "b": "false", "s": "x", "d": "2026-01-01", "l": "2026-01-01T09:00:00", "t": "09:00:00", "z": "2026-01-01T09:00:00Z"}, "7 0.5 false x 2026-01-01 2026-01-01T09:00:00 09:00:00 2026-01-01T09:00:00Z 1"},
		"others":   {map[string]any{"n": " -8 ", "f": "2", "b": true, "s": "", "z": "2026-01-02T09:00:00+02:00", "other": "9", "force": "true"}, "-8 2 true  2026-01-01 2026-01-01T09:00:00 09:00:00 2026-01-02T09:00:00+02:00 1"},
		"empty":    {map[string]any{"n": "", "d": nil, "t": " "}, "7 0.5 false x 2026-01-01 2026-01-01T09:00:00 09:00:00 2026-01-01T09:00:00Z 1"},
		"no int":   {map[string]any{"n": "7.5"}, `input n is "7.5", which is not an integer`},
		"no bool":  {map[string]any{"b": "maybe"}, `input b is "maybe", which is not true or false`},
		"number":   {map[string]any{"n": json.Number("1000000")}, "1000000 0.5 false x 2026-01-01 2026-01-01T09:00:00 09:00:00 2026-01-01T09:00:00Z 1"},
		"year 0":   {map[string]any{"d": "0000-01-01"}, `input d is "0000-01-01", which is not a date or time as in 2026-01-01`},
		"offset":   {map[string]any{"z": "2026-01-01T09:00:00+24:00"}, `input z is "2026-01-01T09:00:00+24:00", which is not a date or time as in 2026-01-01T09:00:00Z`},
		"no date":  {map[string]any{"d": "01.02.2026"}, `input d is "01.02.2026", which is not a date or time as in 2026-01-01`},
	} {
		o, err := project.Jobs[0].Options.WithInputs(row.given)
		got := fmt.Sprint(err)
		if err == nil {
			var values []string
			for _, k := range o.Kwargs {
				values = append(values, Input{k.Name, k.Value}.Text())
			}
			got = strings.Join(values, " ")
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if n := project.Jobs[0].Options.Kwargs[0].Value; n != int64(7) {
		t.Errorf("the job itself has %v now", n)
	}
}
