package atomic

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTakeAway removes the lock that was seen to be left behind, and no other that has come
// in its place.
func TestTakeAway(t *testing.T) {
	path := t.TempDir()
	dir, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, name := range []string{"lock", "other"} {
		if err := os.WriteFile(filepath.Join(path, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	other, err := dir.Lstat("other")
	if err != nil {
		t.Fatal(err)
	}
	takeAway(dir, "lock", other)
	content, err := os.ReadFile(filepath.Join(path, "lock"))
	if err != nil || string(content) != "lock" {
		t.Fatalf("the lock of another process has %q, %v", content, err)
	}
	left, err := dir.Lstat("lock")
	if err != nil {
		t.Fatal(err)
	}
	takeAway(dir, "lock", left)
	if entries, err := os.ReadDir(path); err != nil || len(entries) != 1 {
		t.Errorf("left %v, %v", entries, err)
	}
}
