package github

import (
	"testing"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestActive has a run of a job that cancels, and other runs beside it. Whether it may
// cancel depends on what they execute, whenever they were created. It is noon of the 21st.
func TestActive(t *testing.T) {
	executing := func(created, slot string) ghtest.Run {
		return ghtest.Run{Created: at(created), Status: "in_progress", Lanes: []ghtest.Lane{{Slot: at(slot), Status: "in_progress"}}}
	}
	unread := executing("20 10:50", "20 10:37")
	for _, row := range []struct {
		name     string
		other    ghtest.Run
		fault    *ghtest.Fault
		want     bool
		requests int
	}{
		{"yesterday's window", executing("20 10:50", "20 10:37"), nil, true, 2},
		{"this window, after a long wait for a runner", executing("21 09:00", "21 10:37"), nil, false, 2},
		{"this window", executing("21 10:40", "21 10:37"), nil, false, 2},
		{"one that waits for its turn", ghtest.Run{Created: at("21 10:40"), Status: "queued", Lanes: []ghtest.Lane{}}, nil, true, 2},
		{"one that decides", ghtest.Run{Created: at("21 10:40"), Status: "in_progress", Lanes: []ghtest.Lane{}}, nil, false, 2},
		{"no answer", unread, &ghtest.Fault{Path: "/jobs", Status: 404}, false, 2},
	} {
		fake := ghtest.New(t)
		fake.SetNow(at("21 12:00"))
		fake.Add(row.other)
		own := ghtest.Run{ID: 900, Created: at("21 11:00"), Status: "in_progress", Lanes: []ghtest.Lane{}}
		fake.Add(own)
		if row.fault != nil {
			fake.Break(*row.fault)
		}
		q := Query{Workflow: ghtest.Workflow, Job: "clean-files", DefaultBranch: "main", Schedule: declared(t, schedule.Spec{}), Run: own.ID, Cancel: true}
		history, err := newClient(t, fake.URL).History(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		d := schedule.Decide(q.Schedule, schedule.Tick{Now: history.Now, Runs: history.Runs, Known: history.Known})
		got := schedule.Cancels(d.Window, own.ID, history.Runs)
		if requests := len(fake.Requests()); !d.Run || got != row.want || requests != row.requests {
			t.Errorf("%s: runs %v, cancels %v, %d requests; want true, %v, %d", row.name, d.Run, got, requests, row.want, row.requests)
		}
	}
}
