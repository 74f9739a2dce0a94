//go:build unix

package simulate

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A file of regimes is a regular one of some MB: others may never end.
func TestEndlessRegime(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, spec := range []string{pipe, pipe + "#late", "/dev/zero#late"} {
		if _, err := Read(spec); err == nil {
			t.Errorf("%s is a file of regimes", spec)
		}
	}
}
