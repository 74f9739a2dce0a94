package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/table"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// onScreen runs the program at a fixed time, on a screen with some columns; "" for a pipe.
func onScreen(t *testing.T, columns string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := Program{Args: args, Stdout: &stdout, Stderr: &stderr, Environ: []string{"PATH=" + os.Getenv("PATH"), "COLUMNS=" + columns},
		Now: func() time.Time { return time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC) }}
	if code := p.Main(); code != 0 {
		t.Fatalf("%v: exit %d\n%s", args, code, &stderr)
	}
	return stdout.String()
}

// TestScreens compares what is shown on narrow and wide screens with the files that the
// flag -update writes.
func TestScreens(t *testing.T) {
	for _, command := range []string{"list", "list -n 6", "simulate --days 20", "status", "help"} {
		for _, columns := range []string{"60", "80", "100", "200"} {
			args := append(strings.Fields(command), "--project", "../../testdata/quickstart")
			if command == "help" {
				args = args[:1]
			}
			got := onScreen(t, columns, args...)
			file := filepath.Join("testdata", "screens", strings.Fields(command)[0]+strings.Join(strings.Fields(command)[1:], "")+"-"+columns+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s on %s columns, to be written with -update (-want +got):\n%s", command, columns, diff)
			}
		}
	}
}

// TestProjectsFit checks that the tables of the sample projects fit screens, and 100 columns
// in a pipe, with every job in them.
func TestProjectsFit(t *testing.T) {
	files, err := filepath.Glob("../../testdata/projects/*/pyproject.toml")
	if err != nil || len(files) < 20 {
		t.Fatalf("sample projects: %q, %v", files, err)
	}
	for _, file := range append(files, "../../testdata/quickstart/pyproject.toml") {
		project, err := pyproject.Load(os.DirFS(filepath.Dir(file)), "pyproject.toml", file)
		if err != nil {
			t.Fatal(err)
		}
		if len(project.Jobs) == 0 {
			continue
		}
		for columns, width := range map[string]int{"": 100, "60": 60} {
			var out bytes.Buffer
			p := Program{Stdout: &out, Environ: []string{"COLUMNS=" + columns}}
			if err := p.printJobs(file, workflow.Target{Project: project}.List(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), 3, nil, make([]string, len(project.Jobs))), false); err != nil {
				t.Fatal(err)
			}
			got := out.String()
			for line := range strings.Lines(got) {
				if w := table.Width(strings.TrimSuffix(line, "\n")); w > width {
					t.Errorf("the list of %s on a screen of %q columns has a line of %d: %s", file, columns, w, line)
				}
			}
			for _, job := range project.Jobs {
				if !strings.Contains(got, problem.Show(job.ID)) {
					t.Errorf("the list of %s on %q columns lacks the job %s:\n%s", file, columns, problem.Show(job.ID), got)
				}
			}
		}
	}
}
