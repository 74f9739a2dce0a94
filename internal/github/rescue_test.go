package github

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// queued is a run that waits.
func queued(created string) ghtest.Run { return ghtest.Run{Created: at(created), Status: "queued"} }

// of has runs be those of another workflow.
func of(file string, runs ...ghtest.Run) []ghtest.Run {
	for i := range runs {
		runs[i].Workflow = file
	}
	return runs
}

// every returns runs that come so often until noon, and were cancelled.
func every(interval time.Duration, n int) (runs []ghtest.Run) {
	for i := range n {
		runs = append(runs, ghtest.Run{Created: noon.Add(-time.Duration(i) * interval), Conclusion: "cancelled"})
	}
	return runs
}

// TestWatch has a job that is due at 10:37; it is noon.
func TestWatch(t *testing.T) {
	skippedAs := func(words, created string) ghtest.Run {
		r := dispatched("clean-files: "+words, created)
		r.Started = time.Time{}
		return r
	}
	executedAs := func(words, created string) ghtest.Run { return dispatched("clean-files: "+words, created) }
	rows := []struct {
		name     string
		runs     []ghtest.Run
		want     schedule.Why
		failed   int
		requests int
	}{
		{"no runs", nil, schedule.Due, 0, 1},
		{"executed", all(executed("21 10:40")), schedule.Fulfilled, 0, 2},
		{"executed later than now", all(executed("21 13:00")), schedule.Due, 0, 1},
		{"running since tomorrow", all(running("22 09:00")), schedule.Due, 0, 1},
		{"executed before", all(executed("21 10:30")), schedule.Due, 0, 1},
		{"only checked", all(skipped("21 11:40")), schedule.Due, 0, 2},
		{"checked, and executed", all(skipped("21 10:40"), executed("21 11:00"), skipped("21 11:40")), schedule.Fulfilled, 0, 3},
		{"checked three times", all(skipped("21 10:40"), skipped("21 11:00"), skipped("21 11:40")), schedule.Due, 0, 4},
		{"checked more often than is asked", all(many(6, skipped("21 10:41"))), schedule.Unread, 0, 6},
		{"executed after that", all(many(6, skipped("21 10:41")), executed("21 11:00")), schedule.Unread, 0, 6},
		{"failed", all(failed("21 10:40")), schedule.Due, 1, 2},
		{"timed out", all(ghtest.Run{Created: at("21 10:40"), Conclusion: "timed_out"}), schedule.Due, 1, 2},
		{"failed to start", all(ghtest.Run{Created: at("21 10:40"), Conclusion: "startup_failure"}), schedule.Due, 1, 2},
		{"cancelled", all(ghtest.Run{Created: at("21 10:40"), Conclusion: "cancelled"}), schedule.Due, 0, 2},
		{"skipped by its guard", all(ghtest.Run{Created: at("21 10:40"), Conclusion: "skipped"}), schedule.Due, 0, 2},
		{"stale", all(ghtest.Run{Created: at("21 10:40"), Conclusion: "stale"}), schedule.Due, 0, 2},
		{"neutral", all(ghtest.Run{Created: at("21 10:40"), Conclusion: "neutral"}), schedule.Due, 0, 2},
		{"for a person to act", all(ghtest.Run{Created: at("21 10:40"), Conclusion: "action_required"}), schedule.Due, 0, 2},
		{"executed, then failed in a later step", all(ghtest.Run{Created: at("21 10:40"), Started: at("21 10:40"), Conclusion: "failure"}, skipped("21 11:00")), schedule.Fulfilled, 1, 3},
		{"executed, then cancelled", all(ghtest.Run{Created: at("21 10:40"), Started: at("21 10:40"), Conclusion: "cancelled"}), schedule.Fulfilled, 0, 2},
		{"failed thrice", all(failed("21 10:40"), failed("21 11:00"), failed("21 11:50")), schedule.Backoff, 3, 3},
		{"failed, then executed", all(failed("21 10:40"), executed("21 11:00")), schedule.Fulfilled, 1, 2},
		{"running", all(running("21 11:40")), schedule.Running, 0, 1},
		{"running since before", all(running("21 09:00")), schedule.Running, 0, 1},
		{"queued", all(queued("21 11:40")), schedule.Running, 0, 1},
		{"waiting for approval", all(ghtest.Run{Created: at("21 11:40"), Status: "waiting"}), schedule.Running, 0, 1},
		{"asked for by a rescue", all(executedAs("window 2026-11-21T10:37:00Z", "21 10:45")), schedule.Fulfilled, 0, 2},
		{"asked for by a rescue, and skipped", all(skippedAs("window 2026-11-21T10:37:00Z", "21 10:45")), schedule.Due, 0, 2},
		{"asked for by a rescue of another window", all(executedAs("window 2026-11-20T10:37:00Z", "21 10:45")), schedule.Fulfilled, 0, 2},
		{"a tick of its cron that skipped", all(ghtest.Run{Title: "clean-files: tick of cron 37 10 * * *", Created: at("21 10:40")}), schedule.Due, 0, 2},
		{"running since October", all(ghtest.Run{Status: "in_progress", Created: at("21 10:40").AddDate(0, -2, 0)}), schedule.Due, 0, 1},
		{"a backfill of another window", all(executedAs("backfill 2026-11-10T10:37:00Z", "21 10:45")), schedule.Due, 0, 1},
		{"a backfill of this window", all(executedAs("backfill 2026-11-21T10:37:00Z", "21 10:45")), schedule.Fulfilled, 0, 2},

		// What does not count.
		{"another branch", all(ghtest.Run{Created: at("21 10:40"), Branch: "feature", Event: "workflow_dispatch"}), schedule.Due, 0, 1},
		{"a push", all(ghtest.Run{Created: at("21 10:40"), Event: "push"}), schedule.Due, 0, 1},
		{"a fork", all(ghtest.Run{Created: at("21 10:40"), Head: "fork/app"}), schedule.Due, 0, 1},
		{"the file with a ref", all(ghtest.Run{Created: at("21 10:40"), Started: at("21 10:40"), Path: ".github/workflows/" + ghtest.Workflow + "@refs/heads/main"}), schedule.Fulfilled, 0, 2},
		{"the file with another ref", all(ghtest.Run{Created: at("21 10:40"), Path: ".github/workflows/" + ghtest.Workflow + "@refs/heads/dev"}), schedule.Due, 0, 1},
		{"another file", all(of("ci.yml", executed("21 10:40"))), schedule.Due, 0, 1},

		// Pages are read back to the window's start, or until they say enough. What comes
		// before is asked for dispatches for a time to come.
		{"much since", all(executed("21 10:40"), of("ci.yml", many(250, skipped("21 10:41"))...)), schedule.Fulfilled, 0, 4},
		{"much since, and nothing", all(executed("21 10:30"), of("ci.yml", many(250, skipped("21 10:41"))...)), schedule.Due, 0, 3},
		{"much before", all(executed("21 10:40"), of("ci.yml", many(250, skipped("20 10:41"))...)), schedule.Fulfilled, 0, 3},
		{"much before, and nothing", all(of("ci.yml", many(250, skipped("20 10:41"))...)), schedule.Due, 0, 2},

		// A page of all runs goes back 70 minutes, or 17; the window 83.
		{"one page left, and one job", all(executed("21 10:38"), of("ci.yml", every(42*time.Second, 300)...)), schedule.Fulfilled, 0, 4},
		{"five pages left, and one job", all(executed("21 10:38"), of("ci.yml", every(10*time.Second, 600)...)), schedule.Fulfilled, 0, 3},
		{"five pages left, and one job without runs", of("ci.yml", every(10*time.Second, 600)...), schedule.Due, 0, 2},
		{"five pages left, and one job with many", all(executed("21 10:38"), every(10*time.Second, 600)), schedule.Fulfilled, 0, 8},
	}
	for _, row := range rows {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.Add(row.runs...)
		watches := []Watch{{Workflow: ghtest.Workflow, Watch: schedule.Watch{Schedule: daily}}}
		now, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, watches, nil)
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		v := schedule.Rescue(watches[0].Watch, now)
		if requests := len(fake.Requests()); v.Why != row.want || v.Failed != row.failed || requests != row.requests {
			t.Errorf("%s: %s, %d failed, %d requests; want %s, %d, %d", row.name, v.Why, v.Failed, requests, row.want, row.failed, row.requests)
		}
	}
}

// TestWatchAsked has a run that a person asked for 20 days ago, further back than the lists
// are read: its slot has come. Others of that age do not matter.
func TestWatchAsked(t *testing.T) {
	ask := func(window string) ghtest.Run {
		r := dispatched("clean-files: window "+window, "1 12:00")
		r.Started = time.Time{}
		return r
	}
	for window, start := range map[string]string{"2026-11-21T11:30:00Z": "21 11:30", "2026-11-20T11:30:00Z": "21 10:37", "2026-11-22T11:30:00Z": "21 10:37", "soon": "21 10:37"} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.Add(ask(window))
		fake.Add(of("ci.yml", many(250, skipped("20 10:41"))...)...)
		watches := []Watch{{Workflow: ghtest.Workflow, Watch: schedule.Watch{Schedule: daily}}}
		now, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, watches, nil)
		s := watches[0].Schedule.Adjusted(watches[0].Runs, now)
		if err != nil || !s.Prev(now).Equal(at(start)) || len(fake.Requests()) != 2 {
			t.Errorf("%s: slot %v, %v", window, s.Prev(now), err)
		}
	}
}

// TestWatchBounded has a list of all runs that is long, and so many jobs that asking
// for each takes long, too. What is not read is due, and says so.
func TestWatchBounded(t *testing.T) {
	for _, created := range []string{"11:59", "10:38"} { // far from the window's start, and close to it
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.Break(ghtest.Fault{Body: `{"total_count":1000000,"workflow_runs":[{"id":1,"path":".github/workflows/ci.yml","status":"completed","created_at":"2026-11-21T` + created + `:00Z"}]}`})
		var watches []Watch
		for i := range 2 * watchRequests {
			watches = append(watches, Watch{Workflow: fmt.Sprintf("scheduled-%d.yml", i), Watch: schedule.Watch{Schedule: daily}})
		}
		now, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, watches, nil)
		if requests := len(fake.Requests()); err != nil || requests != watchRequests {
			t.Errorf("%s: %d requests, %v; want %d", created, requests, err, watchRequests)
		}
		for i, w := range watches {
			if v := schedule.Rescue(w.Watch, now); v.Why != schedule.Unread || !v.Dispatch {
				t.Errorf("%s: job %d: %+v, although nothing is known", created, i, v)
			}
		}
	}
}

// TestWatchOneLost has GitHub fail to tell the runs of one job: it stays unread, and
// the others do not suffer. If that happens to many, no more are asked.
func TestWatchOneLost(t *testing.T) {
	for _, row := range []struct{ lost, status, read int }{{1, 410, 11}, {1, 500, 11}, {12, 410, -1}} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.Break(ghtest.Fault{Number: 1, Body: `{"total_count":1000000,"workflow_runs":[{"id":1,"path":".github/workflows/ci.yml","status":"completed","created_at":"2026-11-21T11:59:00Z"}]}`})
		var watches []Watch
		for i := range 12 {
			file := fmt.Sprintf("scheduled-%d.yml", i)
			watches = append(watches, Watch{Workflow: file, Watch: schedule.Watch{Schedule: daily}})
			if i < row.lost {
				fake.Break(ghtest.Fault{Path: "/" + file, Status: row.status, Header: map[string]string{"Retry-After": "0"}})
			}
		}
		now, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, watches, nil)
		read := 0
		for _, w := range watches {
			if schedule.Rescue(w.Watch, now).Why == schedule.Due {
				read++
			}
		}
		if (err != nil) != (row.read < 0) || err == nil && read != row.read {
			t.Errorf("%d of %d: %d are read, %v", row.lost, row.status, read, err)
		}
	}
}

// TestWatchRefused has all that GitHub may answer instead.
func TestWatchRefused(t *testing.T) {
	rows := []struct {
		fault ghtest.Fault
		lacks Right // "" for another error
	}{
		{ghtest.Fault{Status: 401, Body: `{"message":"Bad credentials"}`}, Valid},
		{ghtest.Fault{Status: 403, Body: `{"message":"Resource not accessible by integration"}`}, Actions},
		{ghtest.Fault{Status: 404, Body: `{"message":"Not Found"}`}, Actions},
		{ghtest.Fault{Status: 500, Header: map[string]string{"Retry-After": "0"}}, ""},
		{ghtest.Fault{Body: `{"total_count":1}`, Header: map[string]string{"Retry-After": "0"}}, ""},
		{ghtest.Fault{Body: `[]`, Header: map[string]string{"Retry-After": "0"}}, ""},
		{ghtest.Fault{Header: map[string]string{"Date": ""}}, ""},
	}
	for _, row := range rows {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.Break(row.fault)
		_, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, []Watch{{Workflow: ghtest.Workflow, Watch: schedule.Watch{Schedule: daily}}}, nil)
		d, denied := errors.AsType[*Denied](err)
		if err == nil || denied != (row.lacks != "") || denied && d.Lacks != row.lacks {
			t.Errorf("%+v: %v", row.fault, err)
		}
	}
}

func TestDispatch(t *testing.T) {
	const integration, personal = "403 Forbidden: Resource not accessible by integration", "403 Forbidden: Resource not accessible by personal access token"
	rows := []struct {
		name     string
		change   func(*ghtest.Server)
		want     string // what the error says, "" for none
		lacks    Right
		refused  bool
		requests int
	}{
		{"allowed", func(*ghtest.Server) {}, "", "", false, 1},
		{"an App without the right", func(s *ghtest.Server) { s.SetRights(ghtest.Rights{NoDispatch: true}) }, integration, Dispatching, true, 1},
		{"a fine-grained token without it", func(s *ghtest.Server) { s.SetRights(ghtest.Rights{NoDispatch: true, Token: ghtest.FineGrained}) }, personal, Dispatching, true, 1},
		{"a classic one without it", func(s *ghtest.Server) { s.SetRights(ghtest.Rights{NoDispatch: true, Token: ghtest.Classic}) }, "404 Not Found", "", true, 1},
		{"an invalid token", func(s *ghtest.Server) { s.SetToken("another") }, "401 Unauthorized", Valid, true, 1},
		{"a disabled workflow", func(s *ghtest.Server) { s.Register(ghtest.Registered{State: "disabled_manually"}) }, "422 Unprocessable Entity: Cannot trigger", "", true, 1},
		{"a workflow that is gone", func(s *ghtest.Server) { s.Register(ghtest.Registered{File: "other.yml"}) }, "404 Not Found", "", true, 1},
		{"a server error, so the outcome is unknown", func(s *ghtest.Server) { s.Break(ghtest.Fault{Status: 502}) }, "502 Bad Gateway", "", false, 1},
		{"no answer", func(s *ghtest.Server) { s.Break(ghtest.Fault{Drop: true}) }, "EOF", "", false, 1},
		{"a limit", func(s *ghtest.Server) {
			s.Break(ghtest.Fault{Status: 429, Header: map[string]string{"Retry-After": "0"}, Once: true})
		}, "", "", false, 2},
	}
	for _, row := range rows {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		row.change(fake)
		ctx, cancel := deadline(t)
		_, err := newClient(t, fake.URL).Dispatch(ctx, Dispatch{Workflow: ghtest.Workflow, Branch: "main", Slot: at("21 10:37")})
		cancel()
		said := ""
		if err != nil {
			said = err.Error()
		}
		d, denied := errors.AsType[*Denied](err)
		if (said == "") != (row.want == "") || !strings.Contains(said, row.want) || denied != (row.lacks != "") || denied && d.Lacks != row.lacks || Refused(err) != row.refused {
			t.Errorf("%s: %v", row.name, err)
		}
		if requests := len(fake.Requests()); requests != row.requests {
			t.Errorf("%s: %d requests, want %d", row.name, requests, row.requests)
		}
		want := []ghtest.Dispatch(nil)
		if row.want == "" {
			want = []ghtest.Dispatch{{File: ghtest.Workflow, Ref: "main", Inputs: map[string]string{"force": "false", "window": "2026-11-21T10:37:00Z"}, Run: 1}}
		}
		if diff := cmp.Diff(want, fake.Dispatches()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

// TestRemaining has answers that say how many requests are left, or do not.
func TestRemaining(t *testing.T) {
	fake := ghtest.New(t)
	client := newClient(t, fake.URL)
	if left := client.Remaining(); left >= 0 {
		t.Errorf("%d requests remain before there was an answer", left)
	}
	for _, row := range []struct {
		header string // "" removes it
		status int
		want   int
	}{{"", 0, -1}, {"987", 0, 987}, {"many", 0, 987}, {"-1", 0, 987}, {"12", 422, 12}, {"", 0, 12}, {"0", 0, 0}} {
		fake.Break(ghtest.Fault{Number: 1, Status: row.status, Header: map[string]string{"X-RateLimit-Remaining": row.header}})
		ctx, cancel := deadline(t)
		_, _ = client.Dispatch(ctx, Dispatch{Workflow: ghtest.Workflow, Branch: "main", Slot: noon})
		cancel()
		if left := client.Remaining(); left != row.want {
			t.Errorf("after %q: %d remain, want %d", row.header, left, row.want)
		}
	}
}

// TestWatchMixed has a monthly job beside daily ones, whose runs fill many pages a month:
// only its own list is read so far back.
func TestWatchMixed(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	var watches []Watch
	for i, cadence := range []schedule.Cadence{schedule.Month, schedule.Day, schedule.Day, schedule.Day, schedule.Day, schedule.Day, schedule.Day, schedule.Day} {
		id := fmt.Sprint("job-", i)
		watches = append(watches, Watch{Workflow: id + ".yml", Job: id, Watch: schedule.Watch{Schedule: schedule.New(cadence, "demo", id)}})
	}
	for n := range 4000 { // 160 a day
		fake.Add(ghtest.Run{Workflow: watches[1+n%7].Workflow, Created: noon.Add(-time.Duration(n) * 9 * time.Minute), Conclusion: "cancelled"})
	}
	if _, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, watches, nil); err != nil {
		t.Fatal(err)
	}
	lists := 0
	for _, request := range fake.Requests() {
		if !strings.Contains(request.Path, "/jobs") {
			lists++
		}
	}
	if lists > 4 {
		t.Errorf("%d lists of runs", lists)
	}
}
