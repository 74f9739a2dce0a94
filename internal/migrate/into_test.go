package migrate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/migrate"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// write writes files, and returns the place of a project in their folder.
func write(t *testing.T, files map[string]string) pyproject.Place {
	t.Helper()
	dir := t.TempDir()
	files[".git/HEAD"] = "ref: refs/heads/main\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	place, err := pyproject.FindOrNew(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return place
}

// A pyproject.toml with our tables alone does not change how the packages are installed.
func TestInstaller(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"requirements": {"requirements.txt": "requests==2.0\n"},
		"several":      {"requirements.txt": "a\n", "requirements-dev.txt": "b\n"},
		"pipenv":       {"Pipfile": "[packages]\nrequests = \"*\"\n"},
		"conda":        {"environment.yml": "dependencies: [python=3.12]\n"},
		"setup.py":     {"setup.py": "from setuptools import setup\nsetup()\n"},
		"setup.cfg":    {"setup.cfg": "[metadata]\nname = x\n[options]\npackages = x\n"},
		"pixi":         {"pixi.toml": "[project]\nname = \"x\"\nchannels = []\nplatforms = []\n"},
		"nothing":      {"scrape.py": ""},
	} {
		t.Run(name, func(t *testing.T) {
			files["crontab"] = "0 6 * * * python scrape.py\n"
			place := write(t, files)
			repo := os.DirFS(place.Root)
			before, err := installer.Choose(repo, ".", installer.Facts{})
			if err != nil {
				t.Fatal(err)
			}
			sources, err := migrate.Open([]string{filepath.Join(place.Root, "crontab")}, "", nil)
			if err != nil {
				t.Fatal(err)
			}
			do := migrate.Import{Request: migrate.Request{Files: sources}, Place: place}
			if err := do.Write(t.Context(), time.Now()); err != nil || !do.Written {
				t.Fatalf("not written: %v", err)
			}
			project, err := place.Load()
			if err != nil || len(project.Jobs) != 1 {
				t.Fatalf("%d jobs (%v)", len(project.Jobs), err)
			}
			after, err := workflow.Target{Project: project, Path: place.Path}.Environment(repo, project.Jobs[0])
			if err != nil || after.Tool != before.Tool || after.File != before.File || after.Root != before.Root || after.Why != before.Why {
				t.Errorf("before %+v, after %+v (%v)", before, after, err)
			}
		})
	}
}

const scheduledWorkflow = `on:
  schedule:
    - cron: "0 6 * * *"
  push:
jobs:
  scrape:
    runs-on: ubuntu-latest
    steps:
      - run: python scrape.py
`

// If the workflow is another than it was read, nothing is written.
func TestChangedMeanwhile(t *testing.T) {
	place := write(t, map[string]string{".github/workflows/a.yml": scheduledWorkflow})
	path := filepath.Join(place.Root, ".github/workflows/a.yml")
	files, err := migrate.Open([]string{path}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(scheduledWorkflow+"# more\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	do := migrate.Import{Request: migrate.Request{Files: files}, Place: place}
	if err := do.Write(t.Context(), time.Now()); err == nil || do.Written {
		t.Error("written")
	}
	if _, err := os.Stat(place.AbsFile()); !os.IsNotExist(err) {
		t.Error("there is a pyproject.toml")
	}
}

// Without the right to write one of the files, nothing is written.
func TestNoRights(t *testing.T) {
	place := write(t, map[string]string{".github/workflows/a.yml": scheduledWorkflow})
	dir := filepath.Join(place.Root, ".github/workflows")
	files, err := migrate.Open([]string{dir}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	// A folder in place of the workflow stands for any reason that it cannot be written.
	if err := os.Rename(dir, dir+"-elsewhere"); err != nil {
		t.Fatal(err)
	}
	do := migrate.Import{Request: migrate.Request{Files: files}, Place: place}
	if err := do.Write(t.Context(), time.Now()); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(place.AbsFile()); !os.IsNotExist(err) {
		t.Error("there is a pyproject.toml")
	}
}

// Two imports at once write the jobs of both, under ids of their own.
func TestTwoAtOnce(t *testing.T) {
	place := write(t, map[string]string{"crontab": "0 6 * * * python scrape.py\n"})
	files, err := migrate.Open([]string{filepath.Join(place.Root, "crontab")}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	const writers = 4
	failed := make(chan error, writers)
	for n := range writers {
		own := slices.Clone(files)
		own[0].Text = fmt.Appendf(nil, "%d 6 * * * python scrape.py\n", n)
		go func() {
			do := migrate.Import{Request: migrate.Request{Files: own}, Place: place}
			failed <- do.Write(t.Context(), time.Now())
		}()
	}
	for range writers {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	project, err := place.Load()
	if err != nil || len(project.Jobs) != writers || project.Problems() != nil {
		t.Errorf("%d jobs (%v)", len(project.Jobs), err)
	}
}

// A workflow that is imported a second time brings no second job, and has no schedule
// afterwards either.
func TestAgain(t *testing.T) {
	const old = "on:\n  schedule:\n    - cron: '0 6 * * *'\n  push:\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: python a.py\n"
	place := write(t, map[string]string{".github/workflows/a.yml": old})
	name := filepath.Join(place.Root, ".github/workflows/a.yml")
	for range 2 {
		if err := os.WriteFile(name, []byte(old), 0o600); err != nil {
			t.Fatal(err)
		}
		files, err := migrate.Open([]string{name}, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		do := migrate.Import{Request: migrate.Request{Files: files}, Place: place}
		if err := do.Write(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		text, _ := os.ReadFile(name)
		if strings.Contains(string(text), "schedule") {
			t.Errorf("the old file still has a schedule:\n%s", text)
		}
	}
	if project, err := place.Load(); err != nil || len(project.Jobs) != 1 {
		t.Errorf("got %d jobs, %v", len(project.Jobs), err)
	}
}

// A workflow of another repository stays as it is, with its schedule.
func TestOtherRepository(t *testing.T) {
	const name = ".github/workflows/scrape.yml"
	const form = "name: scrape\non:\n  schedule:\n    - cron: '5 4 * * *'\njobs:\n  scrape:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: python "
	place := write(t, map[string]string{name: form + "a.py\n"})
	other := write(t, map[string]string{name: form + "b.py\n"})
	for _, repository := range []pyproject.Place{place, other} {
		file := filepath.Join(repository.Root, name)
		sources, err := migrate.Open([]string{file}, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		do := migrate.Import{Request: migrate.Request{Files: sources}, Place: place}
		if err := do.Write(t.Context(), time.Now()); err != nil || !do.Written {
			t.Fatal(do.Written, err)
		}
		after, err := os.ReadFile(file)
		if err != nil || strings.HasPrefix(string(after), form) != (repository == other) {
			t.Errorf("%v, now\n%s", err, after)
		}
	}
}

// A workflow from standard input has no file that could be changed.
func TestFromStdin(t *testing.T) {
	place := write(t, map[string]string{})
	files, err := migrate.Open([]string{"-"}, "", strings.NewReader("on:\n  schedule: [{cron: '0 6 * * *'}]\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: python a.py\n"))
	if err != nil {
		t.Fatal(err)
	}
	do := migrate.Import{Request: migrate.Request{Files: files}, Place: place}
	if err := do.Write(t.Context(), time.Now()); err != nil || !do.Written || len(do.Changes) > 0 || len(do.Jobs[0].Glue) != 1 {
		t.Errorf("%v, %v, %v", do.Jobs, do.Changes, err)
	}
}
