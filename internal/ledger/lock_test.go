package ledger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestLockWaitsForTheSameJobOnly(t *testing.T) {
	project := t.TempDir()
	mine, theirs := openLedger(t, project), openLedger(t, project)
	unlock, err := mine.Lock(t.Context(), "clean", func() { t.Error("waited for a free lock") })
	if err != nil {
		t.Fatal(err)
	}
	other, err := theirs.Lock(t.Context(), "report", func() { t.Error("waited for the lock of another job") })
	if err != nil {
		t.Fatal(err)
	}
	other()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	waits := 0
	_, err = theirs.Lock(ctx, "clean", func() { waits++; cancel() })
	if !errors.Is(err, context.Canceled) || waits != 1 {
		t.Errorf("locked twice: %v after %d waits", err, waits)
	}
	again, err := theirs.Lock(t.Context(), "clean", func() { unlock() })
	if err != nil {
		t.Fatal(err)
	}
	again()
}

// Whatever becomes of the ledger while a job runs: its lock is not free, and what
// it did is recorded where there is a ledger.
func TestRemovedLedgerFreesNoLock(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can lock a folder for one job")
	}
	elsewhere := t.TempDir()
	for _, test := range []struct {
		name   string
		change func(folder string) error
		lost   string // the error of what cannot be recorded
	}{
		{"removed", os.RemoveAll, ""},
		{"moved away", func(folder string) error { return os.Rename(folder, folder+".old") }, ""},
		{"emptied", func(folder string) error {
			inner, err := filepath.Glob(filepath.Join(folder, "*", "*"))
			for _, path := range inner {
				err = errors.Join(err, os.Remove(path))
			}
			return err
		}, ""},
		{"a link", func(folder string) error {
			return errors.Join(os.RemoveAll(folder), os.Symlink(elsewhere, folder))
		}, "must be a folder"},
		{"its folder a link", func(folder string) error {
			inner, err := filepath.Glob(filepath.Join(folder, "pyproject-*"))
			return errors.Join(err, os.RemoveAll(inner[0]), os.Symlink(elsewhere, inner[0]))
		}, "must be a folder"},
		{"a file", func(folder string) error {
			return errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600))
		}, "must be a folder"},
	} {
		t.Run(test.name, func(t *testing.T) {
			project := t.TempDir()
			l := openLedger(t, project)
			unlock, err := l.Lock(t.Context(), "clean", nil)
			if err != nil {
				t.Fatal(err)
			}
			e := start(t, l, "clean", noon)
			if err := test.change(filepath.Join(project, folderName)); err != nil {
				t.Fatal(err)
			}
			var finished error
			waited := false
			other := openLedger(t, project)
			again, err := other.Lock(t.Context(), "clean", func() {
				waited = true
				finished = e.Finish(noon, true, "")
				unlock()
			})
			defer again()
			if !waited {
				t.Error("locked twice")
			}
			if test.lost != "" {
				if len(other.Held()) != 1 {
					t.Error("no child process can hold the lock of the project's folder")
				}
				for _, err := range []error{err, finished} {
					if err == nil || !strings.Contains(err.Error(), test.lost) {
						t.Errorf("%v, want %q", err, test.lost)
					}
				}
				return
			}
			if got := runs(t, l, "clean"); err != nil || finished != nil || len(got) != 1 || !got[0].Success {
				t.Errorf("runs %+v, %v, %v", got, err, finished)
			}
		})
	}
	if left, err := os.ReadDir(elsewhere); err != nil || len(left) > 0 {
		t.Errorf("a link was followed: %v, %v", left, err)
	}
}

// Where another run has the place of one that was lost, both are kept.
func TestEndOfALostRunIsRecordedBesideAnother(t *testing.T) {
	project := t.TempDir()
	l := openLedger(t, project)
	e := start(t, l, "clean", noon)
	if err := os.RemoveAll(filepath.Join(project, folderName)); err != nil {
		t.Fatal(err)
	}
	start(t, l, "clean", noon.AddDate(0, 0, 1))
	if err := e.Finish(noon.AddDate(0, 0, 2), true, ""); err != nil {
		t.Fatal(err)
	}
	got := runs(t, l, "clean")
	if len(got) != 2 || got[0].Success || !got[1].Success || !got[1].Started.Equal(noon) {
		t.Errorf("runs %+v", got)
	}
}

// A lock file that was removed after it had been opened locks nothing.
func TestLockOfARemovedFileDoesNotCount(t *testing.T) {
	l := openLedger(t, t.TempDir())
	f, err := l.tryLockFile(jobLock("clean"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := l.checkLock(jobLock("clean"), f); err != nil {
		t.Error(err)
	}
	if err := os.Remove(strings.TrimSuffix(l.path(t, "clean"), ".log") + ".lock"); err != nil {
		t.Fatal(err)
	}
	if err := l.checkLock(jobLock("clean"), f); !errors.Is(err, errLocked) {
		t.Error(err)
	}
	again, err := l.tryLockFile(jobLock("clean"))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := l.checkLock(jobLock("clean"), f); !errors.Is(err, errLocked) {
		t.Error(err)
	}
}
