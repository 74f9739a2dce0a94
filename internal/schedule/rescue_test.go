package schedule

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func active(created string) Run {
	return Run{Attempt: 1, Created: at(created), Updated: at(created), Active: true}
}

// cancelled is also what becomes of a pending run that another one displaces.
func cancelled(created string) Run {
	return Run{Attempt: 1, Created: at(created), Updated: at(created)}
}

// asked is one that a rescue started.
func asked(created string) Run {
	r := skipped(created)
	r.Rescue = true
	return r
}

func TestRescue(t *testing.T) {
	rows := []struct {
		name     string
		patience time.Duration
		since    string // "" where it is not known
		runs     []Run
		now      string
		why      Why
		failed   int
		again    string // "" for zero
	}{
		// Whom the window has.
		{"no run", 0, "", nil, "21 10:37", Due, 0, ""},
		{"the one before was served", 0, "", []Run{executed("21 10:36")}, "21 10:38", Due, 0, ""},
		{"served", 0, "", []Run{executed("21 10:37")}, "21 10:38", Fulfilled, 0, ""},
		{"served after a failure", 0, "", []Run{failed("21 10:40"), executed("21 11:00")}, "21 12:00", Fulfilled, 1, ""},
		{"served, and one more runs", 0, "", []Run{executed("21 10:37"), active("21 11:00")}, "21 12:00", Fulfilled, 0, ""},
		{"a re-run served", 0, "", []Run{rerun("21 10:40", "21 11:00")}, "21 12:00", Fulfilled, 0, ""},
		{"a re-run of an older run", 0, "", []Run{rerun("20 10:40", "21 11:00")}, "21 12:00", Due, 0, ""},
		{"a backfill of an older window", 0, "", []Run{serving("5 10:37", "21 11:00")}, "21 12:00", Due, 0, ""},
		{"a backfill of this window", 0, "", []Run{serving("21 10:37", "21 11:00")}, "21 12:00", Fulfilled, 0, ""},
		{"a backfill of an older window failed", 0, "", []Run{{Created: at("21 11:00"), Slot: at("5 10:37"), Failed: true}}, "21 12:00", Due, 0, ""},

		// Only evidence confirms. A run that is green may have skipped for any reason.
		{"skipped", 0, "", []Run{skipped("21 10:40")}, "21 12:00", Due, 0, ""},
		{"skipped again and again", 0, "", slices.Repeat([]Run{skipped("21 10:40")}, 5), "21 12:00", Due, 0, ""},
		{"skipped, and executed", 0, "", []Run{skipped("21 10:40"), executed("21 11:00")}, "21 12:00", Fulfilled, 0, ""},
		{"waited, and executed", 0, "", []Run{waited("21 10:30", "21 10:40")}, "21 12:00", Fulfilled, 0, ""},
		{"executed, and failed in a later step", 0, "", []Run{{Attempt: 1, Created: at("21 10:40"), Started: at("21 10:40"), Failed: true}}, "21 12:00", Fulfilled, 1, ""},
		{"executed, and cancelled", 0, "", []Run{{Attempt: 1, Created: at("21 10:40"), Started: at("21 10:40")}}, "21 12:00", Fulfilled, 0, ""},
		{"rescued", 0, "", []Run{dispatched("21 10:40")}, "21 12:00", Fulfilled, 0, ""},
		{"a rescue that skipped", 0, "", []Run{asked("21 10:40")}, "21 10:41", Due, 0, ""},
		{"two of them", 0, "", []Run{asked("21 10:40"), asked("21 10:50")}, "21 11:04", Backoff, 0, "21 11:05"},
		{"two of them, a while ago", 0, "", []Run{asked("21 10:40"), asked("21 10:50")}, "21 11:05", Due, 0, ""},

		// Whoever is active will look for itself.
		{"running", 0, "", []Run{active("21 10:40")}, "21 12:00", Running, 0, ""},
		{"running since the window before", 0, "", []Run{active("21 10:36")}, "21 12:00", Running, 0, ""},
		{"running for as long as GitHub lets it", 0, "", []Run{{Created: at("21 12:01").Add(-longestRun), Active: true}}, "21 12:00", Running, 0, ""},
		{"running for longer", 0, "", []Run{{Created: at("21 12:00").Add(-longestRun), Active: true}}, "21 12:00", Due, 0, ""},
		{"running after failures", 0, "", []Run{failed("21 10:40"), failed("21 10:50"), active("21 10:55")}, "21 12:00", Running, 2, ""},

		// Nothing is owed before there was a workflow.
		{"a workflow of this window", 0, "21 10:38", nil, "21 12:00", Young, 0, ""},
		{"a workflow as old as the window", 0, "21 10:37", nil, "21 12:00", Due, 0, ""},
		{"a young workflow that runs", 0, "21 10:38", []Run{active("21 10:40")}, "21 12:00", Running, 0, ""},

		// The first chance is the job's own.
		{"patience", 15 * time.Minute, "", nil, "21 10:51", Patience, 0, "21 10:52"},
		{"no more patience", 15 * time.Minute, "", nil, "21 10:52", Due, 0, ""},
		{"patience after a failure", 15 * time.Minute, "", []Run{failed("21 10:40")}, "21 10:51", Patience, 1, "21 10:52"},

		// Failures: once more at once, then ever less often.
		{"one failure", 0, "", []Run{failed("21 10:40")}, "21 10:40", Due, 1, ""},
		{"two", 0, "", []Run{failed("21 10:50"), failed("21 10:40")}, "21 11:04", Backoff, 2, "21 11:05"},
		{"two, a while ago", 0, "", []Run{failed("21 10:50"), failed("21 10:40")}, "21 11:05", Due, 2, ""},
		{"three", 0, "", []Run{failed("21 10:40"), failed("21 10:50"), failed("21 11:05")}, "21 11:10", Backoff, 3, "21 11:35"},
		{"four", 0, "", slices.Repeat([]Run{failed("21 11:00")}, 4), "21 11:10", Backoff, 4, "21 12:00"},
		{"a hundred", 0, "", slices.Repeat([]Run{failed("21 11:00")}, 100), "21 12:59", Backoff, 100, "21 13:00"},
		{"cancelled again and again", 0, "", slices.Repeat([]Run{cancelled("21 11:00")}, 5), "21 11:10", Due, 0, ""},
		{"those of the window before", 0, "", slices.Repeat([]Run{failed("21 10:36")}, 5), "21 10:40", Due, 0, ""},
	}
	for _, row := range rows {
		w := Watch{Schedule: daily, Patience: row.patience, Runs: row.runs}
		if row.since != "" {
			w.Since = at(row.since)
		}
		var again time.Time
		if row.again != "" {
			again = at(row.again)
		}
		v := Rescue(w, at(row.now))
		if v.Why != row.why || v.Failed != row.failed || !v.Again.Equal(again) {
			t.Errorf("%s: %s, failed %d, again %v; want %s, %d, %v", row.name, v.Why, v.Failed, v.Again, row.why, row.failed, again)
		}
		if v.Dispatch != (v.Why == Due) || v.Window.Start != at("21 10:37") {
			t.Errorf("%s: dispatch %v because %s, window %v", row.name, v.Dispatch, v.Why, v.Window)
		}
	}
}

// TestRescueOfABrokenJob asks every quarter of an hour about a job that fails
// whenever it runs.
func TestRescueOfABrokenJob(t *testing.T) {
	var runs []Run
	for now := at("21 10:37"); now.Before(at("22 10:37")); now = now.Add(15 * time.Minute) {
		if Rescue(Watch{Schedule: daily, Runs: runs}, now).Dispatch {
			runs = append(runs, Run{Created: now, Updated: now.Add(time.Minute), Failed: true})
		}
	}
	if len(runs) < 14 || len(runs) > 16 {
		t.Errorf("a broken job was dispatched %d times in a day", len(runs))
	}
	if v := Rescue(Watch{Schedule: daily, Runs: runs}, at("22 10:37")); !v.Dispatch {
		t.Errorf("the next window is %s", v.Why)
	}
}

// lived plays runs of a job one after another, as its workflow has them: each
// decides when it starts, which may be in the window after the one that it was
// created in. Some skip for another reason, and some fail after the execution. It
// returns the list of them and the executions that succeeded.
func lived(rng *rand.Rand, s Schedule, from, to time.Time) (list, executions []Run) {
	span := int64(s.Window(from).End.Sub(s.Window(from).Start))
	for free, id := from, int64(1); ; id++ {
		created := free.Add(-time.Duration(rng.Int64N(span / 8)))
		began := free.Add(time.Duration(rng.Int64N(span / 6)))
		ended := began.Add(time.Duration(1 + rng.Int64N(span/16)))
		if ended.After(to) {
			return list, executions
		}
		r := Run{ID: id, Attempt: 1, Created: created, Updated: ended, Rescue: rng.IntN(4) == 0}
		d := Decide(s, Tick{Now: began, Runs: executions})
		switch otherwise := rng.IntN(5) == 0; {
		case !d.Run, otherwise:
			r.Success = true
		case rng.IntN(4) == 0:
			r.Success = rng.IntN(4) > 0
			r.Failed = !r.Success
			executed := r
			executed.Started = began
			executions = append(executions, executed)
		default:
			r.Failed = true
		}
		list, free = append(list, r), ended
	}
}

// answered returns what a rescue knows that asked runs of the window for evidence. One
// of them may have given no answer, and the last successful ones not have been asked.
func answered(rng *rand.Rand, s Schedule, window Window, list, executions []Run) Watch {
	w := Watch{Schedule: s, Runs: list, Unread: map[int64]bool{}, Unasked: map[int64]bool{}}
	lose, leave := rng.IntN(4) == 0, rng.IntN(4) == 0
	for i := range w.Runs {
		r := &w.Runs[i]
		switch {
		case !window.Contains(r.Created) && !window.Contains(r.Updated):
		case lose:
			w.Unread[r.ID], lose = true, false
		case leave && r.Success:
			w.Unasked[r.ID] = true
		default:
			for _, executed := range executions {
				if executed.ID == r.ID {
					r.Started = executed.Started
				}
			}
		}
	}
	return w
}

// TestRescueKnowsNoMoreThanIsTrue checks what a rescue concludes from the list and the
// answers against the executions that there were.
func TestRescueKnowsNoMoreThanIsTrue(t *testing.T) {
	seen := map[Why]int{}
	for seed := range uint64(4000) {
		rng := rand.New(rand.NewPCG(seed, 0))
		s := New(Cadences[1+seed%4], "acme", "lived")
		now := time.Unix(1795257000+rng.Int64N(1e8), 0).UTC()
		from := s.Window(s.Window(s.Window(now).Start.Add(-1)).Start.Add(-1)).Start
		list, executions := lived(rng, s, from, now)
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		w := answered(rng, s, s.Window(now), list, executions)
		v := Rescue(w, now)
		served := slices.ContainsFunc(executions, func(r Run) bool { return r.Confirms(v.Window) })
		if v.Why == Fulfilled && !served {
			t.Errorf("seed %d: %v is not served, and the rescue takes it for confirmed; runs %v", seed, v.Window, list)
		}
		waits := v.Why == Backoff && v.Again.After(now) || v.Why == Unchecked && len(w.Unasked) > 0
		if !served && !v.Dispatch && !waits {
			t.Errorf("seed %d: %v is not served, and the rescue says %s", seed, v.Window, v.Why)
		}
		if served && v.Why != Fulfilled && len(w.Unread)+len(w.Unasked) == 0 {
			t.Errorf("seed %d: %v is served, and the rescue says %s", seed, v.Window, v.Why)
		}
		seen[v.Why]++
	}
	for _, why := range []Why{Fulfilled, Due, Backoff, Unread, Unchecked} {
		if seen[why] < 100 {
			t.Errorf("only %d of the lives end in %s", seen[why], why)
		}
	}
}

// TestRescueStanding has jobs that owe no run, or whose slot is too old to be run.
func TestRescueStanding(t *testing.T) {
	moment := func(s string) *Moment { return &Moment{Time: at(s)} }
	once := Spec{RunAt: []Moment{*moment("21 10:37")}, Expires: 2 * time.Hour}
	daily := Spec{Every: "day", At: "10:37"}
	with := func(spec Spec, change func(*Spec)) Schedule { change(&spec); return declared(spec) }
	disabled := with(daily, func(s *Spec) { s.Disabled = true })
	bounded := with(daily, func(s *Spec) { s.Start, s.Until = moment("20 00:00"), moment("22 00:00") })
	expiring := with(daily, func(s *Spec) { s.Expires = time.Hour })
	gap := with(daily, func(s *Spec) { s.Except = []time.Time{at("22 00:00")} })
	rows := []struct {
		name     string
		schedule Schedule
		runs     []Run
		now      string
		why      Why
		window   string // its start, "" for none
	}{
		{"disabled", disabled, nil, "21 12:00", Why(Disabled), ""},
		{"disabled, and confirmed", disabled, []Run{executed("21 11:00")}, "21 12:00", Why(Disabled), ""},
		{"not started", bounded, nil, "20 10:36", Why(NotStarted), ""},
		{"started", bounded, nil, "20 10:37", Due, "20 10:37"},
		{"in the last window", bounded, nil, "22 10:36", Due, "21 10:37"},
		{"ended", bounded, []Run{failed("21 11:00")}, "22 10:37", Why(Ended), "21 10:37"},
		{"once, before", declared(once), nil, "21 10:36", Why(NotStarted), ""},
		{"once", declared(once), nil, "21 12:36", Due, "21 10:37"},
		{"once, after", declared(once), nil, "21 12:37", Why(Expired), "21 10:37"},
		{"once, long after", declared(once), nil, "28 12:38", Why(Ended), ""},
		{"in a gap", gap, nil, "22 12:00", Due, "21 10:37"},
		{"confirmed in a gap", gap, []Run{executed("21 11:00")}, "22 12:00", Fulfilled, "21 10:37"},
		{"not expired", expiring, nil, "21 11:36", Due, "21 10:37"},
		{"expired", expiring, nil, "21 11:37", Why(Expired), "21 10:37"},
		{"expired after failures", expiring, []Run{failed("21 11:00")}, "21 11:37", Why(Expired), "21 10:37"},
		{"expired, and skipped since", expiring, []Run{skipped("21 11:40")}, "21 12:00", Why(Expired), "21 10:37"},
		{"expired, and confirmed", expiring, []Run{executed("21 11:00")}, "21 12:00", Fulfilled, "21 10:37"},
		{"expired, and still running", expiring, []Run{active("21 11:00")}, "21 12:00", Running, "21 10:37"},
	}
	for _, row := range rows {
		v := Rescue(Watch{Schedule: row.schedule, Runs: row.runs}, at(row.now))
		start := ""
		if !v.Window.IsZero() {
			start = v.Window.Start.Format("2 15:04")
		}
		if v.Why != row.why || start != row.window || v.Dispatch != (v.Why == Due) {
			t.Errorf("%s: %+v", row.name, v)
		}
	}
}
