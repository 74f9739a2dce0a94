//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// TestRescue runs the generated workflow of the rescue: it starts a job whose
// workflow GitHub knows, with no code of the project.
func TestRescue(t *testing.T) {
	path, program := build(t)
	dir := checkout(t, "../../testdata/quickstart")
	in(t, dir, path, "sync", "--action", repository+"@"+pin+" # "+release)
	github := ghtest.New(t)
	github.SetToken(token)
	github.Register(ghtest.Registered{File: "scheduled-clean-files.yml"})
	got := newRunner(t, program).run(t, dir, "scheduled-rescue.yml", "schedule", `{"repository":{"default_branch":"main"}}`,
		"GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_API_URL="+github.URL)
	want := map[string]string{"Checkout": "success", "Rescue jobs": "success"}
	if diff := cmp.Diff(want, got.steps); diff != "" || got.failed {
		t.Errorf("failed: %v; steps (-want +got):\n%s\n%s", got.failed, diff, got.log)
	}
	if dispatches := github.Dispatches(); len(dispatches) != 1 || dispatches[0].File != "scheduled-clean-files.yml" {
		t.Errorf("started %+v\n%s", dispatches, got.log)
	}
}

// TestRescueTells has a rescue find a job that failed, and post it to a webhook. The next
// rescue remembers that, since the workflow keeps what was told.
func TestRescueTells(t *testing.T) {
	path, program := build(t)
	dir := checkout(t, "testdata/told")
	in(t, dir, path, "sync", "--action", repository+"@"+pin+" # "+release)
	var guard sync.Mutex
	var posts []string
	chat := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		guard.Lock()
		defer guard.Unlock()
		posts = append(posts, string(body))
	}))
	defer chat.Close()
	github := ghtest.New(t)
	github.SetToken(token)
	github.SetNow(now)
	const file = "scheduled-report.yml"
	github.Register(ghtest.Registered{File: file})
	github.Add(ghtest.Run{Workflow: file, Job: "report", Created: now.Add(-2 * time.Minute), Conclusion: "failure",
		Steps: []ghtest.Step{{Name: "Run entrypoint", Conclusion: "failure", Started: now.Add(-time.Minute)}}})
	r := newRunner(t, program)
	r.settings = []string{"--secret", "OPS_URL=" + chat.URL}
	r.env = []string{"E2E_CACHE=" + t.TempDir()}
	steps := map[string]string{"Checkout": "success", "Recall what was told": "success", "Rescue jobs": "success", "Remember what was told": "success"}
	for i := range 2 {
		got := r.run(t, dir, "scheduled-rescue.yml", "schedule", `{"repository":{"default_branch":"main"}}`,
			"GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_API_URL="+github.URL)
		if diff := cmp.Diff(steps, got.steps); diff != "" || got.failed {
			t.Errorf("rescue %d failed: %v; steps (-want +got):\n%s\n%s", i+1, got.failed, diff, got.log)
		}
		if len(posts) != 1 || !strings.Contains(posts[0], "report") || strings.Contains(got.log, chat.URL) {
			t.Fatalf("rescue %d: posts %q\n%s", i+1, posts, got.log)
		}
		delete(steps, "Remember what was told") // nothing new
	}
}
