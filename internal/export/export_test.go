package export

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// now is when the exports of tests are made.
var now = time.Date(2026, 11, 29, 12, 0, 30, 0, time.UTC)

// project returns a project with that pyproject.toml in a new folder.
func project(t *testing.T, text string) Project {
	t.Helper()
	return projectIn(t, t.TempDir(), text)
}

func projectIn(t *testing.T, dir, text string) Project {
	t.Helper()
	file := filepath.Join(dir, "pyproject.toml")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	place, err := pyproject.Find(file, "")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := place.Load()
	if err == nil {
		err = loaded.Problems()
	}
	if err != nil {
		t.Fatal(err)
	}
	return Project{Project: loaded, Place: place, Program: "/usr/local/bin/scheduled", Repository: "owner/app", Version: "v1.2.3", Now: now}
}

// synced gives the jobs of a project the workflow files that they have on GitHub.
func (p Project) synced(t *testing.T) Project {
	t.Helper()
	dir := filepath.Join(p.Place.Root, ".github/workflows")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, job := range p.Hosted() {
		if err := os.WriteFile(filepath.Join(dir, job.File()), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// exported returns the files of a format by their names.
func exported(t *testing.T, format string, p Project) map[string]string {
	t.Helper()
	result, err := Make(format, p)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, file := range result.Files {
		files[file.Name] = file.Content
	}
	return files
}

const quick = `[project]
name = "app"
[tool.scheduled.clean-files]
every = "day"
entrypoint = "app.jobs:clean_files"
`

// TestOurs makes every format twice, and holds that each of its files is known as ours, and
// that somebody else's is never overwritten.
func TestOurs(t *testing.T) {
	p := project(t, quick).synced(t)
	for _, f := range formats {
		result, err := Make(f.name, p)
		if err != nil || len(result.Files) == 0 {
			t.Errorf("%s: %d files, %v", f.name, len(result.Files), err)
			continue
		}
		folder := filepath.Join(t.TempDir(), "new", "folder")
		for _, want := range []string{"created", "unchanged", "updated"} {
			if want == "updated" {
				result.Files[0].Content += "\n"
			}
			for _, dryRun := range []bool{true, false} {
				if written, err := result.Write(folder, dryRun); err != nil || written[0].State != want {
					t.Errorf("%s: %v, %v, want %s", f.name, written, err, want)
				}
			}
		}
		last := filepath.Join(folder, result.Files[len(result.Files)-1].Name)
		if err := os.WriteFile(last, []byte("theirs"), 0o644); err != nil {
			t.Fatal(err)
		}
		result.Files[0].Content += "\n"
		before, _ := os.ReadDir(folder)
		_, err = result.Write(folder, false)
		if err == nil || problem.Hint(err) == "" || !strings.Contains(err.Error(), "is not overwritten") {
			t.Errorf("%s: %v", f.name, err)
		}
		if after, _ := os.ReadDir(folder); len(after) != len(before) {
			t.Errorf("%s: %d files, before %d", f.name, len(after), len(before))
		}
		if content, _ := os.ReadFile(last); string(content) != "theirs" {
			t.Errorf("%s: overwritten", f.name)
		}
		if len(result.Files) > 1 {
			if first, _ := os.ReadFile(filepath.Join(folder, result.Files[0].Name)); string(first) == result.Files[0].Content {
				t.Errorf("%s: half of it was written", f.name)
			}
		}
	}
}
