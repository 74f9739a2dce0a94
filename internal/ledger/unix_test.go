//go:build unix

package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Nothing that is not a regular file is opened, or followed.
func TestOddFileIsSetAside(t *testing.T) {
	elsewhere := t.TempDir()
	target := filepath.Join(elsewhere, "target")
	for _, test := range []struct {
		name string
		make func(path string) error
	}{
		{"link", func(path string) error { return os.Symlink(target, path) }},
		{"link to zeros", func(path string) error { return os.Symlink("/dev/zero", path) }},
		{"link within", func(path string) error { return os.Symlink(filepath.Base(path), path) }},
		{"pipe", func(path string) error { return syscall.Mkfifo(path, 0o600) }},
		{"folder", func(path string) error { return os.Mkdir(path, 0o700) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			warnings := 0
			l := openFile(t, filepath.Join(t.TempDir(), defaultFile), func(w string) {
				if warnings++; !strings.Contains(w, "not a regular file") {
					t.Error(w)
				}
			})
			path := l.path(t, "clean")
			if err := test.make(path); err != nil {
				t.Fatal(err)
			}
			if got := runs(t, l, "clean"); len(got) != 0 || warnings != 1 {
				t.Errorf("runs %+v after %d warnings", got, warnings)
			}
			execute(t, l, "clean", noon, true)
			if got := runs(t, l, "clean"); len(got) != 1 || warnings != 1 {
				t.Errorf("runs %+v after %d warnings", got, warnings)
			}

			lock := strings.TrimSuffix(path, ".log") + ".lock"
			if err := test.make(lock); err != nil {
				t.Fatal(err)
			}
			unlock, err := l.Lock(t.Context(), "clean", func() { t.Error("waited") })
			defer unlock()
			if err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("lock: %v", err)
			}

			old := filepath.Join(filepath.Dir(path), oldName)
			if err := test.make(old); err != nil {
				t.Fatal(err)
			}
			if got := runs(t, l, "new"); len(got) != 0 {
				t.Errorf("runs %+v", got)
			}
		})
	}
	if _, err := os.Lstat(target); err == nil {
		t.Error("a symbolic link was followed")
	}
}

func TestNoFolderBehindALink(t *testing.T) {
	project, elsewhere := t.TempDir(), t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(project, folderName)); err != nil {
		t.Fatal(err)
	}
	if _, err := openLedger(t, project).Runs("clean"); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("folder: %v", err)
	}
	if left, err := os.ReadDir(elsewhere); err != nil || len(left) > 0 {
		t.Errorf("the link was followed: %v, %v", left, err)
	}
}
