//go:build unix

package atomic_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/atomic"
)

// Whatever else a name stands for, it is neither opened nor read without end.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	listener, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, err := range []error{
		os.WriteFile(at("file"), []byte("four"), 0o600),
		os.WriteFile(at("large"), []byte("five5"), 0o600),
		os.Mkdir(at("folder"), 0o700),
		syscall.Mkfifo(at("pipe"), 0o600),
		os.Symlink("file", at("link")),
		os.Symlink("pipe", at("to-pipe")),
		os.Symlink("/dev/zero", at("zero")),
		os.Symlink("loop", at("loop")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, test := range []struct{ name, inside, anywhere string }{
		{"file", "", ""},
		{"link", "", ""},
		{"large", "is larger", "is larger"},
		{"folder", "is a folder", "is a folder"},
		{"pipe", "is not a regular file", "is not a regular file"},
		{"to-pipe", "is not a regular file", "is not a regular file"},
		{"socket", "is not a regular file", "is not a regular file"},
		{"zero", "escapes", "is not a regular file"},
		{"loop", "too many", "too many"},
		{"none", "no such file", "no such file"},
	} {
		for fsys, want := range map[fs.FS]string{root.FS(): test.inside, os.DirFS(dir): test.anywhere} {
			content, err := atomic.Read(fsys, test.name, 4)
			if want == "" && (err != nil || string(content) != "four") {
				t.Errorf("%s: read %q, %v", test.name, content, err)
			}
			if want != "" && (err == nil || content != nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: read %q, %v, want an error that it %s", test.name, content, err, want)
			}
			if (test.name == "none") != errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", test.name, err)
			}
		}
	}
}
