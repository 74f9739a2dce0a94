//go:build e2e

package e2e

import (
	"testing"

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
