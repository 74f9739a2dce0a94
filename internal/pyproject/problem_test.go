package pyproject

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProblemsError(t *testing.T) {
	_, err := load("[tool.scheduled.a]\nevery = \"daily\"\n")
	want := "pyproject.toml:1:2: [tool.scheduled.a] has no entrypoint\n" +
		"pyproject.toml:2:1: every is \"daily\"; it must be minute, hour, day, week or month"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestProblemsWriteColor(t *testing.T) {
	problems := Problems{{File: "f", Line: 7, Column: 3, Message: "m", Hint: "h", source: "\tab\x1bc", caret: 1, width: 3}}
	var out bytes.Buffer
	if err := problems.Write(&out, true); err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1mf:7:3: m\x1b[0m\n7 |     ab\\x1bc\n  |     \x1b[31m^^^^^^\x1b[0m\n\x1b[36mhint:\x1b[0m h\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
