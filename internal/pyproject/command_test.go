package pyproject

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const needsWhole = "remove [tool.scheduled.x], and add to [tool.scheduled-actions.jobs.x]:\nevery = \"day\""

// wrongWork are wrong declarations of what a job runs.
var wrongWork = []wrongDeclaration{
	{"spec", "every = \"day\"\ncommand = \"make\"", "3:1: command does not belong in [tool.scheduled.x] | replace [tool.scheduled.x] with:\n[tool.scheduled-actions.jobs.x]\ncommand = \"make\"\nevery = \"day\""},
	{"options", `command = "make"`, "5:1: command does not belong in [tool.scheduled-actions.jobs.x], because the job is declared in [tool.scheduled.x] | " + needsWhole},
	{"all", `command = "make"`, `2:1: command does not belong in [tool.scheduled] | move it to [tool.scheduled-actions.jobs.<job-id>]: command = "make"`},
	{"project", `command = "make"`, `5:1: command can only be set for one job | move it to [tool.scheduled-actions.jobs.<job-id>]: command = "make"`},
	{"day", `command = "make"`, `4:1: command cannot be combined with entrypoint | keep only one of entrypoint and command`},
	{"bare", ``, `1:2: [tool.scheduled-actions.jobs.x] has no entrypoint or command | add entrypoint = "app.jobs:clean", or command`},
	{"bare", `command = 3`, `3:11: command must be a string or a list of strings, not an integer | write it as in command = "python report.py --daily"`},
	{"bare", `command = ""`, `3:11: command is empty | write a command for bash, or remove it`},
	{"bare", `command = []`, `3:11: command is empty | write it as in command = ["python report.py --daily"], or remove it`},
	{"bare", "command = [\n  \"make\", # fine\n  \" \",\n]", `5:3: item 2 of command is empty | write a command for bash, or remove it`},
	{"bare", `command = ["make", ["x"]]`, `3:20: item 2 of command must be a string, not an array | write it as in command = "python report.py --daily"`},
	{"bare", `command = "echo ${{ github.token }}"`, `3:11: command must not contain the expression "${{" | write a plain value, or pass it with the options env and secrets`},
	{"bare", "command = \"echo \\u202e\"", `3:11: command must not contain the bidirectional mark U+202E | remove it`},
	{"bare", "command = \"make\"\nresult = \"exit-code\"", `4:1: result has no effect on a command | remove it, or use an entrypoint`},
	{"bare", "command = \"make\"\nargs = [1]", `4:1: args has no effect on a command | remove it, or use an entrypoint`},
	{"bare", "kwargs = { a = 1 }\ncommand = \"make\"", `3:1: kwargs has no effect on a command | remove it, or use an entrypoint`},
	{"bare", "command = \"make\"\npass-context = false", `4:1: pass-context has no effect on a command | remove it, or use an entrypoint`},
	{"day", `name = ""`, `4:8: name is "", which is not a valid name | write it as in name = "Nightly report"`},
	{"day", `name = " x"`, `4:8: name is " x", which is not a valid name | write it as in name = "Nightly report"`},
	{"day", "name = \"a\\nb\"", `4:8: name must not contain the control character U+000A | remove it`},
	{"day", `name = "${{ github.actor }}"`, `4:8: name must not contain the expression "${{" | write a plain value, or pass it with the options env and secrets`},
	{"day", `name = 3`, `4:8: name must be a string, not an integer | write name = "3"`},
	{"project", `name = "x"`, `5:1: name can only be set for one job | move it to [tool.scheduled-actions.jobs.<job-id>]: name = "x"`},
	{"spec", "every = \"day\"\nname = \"x\"", `3:1: name does not belong in [tool.scheduled.x] | move it to [tool.scheduled-actions.jobs.x]: name = "x"`},

	// What an entrypoint is called with.
	{"project", `pass-context = "true"`, `5:16: pass-context must be a boolean, not a string | write pass-context = true`},
	{"spec", "every = \"day\"\npass-context = true", `3:1: pass-context does not belong in [tool.scheduled.x] | move it to [tool.scheduled-actions.jobs.x]: pass-context = true`},
	{"day", `args = "daily"`, `4:8: args must be an array, not a string | write it as in args = ["daily", 7]`},
	{"day", `args = { a = 1 }`, `4:1: args must be an array, not a table | write it as in args = ["daily", 7]`},
	{"options", "args = [1, \"${{ secrets.X }}\"]", `5:12: item 2 of args must not contain the expression "${{" | write a plain value, or pass it with the options env and secrets`},
	{"day", "args = [\n  1,\n  [\"\\u0000\"],\n]", `6:3: item 2 of args must not contain the control character U+0000 | remove it`},
	{"day", "args = [0000-01-01]", `4:9: item 1 of args has a date or time that Python does not accept | correct it`},
	{"day", `kwargs = ["a"]`, `4:10: kwargs must be a table, not an array | write it as in kwargs = { days = 7 }`},
	{"day", `kwargs = { "a-b" = 1 }`, `4:12: "a-b" in kwargs is not a Python name | use the name of a parameter of the entrypoint`},
	{"day", "kwargs.a = { b = [\"\\u202e\"] }", `4:1: a must not contain the bidirectional mark U+202E | remove it`},
	{"project", `args = [1]`, `5:1: args can only be set for one job | move it to [tool.scheduled-actions.jobs.<job-id>]: args = [1]`},
	{"spec", "every = \"day\"\nargs = [1]", `3:1: args does not belong in [tool.scheduled.x] | move it to [tool.scheduled-actions.jobs.x]: args = [1]`},
}

func TestWrongWork(t *testing.T) { testWrong(t, wrongWork) }

func TestCommand(t *testing.T) {
	for _, row := range []struct {
		lines string
		want  []string
		runs  string
	}{
		{`command = "make"`, []string{"make"}, "make"},
		{`command = ["make a", "make b"]`, []string{"make a", "make b"}, "make a && make b"},
		{"command = '''\na\r\n\tb\n'''", []string{"a\n\tb"}, "a  b"},
		{"command = \"make\"\nenv = { A = \"b\" }\nattempts = 2", []string{"make"}, "make"},
	} {
		project, err := load(declare("bare", row.lines))
		if err := wrong(project, err); err != nil {
			t.Errorf("%s: %v", row.lines, err)
			continue
		}
		job := project.Jobs[0]
		if diff := cmp.Diff(row.want, job.Options.Command); diff != "" || job.Runs() != row.runs || job.Entrypoint != "" {
			t.Errorf("%s: runs %q\n-want +got:\n%s", row.lines, job.Runs(), diff)
		}
	}
}

// Arguments stay as TOML has them, and in order.
func TestArguments(t *testing.T) {
	project, err := load(declare("options", "args = [1, 2.5, [\"a\\nb\", { c = true }]]\nkwargs = { z = inf, a = 2026-12-01T00:00:00Z }"))
	if err := wrong(project, err); err != nil {
		t.Fatal(err)
	}
	o := project.Jobs[0].Options
	if diff := cmp.Diff([]any{int64(1), 2.5, []any{"a\nb", map[string]any{"c": true}}}, o.Args); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Kwarg{{"z", math.Inf(1)}, {"a", time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}}, o.Kwargs); diff != "" {
		t.Error(diff)
	}
}
