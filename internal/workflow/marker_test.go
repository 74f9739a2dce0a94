package workflow

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzReadMarker: a file is ours only by a line of the comment that it begins with,
// and that line says the same when it is written again.
func FuzzReadMarker(f *testing.F) {
	golden, err := filepath.Glob("testdata/golden/*/*.yml")
	if err != nil || len(golden) == 0 {
		f.Fatal("no golden files", err)
	}
	for _, name := range golden {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Add([]byte("on: push\n# scheduled: {\"version\":1,\"job\":\"a\"}\n"))
	f.Add([]byte("# scheduled: {\"version\":1,\"job\":null,\"workflow\":\"sync\"}\r\n"))
	f.Add([]byte("# scheduled: {\"version\":2,\"job\":\"a\"}"))
	f.Fuzz(func(t *testing.T, content []byte) {
		m, ours := readMarker(content)
		if !ours {
			return
		}
		comment := ""
		for line := range strings.Lines(string(content)) {
			if !strings.HasPrefix(line, "#") {
				break
			}
			comment += line
		}
		if !strings.Contains(comment, markerPrefix) {
			t.Errorf("ours, without a marker in the comment %q", comment)
		}
		again, ours := readMarker([]byte(m.line() + "\non: push\n"))
		if diff := cmp.Diff(m, again); diff != "" || !ours {
			t.Errorf("written again, ours %v (-first +second):\n%s", ours, diff)
		}
	})
}

// FuzzMarker: a marker is one line, and is read as it was written, whatever the
// project and the job are called.
func FuzzMarker(f *testing.F) {
	f.Add("pyproject.toml", "clean-files", "")
	f.Add("a/pyproject.toml", "", "")
	f.Add("# scheduled: ", "\n# scheduled: {}\u2028", "")
	f.Add("pyproject.toml", "", Rescues)
	f.Fuzz(func(t *testing.T, project, job, does string) {
		if !utf8.ValidString(project) || !utf8.ValidString(job) || !utf8.ValidString(does) {
			return // neither a path nor an id
		}
		want := marker{Version: 1, Project: project, Workflow: does}
		if does == "" {
			want.Job = &job
		}
		if strings.ContainsAny(want.line(), "\r\n") {
			t.Errorf("%q is not one line", want.line())
		}
		got, ours := readMarker([]byte("# Generated.\n" + want.line() + "\n"))
		if diff := cmp.Diff(want, got); diff != "" || !ours {
			t.Errorf("ours %v (-want +got):\n%s", ours, diff)
		}
	})
}
