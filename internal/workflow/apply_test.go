package workflow

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// disk writes files below a fresh folder and opens it as a repository.
func disk(t *testing.T, files map[string]string) (string, *os.Root) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return dir, root
}

// syncDisk plans and applies, as the command does.
func syncDisk(t testing.TB, repo *os.Root) (Plan, error) {
	t.Helper()
	project, err := pyproject.Load(repo.FS(), "pyproject.toml", "pyproject.toml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Target{Project: project, Path: "pyproject.toml", Action: release}.Plan(repo.FS())
	if err != nil {
		return p, err
	}
	return p, p.Apply(repo, time.Now())
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestApply(t *testing.T) {
	dir, repo := disk(t, map[string]string{"pyproject.toml": twoJobs, Dir + "/ci.yml": "on: push\n"})
	if _, err := syncDisk(t, repo); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ci.yml", "scheduled-a.yml", "scheduled-b.yml"}, names(t, filepath.Join(dir, Dir))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := syncDisk(t, repo); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ci.yml"}, names(t, filepath.Join(dir, Dir))); diff != "" {
		t.Errorf("files when all jobs are gone (-want +got):\n%s", diff)
	}
}

// TestUnchangedFileIsNotTouched keeps GitHub from registering it again.
func TestUnchangedFileIsNotTouched(t *testing.T) {
	dir, repo := disk(t, map[string]string{"pyproject.toml": twoJobs})
	if _, err := syncDisk(t, repo); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, Dir, "scheduled-a.yml")
	long := time.Unix(1e9, 0)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
	if _, err := syncDisk(t, repo); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || !info.ModTime().Equal(long) {
		t.Errorf("written again: %v, %v", info.ModTime(), err)
	}
}

// TestLinksAreNotFollowed tries a link at every level, put there before the
// plan was made and between plan and apply.
func TestLinksAreNotFollowed(t *testing.T) {
	for _, level := range []string{".github", Dir, Dir + "/scheduled-a.yml"} {
		dir, repo := disk(t, map[string]string{"pyproject.toml": twoJobs, "elsewhere/workflows/keep.txt": "keep"})
		project, err := pyproject.Load(repo.FS(), "pyproject.toml", "pyproject.toml")
		if err != nil {
			t.Fatal(err)
		}
		early, err := Target{Project: project, Path: "pyproject.toml", Action: release}.Plan(repo.FS())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(level)), 0o755); err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(dir, "elsewhere")
		if level != ".github" {
			target = filepath.Join(target, "workflows")
		}
		if filepath.Ext(level) != "" {
			target = filepath.Join(target, "keep.txt")
		}
		relative, err := filepath.Rel(filepath.Join(dir, filepath.Dir(level)), target)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(relative, filepath.Join(dir, level)); err != nil {
			t.Fatal(err)
		}
		if _, err := syncDisk(t, repo); err == nil {
			t.Errorf("%s: a sync followed the link", level)
		}
		if err := early.Apply(repo, time.Now()); err == nil {
			t.Errorf("%s: a plan from before followed the link", level)
		}
		if diff := cmp.Diff([]string{"keep.txt"}, names(t, filepath.Join(dir, "elsewhere/workflows"))); diff != "" {
			t.Errorf("%s: files behind the link (-want +got):\n%s", level, diff)
		}
		if kept, err := os.ReadFile(filepath.Join(dir, "elsewhere/workflows/keep.txt")); err != nil || string(kept) != "keep" {
			t.Errorf("%s: the file behind the link reads %q, %v", level, kept, err)
		}
	}
}

// TestMeanwhile leaves a file alone that another program has written, changed or
// deleted since the plan was made, unless that did what the plan wants.
func TestMeanwhile(t *testing.T) {
	const a, b = Dir + "/scheduled-a.yml", Dir + "/scheduled-b.yml"
	changed := "[tool.scheduled.a]\nevery = \"month\"\nentrypoint = \"app:a\"\n" // a changes, b goes
	for _, row := range []struct {
		name, file, content string // "" deletes
		wrong               bool
	}{
		{"changed before an update", a, "theirs", true},
		{"deleted before an update", a, "", true},
		{"changed before a deletion", b, "theirs", true},
		{"deleted before a deletion", b, "", false},
	} {
		dir, repo := disk(t, map[string]string{"pyproject.toml": twoJobs})
		if _, err := syncDisk(t, repo); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
		project, err := pyproject.Load(repo.FS(), "pyproject.toml", "pyproject.toml")
		if err != nil {
			t.Fatal(err)
		}
		p, err := Target{Project: project, Path: "pyproject.toml", Action: release}.Plan(repo.FS())
		if err != nil {
			t.Fatal(err)
		}
		if row.content == "" {
			err = os.Remove(filepath.Join(dir, row.file))
		} else {
			err = os.WriteFile(filepath.Join(dir, row.file), []byte(row.content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Apply(repo, time.Now()); (err != nil) != row.wrong {
			t.Errorf("%s: %v", row.name, err)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, row.file)); string(got) != row.content {
			t.Errorf("%s: the file now reads %q", row.name, got)
		}
	}
}

// TestSweep removes what a killed sync has left, and not what one at work uses.
func TestSweep(t *testing.T) {
	stale, fresh := Dir+"/.scheduled-OLD.tmp", Dir+"/.scheduled-NEW.tmp"
	dir, repo := disk(t, map[string]string{"pyproject.toml": twoJobs, stale: "half", fresh: "half"})
	long := time.Unix(1e9, 0)
	if err := os.Chtimes(filepath.Join(dir, stale), long, long); err != nil {
		t.Fatal(err)
	}
	for range 2 { // with and without changes
		if _, err := syncDisk(t, repo); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, stale)); !os.IsNotExist(err) {
		t.Errorf("the stale file is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, fresh)); err != nil {
		t.Errorf("the fresh file is gone: %v", err)
	}
}
