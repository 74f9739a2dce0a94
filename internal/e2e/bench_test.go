//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// BenchmarkAdded runs workflows in turn: one that only checks out, the generated
// one in a confirmed window, the generated one in an unconfirmed window, and the same
// by hand, which has its steps less ours and starts the entrypoint by itself. It
// reports what checking costs, and what ours adds to an execution, checkout aside: the
// medians of the differences, in seconds. GitHub is on this machine, and so is the
// release.
func BenchmarkAdded(b *testing.B) {
	path, _ := build(b)
	program, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	r := newRunner(b, program)
	for _, bb := range []struct{ project, python string }{
		{"none", "python"},
		{"uv", "uv run --no-sync python"},
		{"pip-hashes", "python"},
	} {
		b.Run(bb.project, func(b *testing.B) {
			dir := checkout(b, "../../testdata/projects/"+bb.project)
			in(b, dir, path, "sync", "--action", repository+"@"+pin+" # "+release)
			file := generated(b, dir, "count-stock")
			writeByHand(b, dir, file, bb.python+" -c 'from shop.jobs import count_stock; count_stock()'")
			machine := r.withTools(b)
			run := func(file string, steps int, history ...ghtest.Run) time.Duration {
				start := time.Now()
				if got := machine.tick(b, dir, file, history...); got.failed || len(got.steps) != steps {
					b.Fatalf("failed: %v; steps %v\n%s", got.failed, got.steps, got.log)
				}
				return time.Since(start)
			}
			steps := len(stepsOf(b, dir, "by-hand.yml"))
			run("by-hand.yml", steps) // fills the caches of the tools
			var checks, adds, hands []time.Duration
			for b.Loop() {
				only := run("checkout.yml", 1)
				confirmed := run(file, 2, evidence)
				hand := run("by-hand.yml", steps)
				ours := run(file, steps+1)
				checks, adds, hands = append(checks, confirmed-only), append(adds, ours-hand), append(hands, hand)
			}
			b.ReportMetric(median(adds), "added-s")
			b.ReportMetric(median(checks), "confirmed-s")
			b.ReportMetric(median(hands), "by-hand-s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// median returns seconds.
func median(of []time.Duration) float64 {
	slices.Sort(of)
	return of[len(of)/2].Seconds()
}

type anyStep = map[string]any

// stepsOf returns the steps of the only job of a workflow file.
func stepsOf(t testing.TB, dir, file string) []anyStep {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, workflow.Dir, file))
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Jobs map[string]struct{ Steps []anyStep }
	}
	if err := yaml.Unmarshal(content, &parsed); err != nil || len(parsed.Jobs) != 1 {
		t.Fatalf("%s: %d jobs, %v", file, len(parsed.Jobs), err)
	}
	for _, job := range parsed.Jobs {
		return job.Steps
	}
	return nil
}

// writeByHand writes what a person might have written in place of a generated file:
// by-hand.yml, which starts the entrypoint by that command, and checkout.yml,
// which ends after its first step.
func writeByHand(t testing.TB, dir, file, command string) {
	t.Helper()
	ours := func(step anyStep) bool {
		uses, _ := step["uses"].(string)
		return strings.HasPrefix(uses, repository+"@")
	}
	steps := slices.DeleteFunc(stepsOf(t, dir, file), ours)
	for _, step := range steps {
		delete(step, "if")
	}
	for name, steps := range map[string][]anyStep{
		"checkout.yml": steps[:1],
		"by-hand.yml":  append(steps, anyStep{"name": "Run entrypoint", "run": command}),
	} {
		content, err := yaml.Marshal(map[string]any{
			"on":   "schedule",
			"jobs": map[string]any{"run": map[string]any{"runs-on": "ubuntu-latest", "steps": steps}},
		})
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, workflow.Dir, name), content)
	}
}
