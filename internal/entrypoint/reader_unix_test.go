//go:build unix

package entrypoint

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A program that is no Python, or does not answer, does no harm and holds nothing up.
func TestNoAnswer(t *testing.T) {
	version := "echo '[3, 99]'; "
	for _, script := range []string{"exit 0", "echo hello", version + "exit 0", version + "exec sleep 600", version + "sleep 600", version + "cat >/dev/null; sleep 600"} {
		path := filepath.Join(t.TempDir(), "python")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		reader, err := startReader(path, false, []string{"PATH=" + os.Getenv("PATH")})
		if err != nil {
			continue
		}
		reader.limit = 100 * time.Millisecond
		if reads(reader) {
			t.Errorf("%s: it reads", script)
		}
		reader.Close()
	}
}
