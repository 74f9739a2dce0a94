//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWork runs a workflow of commands, with steps before and after them, and one of a
// function with arguments that fails.
func TestWork(t *testing.T) {
	path, program := build(t)
	dir := checkout(t, "testdata/work")
	in(t, dir, path, "sync", "--action", repository+"@"+pin+" # "+release)
	for _, row := range []struct {
		file   string
		steps  map[string]string
		failed bool
		log    []string

		artifacts map[string]string
	}{
		{"scheduled-scrape.yml", map[string]string{
			"Checkout": "success", "Check window": "success", "Set up Python": "success", "Step 1 of prepare": "success",
			"Run entrypoint": "success", "Deliver: artifacts": "success", "Deliver: Step 1 of after": "success", "After: Step 2 of after": "success",
		}, false, []string{"uploaded 2 files as scrape", "delivers 42 after success", "tidies up after success"},
			map[string]string{"scrape/answer.txt": "42\n", "scrape/tools.txt": "ready\n"}},
		{"scheduled-report.yml", map[string]string{
			"Checkout": "success", "Check window": "success", "Set up Python": "success",
			"Run entrypoint": "failure", "Outcome: failed: RuntimeError: report weekly 21.11. 3 UTC": "success", "After: Step 1 of after": "success",
		}, true, []string{"report weekly 21.11. 3 UTC", "tells of failure"}, map[string]string{}},
	} {
		r := newRunner(t, program).withArtifacts(t)
		got := r.tick(t, dir, row.file)
		if diff := cmp.Diff(row.steps, got.steps); diff != "" || got.failed != row.failed {
			t.Errorf("%s failed: %v; steps (-want +got):\n%s\n%s", row.file, got.failed, diff, got.log)
		}
		for _, want := range row.log {
			if !strings.Contains(got.log, want) {
				t.Errorf("the log of %s lacks %q:\n%s", row.file, want, got.log)
			}
		}
		if diff := cmp.Diff(row.artifacts, r.uploaded(t)); diff != "" {
			t.Errorf("artifacts of %s (-want +got):\n%s", row.file, diff)
		}
	}
}
