//go:build unix

package actions

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// An earlier step can put anything in the place of the event file. The dispatch runs
// then, at once.
func TestEndlessEventFile(t *testing.T) {
	dir := t.TempDir()
	pipe, sparse := filepath.Join(dir, "pipe"), filepath.Join(dir, "sparse")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sparse, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(sparse, 1<<40); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{pipe, sparse, dir, "/dev/zero"} {
		r, _ := runner(map[string]string{"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_EVENT_PATH": name})
		if got, err := r.Trigger(); err == nil || !got.Force {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
