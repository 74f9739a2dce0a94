//go:build unix

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// TestServeDispatches serves a job of GitHub beside one of this machine, with the token in
// each of the variables that can have it. No entrypoint gets that, nor finds it in the
// process that has started it.
func TestServeDispatches(t *testing.T) {
	const token = "s3cret-token"
	for _, name := range []string{"INPUT_TOKEN", "GITHUB_TOKEN"} {
		t.Run(name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.Register(ghtest.Registered{File: "scheduled-far.yml", Created: time.Now().Add(-48 * time.Hour)})
			dir := t.TempDir()
			project := "[tool.scheduled-actions.jobs.far]\nevery = \"hour\"\ncommand = \"true\"\n" +
				"[tool.scheduled-actions.jobs.near]\nevery = \"hour\"\nexecutor = \"serve\"\ncommand = 'env; for p in $PPID $(ps -o ppid= -p $PPID); do cat /proc/$p/environ; done'\n"
			if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(project), 0o600); err != nil {
				t.Fatal(err)
			}
			s := looping(t, dir, []string{"GITHUB_API_URL=" + fake.URL, "GITHUB_REPOSITORY=" + ghtest.Repository, name + "=" + token})
			s.says(t, "far: dispatched", 1)
			s.says(t, "near: succeeded", 1)
			if code := s.end(t, syscall.SIGTERM); code != 0 {
				t.Errorf("exit code %d", code)
			}
			if n := len(fake.Dispatches()); n != 1 {
				t.Errorf("%d dispatches, want 1", n)
			}
			if strings.Contains(s.said(), token) {
				t.Error("the entrypoint can see the token")
			}
		})
	}
}
