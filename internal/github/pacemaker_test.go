package github

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestOutside tells what something outside GitHub started from what a rescue, a person or a
// tick did.
func TestOutside(t *testing.T) {
	const title = "clean-files: window 2026-11-21T10:37:00Z"
	rows := []struct {
		name string
		run  ghtest.Run
		want bool
	}{
		{"a machine", ghtest.Run{Event: "workflow_dispatch", Title: title, Actor: "octo"}, true},
		{"a rescue", ghtest.Run{Event: "workflow_dispatch", Title: title, Actor: bot}, false},
		{"a backfill", ghtest.Run{Event: "workflow_dispatch", Title: "clean-files: backfill 2026-11-21T10:37:00Z"}, false},
		{"by hand", ghtest.Run{Event: "workflow_dispatch", Title: "clean-files: by hand"}, false},
		{"asked for later", ghtest.Run{Event: "workflow_dispatch", Title: "clean-files: window 2026-11-21T18:00:00Z"}, false},
		{"a tick", ghtest.Run{Title: title}, false},
		{"another branch", ghtest.Run{Event: "workflow_dispatch", Title: title, Branch: "dev"}, false},
		{"nobody", ghtest.Run{Event: "workflow_dispatch", Title: title, Patch: map[string]any{"actor": nil}}, false},
	}
	for _, row := range rows {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		row.run.Created = at("21 10:38")
		fake.Add(row.run)
		watches := []Watch{{Workflow: ghtest.Workflow, Job: "clean-files", Watch: schedule.Watch{Schedule: daily}}}
		if _, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, watches, nil); err != nil {
			t.Fatal(err)
		}
		var want []schedule.Outside
		if row.want {
			want = []schedule.Outside{{Slot: at("21 10:37"), Created: at("21 10:38")}}
		}
		if diff := cmp.Diff(want, watches[0].Outside); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

// TestChain finds the newest link that has not ended, of this workflow and branch.
func TestChain(t *testing.T) {
	link := func(wait, asked string, change func(*ghtest.Run)) ghtest.Run {
		run := ghtest.Run{Workflow: "scheduled-rescue.yml", Event: "workflow_dispatch", Status: "waiting", Created: at("21 11:45"),
			Title: schedule.PacemakerMark + wait + " min from 2026-11-21T" + asked + ":00Z"}
		change(&run)
		return run
	}
	fake := ghtest.New(t)
	fake.SetNow(noon)
	fake.Add(
		link("5", "11:45", func(*ghtest.Run) {}),
		link("60", "11:20", func(r *ghtest.Run) { r.Status = "pending" }),
		link("2", "11:58", func(r *ghtest.Run) { r.Status = "completed" }),
		link("2", "11:58", func(r *ghtest.Run) { r.Branch = "dev" }),
		link("2", "11:58", func(r *ghtest.Run) { r.Workflow = "scheduled-rescue-b.yml" }),
		link("2", "11:58", func(r *ghtest.Run) { r.Event = "push" }),
	)
	chain := Chain{Workflow: "scheduled-rescue.yml"}
	if _, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, nil, &chain); err != nil {
		t.Fatal(err)
	}
	if want := (Chain{chain.Workflow, true, schedule.Link{Wait: 5 * time.Minute, Asked: at("21 11:45")}}); chain != want {
		t.Errorf("%+v", chain)
	}
}

// TestTimers makes environments, and reads them from several pages.
func TestTimers(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	want := map[string]time.Duration{"production": 0, "wait/1 a": time.Minute}
	fake.SetTimer("production", 0)
	for i := range 120 {
		name := time.Duration(i).String()
		fake.SetTimer(name, i+1)
		want[name] = time.Duration(i+1) * time.Minute
	}
	client := newClient(t, fake.URL)
	if err := client.SetTimer(t.Context(), "wait/1 a", time.Minute); err != nil {
		t.Fatal(err)
	}
	timers, err := client.Timers(t.Context())
	if diff := cmp.Diff(want, timers.ByName); err != nil || diff != "" || !timers.Now.Equal(noon) {
		t.Errorf("%v, %v (-want +got):\n%s", timers.Now, err, diff)
	}
}
