package python

import (
	"context"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
)

// named returns the arguments of a table of TOML, those named args without a name.
func named(t *testing.T, text string) []Argument {
	t.Helper()
	var table struct {
		Args   []any
		Kwargs map[string]any
	}
	if _, err := toml.Decode(text, &table); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var arguments []Argument
	for _, value := range table.Args {
		arguments = append(arguments, Argument{Value: value})
	}
	for name, value := range table.Kwargs {
		arguments = append(arguments, Argument{name, value})
	}
	return arguments
}

// Values are handed to the callable as TOML has them.
func TestArguments(t *testing.T) {
	for _, python := range interpreters() {
		for i, row := range []struct{ target, toml, want string }{
			{"show", `args = [1, -9223372036854775808, true, false, "a"]`, "1|-9223372036854775808|True|False|'a'"},
			{"show", `args = [1.0, 1e6, -0.0, 0.1, inf, -inf, nan, 1e300, 5e-324]`, "1.0|1000000.0|-0.0|0.1|inf|-inf|nan|1e+300|5e-324"},
			{"show", `args = ["é\u202f\"'\\", "a\nb", "{0} %s $x", ""]`, `'é\u202f"\'\\'|'a\nb'|'{0} %s $x'|''`},
			{"show", `args = [2026-12-01, 09:30:00, 2026-12-01T09:30:00.25]`, "datetime.date(2026, 12, 1)|datetime.time(9, 30)|datetime.datetime(2026, 12, 1, 9, 30, 0, 250000)"},
			{"show", `args = [2026-12-01T09:30:00Z, 2026-12-01T09:30:00+05:30, 2026-12-01T09:30:00-03:00]`,
				"datetime.datetime(2026, 12, 1, 9, 30, tzinfo=datetime.timezone.utc)|datetime.datetime(2026, 12, 1, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(seconds=19800)))|datetime.datetime(2026, 12, 1, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=75600)))"},
			{"show", `args = [[], [1, [2]], {}, { b = 1, a = { c = [2026-12-01] } }, [{ x = 1 }]]`, "[]|[1, [2]]|{}|{'a': {'c': [datetime.date(2026, 12, 1)]}, 'b': 1}|[{'x': 1}]"},
			{"show", "kwargs = { days = 7 }\nargs = [1]", "1|days=7"},
			{"show", "kwargs = { class = \"a\" }", "class='a'"},
			{"show", "args = [" + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "]", strings.Repeat("[", 50) + strings.Repeat("]", 50)},
			{"two", "args = [1]\nkwargs = { c = 9 }", "1 2 9"},
			{"later", `args = [2026-12-01]`, "2026-12-01"},
			{"decorated", `args = [5]`, "1 5"},
			{"two", "", "cause: needs arguments: a"},
			{"two", "kwargs = { b = 1 }", "cause: cannot be called with its arguments: missing a required argument: 'a'"},
			{"two", "args = [1, 2, 3]", "cause: cannot be called with its arguments: too many positional arguments"},
			{"two", "args = [1]\nkwargs = { d = 1 }", "cause: cannot be called with its arguments: got an unexpected keyword argument 'd'"},
			{"two", "args = [1]\nkwargs = { a = 1 }", "cause: cannot be called with its arguments: multiple values for argument 'a'"},
			{"inside", "args = [1]", "cause: TypeError: two() missing 1 required positional argument: 'a'"},
		} {
			if leftOut(i) {
				continue
			}
			e := entrypoint(t, "flat", "jobs.takes:"+row.target)
			e.Launcher.Args = []string{python}
			e.Arguments = named(t, row.toml)
			o, stdout, stderr := run(t, e)
			got := strings.TrimSuffix(stdout, "\n")
			if !o.OK {
				got = "cause: " + o.Cause
			}
			if got != row.want || strings.Contains(row.want, "called with") != (o.Refused && o.Hint != "") && row.toml != "" {
				t.Errorf("%s, %s: %s\ngot  %s\nwant %s\n%+v %s", python, row.target, row.toml, got, row.want, o, stderr)
			}
		}
	}
}

// An import binds the arguments and calls nothing.
func TestImportArguments(t *testing.T) {
	for _, row := range []struct{ target, toml, cause string }{
		{"two", "args = [1]", ""},
		{"two", "args = [1, 2, 3]", "cannot be called with its arguments: too many positional arguments"},
		{"decorated", "args = [1]", ""},
		{"show", "kwargs = { x = 1979-05-27 }", ""},
	} {
		e := entrypoint(t, "flat", "jobs.takes:"+row.target)
		e.Arguments, e.Stdout, e.Stderr = named(t, row.toml), io.Discard, io.Discard
		_, o, err := Import(context.Background(), e)
		if err != nil || o.Cause != row.cause {
			t.Errorf("%s, %s: %+v, %v", row.target, row.toml, o, err)
		}
	}
}

// Any string and number come through a literal unchanged.
func TestLiteral(t *testing.T) {
	for value, want := range map[any]string{
		1.5:          "1.5",
		math.Inf(-1): `float("-Inf")`,
		"":           `b"".decode("utf-8")`,
		"\x00\"":     `b"\x00\x22".decode("utf-8")`,
		time.Date(2026, 1, 2, 3, 4, 5, 6999, time.UTC): "datetime().datetime(2026, 1, 2, 3, 4, 5, 6, datetime().timezone.utc)",
	} {
		if got := literal(value); got != want {
			t.Errorf("%v: %s, want %s", value, got, want)
		}
	}
}
