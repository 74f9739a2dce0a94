package schedule

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestAlarms has a job that is due at 10:37, of which everything was asked.
func TestAlarms(t *testing.T) {
	all := Telling{On: Events, After: 1}
	after := func(n, pause int) Telling {
		return Telling{On: []Event{JobFailed, JobRecovered}, After: n, PauseAfter: pause}
	}
	allAfter := func(n int) Telling { return Telling{On: Events, After: n} }
	bad := func(days ...string) (runs []Run) {
		for i, day := range days {
			r := failed(day + " 11:00")
			r.ID = int64(100 + i)
			runs = append(runs, r)
		}
		return runs
	}
	rows := []struct {
		name    string
		tells   Telling
		runs    []Run
		resumed string
		raised  string // kind and day of the window
		inARow  int
		pause   bool
	}{
		{"nothing ran", all, nil, "", "missed 20", 0, false},
		{"one failed", all, bad("21"), "", "failed 21, missed 20", 1, false},
		{"one of three failed", after(3, 0), bad("21"), "", "missed 20", 1, false},
		{"three of three failed", after(3, 0), bad("21", "20", "19"), "", "failed 21", 3, false},
		{"three of three failed, and not today yet", after(3, 0), bad("20", "19", "18"), "", "failed 20", 3, false},
		{"one in between did not", after(3, 0), bad("21", "19", "18"), "", "missed 20", 1, false},
		{"one in between succeeded", after(3, 0), append(bad("21", "20", "19"), executed("20 12:00")), "", "", 1, false},
		{"one of two missed", allAfter(2), []Run{executed("21 11:00"), executed("19 11:00")}, "", "", 0, false},
		{"two of two missed", allAfter(2), []Run{executed("21 11:00"), executed("18 11:00")}, "", "missed 20", 0, false},
		{"one of two missed, and one failed before", allAfter(2), bad("19"), "", "missed 20", 0, false},
		{"one of two failed, and one missed before", allAfter(2), append(bad("21"), executed("19 11:00")), "", "failed 21", 1, false},
		{"one of three failed, and one missed before", allAfter(3), append(bad("21"), executed("19 11:00")), "", "", 1, false},
		{"two missed, and not told", after(2, 0), append(bad("21"), executed("18 11:00")), "", "missed 20", 1, false},
		{"to be paused", after(5, 2), bad("21", "20"), "", "failed 21", 2, true},
		{"paused before", after(5, 2), bad("21", "20"), "21 10:50", "", 2, false},
		{"resumed, and failed twice since", after(5, 2), bad("21", "20"), "20 10:00", "failed 21", 2, true},
		{"missed while it was paused", all, nil, "21 00:00", "", 0, false},
		{"in time, twice", all, []Run{executed("21 11:00"), executed("20 11:00")}, "", "", 0, false},
		{"late today", all, []Run{executed("21 13:38"), executed("20 11:00")}, "", "late 21", 0, false},
		{"late yesterday", all, []Run{executed("20 17:00")}, "", "late 20", 0, false},
		{"still running", all, []Run{active("21 11:00"), executed("20 11:00")}, "", "", 0, false},
		{"missed, and served since", all, []Run{executed("21 11:00")}, "", "missed 20", 0, false},
		{"a backfill is not late", all, []Run{executed("20 11:00"), {Attempt: 1, ID: 9, Created: at("21 13:50"), Started: at("21 13:50"), Slot: at("21 10:37"), Success: true}}, "", "", 0, false},
	}
	for _, row := range rows {
		w := Watch{Schedule: daily, Runs: row.runs, Tells: row.tells, Asked: map[int64]bool{}, Since: at("1 00:00")}
		for i := range w.Runs {
			if w.Runs[i].ID == 0 {
				w.Runs[i].ID = int64(i + 1)
			}
			w.Asked[w.Runs[i].ID] = true
		}
		if row.resumed != "" {
			w.Resumed = at(row.resumed)
		}
		raised, now := "", at("21 14:00")
		for _, a := range Alarms(w, Rescue(w, now), now) {
			if a.Kind == JobFailed && (a.InARow != row.inARow || a.Pause != row.pause) {
				t.Errorf("%s: %d in a row, pause %v", row.name, a.InARow, a.Pause)
			}
			if a.Raised {
				if raised != "" {
					raised += ", "
				}
				raised += string(a.Kind) + " " + a.Window.Start.Format("2")
			}
		}
		if raised != row.raised {
			t.Errorf("%s: %q, want %q", row.name, raised, row.raised)
		}
	}
}

// TestAlarmsInDoubt has runs at random, some of which were not asked, and lists that end
// anywhere. Whatever those that were not asked would have answered, and whatever ran before
// the end of the list, an alarm that is raised is true.
func TestAlarmsInDoubt(t *testing.T) {
	now := at("21 14:00")
	raised := 0
	for seed := range uint64(20000) {
		random := rand.New(rand.NewPCG(seed, 1))
		w := Watch{Schedule: daily, Asked: map[int64]bool{}, Unasked: map[int64]bool{}, Unread: map[int64]bool{}, Since: at("1 00:00")}
		w.Tells = Telling{On: Events, After: 1 + random.IntN(3), PauseAfter: random.IntN(3)}
		if random.IntN(3) == 0 {
			w.Known = now.Add(-time.Duration(random.IntN(96)) * time.Hour)
		}
		for i := range random.IntN(6) {
			created := now.Add(-time.Duration(random.IntN(96*60)) * time.Minute)
			r := Run{ID: int64(i + 1), Attempt: 1, Created: created, Updated: created.Add(time.Minute)}
			if random.IntN(2) == 0 {
				r.Failed = true
			} else {
				r.Success = true
			}
			switch random.IntN(3) {
			case 0:
				w.Asked[r.ID] = true
			case 1:
				if w.Asked[r.ID] = true; r.Success {
					r.Started = created
				}
			default:
				w.Unasked[r.ID] = r.Success
				w.Unread[r.ID] = !r.Success && random.IntN(2) == 0
			}
			if r.Created.After(w.Known) {
				w.Runs = append(w.Runs, r)
			}
		}
		for _, a := range Alarms(w, Rescue(w, now), now) {
			if !a.Raised || a.Kind == JobLate {
				continue
			}
			raised++
			if !w.read(a.Window) {
				t.Fatalf("seed %d: %s is raised, and not all of its window is known", seed, a.Kind)
			}
			for _, r := range w.Runs {
				if r.Started = r.Created; r.Success && !w.Asked[r.ID] && r.Confirms(a.Window) {
					t.Fatalf("seed %d: %s is raised, and run %d was not asked", seed, a.Kind, r.ID)
				}
			}
		}
	}
	if raised < 1000 {
		t.Errorf("only %d alarms were raised", raised)
	}
}
