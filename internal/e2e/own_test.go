//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOwn runs a workflow with steps of the user's: they and the entrypoint get
// the variables exactly as written, and the entrypoint alone gets the secret. It
// runs, too, where a step has told bash to run nothing.
func TestOwn(t *testing.T) {
	path, program := build(t)
	dir := checkout(t, "testdata/own")
	in(t, dir, path, "sync", "--action", repository+"@"+pin+" # "+release)
	got := newRunner(t, program).tick(t, dir, "scheduled-send-letter.yml")
	steps := map[string]string{
		"Checkout": "success", "Check window": "success", "Step 1 of before": "success", "Sign": "success", "Have bash skip what follows": "success",
		"Set up Python": "success", "Run entrypoint": "success",
	}
	if diff := cmp.Diff(steps, got.steps); diff != "" || got.failed {
		t.Fatalf("failed: %v; steps (-want +got):\n%s\n%s", got.failed, diff, got.log)
	}
	const greeting = "it's \"$(id)\" `id` $HOME #1: 'x' \\ %PATH%\n"
	for _, want := range []string{
		greeting + "null\n",
		"the same greeting: " + greeting,
		"a key of 7 letters\n",
		"variables of the steps before: False\n",
	} {
		if !strings.Contains(got.log, want) {
			t.Errorf("the log lacks %q:\n%s", want, got.log)
		}
	}
}
