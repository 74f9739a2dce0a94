package github

import (
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// TestRunState reads what the names of dispatched runs say, and how far they are.
func TestRunState(t *testing.T) {
	slot := at("5 10:37")
	rows := []struct {
		title  string
		forced bool
		slot   time.Time
	}{
		{"clean-files: by hand", true, time.Time{}},
		{"clean-files: by hand, if the window is not confirmed", false, time.Time{}},
		{"clean-files: backfill 2026-11-05T10:37:00Z", true, slot},
		{"clean-files: window 2026-11-05T10:37:00Z", false, slot},
		{"clean-files: backfill yesterday", true, time.Time{}},
	}
	for _, row := range rows {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		id := fake.Add(ghtest.Run{Event: "workflow_dispatch", Title: row.title, Status: "queued", Created: at("21 11:00")})
		fake.Add(ghtest.Run{Created: at("21 10:40")})
		client := newClient(t, fake.URL)
		runs, now, err := client.Latest(t.Context(), ghtest.Workflow, "main")
		if err != nil || !now.Equal(noon) || len(runs) != 2 || runs[1].Dispatched || !runs[1].Succeeded() {
			t.Fatalf("%+v, %v, %v", runs, now, err)
		}
		if run := runs[0]; run.ID != id || run.Over() || !run.Dispatched || run.Forced != row.forced || !run.Slot.Equal(row.slot) {
			t.Errorf("%s: %+v", row.title, run)
		}
		fake.SetPlay(func(r *ghtest.Run) { r.Status, r.Conclusion = "completed", "success" })
		if run, err := client.RunState(t.Context(), id); err != nil || !run.Succeeded() || run.URL == "" {
			t.Errorf("%+v, %v", run, err)
		}
		if _, _, err := client.Latest(t.Context(), ghtest.Workflow, "other"); err != nil {
			t.Error(err)
		}
		if n := len(fake.Requests()); n != 3 {
			t.Errorf("%d requests", n)
		}
	}
}

// TestLatestPages reads on while a page ends in runs that are not over.
func TestLatestPages(t *testing.T) {
	for _, row := range []struct{ queued, requests int }{{0, 1}, {50, 2}, {150, 3}, {400, 3}} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		for i := range 400 {
			run := ghtest.Run{Created: noon.Add(-time.Duration(i) * time.Minute)}
			if i < row.queued {
				run.Status = "queued"
			}
			fake.Add(run)
		}
		if _, _, err := newClient(t, fake.URL).Latest(t.Context(), ghtest.Workflow, "main"); err != nil || len(fake.Requests()) != row.requests {
			t.Errorf("%d queued: %v", row.queued, err)
		}
	}
}

// TestCause reads why a run failed from the steps of its jobs.
func TestCause(t *testing.T) {
	step := func(name, conclusion string) ghtest.Step { return ghtest.Step{Name: name, Conclusion: conclusion} }
	rows := []struct {
		name  string
		steps []ghtest.Step
		want  string
	}{
		{"told", []ghtest.Step{step("Run entrypoint", "failure"), step("Outcome: failed: ValueError: bad", "success")}, "failed: ValueError: bad"},
		{"not told", []ghtest.Step{step("Install packages", "failure"), step("Run entrypoint", "skipped")}, `the step "Install packages" failed`},
		{"nothing", []ghtest.Step{step("Set up job", "success")}, ""},
	}
	for _, row := range rows {
		fake := ghtest.New(t)
		id := fake.Add(ghtest.Run{Created: noon, Conclusion: "failure", Steps: row.steps})
		if cause, err := newClient(t, fake.URL).Cause(t.Context(), id); err != nil || cause != row.want {
			t.Errorf("%s: %q, %v", row.name, cause, err)
		}
	}
}

// TestSetWorkflow enables and disables workflows, and cancels a run.
func TestSetWorkflow(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	fake.Register(ghtest.Registered{})
	client := newClient(t, fake.URL)
	ctx, cancel := deadline(t)
	defer cancel()
	for _, row := range []struct {
		enabled bool
		state   string
	}{{false, "disabled_manually"}, {false, "disabled_manually"}, {true, "active"}} {
		if err := client.SetWorkflow(ctx, ghtest.Workflow, row.enabled); err != nil || fake.Workflows()[ghtest.Workflow] != row.state {
			t.Error(err, fake.Workflows())
		}
	}
	if err := client.SetWorkflow(ctx, "other.yml", true); !Missing(err) {
		t.Error(err)
	}
	id := fake.Add(ghtest.Run{Created: noon, Status: "queued"})
	if err := client.CancelRun(ctx, id); err != nil || len(fake.Cancelled()) != 1 {
		t.Error(err)
	}
	if err := client.CancelRun(ctx, id); err != nil || len(fake.Cancelled()) != 0 { // it is over: 409
		t.Error(err)
	}
}

// TestDispatchDetails asks which run was started, also of a GitHub that refuses to say it.
func TestDispatchDetails(t *testing.T) {
	for _, row := range []struct {
		old      bool
		id       int64
		requests int
	}{{false, 1, 1}, {true, 0, 2}} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		if row.old {
			fake.SetOld()
		}
		ctx, cancel := deadline(t)
		run, err := newClient(t, fake.URL).Dispatch(ctx, Dispatch{Workflow: ghtest.Workflow, Branch: "main", Force: true, Details: true})
		cancel()
		if err != nil || run.ID != row.id || (run.URL == "") != row.old || len(fake.Requests()) != row.requests || len(fake.Dispatches()) != 1 {
			t.Errorf("old %v: %+v, %v", row.old, run, err)
		}
	}
}
