package operate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// newEngine returns an engine on a fake GitHub with n jobs of a day. It counts its pauses
// and does not take them.
func newEngine(t *testing.T, n int) (*ghtest.Server, *Engine, []Wish, *[]time.Duration) {
	t.Helper()
	fake := ghtest.New(t)
	fake.SetNow(noon)
	var wishes []Wish
	for i := range n {
		id := fmt.Sprintf("job-%d", i)
		job := Job{ID: id, File: "scheduled-" + id + ".yml", Schedule: schedule.New(schedule.Day, "", id)}
		fake.Register(ghtest.Registered{File: job.File})
		wishes = append(wishes, Wish{Job: job})
	}
	pauses := new([]time.Duration)
	return fake, engineOn(t, fake, pauses), wishes, pauses
}

func engineOn(t *testing.T, fake *ghtest.Server, pauses *[]time.Duration) *Engine {
	t.Helper()
	client, err := github.New(github.Config{APIURL: fake.URL, Repository: ghtest.Repository, Token: "s3cret-t0ken"})
	if err != nil {
		t.Fatal(err)
	}
	return &Engine{Client: client, Branch: "main", Say: func(string) {}, Step: func(string) {},
		Wait: func(_ context.Context, d time.Duration) { *pauses = append(*pauses, d) }}
}

// TestTrigger counts the requests of one call, and then of one that finds all runs pending.
func TestTrigger(t *testing.T) {
	fake, e, wishes, pauses := newEngine(t, 25)
	runs, bound, err := e.Trigger(t.Context(), wishes)
	dispatches := fake.Dispatches()
	if requests := len(fake.Requests()); err != nil || bound != "" || len(dispatches) != 25 || requests != 1+25+25+25 || len(*pauses) != 15 {
		t.Errorf("%d dispatches, %d requests, %d pauses, bound %q, %v", len(dispatches), requests, len(*pauses), bound, err)
	}
	last := time.Time{}
	windows := map[string]time.Time{}
	for _, r := range runs {
		windows[r.Job.File] = r.Window
		if !r.Started || r.ID == 0 || r.URL == "" || r.Pending || r.Err != nil || r.Window != r.Job.Schedule.Prev(noon) {
			t.Errorf("%+v", r)
		}
	}
	for _, d := range dispatches {
		if d.Inputs["force"] != "true" || d.Inputs["window"] != "" || windows[d.File].Before(last) {
			t.Errorf("%+v after %v", d, last)
		}
		last = windows[d.File]
	}
	again, _, err := engineOn(t, fake, pauses).Trigger(t.Context(), wishes)
	if requests := len(fake.Requests()); err != nil || len(fake.Dispatches()) != 0 || requests != 1+25 {
		t.Errorf("again: %d requests, %v", requests, err)
	}
	for i, r := range again {
		if !r.Pending || r.Started || r.ID != runs[i].ID {
			t.Errorf("again: %+v", r)
		}
	}
}

// TestTriggerBounds has more jobs than one call starts, and a rate limit that is nearly used
// up.
func TestTriggerBounds(t *testing.T) {
	fake, e, wishes, _ := newEngine(t, 250)
	runs, bound, err := e.Trigger(t.Context(), wishes)
	left := 0
	for _, r := range runs {
		if r.Left {
			left++
		}
	}
	if err != nil || bound != "one call starts at most 240 runs" || left != 10 || len(fake.Dispatches()) != 240 {
		t.Errorf("%d left, bound %q, %v", left, bound, err)
	}
	fake, e, wishes, _ = newEngine(t, 3)
	fake.Break(ghtest.Fault{Header: map[string]string{"X-RateLimit-Remaining": "99"}})
	_, bound, err = e.Trigger(t.Context(), wishes)
	if err != nil || !strings.HasPrefix(bound, "GitHub's rate limit has 99 requests left") || len(fake.Dispatches()) != 0 {
		t.Errorf("bound %q, %v", bound, err)
	}
}

// TestPending has runs of a job, of which some serve the window that is asked for.
func TestPending(t *testing.T) {
	job := Job{ID: "clean-files", File: ghtest.Workflow, Schedule: schedule.New(schedule.Day, "", "clean-files")}
	slot := job.Schedule.Prev(noon)
	old := job.Schedule.Prev(slot.Add(-1))
	later := noon.Add(time.Hour).Truncate(time.Second)
	words := func(mark string, at time.Time) string { return "clean-files: " + mark + at.Format(time.RFC3339) }
	rows := []struct {
		name    string
		run     ghtest.Run
		wish    Wish
		pending bool
	}{
		{"by hand", ghtest.Run{Title: "clean-files: by hand", Status: "queued"}, Wish{}, true},
		{"by hand, in progress", ghtest.Run{Title: "clean-files: by hand", Status: "in_progress"}, Wish{}, true},
		{"by hand, waiting", ghtest.Run{Title: "clean-files: by hand", Status: "waiting"}, Wish{}, true},
		{"by hand, over", ghtest.Run{Title: "clean-files: by hand"}, Wish{}, false},
		{"by hand, in the window before", ghtest.Run{Title: "clean-files: by hand", Status: "queued", Created: slot.Add(-time.Hour)}, Wish{}, false},
		{"by hand, on another branch", ghtest.Run{Title: "clean-files: by hand", Status: "queued", Branch: "dev"}, Wish{}, false},
		{"a tick", ghtest.Run{Event: "schedule", Status: "queued"}, Wish{}, false},
		{"a rescue", ghtest.Run{Title: words("window ", slot), Status: "queued"}, Wish{}, true},
		{"a backfill of this window", ghtest.Run{Title: words("backfill ", slot), Status: "queued"}, Wish{}, true},
		{"a backfill of another", ghtest.Run{Title: words("backfill ", old), Status: "queued"}, Wish{}, false},
		{"a request for later", ghtest.Run{Title: words("window ", later), Status: "queued"}, Wish{}, false},
		{"the slot by hand", ghtest.Run{Title: "clean-files: by hand", Status: "queued"}, Wish{Slot: slot}, true},
		{"an old slot by hand", ghtest.Run{Title: "clean-files: by hand", Status: "queued"}, Wish{Slot: old}, false},
		{"an old slot", ghtest.Run{Title: words("backfill ", old), Status: "queued"}, Wish{Slot: old}, true},
		{"later", ghtest.Run{Title: words("window ", later), Status: "queued"}, Wish{At: later}, true},
		{"later, another time", ghtest.Run{Title: words("window ", later), Status: "queued"}, Wish{At: later.Add(time.Hour)}, false},
		{"later, from now", ghtest.Run{Title: words("window ", later), Status: "queued"}, Wish{In: time.Hour}, true},
	}
	for _, row := range rows {
		fake, e, _, _ := newEngine(t, 0)
		fake.Register(ghtest.Registered{})
		if row.run.Event == "" {
			row.run.Event = "workflow_dispatch"
		}
		if row.run.Created.IsZero() {
			row.run.Created = noon.Add(-time.Minute)
		}
		id := fake.Add(row.run)
		row.wish.Job = job
		runs, _, err := e.Trigger(t.Context(), []Wish{row.wish})
		if err != nil || len(Errors(runs)) > 0 || runs[0].Pending != row.pending || row.pending && runs[0].ID != id || len(fake.Dispatches()) != map[bool]int{false: 1}[row.pending] {
			t.Errorf("%s: %+v, %v", row.name, runs[0], err)
		}
	}
}

// TestUnclear has answers that say nothing about what became of a dispatch: the run is
// looked for before anything is sent again, so there is one run in the end.
func TestUnclear(t *testing.T) {
	again := map[string]string{"Retry-After": "0"}
	rows := []struct {
		name       string
		faults     []ghtest.Fault
		old        bool
		dispatches int
		sent       int // requests to start a run
		failed     bool
	}{
		{"a clear answer", nil, false, 1, 1, false},
		{"an older server", nil, true, 1, 2, false},
		{"an error, and nothing was started", []ghtest.Fault{{Path: "dispatches", Status: 502, Once: true}}, false, 1, 2, false},
		{"an error, and it was started", []ghtest.Fault{{Path: "dispatches", Status: 502, Once: true, Late: true}}, false, 1, 1, false},
		{"no answer, and nothing was started", []ghtest.Fault{{Path: "dispatches", Drop: true, Once: true}}, false, 1, 2, false},
		{"no answer, and it was started", []ghtest.Fault{{Path: "dispatches", Drop: true, Once: true, Late: true}}, false, 1, 1, false},
		{"half an answer", []ghtest.Fault{{Path: "dispatches", Cut: true, Once: true}}, false, 1, 1, false},
		{"a page of a proxy", []ghtest.Fault{{Path: "dispatches", Status: 200, Body: "<html>", Once: true}}, false, 1, 2, false},
		{"errors without end", []ghtest.Fault{{Path: "dispatches", Status: 500}}, false, 0, 3, true},
		{"an error, and no list after it", []ghtest.Fault{{Path: "dispatches", Status: 502}, {Path: "/runs", Skip: 1, Status: 502, Header: again}}, false, 0, 1, true},
	}
	for _, row := range rows {
		fake, e, wishes, _ := newEngine(t, 1)
		if row.old {
			fake.SetOld()
		}
		fake.Break(row.faults...)
		runs, _, err := e.Trigger(t.Context(), wishes)
		sent := 0
		for _, request := range fake.Requests() {
			if request.Method == "POST" {
				sent++
			}
		}
		if r := runs[0]; err != nil || len(fake.Dispatches()) != row.dispatches || sent != row.sent || (r.Err != nil) != row.failed || r.Started == row.failed || (r.ID == 0) != row.failed {
			t.Errorf("%s: %d requests, %+v, %v", row.name, sent, r, err)
		}
	}
}

// TestRefused has dispatches that GitHub refuses.
func TestRefused(t *testing.T) {
	rows := []struct {
		name   string
		change func(*ghtest.Server)
		all    bool // no run is started
		say    string
	}{
		{"paused", func(s *ghtest.Server) {
			s.Register(ghtest.Registered{File: "scheduled-job-0.yml", State: "disabled_manually"})
		}, false, "job job-0 is paused"},
		{"paused meanwhile", func(s *ghtest.Server) {
			s.On(4, func() { s.Register(ghtest.Registered{File: "scheduled-job-0.yml", State: "disabled_manually"}) })
		}, false, "job job-0 is paused"},
		{"no activity", func(s *ghtest.Server) {
			s.Register(ghtest.Registered{File: "scheduled-job-0.yml", State: "disabled_inactivity"})
		}, false, "disabled_inactivity"},
		{"deleted", func(s *ghtest.Server) {
			s.Register(ghtest.Registered{File: "scheduled-job-0.yml", State: "deleted"})
		}, false, "GitHub has no workflow"},
		{"a broken file", func(s *ghtest.Server) {
			s.Break(ghtest.Fault{Path: "job-0.yml/dispatches", Status: 422, Body: `{"message":"Workflow does not have 'workflow_dispatch' trigger"}`})
		}, false, "does not have"},
		{"no right", func(s *ghtest.Server) { s.SetRights(ghtest.Rights{NoDispatch: true}) }, true, "403"},
		{"no right of a classic token", func(s *ghtest.Server) { s.SetRights(ghtest.Rights{NoDispatch: true, Token: ghtest.Classic}) }, true, "404"},
	}
	for _, row := range rows {
		fake, e, wishes, _ := newEngine(t, 2)
		row.change(fake)
		runs, _, err := e.Trigger(t.Context(), wishes)
		said := errors.Join(append(Errors(runs), err)...)
		if said == nil || !strings.Contains(said.Error(), row.say) || (err != nil) != row.all || len(fake.Dispatches()) != map[bool]int{false: 1}[row.all] {
			t.Errorf("%s: %v, %v", row.name, err, said)
		}
	}
}

// TestAtOnce has two calls at the same moment: both list runs before the other starts one.
// One run is left in the end, and both name it. Where GitHub does not say which run is whose,
// nobody claims that the other one has it.
func TestAtOnce(t *testing.T) {
	for n := range 6 {
		fake, _, wishes, _ := newEngine(t, 1)
		if n%2 == 1 {
			fake.SetOld()
		}
		var group sync.WaitGroup
		results := make([]*Run, 2)
		var start sync.WaitGroup
		start.Add(2)
		for i := range results {
			e := engineOn(t, fake, new([]time.Duration))
			e.Step = func(step string) {
				if strings.HasPrefix(step, "starting") {
					start.Done()
					start.Wait()
				}
			}
			group.Go(func() {
				runs, _, err := e.Trigger(t.Context(), wishes)
				if err != nil {
					t.Error(err)
					return
				}
				results[i] = runs[0]
			})
		}
		group.Wait()
		if results[0] == nil || results[1] == nil {
			continue
		}
		if n%2 == 1 {
			if !results[0].Unsure && !results[1].Unsure || results[0].Pending && !results[0].Unsure && results[1].Pending && !results[1].Unsure {
				t.Errorf("%+v, %+v", results[0], results[1])
			}
			if results[0].ID != 1 || results[1].ID != 1 || len(fake.Dispatches()) != 2 {
				t.Errorf("%+v, %+v", results[0], results[1])
			}
			continue
		}
		if cancelled := fake.Cancelled(); len(fake.Dispatches()) != 2 || len(cancelled) != 1 || cancelled[0] != 2 || results[0].ID != 1 || results[1].ID != 1 || results[0].Pending == results[1].Pending {
			t.Errorf("cancelled %v: %+v, %+v", cancelled, results[0], results[1])
		}
	}
}

// backfill runs a backfill of the first job.
func backfill(ctx context.Context, t *testing.T, e *Engine, job Job, from, to string, change func(*Backfill)) (Backfilled, error) {
	t.Helper()
	b := Backfill{Job: job, Limit: 100}
	var err error
	if b.Range, err = ParseRange(from, to, job); err != nil {
		t.Fatal(err)
	}
	change(&b)
	archive := &past.Archive{Client: e.Client, Repository: ghtest.Repository}
	if err := archive.Begin(ctx); err != nil {
		return Backfilled{}, err
	}
	return e.Backfill(ctx, archive, b)
}

// TestBackfillKilled ends a backfill in the middle, again and again: the next one goes on,
// and each slot has one run in the end.
func TestBackfillKilled(t *testing.T) {
	fake, _, wishes, pauses := newEngine(t, 1)
	job := wishes[0].Job
	served := map[string]int{}
	for round := range 10 {
		ctx, kill := context.WithCancel(t.Context())
		e := engineOn(t, fake, pauses)
		started := 0
		e.Step = func(step string) {
			if strings.HasPrefix(step, "starting") {
				if started++; started == 7 {
					kill()
				}
			}
		}
		done, err := backfill(ctx, t, e, job, "2026-10-01", "2026-10-30", func(*Backfill) {})
		kill()
		for _, d := range fake.Dispatches() {
			served[d.Inputs["window"]]++
		}
		if total := len(done.Slots) + done.Skipped + done.Left; total != 30 {
			t.Errorf("round %d: %d slots, %d skipped, %d left, %v", round, len(done.Slots), done.Skipped, done.Left, err)
		}
		if done.Left == 0 && err == nil {
			break
		}
	}
	if len(served) != 30 {
		t.Errorf("%d slots", len(served))
	}
	for slot, n := range served {
		if n != 1 {
			t.Errorf("%s was started %d times", slot, n)
		}
	}
}

// TestBackfillOrder counts the dispatches of a backfill, and their order.
func TestBackfillOrder(t *testing.T) {
	fake, e, wishes, pauses := newEngine(t, 1)
	done, err := backfill(t.Context(), t, e, wishes[0].Job, "2026-01-01", "2026-11-21", func(b *Backfill) { b.Limit = 1000 })
	dispatches := fake.Dispatches()
	if err != nil || len(dispatches) != 240 || len(done.Slots) != 240 || done.Left != 325-240 || done.Bound != "one call starts at most 240 runs" || len(*pauses) != 230 {
		t.Errorf("%d dispatches, %d slots, %d left, bound %q, %d pauses, %v", len(dispatches), len(done.Slots), done.Left, done.Bound, len(*pauses), err)
	}
	last := ""
	for i, d := range dispatches {
		if d.Inputs["window"] <= last || d.Inputs["force"] != "true" || done.Slots[i].ID != d.Run {
			t.Errorf("%s after %s, run %d", d.Inputs["window"], last, done.Slots[i].ID)
		}
		last = d.Inputs["window"]
	}
}

// TestBackfillOld has a GitHub that refuses to say which runs were started: it is asked for
// that once, and all runs are found.
func TestBackfillOld(t *testing.T) {
	fake, e, wishes, _ := newEngine(t, 1)
	fake.SetOld()
	done, err := backfill(t.Context(), t, e, wishes[0].Job, "2026-11-01", "2026-11-20", func(*Backfill) {})
	posts := 0
	for _, request := range fake.Requests() {
		if request.Method == "POST" {
			posts++
		}
	}
	dispatches := fake.Dispatches()
	if err != nil || len(dispatches) != 20 || posts != 21 || len(done.Slots) != 20 {
		t.Fatalf("%d dispatches, %d requests, %d slots, %v", len(dispatches), posts, len(done.Slots), err)
	}
	for i, slot := range done.Slots {
		if slot.ID != dispatches[i].Run {
			t.Errorf("%v: run %d, want %d", slot.Window, slot.ID, dispatches[i].Run)
		}
	}
}

// TestFollow waits for runs that end in several ways.
func TestFollow(t *testing.T) {
	rows := []struct {
		name  string
		play  func(*ghtest.Run)
		fault ghtest.Fault
		want  string
	}{
		{"success", func(r *ghtest.Run) { r.Status, r.Conclusion = "completed", "success" }, ghtest.Fault{Path: "none"}, ""},
		{"failure", func(r *ghtest.Run) {
			r.Status, r.Conclusion = "completed", "failure"
			r.Steps = []ghtest.Step{{Name: "Run entrypoint", Conclusion: "failure"}, {Name: "Outcome: failed: ValueError: bad", Conclusion: "success"}}
		}, ghtest.Fault{Path: "none"}, "job-0: run 1 did not succeed: ValueError: bad"},
		{"a step", func(r *ghtest.Run) {
			r.Status, r.Conclusion, r.Steps = "completed", "failure", []ghtest.Step{{Name: "Install packages", Conclusion: "failure"}}
		}, ghtest.Fault{Path: "none"}, `job-0: run 1 did not succeed: the step "Install packages" failed`},
		{"cancelled", func(r *ghtest.Run) { r.Status, r.Conclusion = "completed", "cancelled" }, ghtest.Fault{Path: "none"}, "job-0: run 1 did not succeed: it ended as cancelled"},
		{"trouble", func(r *ghtest.Run) { r.Status, r.Conclusion = "completed", "success" }, ghtest.Fault{Path: "/actions/runs/", Status: 404, Once: true}, "wait for run 1 of job-0: "},
	}
	for _, row := range rows {
		fake, e, wishes, pauses := newEngine(t, 1)
		runs, _, err := e.Trigger(t.Context(), wishes)
		if err != nil {
			t.Fatal(err)
		}
		looks := 0
		fake.SetPlay(func(r *ghtest.Run) {
			if looks++; looks > 3 {
				row.play(r)
			}
		})
		fake.Break(row.fault)
		err = e.Follow(t.Context(), runs)
		said := ""
		if runs[0].Err != nil {
			said = runs[0].Err.Error()
		}
		if err != nil || said != row.want && !(row.name == "trouble" && strings.HasPrefix(said, row.want)) {
			t.Errorf("%s: %q, %v", row.name, said, err)
		}
		if row.name == "success" && (len(*pauses) != 3 || runs[0].Conclusion != "success") {
			t.Errorf("%v, %+v", *pauses, runs[0])
		}
	}
}

// TestFollowEnds has a person end the waiting: the run goes on.
func TestFollowEnds(t *testing.T) {
	fake, e, wishes, _ := newEngine(t, 1)
	runs, _, err := e.Trigger(t.Context(), wishes)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancelCause(t.Context())
	cause := errors.New("interrupted")
	e.Wait = func(context.Context, time.Duration) { end(cause) }
	if err := e.Follow(ctx, runs); !errors.Is(err, cause) || runs[0].Err != nil || len(fake.Cancelled()) != 0 {
		t.Errorf("%v, %+v", err, runs[0])
	}
}

// TestSwitch pauses and resumes jobs, and counts the changes.
func TestSwitch(t *testing.T) {
	const manual, idle = "disabled_manually", "disabled_inactivity"
	rows := []struct {
		name    string
		was     string
		resume  bool
		fault   ghtest.Fault
		state   string
		changed bool
		puts    int
		failed  bool
	}{
		{"pause", "active", false, ghtest.Fault{Path: "none"}, manual, true, 1, false},
		{"pause again", manual, false, ghtest.Fault{Path: "none"}, manual, false, 0, false},
		{"pause what is idle", idle, false, ghtest.Fault{Path: "none"}, manual, true, 1, false},
		{"resume", manual, true, ghtest.Fault{Path: "none"}, "active", true, 1, false},
		{"resume again", "active", true, ghtest.Fault{Path: "none"}, "active", false, 0, false},
		{"resume what is idle", idle, true, ghtest.Fault{Path: "none"}, "active", true, 1, false},
		{"resume what is deleted", "deleted", true, ghtest.Fault{Path: "none"}, "deleted", false, 0, true},
		{"no answer, but done", "active", false, ghtest.Fault{Path: "/disable", Drop: true, Late: true}, manual, true, 1, false},
		{"no answer, not done", "active", false, ghtest.Fault{Path: "/disable", Status: 502}, "active", false, 1, true},
	}
	for _, row := range rows {
		fake, e, wishes, _ := newEngine(t, 1)
		job := wishes[0].Job
		fake.Register(ghtest.Registered{File: job.File, State: row.was})
		fake.Break(row.fault)
		switched, err := e.Switch(t.Context(), []Job{job}, row.resume)
		puts := 0
		for _, request := range fake.Requests() {
			if request.Method == "PUT" {
				puts++
			}
		}
		if s := switched[0]; err != nil || s.State != row.state || s.Changed != row.changed || (s.Err != nil) != row.failed || puts != row.puts || fake.Workflows()[job.File] != row.state {
			t.Errorf("%s: %d changes, %+v, %v", row.name, puts, s, err)
		}
	}
}

// TestSwitchMany pauses many jobs, one a second after the first ones, with two reads.
func TestSwitchMany(t *testing.T) {
	fake, e, wishes, pauses := newEngine(t, 30)
	var jobs []Job
	for _, wish := range wishes {
		jobs = append(jobs, wish.Job)
	}
	_, err := e.Switch(t.Context(), jobs, false)
	if requests := len(fake.Requests()); err != nil || requests != 32 || len(*pauses) != 20 {
		t.Errorf("%d requests, %d pauses, %v", requests, len(*pauses), err)
	}
	fake.SetRights(ghtest.Rights{NoDispatch: true})
	switched, err := e.Switch(t.Context(), jobs, true)
	if _, denied := errors.AsType[*github.Denied](err); !denied || switched[0].State != "disabled_manually" || len(fake.Requests()) != 3 {
		t.Errorf("%v, %+v", err, switched[0])
	}
}
