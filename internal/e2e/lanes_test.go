//go:build e2e

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// What act cannot do is left to a model: it knows no queue, and no concurrency of jobs.

// TestCatchUp runs the workflow of a job that catches up: its check finds the slots that
// nobody confirmed, and each of them has a job of its own, the oldest first. With these in
// the history, the next run finds none.
func TestCatchUp(t *testing.T) {
	path, program := build(t)
	dir := checkout(t, "testdata/lanes")
	in(t, dir, path, "sync", "--action", repository+"@"+pin+" # "+release)
	const file = "scheduled-collect.yml"
	r := newRunner(t, program)
	github := ghtest.New(t)
	github.SetNow(now)
	github.SetToken(token)
	slots := hourly(t, filepath.Join(dir, workflow.Dir, file))
	first := ghtest.Run{Workflow: file, Job: "collect", Created: slots[0].Add(time.Minute)}
	first.Lanes = []ghtest.Lane{{Slot: slots[0], Started: slots[0].Add(2 * time.Minute)}}
	github.Add(first)

	got := r.tickAt(t, github, dir, file)
	var collected, want []string
	for _, m := range regexp.MustCompile(`collects (\S+)`).FindAllStringSubmatch(got.log, -1) {
		collected = append(collected, m[1])
	}
	for _, slot := range slots[1:] {
		want = append(want, slot.Format(time.RFC3339))
	}
	if diff := cmp.Diff(want, collected); diff != "" || got.failed {
		t.Fatalf("failed: %v; slots (-want +got):\n%s\n%s", got.failed, diff, got.log)
	}
	settled := "Settled before: " + now.UTC().Format(time.RFC3339) + ", still owed 3 (Bw)" // a bit for each of the last three hours
	steps := slices.Concat(slices.Collect(maps.Keys(executed)), []string{settled})
	slices.Sort(steps)
	if diff := cmp.Diff(steps, slices.Sorted(maps.Keys(got.steps))); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}

	second := ghtest.Run{Workflow: file, Job: "collect", Created: now.Add(-2 * time.Minute), Settled: slots[1].Format(time.RFC3339)}
	for i, slot := range slots[1:] {
		second.Lanes = append(second.Lanes, ghtest.Lane{Slot: slot, Started: second.Created.Add(time.Duration(i+1) * time.Second)})
	}
	github.Add(second)
	got = r.tickAt(t, github, dir, file)
	if got.failed || got.steps["Run entrypoint"] != "" || got.outputs["run"] != "false" {
		t.Errorf("after that: failed %v, outputs %v, steps %v\n%s", got.failed, got.outputs, got.steps, got.log)
	}
}

// hourly returns the last four slots of an hourly job, the oldest first, by its file.
func hourly(t *testing.T, file string) []time.Time {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	minute := regexp.MustCompile(`cron: "(\d+) \* \* \* \*" # every`).FindStringSubmatch(string(content))
	if minute == nil {
		t.Fatalf("no cron of every hour:\n%s", content)
	}
	after, err := time.ParseDuration(minute[1] + "m")
	if err != nil {
		t.Fatal(err)
	}
	var slots []time.Time
	for back := 4; back > 0; back-- {
		slots = append(slots, now.Add(after-time.Duration(back)*time.Hour))
	}
	return slots
}

// TestOutcome runs a job with a lock, which asks for its next run, and one of which two
// windows can execute at once, which fails: steps are named after what they say.
func TestOutcome(t *testing.T) {
	path, program := build(t)
	dir := checkout(t, "testdata/lanes")
	in(t, dir, path, "sync", "--action", repository+"@"+pin+" # "+release)
	for _, row := range []struct {
		file   string
		failed bool
		steps  []string // besides those of every execution
	}{
		{"scheduled-again.yml", false, []string{"Next run: ", "Outcome: ok: half of it"}},
		{"scheduled-broken.yml", true, []string{"Outcome: failed: ValueError: no orders"}},
	} {
		got := newRunner(t, program).tick(t, dir, row.file)
		var said []string
		for name := range got.steps {
			if _, next, found := strings.Cut(name, "Next run: "); found {
				if at, err := time.Parse(time.RFC3339, next); err != nil || at.Location() != time.UTC || !at.After(time.Now().Add(4*time.Hour)) {
					t.Errorf("%s says %q: %v", row.file, name, err)
				}
				name = "Next run: "
			}
			if executed[name] == "" {
				said = append(said, name)
			}
		}
		slices.Sort(said)
		if diff := cmp.Diff(row.steps, said); diff != "" || got.failed != row.failed {
			t.Errorf("%s failed: %v; steps (-want +got):\n%s\n%s", row.file, got.failed, diff, got.log)
		}
	}
}
