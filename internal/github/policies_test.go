package github

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// declared returns the schedule of a job that is due daily at 10:37, unless the spec says
// something else.
func declared(t testing.TB, spec schedule.Spec) schedule.Schedule {
	t.Helper()
	if spec.RunAt == nil {
		spec.Every, spec.At = "day", "10:37"
	}
	s, flaws := schedule.Parse(spec)
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	return s
}

// next is a run that executed and asked for another.
func next(created, at string) ghtest.Run {
	return ghtest.Run{Created: instant(created), Started: instant(created), Next: instant(at)}
}

func instant(dayAndTime string) time.Time {
	if dayAndTime == "" {
		return time.Time{}
	}
	return at(dayAndTime)
}

// decideAll reads the history with all that a decision needs.
func decideAll(t *testing.T, fake *ghtest.Server, q Query) schedule.Decision {
	t.Helper()
	history, err := newClient(t, fake.URL).History(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	tick := q.Tick
	tick.Now, tick.Runs, tick.Known, tick.Needs, tick.Pauses, tick.Created = history.Now, history.Runs, history.Known, history.Needs, history.Pauses, history.Created
	return schedule.Decide(q.Schedule, tick)
}

// TestAskedForSlots has runs that asked for slots. It is noon of the 21st.
func TestAskedForSlots(t *testing.T) {
	wish := func(created, slot string) ghtest.Run {
		return ghtest.Run{Event: "workflow_dispatch", Title: "clean-files: window " + at(slot).Format(time.RFC3339), Created: at(created)}
	}
	byHand := next("20 12:00", "23 10:00")
	byHand.Event, byHand.Title = "workflow_dispatch", "clean-files: by hand"
	var skips []ghtest.Run
	for day := 2; day < 21; day++ {
		for hour := range 4 {
			skips = append(skips, skipped(fmt.Sprintf("%d %d:50", day, 10+hour)))
		}
	}
	once := []schedule.Moment{{Time: at("1 10:37"), Offset: true}}
	rows := []struct {
		name     string
		spec     schedule.Spec
		runs     []ghtest.Run
		want     schedule.Reason
		window   string // its start
		requests int
	}{
		{"later", schedule.Spec{}, all(next("20 10:40", "23 10:00")), schedule.Rescheduled, "", 2},
		{"later, after skips", schedule.Spec{}, all(next("20 10:40", "23 10:00"), skipped("21 10:40"), skipped("21 11:00")), schedule.Rescheduled, "", 4},
		{"weeks later", schedule.Spec{}, all(next("1 10:40", "28 10:00"), skips), schedule.Rescheduled, "", -30},
		{"later, and that has come", schedule.Spec{}, all(next("19 10:40", "21 11:30")), schedule.Unconfirmed, "21 11:30", 2},
		{"later, and that has been served", schedule.Spec{}, all(next("19 10:40", "21 11:30"), executed("21 11:31")), schedule.Confirmed, "", 2},
		{"sooner, in the same window", schedule.Spec{}, all(next("21 10:40", "21 11:30")), schedule.Unconfirmed, "21 11:30", 2},
		{"sooner, and that has been served", schedule.Spec{}, all(next("21 10:40", "21 11:30"), executed("21 11:31")), schedule.Confirmed, "21 11:30", 3},
		{"sooner, twice", schedule.Spec{}, all(next("21 10:40", "21 11:10"), next("21 11:11", "21 11:40")), schedule.Unconfirmed, "21 11:40", 3},
		{"by hand", schedule.Spec{}, all(executed("20 10:40"), byHand), schedule.Rescheduled, "", 3},
		{"by a person", schedule.Spec{}, all(executed("21 10:40"), wish("21 10:50", "21 11:30")), schedule.Unconfirmed, "21 11:30", -4},
		{"by a person, to come", schedule.Spec{}, all(executed("21 10:40"), wish("21 10:50", "21 12:30")), schedule.Confirmed, "21 10:37", 2},
		{"by a person, served", schedule.Spec{}, all(executed("21 10:40"), wish("21 10:50", "21 11:30"), executed("21 11:31")), schedule.Confirmed, "21 11:30", -3},
		{"of a single time that has ended", schedule.Spec{RunAt: once}, all(next("1 10:40", "21 11:00")), schedule.Unconfirmed, "21 11:00", 2},
		{"of a single time that has ended, to come", schedule.Spec{RunAt: once}, all(next("1 10:40", "22 11:00")), schedule.Confirmed, "1 10:37", 2},
		{"nothing, of a single time", schedule.Spec{RunAt: once}, all(executed("1 10:40")), schedule.Ended, "", 2},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.Add(row.runs...)
			q := query(declared(t, row.spec))
			d := decideAll(t, fake, q)
			if d.Reason != row.want || row.window != "" && !d.Window.Start.Equal(instant(row.window)) {
				t.Errorf("%s of %v", d.Reason, d.Window)
			}
			if n := len(fake.Requests()); row.requests >= 0 && n != row.requests || n > max(row.requests, -row.requests) {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// mark is what a run says that found everything before a time to be settled.
func mark(before string) string {
	if before == "" {
		return ""
	}
	return at(before).Format(time.RFC3339)
}

// still is what a run says that found everything before a time to be settled but for slots.
func still(before string, owed ...string) string {
	s, _ := schedule.Parse(schedule.Spec{Every: "day", At: "10:37", CatchUp: true})
	var runs []schedule.Run
	for day := 1; day <= at(before).Day(); day++ {
		runs = append(runs, schedule.Run{Created: at(fmt.Sprintf("%d 10:40", day)), Attempt: 1, Success: true, Started: at(fmt.Sprintf("%d 10:40", day))})
	}
	runs = slices.DeleteFunc(runs, func(run schedule.Run) bool {
		return slices.ContainsFunc(owed, func(slot string) bool { return at(slot).Day() == run.Created.Day() })
	})
	return schedule.Decide(s, schedule.Tick{Now: at(before), Attempt: 1, Runs: runs}).Settled.String()
}

// lanes is a run that served these slots; one with "!" failed.
func lanes(created, settled string, slots ...string) ghtest.Run {
	run := ghtest.Run{Created: at(created), Settled: mark(settled), Lanes: []ghtest.Lane{}}
	for _, slot := range slots {
		slot, failed := strings.CutPrefix(slot, "!")
		lane := ghtest.Lane{Slot: at(slot + " 10:37"), Started: at(created)}
		if failed {
			run.Conclusion, lane.Conclusion, lane.Started = "failure", "failure", time.Time{}
		}
		run.Lanes = append(run.Lanes, lane)
	}
	return run
}

// TestCatchUp has a job that catches up. It is noon of the 21st.
func TestCatchUp(t *testing.T) {
	var marked, unmarked, poisoned []ghtest.Run
	for day := 1; day < 21; day++ {
		d, tomorrow := fmt.Sprint(day), fmt.Sprintf("%d 10:37", day)
		marked = append(marked, lanes(d+" 10:40", tomorrow, d), lanes(d+" 12:40", d+" 12:40"))
		unmarked = append(unmarked, lanes(d+" 10:40", "", d), lanes(d+" 12:40", ""))
		if day == 3 {
			poisoned = append(poisoned, lanes("3 10:40", "3 10:37", "!3"))
		}
		if day > 3 {
			poisoned = append(poisoned, lanes(d+" 10:40", "3 10:37", "!3", d), lanes(d+" 12:40", "3 10:37", "!3"))
		}
	}
	failing := slices.Clone(marked[:4]) // as poisoned, where each run says what is still owed
	for day := 5; day < 22; day++ {
		d := fmt.Sprint(day)
		for i, hour := range []string{" 10:40", " 11:40"} {
			run := lanes(d+hour, "", "!3", d)
			run.Settled = still(d+hour, "3 10:37", d+" 10:37")
			if i > 0 {
				run = lanes(d+hour, "", "!3")
				run.Settled = still(d+hour, "3 10:37")
			}
			failing = append(failing, run)
		}
	}
	running := lanes("21 10:40", "20 10:37", "20", "21")
	running.Status, running.Lanes[1].Status, running.Lanes[1].Started = "in_progress", "in_progress", time.Time{}
	rows := []struct {
		name     string
		runs     []ghtest.Run
		want     []string
		requests int // at most
	}{
		{"no runs", nil, []string{"21"}, 1},
		{"nothing missed", marked, []string{"21"}, 3},
		{"nothing missed, and served", append(marked, lanes("21 10:40", "21 10:37", "21")), nil, 2},
		{"served, and seen", append(marked, lanes("21 10:40", "21 10:37", "21"), lanes("21 11:40", "21 11:40")), nil, 3},
		{"two missed", marked[:36], []string{"19", "20", "21"}, 4}, // it may have been paused, which is asked
		{"two missed, one caught up", append(marked[:36:36], lanes("20 23:00", "19 10:37", "19", "!20")), []string{"20", "21"}, 3},
		{"settled in the window before", all(marked[:38], lanes("20 10:38", ""), lanes("20 10:40", "20 10:37", "20"), lanes("20 12:40", "20 12:40")), []string{"21"}, 4},
		{"without marks", unmarked, []string{"21"}, 45},
		{"without marks, two missed", unmarked[:36], []string{"19", "20", "21"}, 45},
		{"without marks or lanes", all(executed("15 10:40"), executed("18 10:40"), skipped("18 11:40")), []string{"16", "17", "19", "20", "21"}, 5},
		{"served by a later run", all(lanes("15 10:40", "", "!15"), lanes("18 10:40", "", "15", "16", "18"), lanes("18 11:40", "", "17")), []string{"19", "20", "21"}, 5},
		{"one that always fails, and that is said", failing, []string{"3"}, 3},
		{"the same, with a new slot", failing[:len(failing)-2], []string{"3", "21"}, 3},
		{"one that always fails", poisoned, []string{"3", "21"}, 45},
		{"active", append(marked[:38:38], running), nil, 4}, // its lane is about to execute the slot
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.Add(row.runs...)
			d := decideAll(t, fake, query(declared(t, schedule.Spec{CatchUp: true})))
			var got []string
			for _, w := range d.Slots {
				got = append(got, fmt.Sprint(w.Start.Day()))
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("%s: got %v, want %v", d.Reason, got, row.want)
			}
			if n := len(fake.Requests()); n > row.requests {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestPaused has a job that catches up, and was not run from the 18th to noon of the 21st,
// where its workflow was enabled at some time.
func TestPaused(t *testing.T) {
	runs := []ghtest.Run{lanes("15 10:40", "", "15"), lanes("16 10:40", "16 10:37", "16"), lanes("17 10:40", "17 10:37", "17")}
	deleted := slices.Clone(runs)
	for i := range deleted {
		deleted[i].Number = int64(i + 1)
	}
	deleted = append(deleted, ghtest.Run{Created: at("21 11:00"), Number: 6, Status: "in_progress"})
	rows := []struct {
		name, state, enabled string
		runs                 []ghtest.Run
		want                 []string
	}{
		{"resumed", "active", "20 12:00", runs, []string{"20", "21"}},
		{"resumed just now", "active", "21 11:00", runs, []string{"21"}},
		{"resumed in the window of the last run", "active", "18 10:00", runs, []string{"18", "19", "20", "21"}},
		{"resumed before", "active", "12 10:00", runs, []string{"18", "19", "20", "21"}},
		{"never paused", "active", "1 00:00", runs, []string{"18", "19", "20", "21"}},
		{"disabled since", "disabled_manually", "20 12:00", runs, []string{"18", "19", "20", "21"}},
		{"not known", "", "", runs, []string{"18", "19", "20", "21"}},
		{"runs were deleted", "active", "20 12:00", deleted, []string{"18", "19", "20", "21"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			if row.state != "" {
				fake.Register(ghtest.Registered{State: row.state, Created: at("1 00:00"), Updated: at(row.enabled)})
			}
			fake.Add(row.runs...)
			d := decideAll(t, fake, query(declared(t, schedule.Spec{CatchUp: true})))
			var got []string
			for _, w := range d.Slots {
				got = append(got, fmt.Sprint(w.Start.Day()))
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("%s: got %v, want %v", d.Reason, got, row.want)
			}
		})
	}
}

// TestRerun has a run of the 20th that is run again on the 21st: it serves the 20th.
func TestRerun(t *testing.T) {
	for _, spec := range []schedule.Spec{{}, {CatchUp: true}} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.Add(executed("19 10:40"), executed("21 10:40"), ghtest.Run{ID: 99, Created: at("20 11:00"), Attempt: 2, Status: "in_progress"})
		q := query(declared(t, spec))
		q.Run, q.Tick.Attempt = 99, 2
		d := decideAll(t, fake, q)
		if d.Reason != schedule.Rerun || len(d.Slots) != 1 || d.Slots[0].Start != at("20 10:37") || d.Since != at("19 10:37") {
			t.Errorf("%s: %v since %v", d.Reason, d.Slots, d.Since)
		}
	}
}

// TestLaneAsks has the check of one slot, in a lane of run 99.
func TestLaneAsks(t *testing.T) {
	own := lanes("21 11:00", "20 10:37", "20", "21")
	own.ID, own.Status = 99, "in_progress"
	for i := range own.Lanes {
		own.Lanes[i].Status, own.Lanes[i].Started = "queued", time.Time{}
	}
	other := lanes("20 20:00", "20 10:37", "20")
	other.Updated = at("21 11:30")
	before := other
	before.Updated = at("20 21:00")
	half := lanes("21 11:00", "20 10:37", "20", "21")
	half.ID, half.Status = 99, "in_progress"
	half.Lanes[1].Status, half.Lanes[1].Started = "queued", time.Time{}
	unmarked := lanes("21 11:00", "", "21")
	unmarked.ID, unmarked.Status, unmarked.Lanes = 99, "in_progress", []ghtest.Lane{}
	rows := []struct {
		name     string
		slot     string
		once     bool // the job does not catch up
		runs     []ghtest.Run
		want     schedule.Reason
		since    string
		requests int
	}{
		{"alone", "21", false, all(own), schedule.Unconfirmed, "", 2},
		{"after the day before", "21", true, all(unmarked, lanes("20 10:40", "", "20")), schedule.Unconfirmed, "20", 2},
		{"after two failed days", "21", true, all(unmarked, lanes("20 10:40", "", "!20"), lanes("19 10:40", "", "!19"), lanes("18 10:40", "", "18")), schedule.Unconfirmed, "18", 4},
		{"after another slot of its run", "21", false, all(half, lanes("18 10:40", "", "18")), schedule.Unconfirmed, "20", 2},
		{"after a slot that was caught up on", "20", false, all(own, lanes("20 23:00", "18 10:37", "18", "19"), lanes("17 10:40", "", "17")), schedule.Unconfirmed, "19", 2},
		{"after one that fails", "21", false, all(own, lanes("20 10:40", "", "!20"), lanes("19 10:40", "", "19")), schedule.Unconfirmed, "19", 4},
		{"served in its window", "20", false, all(own, before), schedule.Confirmed, "", 2},
		{"served meanwhile", "19", false, all(own, lanes("21 11:01", "", "19")), schedule.Confirmed, "", 2},
		{"of the current window, served", "21", false, all(own, lanes("21 10:40", "", "21")), schedule.Confirmed, "", 2},
		{"forced runs of others", "19", false, all(own, other), schedule.Unconfirmed, "", 3},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.Add(row.runs...)
			q := query(declared(t, schedule.Spec{CatchUp: !row.once}))
			q.Run, q.Tick.Lane, q.Tick.Slot = 99, true, at(row.slot+" 10:37")
			d := decideAll(t, fake, q)
			since := ""
			if !d.Since.IsZero() {
				since = fmt.Sprint(d.Since.Day())
			}
			if d.Reason != row.want || !d.Window.Start.Equal(q.Tick.Slot) || since != row.since {
				t.Errorf("%s of %v, since %q", d.Reason, d.Window, since)
			}
			if n := len(fake.Requests()); n != row.requests {
				t.Errorf("%d requests, want %d", n, row.requests)
			}
		})
	}
}

// TestCancels has an active run that was created before the window, whose lane executes a slot.
func TestCancels(t *testing.T) {
	for slot, want := range map[string]bool{"20": true, "21": false} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		run := lanes("21 10:20", "", slot)
		run.Status, run.Lanes[0].Status, run.Lanes[0].Started = "in_progress", "in_progress", time.Time{}
		fake.Add(run)
		q := query(declared(t, schedule.Spec{}))
		q.Run, q.Cancel = 99, true
		history, err := newClient(t, fake.URL).History(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if got := schedule.Cancels(q.Schedule.Window(noon), 99, history.Runs); got != want || len(fake.Requests()) != 2 {
			t.Errorf("while %s is executed: cancels %v, after %d requests", slot, got, len(fake.Requests()))
		}
	}
}

// TestNeeds has a job that waits for two others.
func TestNeeds(t *testing.T) {
	of := func(job string, run ghtest.Run) ghtest.Run {
		run.Workflow, run.Job = job+".yml", job
		return run
	}
	var failing []ghtest.Run // in windows before the current one of a job that runs each hour
	for hour := range 60 {
		run := failed("19 00:45")
		run.Created = run.Created.Add(time.Duration(hour) * time.Hour)
		failing = append(failing, of("hourly", run))
	}
	backfilled := executed("21 11:50")
	backfilled.Event, backfilled.Title = "workflow_dispatch", "hourly: backfill "+at("21 10:30").Format(time.RFC3339)
	waiting := []ghtest.Run{of("hourly", skipped("21 11:40")), of("hourly", skipped("21 11:41")), of("hourly", executed("21 11:42"))}
	rows := []struct {
		name     string
		runs     []ghtest.Run
		broken   string // path that GitHub does not serve
		want     schedule.Reason
		needs    []string
		requests int
	}{
		{"both confirmed", all(of("a", executed("21 10:38")), of("b", executed("21 10:39"))), "", schedule.Unconfirmed, nil, 5},
		{"one confirmed", all(of("a", executed("21 10:38")), of("b", executed("20 10:39"))), "", schedule.Waiting, []string{"b"}, 5},
		{"none confirmed", all(of("a", failed("21 10:38"))), "", schedule.Waiting, []string{"a", "b"}, 4},
		{"confirmed itself", all(executed("21 10:40")), "", schedule.Confirmed, nil, 2},
		{"one unreadable", all(of("a", executed("21 10:38"))), "workflows/b.yml", schedule.HistoryUnknown, nil, 4},
		{"one unreadable, the other not confirmed", nil, "workflows/b.yml", schedule.HistoryUnknown, nil, 3},
		{"its window is confirmed", all(of("hourly", executed("21 10:38")), waiting), "", schedule.Unconfirmed, nil, 3},
		{"a later window is", all(of("hourly", executed("21 11:38"))), "", schedule.Unconfirmed, nil, 3},
		{"a later window is, after skips", waiting, "", schedule.Unconfirmed, nil, 5},
		{"a later window is, and it catches up", all(of("hourly", executed("21 11:38"))), "", schedule.Waiting, []string{"hourly"}, 3},
		{"an earlier window is", all(of("hourly", executed("21 10:20"))), "", schedule.Waiting, []string{"hourly"}, 3},
		{"its window, by a backfill", all(of("hourly", backfilled)), "", schedule.Unconfirmed, nil, 3},
		{"it always fails", failing, "", schedule.Waiting, []string{"hourly"}, 6},
		{"rescheduled", all(of("a", next("20 10:40", "23 10:00")), of("b", executed("21 10:39"))), "", schedule.Unconfirmed, nil, 5},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.Add(row.runs...)
			if row.broken != "" {
				fake.Break(ghtest.Fault{Path: row.broken, Status: 404})
			}
			q := query(declared(t, schedule.Spec{}))
			needed := []string{"a", "b"}
			if slices.ContainsFunc(row.runs, func(run ghtest.Run) bool { return run.Job == "hourly" }) {
				needed = nil
				spec := schedule.Spec{Every: "hour", Start: &schedule.Moment{Time: at("1 00:30"), Offset: true}, CatchUp: strings.HasSuffix(row.name, "catches up")}
				hourly, _ := schedule.Parse(spec)
				q.Needs = append(q.Needs, Query{Workflow: "hourly.yml", Job: "hourly", Schedule: hourly})
			}
			for _, id := range needed {
				q.Needs = append(q.Needs, Query{Workflow: id + ".yml", Job: id, Schedule: declared(t, schedule.Spec{})})
			}
			d := decideAll(t, fake, q)
			if d.Reason != row.want {
				t.Errorf("%s", d.Reason)
			}
			if diff := cmp.Diff(row.needs, d.Needs); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
			if n := len(fake.Requests()); n > row.requests {
				t.Errorf("%d requests", n)
			}
		})
	}
}
