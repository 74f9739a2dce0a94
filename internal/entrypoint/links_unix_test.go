//go:build unix

package entrypoint

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A link to itself is no module.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("a.py", filepath.Join(dir, "a.py")); err != nil {
		t.Fatal(err)
	}
	if v := New(Project{Repo: os.DirFS(dir), Dir: "."}, startPython(t)).Prove("a:main", Given{}); v.Problem == "" {
		t.Errorf("got %s", show(v))
	}
}

// What may never end is not read.
func TestPipes(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.py"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "requirements.txt"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "zero.py")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "pyproject.toml")); err != nil {
		t.Fatal(err)
	}
	p := New(Project{Repo: os.DirFS(dir), Dir: "."}, startPython(t))
	for _, target := range []string{"pipe:main", "zero:main"} {
		if v := p.Prove(target, Given{}); v.Problem != "" || v.Unknown == "" {
			t.Errorf("%s: got %s", target, show(v))
		}
	}
	if v := p.Prove("absent:main", Given{}); v.Problem == "" {
		t.Errorf("absent:main: got %s", show(v))
	}
}
