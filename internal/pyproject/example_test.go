package pyproject

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestExample adds the example job to files of all kinds, which keep what they
// hold, their line endings and their permissions.
func TestExample(t *testing.T) {
	for _, tt := range []struct{ name, content, begins string }{
		{"empty", "", "# An example"},
		{"usual", "[project]\nname = \"x\" # mine\n", "\n# An example"},
		{"no newline at the end", "[project]\nname = \"x\"", "\n\n# An example"},
		{"one line without an end", "# mine", "\n\n# An example"},
		{"CRLF", "[project]\r\nname = \"x\"\r\n", "\r\n# An example"},
		{"CRLF, no newline at the end", "[project]\r\nname = \"x\"", "\r\n\r\n# An example"},
		{"byte order mark", "\ufeff[project]\nname = \"x\"\n", "\n# An example"},
		{"table of jobs without any", "[tool.scheduled]\n", "\n# An example"},
		{"options", "[tool.scheduled-actions]\nworkflow-prefix = \"x-\"\n", "\n# An example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "pyproject.toml")
			if err := os.WriteFile(file, []byte(tt.content), 0o640); err != nil {
				t.Fatal(err)
			}
			dir, err := os.OpenRoot(folder)
			if err != nil {
				t.Fatal(err)
			}
			defer dir.Close()
			before, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			addExample(t, folder)
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			added, kept := bytes.CutPrefix(got, []byte(tt.content))
			if !kept || !strings.HasPrefix(string(added), tt.begins) {
				t.Errorf("%q became %q", tt.content, got)
			}
			if strings.Contains(tt.name, "CRLF") && strings.Count(string(got), "\n") != strings.Count(string(got), "\r\n") {
				t.Errorf("lines end in two ways: %q", got)
			}
			if after, err := os.Stat(file); err != nil || after.Mode() != before.Mode() {
				t.Errorf("mode %v became %v, %v", before.Mode(), after.Mode(), err)
			}
			if project, err := Load(dir.FS(), "pyproject.toml", "pyproject.toml"); err != nil || len(project.Jobs) != 1 {
				t.Errorf("the outcome: %v, %v", project, err)
			}
		})
	}
}

func addExample(t *testing.T, folder string) {
	t.Helper()
	place, err := Find(folder, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := place.Write(func(e *Edit) error { return e.AddExample("tasks:list_todos") }, func(Change) error { return nil }, time.Now()); err != nil {
		t.Fatal(err)
	}
}

// TestExampleSweeps leaves nothing of a call that was killed, and all of one
// that is at work.
func TestExampleSweeps(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{"pyproject.toml": 0, ".scheduled-OLD.tmp": time.Hour, ".scheduled-NEW.tmp": 0} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	addExample(t, dir)
	left, err := filepath.Glob(filepath.Join(dir, ".scheduled-*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != ".scheduled-NEW.tmp" {
		t.Errorf("left: %q, %v", left, err)
	}
}
