package serve

import (
	"bytes"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

func TestLogsArePruned(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		most int64
		want []string
	}{
		"by age":  {1 << 30, []string{"a@2.log", "a@3.log", "b@1.log", "notes.txt"}},
		"by size": {3 * block, []string{"a@3.log", "b@1.log", "notes.txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, file := range map[string]struct {
				age  time.Duration
				size int
			}{
				"a@1.log":   {keepLogs + time.Second, 0},
				"a@2.log":   {keepLogs, 1},
				"a@3.log":   {time.Hour, 2 * block},
				"b@1.log":   {0, 0},
				"notes.txt": {2 * keepLogs, 0},
			} {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, make([]byte, file.size), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(path, now, now.Add(-file.age)); err != nil {
					t.Fatal(err)
				}
			}
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			if err := pruneLogs(root, now, test.most); err != nil {
				t.Fatal(err)
			}
			left, err := fs.Glob(root.FS(), "*")
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(left)
			if diff := cmp.Diff(test.want, left); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLogOfRun writes several attempts of a run, of which there is an old log.
func TestLogOfRun(t *testing.T) {
	var shown, said bytes.Buffer
	dir := t.TempDir()
	l := &Local{Output: NewLines(&shown), Server: &Server{File: filepath.Join(dir, "pyproject.toml"), Log: slog.New(slog.NewTextHandler(&said, nil))}}
	job := pyproject.Job{ID: "Täglich", Slug: "t-glich-12345678"}
	file := filepath.Join(dir, ".scheduled", "logs", "t-glich-12345678@7.log")
	write := func(first bool, text string) {
		out, _, end := l.output(job, execution.Variables{RunID: 7}, first)
		if n, err := io.WriteString(out, text); n != len(text) || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		end()
	}
	log := func() string {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	write(true, "of an older ledger\n")
	write(true, "one\n")
	write(false, "two")
	if got := log(); got != "one\ntwo" {
		t.Errorf("log %q", got)
	}
	if got, want := shown.String(), "Täglich | of an older ledger\nTäglich | one\nTäglich | two\n"; got != want {
		t.Errorf("output %q", got)
	}
	line := strings.Repeat("x", 99) + "\n"
	for range 2 {
		write(false, strings.Repeat(line, longestLog/len(line)+1))
	}
	write(false, "the traceback\n")
	if got := log(); len(got) > longestLog || !strings.HasPrefix(got, "one\ntwox") || !strings.HasSuffix(got, line+"the traceback\n") || strings.Count(got, " were left out here: a log has at most 10 MiB]\n"+line) != 1 {
		t.Errorf("%d bytes, from %q to %q", len(got), got[:60], got[len(got)-60:])
	}
	if err := os.RemoveAll(filepath.Join(dir, ".scheduled")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".scheduled"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	shown.Reset()
	write(true, "three\n")
	if shown.String() != "Täglich | three\n" || !strings.Contains(said.String(), "cannot write the log of the run") {
		t.Errorf("output %q, said %q", &shown, &said)
	}
}
