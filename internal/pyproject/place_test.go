package pyproject

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPlaceOf finds the root of a repository by .git, or where there is none by
// the folder in which Actions has put the files.
func TestPlaceOf(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "services", "billing")
	file := filepath.Join(dir, "pyproject.toml")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	rows := []struct{ name, git, workspace, want string }{
		{"git", root, "", "services/billing/pyproject.toml"},
		{"git, nearer than the workspace", dir, root, "pyproject.toml"},
		{"no git", "", root, "services/billing/pyproject.toml"},
		{"no git, a workspace in between", "", filepath.Dir(dir), "billing/pyproject.toml"},
		{"neither", "", "", "pyproject.toml"},
		{"another workspace", "", t.TempDir(), "pyproject.toml"},
		{"a workspace that is not there", "", filepath.Join(root, "none"), "pyproject.toml"},
	}
	for _, row := range rows {
		git := filepath.Join(row.git, ".git")
		if row.git != "" {
			if err := os.Mkdir(git, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		got, err := placeOf(file, row.workspace)
		if err != nil || got.Dir != dir || got.Path != row.want || got.AbsFile() != file {
			t.Errorf("%s: %+v, %v; want %s", row.name, got, err, row.want)
		}
		if row.git != "" {
			if err := os.Remove(git); err != nil {
				t.Fatal(err)
			}
		}
	}
}
