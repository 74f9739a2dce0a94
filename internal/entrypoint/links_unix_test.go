//go:build unix

package entrypoint

import (
	"os"
	"path/filepath"
	"testing"
)

// A link to itself is no module.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("a.py", filepath.Join(dir, "a.py")); err != nil {
		t.Fatal(err)
	}
	if v := New(Project{Repo: os.DirFS(dir), Dir: "."}, startPython(t)).Prove("a:main"); v.Problem == "" {
		t.Errorf("got %s", show(v))
	}
}
