package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestUnwritableFolderIsNamedInAHint(t *testing.T) {
	missing, foreign := t.TempDir(), t.TempDir()
	l := openLedger(t, foreign)
	for _, folder := range []string{missing, l.dir} {
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(folder, 0o755) })
	}
	dropRoot(t)

	_, openErr := Open(missing, nil)
	_, lockErr := l.Lock(t.Context(), "clean", nil)
	_, runsErr := l.Runs("clean")
	for _, test := range []struct {
		name   string
		err    error
		folder string
	}{
		{"open", openErr, missing},
		{"lock", lockErr, filepath.Join(foreign, folder)},
		{"runs", runsErr, filepath.Join(foreign, folder)},
	} {
		var hinter interface{ Hint() string }
		if !errors.As(test.err, &hinter) || !strings.HasPrefix(hinter.Hint(), "the folder "+test.folder+" must be writable") {
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
