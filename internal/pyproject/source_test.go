package pyproject

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

func TestProblemsError(t *testing.T) {
	err := wrong(load("[tool.scheduled.a]\nevery = \"daily\"\n"))
	want := "pyproject.toml:1:2: [tool.scheduled.a] has no entrypoint\n" +
		"pyproject.toml:2:9: every is \"daily\"; it must be minute, hour, day, week or month"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDrawing(t *testing.T) {
	for _, test := range []struct {
		line          string
		first, marked int
		want          problem.Source
	}{
		{"\tab\x1bc", 1, 3, problem.Source{Line: `    ab\x1bc`, Indent: "    ", Carets: "^^^^^^"}},
		{"清理 = 1", 0, 2, problem.Source{Line: "清理 = 1", Carets: "^^^^"}},
		{"ab", 2, 1, problem.Source{Line: "ab", Indent: "  ", Carets: "^"}},
		{"", 0, 1, problem.Source{}},
	} {
		if diff := cmp.Diff(test.want, drawing(test.line, test.first, test.marked)); diff != "" {
			t.Errorf("%q: -want +got:\n%s", test.line, diff)
		}
	}
}
