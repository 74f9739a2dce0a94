//go:build unix

package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

func TestNoSymbolicLinkIsFollowed(t *testing.T) {
	project, elsewhere := t.TempDir(), t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(project, folder)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(project, nil); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("folder: %v", err)
	}

	l, err := Open(t.TempDir(), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(elsewhere, "target")
	for _, name := range []string{fileName, fileName + ".new"} {
		if err := os.Symlink(target, filepath.Join(l.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	execute(t, l, "clean", noon, true)
	if err := os.Remove(filepath.Join(l.dir, "ledger.lock")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, filepath.Join(l.dir, "ledger.lock")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Runs("clean"); err == nil {
		t.Error("a lock behind a symbolic link was taken")
	}
	if _, err := os.Lstat(target); err == nil {
		t.Error("a symbolic link was followed")
	}
}

// To read a page that a mapped file no longer has is a bus error. Windows does
// not let anybody truncate a mapped file.
func TestFileCutWhileInUseIsSetAside(t *testing.T) {
	warnings := 0
	l, err := Open(t.TempDir(), func(string) { warnings++ })
	if err != nil {
		t.Fatal(err)
	}
	execute(t, l, "clean", noon, true)
	calls := 0
	err = l.use(func(db *bbolt.DB) error {
		if calls++; calls == 1 {
			if err := os.Truncate(l.path(), 0); err != nil {
				return err
			}
		}
		return db.View(func(tx *bbolt.Tx) error {
			history{tx.Bucket(bucket), "clean"}.runs()
			return nil
		})
	})
	if err != nil || calls != 2 || warnings != 1 {
		t.Errorf("%v after %d calls and %d warnings", err, calls, warnings)
	}
	execute(t, l, "clean", noon, true)
}
