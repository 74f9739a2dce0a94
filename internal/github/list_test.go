package github

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestLists has lists as they can be while they change, or if the machines that
// serve them do not agree.
func TestLists(t *testing.T) {
	busy := all(executed("21 10:40"), many(250, skipped("21 10:50")))
	rows := []struct {
		name     string
		runs     []ghtest.Run
		arrange  func([]ghtest.Run) []ghtest.Run
		want     schedule.Reason
		requests int // at most; 0 is any number
	}{
		{"oldest first", busy, reversed, schedule.Confirmed, 4},
		{"oldest first, yesterday's on the first page", all(many(120, skipped("20 11:00")), executed("21 10:40")), reversed, schedule.Confirmed, 3},
		{"shuffled", busy, shuffled, schedule.Confirmed, 0},
		{"shuffled, with yesterday's", all(busy, many(250, skipped("20 11:00"))), shuffled, schedule.Confirmed, 0},
		{"shuffled, nothing executed", all(failed("21 10:40"), many(250, failed("20 11:00"))), shuffled, schedule.Unconfirmed, 5},
		{"all doubled", busy, doubled, schedule.Confirmed, 7},
		{"a run arrives between the pages", busy, arriving(), schedule.Confirmed, 4},
		{"the newest are not there yet", all(executed("21 10:40"), executed("20 10:40")), func(runs []ghtest.Run) []ghtest.Run { return runs[1:] }, schedule.Unconfirmed, 2},
		{"the same page for ever", many(120, failed("21 10:50")), func(runs []ghtest.Run) []ghtest.Run { return slices.Repeat(runs[:100], 50) }, schedule.Unconfirmed, 12},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(at("22 10:30"))
			fake.SetArrange(row.arrange)
			fake.Add(row.runs...)
			decision, err := decide(t, newClient(t, fake.URL), query(daily))
			if err != nil || decision.Reason != row.want {
				t.Errorf("decision: %s, %v; want %s", decision.Reason, err, row.want)
			}
			if requests := fake.Requests(); row.requests > 0 && len(requests) != row.requests {
				t.Errorf("requests: want %d, got %d: %v", row.requests, len(requests), requests)
			}
		})
	}
}

// TestEndlessList checks that reading ends.
func TestEndlessList(t *testing.T) {
	var pages int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages++
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		w.Header().Set("Link", `<x>; rel="next"`)
		fmt.Fprintf(w, `{"workflow_runs":[{"id":%d,"created_at":"2026-11-21T11:00:00Z"}]}`, pages)
	}))
	defer server.Close()
	decision, err := decide(t, newClient(t, server.URL), query(daily))
	if err != nil || decision.Reason != schedule.Unconfirmed || pages != coverPages+countPages {
		t.Errorf("%s, %v after %d pages", decision.Reason, err, pages)
	}
}

func reversed(runs []ghtest.Run) []ghtest.Run {
	slices.Reverse(runs)
	return runs
}

// shuffled returns the same order at every call.
func shuffled(runs []ghtest.Run) []ghtest.Run {
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
	return runs
}

func doubled(runs []ghtest.Run) (twice []ghtest.Run) {
	for _, r := range runs {
		twice = append(twice, r, r)
	}
	return twice
}

// arriving lists one more of the newest runs at each call.
func arriving() func([]ghtest.Run) []ghtest.Run {
	late := 3
	return func(runs []ghtest.Run) []ghtest.Run {
		late--
		return runs[max(late, 0):]
	}
}

// TestNoLink finds the next page without the Link header, which a proxy removed.
func TestNoLink(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	fake.Add(all(executed("21 10:40"), many(100, skipped("21 10:50")))...)
	fake.Break(ghtest.Fault{Header: map[string]string{"Link": ""}})
	if decision, err := decide(t, newClient(t, fake.URL), query(daily)); err != nil || decision.Reason != schedule.Confirmed {
		t.Errorf("%s, %v", decision.Reason, err)
	}
}

// TestNewestAnswer checks that the newer of two answers about a run counts, in
// whatever order they come.
func TestNewestAnswer(t *testing.T) {
	first := workflowRun{ID: 7, Event: "schedule", Branch: "main", Status: "completed", Conclusion: "success", Attempt: 1, Created: at("21 10:40"), Updated: at("21 10:50")}
	again := first
	again.Attempt, again.Status, again.Conclusion, again.Updated = 2, "in_progress", "", at("21 11:00")
	for _, runs := range [][]workflowRun{{first, again}, {again, first}} {
		r := newReading(newClient(t, "https://github.example"), Query{DefaultBranch: "main"})
		r.add(runs)
		if got := r.runs[7][0]; got.Attempt != 2 || got.Success {
			t.Errorf("got %+v of %+v", got, runs)
		}
	}
}

// TestDefaultBranch finds the default branch in the runs, else in the
// repository, else in the newest run that a schedule started.
func TestDefaultBranch(t *testing.T) {
	told := map[string]any{"repository": map[string]any{"full_name": ghtest.Repository, "default_branch": "trunk"}}
	forbidden := ghtest.Fault{Path: "/octo/app", Skip: 1, Once: true, Status: 403}
	rows := []struct {
		name     string
		run      ghtest.Run
		fault    ghtest.Fault
		want     schedule.Reason
		requests int
	}{
		{"told by the runs", ghtest.Run{Branch: "trunk", Created: at("21 10:40"), Started: at("21 10:40"), Patch: told}, ghtest.Fault{Path: "none"}, schedule.Confirmed, 2},
		{"told by the runs, another", ghtest.Run{Event: "workflow_dispatch", Created: at("21 10:40"), Started: at("21 10:40"), Patch: told}, ghtest.Fault{Path: "none"}, schedule.Unconfirmed, 1},
		{"asked", executed("21 10:40"), ghtest.Fault{Path: "none"}, schedule.Confirmed, 3},
		{"asked, another", ghtest.Run{Branch: "dev", Event: "workflow_dispatch", Created: at("21 10:40"), Started: at("21 10:40")}, ghtest.Fault{Path: "none"}, schedule.Unconfirmed, 2},
		{"inferred", ghtest.Run{Branch: "trunk", Created: at("21 10:40"), Started: at("21 10:40")}, forbidden, schedule.Confirmed, 3},
		{"not to be inferred from a dispatch", ghtest.Run{Event: "workflow_dispatch", Created: at("21 10:40"), Started: at("21 10:40")}, forbidden, schedule.HistoryUnknown, 2},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.Add(row.run)
			fake.Break(row.fault)
			q := query(daily)
			q.DefaultBranch = ""
			decision, _ := decide(t, newClient(t, fake.URL), q)
			if decision.Reason != row.want {
				t.Errorf("decision: want %s, got %s", row.want, decision.Reason)
			}
			if requests := fake.Requests(); len(requests) != row.requests {
				t.Errorf("requests: want %d, got %d: %v", row.requests, len(requests), requests)
			}
		})
	}
}

// TestSlot reads the history of the window that a forced run is to serve.
func TestSlot(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	fake.Add(all(executed("21 10:40"), executed("18 10:40"), many(150, skipped("19 11:00")))...)
	q := query(daily)
	q.Tick = schedule.Tick{Forced: true, Slot: at("18 10:37")}
	history, err := newClient(t, fake.URL).History(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	confirms := func(r schedule.Run) bool { return r.Confirms(daily.Window(q.Tick.Slot)) }
	if !slices.ContainsFunc(history.Runs, confirms) {
		t.Errorf("no evidence for the window of %v in %v", q.Tick.Slot, history.Runs)
	}
	if !history.Now.Equal(noon) {
		t.Errorf("now: want %v, got %v", noon, history.Now)
	}
}

// TestRequests spells out the requests and their order.
func TestRequests(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	fake.Add(ghtest.Run{ID: 7, Created: at("21 10:40"), Started: at("21 10:45")})
	fake.Add(many(120, ghtest.Run{Created: at("21 10:50")})...)
	decision, err := decide(t, newClient(t, fake.URL), query(daily))
	if err != nil {
		t.Fatal(err)
	}
	want := schedule.Run{
		ID: 7, Attempt: 1, Success: true, URL: "https://github.com/octo/app/actions/runs/7",
		Created: at("21 10:40"), Started: at("21 10:45"), Updated: at("21 10:46"),
	}
	if decision.Evidence == nil || *decision.Evidence != want {
		t.Errorf("evidence: want %v, got %v", want, decision.Evidence)
	}
	var got []string
	for _, request := range fake.Requests() {
		got = append(got, request.String())
		if auth := request.Header.Get("Authorization"); auth != "Bearer secret-token" {
			t.Errorf("%v: Authorization %q", request, auth)
		}
		if cache := request.Header.Get("Cache-Control"); cache != "no-cache" {
			t.Errorf("%v: Cache-Control %q", request, cache)
		}
	}
	if want := []string{
		"GET /repos/octo/app/actions/workflows/scheduled-clean-files.yml/runs?per_page=100",
		"GET /repos/octo/app/actions/workflows/scheduled-clean-files.yml/runs?page=2&per_page=100",
		"GET /repos/octo/app/actions/runs/7/jobs?per_page=100",
	}; !slices.Equal(got, want) {
		t.Errorf("requests: want %q, got %q", want, got)
	}
}

// TestClock checks that the window is that of GitHub's clock.
func TestClock(t *testing.T) {
	fake := ghtest.New(t)
	fake.Add(executed("21 10:40"))
	for _, row := range []struct {
		now  time.Time
		want schedule.Reason
	}{
		{at("22 10:36"), schedule.Confirmed},
		{at("22 10:37"), schedule.Unconfirmed},
	} {
		fake.SetNow(row.now)
		decision, err := decide(t, newClient(t, fake.URL), query(daily))
		if err != nil || decision.Reason != row.want || !decision.Now.Equal(row.now) {
			t.Errorf("at %v: %s at %v, %v; want %s", row.now, decision.Reason, decision.Now, err, row.want)
		}
	}
}
