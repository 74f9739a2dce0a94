package ledger

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// smallDisk returns a folder on a disk of 64 kB.
func smallDisk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("mount: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(folder, 0) })
	return folder
}

// fillDisk writes to the disk until that is full.
func fillDisk(t *testing.T, folder string) {
	t.Helper()
	f, err := os.Create(filepath.Join(folder, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !Full(err) {
		t.Fatal(err)
	}
}

func TestFullDisk(t *testing.T) {
	folder := smallDisk(t)
	l := openLedger(t, folder)
	for range 3 { // the end fits into a file that is new, and into one that is not
		execute(t, l, "clean", noon, true)
		e := start(t, l, "clean", noon)
		fillDisk(t, folder)
		if err := e.Finish(noon, true, strings.Repeat("x", 1000)); err != nil {
			t.Error(err)
		}
		if err := os.Remove(filepath.Join(folder, "ballast")); err != nil {
			t.Fatal(err)
		}
	}
	fillDisk(t, folder)
	before := len(runs(t, l, "clean"))
	started := before
	var err error
	for err == nil && started < 100 { // until the last page of the file is full, too
		if _, err = l.Start("clean", noon, daily.Window(noon)); err == nil {
			started++
		}
	}
	if !Full(err) || !strings.HasPrefix(problem.Hint(err), "free space on the disk of "+folder) {
		t.Errorf("%v, hint %q", err, problem.Hint(err))
	}
	got := runs(t, l, "clean") // no damage
	if len(got) != started {
		t.Errorf("%d runs, want %d", len(got), started)
	}
	for _, r := range got[:before] {
		if !r.Success {
			t.Errorf("run %+v", r)
		}
	}
	if _, err := l.Start("new", noon, daily.Window(noon)); !Full(err) {
		t.Errorf("start of a new job: %v", err)
	}
	if got := runs(t, l, "new"); len(got) != 0 {
		t.Errorf("runs %+v", got)
	}
}

// The same without the right to mount: a limit on the size of files.
func TestFullFile(t *testing.T) {
	folder := t.TempDir()
	if err := process(t, "limit", folder).Run(); err != nil {
		t.Fatal(err)
	}
	got := runs(t, openLedger(t, folder), "clean")
	if len(got) != 2 || !got[0].Success || !got[1].Success {
		t.Errorf("runs %+v", got)
	}
}

func init() { roles["limit"] = limit }

// limit ends a run, and starts another one, in a file that may not grow.
func limit(l *Ledger) error {
	for range 2 {
		e, err := l.Start("clean", noon, daily.Window(noon))
		if err != nil {
			return err
		}
		dir, err := l.folder()
		if err != nil {
			return err
		}
		info, err := dir.Stat(jobName(dir.of, "clean") + ".log")
		if err != nil {
			return err
		}
		var was syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			return err
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(info.Size()) + 40, Max: was.Max}); err != nil {
			return err
		}
		if err := e.Finish(noon, true, ""); err != nil {
			return err
		}
		if _, err := l.Start("clean", noon, daily.Window(noon)); !Full(err) {
			return err
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			return err
		}
	}
	return nil
}

func TestUnwritableFolderIsNamedInAHint(t *testing.T) {
	missing, foreign := t.TempDir(), t.TempDir()
	l, none := openLedger(t, foreign), openLedger(t, missing)
	mine := filepath.Dir(l.path(t, "clean"))
	if err := os.Chmod(filepath.Dir(missing), 0o755); err != nil { // of both
		t.Fatal(err)
	}
	for _, folder := range []string{missing, mine} {
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(folder, 0o755) })
	}
	dropRoot(t)

	_, runsErr := none.Runs("clean")
	_, lockErr := l.Lock(t.Context(), "clean", nil)
	_, startErr := l.Start("clean", noon, daily.Window(noon))
	for _, test := range []struct {
		name   string
		err    error
		folder string
	}{
		{"runs", runsErr, missing},
		{"lock", lockErr, filepath.Join(foreign, folderName)},
		{"start", startErr, filepath.Join(foreign, folderName)},
	} {
		if !strings.HasPrefix(problem.Hint(test.err), "make the folder "+test.folder+" writable") {
			t.Errorf("%s: %v has no hint that names %s", test.name, test.err, test.folder)
		}
	}
}

// dropRoot takes away the rights of root, who may write everywhere. On Linux
// they belong to a thread.
func dropRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		return
	}
	runtime.LockOSThread()
	if err := syscall.Setfsuid(65534); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Setfsuid(0)
		runtime.UnlockOSThread()
	})
}
