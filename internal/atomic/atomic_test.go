package atomic_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
)

func open(t *testing.T) (*os.Root, string) {
	t.Helper()
	path := t.TempDir()
	dir, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir, path
}

func TestWrite(t *testing.T) {
	dir, path := open(t)
	for i, write := range []func() error{
		func() error { return atomic.Write(dir, "a", []byte("one"), 0o600) },
		func() error { return atomic.WriteDurably(dir, "a", []byte("two"), 0o600) },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(path, "a"))
		if want := []string{"one", "two"}[i]; err != nil || string(content) != want {
			t.Errorf("read %q (%v), want %q", content, err, want)
		}
	}
	if names := list(t, path); len(names) != 1 {
		t.Errorf("left %q", names)
	}
}

// TestWriteLink replaces a symbolic link instead of following it.
func TestWriteLink(t *testing.T) {
	dir, path := open(t)
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, filepath.Join(path, "a")); err != nil {
		t.Fatal(err)
	}
	if err := atomic.Write(dir, "a", []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if content, _ := os.ReadFile(victim); string(content) != "kept" {
		t.Errorf("wrote through the link: %q", content)
	}
	if content, _ := os.ReadFile(filepath.Join(path, "a")); string(content) != "new" {
		t.Errorf("wrote %q", content)
	}
}

// TestWriteFails leaves nothing behind and nothing changed.
func TestWriteFails(t *testing.T) {
	dir, path := open(t)
	if err := os.MkdirAll(filepath.Join(path, "a", "inner"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomic.Write(dir, "a", []byte("new"), 0o600); err == nil {
		t.Error("replaced a folder")
	}
	if names := list(t, path); len(names) != 1 || names[0] != "a" {
		t.Errorf("left %q", names)
	}
}

func TestSweep(t *testing.T) {
	dir, path := open(t)
	now := time.Now()
	for name, age := range map[string]time.Duration{".scheduled-stale.tmp": 2 * time.Minute, ".scheduled-fresh.tmp": 0, "other.tmp": time.Hour} {
		file := filepath.Join(path, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := atomic.Sweep(dir, now); err != nil {
		t.Fatal(err)
	}
	if names := list(t, path); len(names) != 2 || names[0] != ".scheduled-fresh.tmp" || names[1] != "other.tmp" {
		t.Errorf("left %q", names)
	}
}

func list(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// The error says what is wrong, without the temporary name: its reader knows the file.
func TestWriteRefused(t *testing.T) {
	dir, path := open(t)
	if err := os.Mkdir(filepath.Join(path, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := atomic.Write(dir, "a", []byte("x"), 0o644); err == nil || strings.Contains(err.Error(), ".scheduled-") {
		t.Errorf("got %v", err)
	}
	if names := list(t, path); len(names) != 1 {
		t.Errorf("left %q", names)
	}
}
