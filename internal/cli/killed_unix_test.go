//go:build unix

package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// TestKilledBetweenRequests kills the commands that start runs at each of their requests,
// and calls them again: each window then has one run.
func TestKilledBetweenRequests(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	project := "[tool.scheduled-actions.jobs.a]\nevery = \"day\"\nat = \"06:00\"\nentrypoint = \"app:run\"\n" +
		"[tool.scheduled-actions.jobs.b]\nevery = \"day\"\nat = \"07:00\"\nentrypoint = \"app:run\"\n"
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(project), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for line, want := range map[string]int{
		"trigger a b": 2,
		"backfill a --from 2026-11-18 --to 2026-11-20": 3,
		"rescue": 2,
	} {
		t.Run(line, func(t *testing.T) {
			var killed atomic.Bool
			killed.Store(true)
			for n := 1; killed.Swap(false); n++ {
				fake := ghtest.New(t)
				fake.SetNow(at)
				for _, id := range []string{"a", "b"} {
					w := ghtest.Registered{File: "scheduled-" + id + ".yml", Created: at.AddDate(0, -1, 0)}
					fake.Register(w)
					fake.Add(ghtest.Run{Workflow: w.File, Job: id, Title: id + ": tick", Created: at.AddDate(0, 0, -4), Started: at.AddDate(0, 0, -4)})
				}
				command := func() *exec.Cmd {
					cmd := exec.Command(self, strings.Fields(line)...)
					cmd.Args[0], cmd.Dir = "scheduled", dir
					cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GITHUB_API_URL=" + fake.URL,
						"GITHUB_REPOSITORY=" + ghtest.Repository, "GITHUB_TOKEN=s3cret-t0ken", "GITHUB_FAKE_NOW=" + at.Format(time.RFC3339)}
					return cmd
				}
				first := command()
				if err := first.Start(); err != nil {
					t.Fatal(err)
				}
				fake.On(n, func() {
					killed.Store(true)
					_ = first.Process.Kill()
				})
				_ = first.Wait()
				if !killed.Load() {
					if t.Logf("%d requests", n-1); n-1 <= want {
						t.Errorf("only %d requests", n-1)
					}
					break
				}
				if out, err := command().CombinedOutput(); err != nil && line != "rescue" {
					t.Fatalf("killed at request %d, then: %v\n%s", n, err, out)
				}
				started := map[string]int{}
				for _, d := range fake.Dispatches() {
					if started[d.File+d.Inputs["window"]]++; started[d.File+d.Inputs["window"]] > 1 {
						t.Errorf("killed at request %d: %+v twice", n, d)
					}
				}
				if len(started) != want {
					t.Errorf("killed at request %d: %v, not %d", n, started, want)
				}
			}
		})
	}
}
