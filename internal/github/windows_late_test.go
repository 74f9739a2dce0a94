package github

import (
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestPastCatchUp reads the windows of the 18th to the 21st of a job that catches up, alone
// and with another one: a later run may have served an earlier one, also after its own
// window was confirmed.
func TestPastCatchUp(t *testing.T) {
	served := all(lanes("18 10:40", "18 10:37", "18"), lanes("20 10:40", "19 10:37", "20"), lanes("21 10:40", "19 10:37", "21"))
	rows := []struct {
		name     string
		runs     []ghtest.Run
		want     string // the states of the windows
		requests int
	}{
		{"each in its window", all(lanes("18 10:40", "18 10:37", "18"), lanes("19 10:40", "19 10:37", "19"), lanes("20 10:40", "20 10:37", "20"), lanes("21 10:40", "21 10:37", "21"), lanes("21 11:40", "21 11:40")),
			"confirmed confirmed confirmed confirmed", 5},
		{"never", all(lanes("18 10:40", "18 10:37", "18"), lanes("20 10:40", "19 10:37", "!19", "20"), lanes("20 16:40", "19 10:37", "!19")), "confirmed failed confirmed due", 4},
		{"by the first run of a later window", all(lanes("18 10:40", "18 10:37", "18"), lanes("20 10:40", "19 10:37", "19", "20")), "confirmed late confirmed due", 3},
		{"by another run of a later window", all(served, lanes("20 16:40", "19 10:37", "19"), lanes("20 20:40", "20 20:40")), "confirmed late confirmed confirmed", 6},
		{"after it failed", all(served, lanes("19 10:40", "19 10:37", "!19"), lanes("20 16:40", "19 10:37", "19")), "confirmed late confirmed confirmed", 6},
		{"by a run that failed for another", all(served, lanes("17 10:40", "17 10:37", "!17"), lanes("21 11:40", "17 10:37", "!17", "19")), "confirmed late confirmed confirmed", 5},
		{"by one that runs", all(served, ghtest.Run{Created: at("21 11:40"), Status: "in_progress", Lanes: []ghtest.Lane{{Slot: at("19 10:37"), Status: "in_progress"}}}), "confirmed running confirmed confirmed", 5},
		{"settled, and its run is gone", all(served, lanes("21 11:40", "21 10:37")), "confirmed unknown confirmed confirmed", 5},
		{"its run is of another branch", all(served, ghtest.Run{Event: "workflow_dispatch", Branch: "dev", Created: at("20 16:40"), Lanes: []ghtest.Lane{{Slot: at("19 10:37"), Started: at("20 16:40")}}}),
			"confirmed due confirmed confirmed", 4},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.Add(row.runs...)
			q, reach := query(declared(t, schedule.Spec{CatchUp: true})), schedule.Reach{Windows: 4}
			past, err := newClient(t, fake.URL).Past(t.Context(), q, reach)
			if got := states(past); err != nil || got != row.want || past.Unasked != 0 {
				t.Errorf("got  %s\nwant %s\n%v", got, row.want, err)
			}
			if n := len(fake.Requests()); n > row.requests {
				t.Errorf("%d requests", n)
			}
			pasts, err := newClient(t, fake.URL).Pasts(t.Context(), []Query{q, {Workflow: "scheduled-other.yml", Job: "other", Schedule: q.Schedule}}, reach, 0, func() {})
			if err != nil || states(pasts[0]) != row.want || pasts[0].Unasked != 0 {
				t.Errorf("with another: %s, %v", states(pasts[0]), err)
			}
		})
	}
}

// TestPastCatchUpIsBounded has a failed window that so many later runs may have served that
// not all are asked, or do not answer: it is unknown.
func TestPastCatchUpIsBounded(t *testing.T) {
	for _, row := range []struct {
		limit    int
		fault    ghtest.Fault
		want     string
		unasked  int
		requests int // at most
	}{
		{1000, ghtest.Fault{}, "failed", 0, 43},
		{30, ghtest.Fault{}, "unknown", 1, 15},
		{1000, ghtest.Fault{Path: "/runs/20/", Status: 404}, "failed", 0, 43}, // deleted since: as if it never was
		{1000, ghtest.Fault{Path: "/runs/20/", Status: 422}, "unknown", 0, 43},
	} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.SetLimit(row.limit)
		fake.Add(lanes("19 10:40", "19 10:37", "!19"), lanes("20 10:40", "19 10:37", "20"))
		for i := range 39 {
			run := lanes("20 10:40", "19 10:37")
			run.Created = run.Created.Add(time.Duration(i+1) * time.Minute)
			fake.Add(run)
		}
		fake.Break(row.fault)
		q := query(declared(t, schedule.Spec{CatchUp: true}))
		pasts, err := newClient(t, fake.URL).Pasts(t.Context(), []Query{q, {Workflow: "scheduled-other.yml", Job: "other", Schedule: q.Schedule}}, schedule.Reach{Windows: 3}, 0, func() {})
		requests := len(fake.Requests())
		if got := states(pasts[0]); err != nil || pasts[0].Err != nil || got != "missed "+row.want+" confirmed due" || pasts[0].Unasked != row.unasked || requests > row.requests {
			t.Errorf("%+v: %s, %d unasked, %d requests, %v, %v", row, got, pasts[0].Unasked, requests, err, pasts[0].Err)
		}
	}
}
