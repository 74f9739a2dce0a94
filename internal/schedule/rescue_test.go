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

// ticked is a run that checked or executed, started by that cron.
func ticked(created, cron string) Run {
	r := skipped(created)
	r.Cron = cron
	return r
}

// asked is one that a rescue started for that window.
func asked(created, slot string) Run {
	r := skipped(created)
	r.Asked, r.Rescue = at(slot), true
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
		{"the one before was served", 0, "", []Run{skipped("21 10:36")}, "21 10:38", Due, 0, ""},
		{"served", 0, "", []Run{skipped("21 10:37")}, "21 10:38", Fulfilled, 0, ""},
		{"served after a failure", 0, "", []Run{failed("21 10:40"), skipped("21 11:00")}, "21 12:00", Fulfilled, 1, ""},
		{"served, and one more runs", 0, "", []Run{skipped("21 10:37"), active("21 11:00")}, "21 12:00", Fulfilled, 0, ""},
		{"a re-run served", 0, "", []Run{rerun("21 10:40", "21 11:00")}, "21 12:00", Fulfilled, 0, ""},
		{"a re-run of an older run", 0, "", []Run{rerun("20 10:40", "21 11:00")}, "21 12:00", Due, 0, ""},
		{"a backfill of an older window", 0, "", []Run{serving("5 10:37", "21 11:00")}, "21 12:00", Due, 0, ""},
		{"a backfill of this window", 0, "", []Run{serving("21 10:37", "21 11:00")}, "21 12:00", Fulfilled, 0, ""},
		{"a backfill of an older window failed", 0, "", []Run{{Created: at("21 11:00"), Slot: at("5 10:37"), Failed: true}}, "21 12:00", Due, 0, ""},

		// Only the job's present schedule says which window a success was for. Daily
		// ones have the hours 10, 22; 18, 2; 16, 22, 4; 14, 19, 0, 5; 14, 18, 22, 2, 6.
		{"its tick", 0, "", []Run{ticked("21 10:40", "37 10 * * *")}, "21 12:00", Fulfilled, 0, ""},
		{"a spare", 0, "", []Run{ticked("21 11:40", "37 22 * * *")}, "21 12:00", Fulfilled, 0, ""},
		{"one of more spares than it has", 0, "", []Run{ticked("21 11:40", "37 6 * * *")}, "21 12:00", Fulfilled, 0, ""},
		{"a tick of another hour", 0, "", []Run{ticked("21 11:40", "37 11 * * *")}, "21 12:00", Due, 0, ""},
		{"a tick of another minute", 0, "", []Run{ticked("21 11:40", "38 10 * * *")}, "21 12:00", Due, 0, ""},
		{"a tick of when it was weekly", 0, "", []Run{ticked("21 11:40", "37 10 * * 5")}, "21 12:00", Due, 0, ""},
		{"both", 0, "", []Run{ticked("21 11:40", "37 10 * * 5"), ticked("21 10:40", "37 10 * * *")}, "21 12:00", Fulfilled, 0, ""},
		{"a rescue of the window", 0, "", []Run{asked("21 10:40", "21 10:37")}, "21 12:00", Fulfilled, 0, ""},
		{"a rescue of a window it has not", 0, "", []Run{asked("21 10:40", "21 09:12")}, "21 12:00", Due, 0, ""},
		{"a rescue of a week that began a day before", 0, "", []Run{asked("21 10:40", "20 10:37")}, "21 12:00", Due, 0, ""},
		{"an old tick that fails", 0, "", []Run{{Attempt: 1, Created: at("21 11:40"), Updated: at("21 11:40"), Failed: true, Cron: "1 2 * * *"}}, "21 12:00", Due, 1, ""},

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
// created in. It returns the list of them and the executions that succeeded.
func lived(rng *rand.Rand, s Schedule, from, to time.Time) (list, executions []Run) {
	span := int64(s.Window(from).End.Sub(s.Window(from).Start))
	for free := from; ; {
		created := free.Add(-time.Duration(rng.Int64N(span / 8)))
		began := free.Add(time.Duration(rng.Int64N(span / 6)))
		ended := began.Add(time.Duration(1 + rng.Int64N(span/16)))
		if ended.After(to) {
			return list, executions
		}
		r := Run{Attempt: 1, Created: created, Updated: ended}
		if d := Decide(s, Tick{Now: began, Runs: executions}); !d.Run {
			r.Success = true
		} else if r.Success = rng.IntN(4) == 0; r.Success {
			executed := r
			executed.Started = began
			executions = append(executions, executed)
		} else {
			r.Failed = true
		}
		list, free = append(list, r), ended
	}
}

// TestRescueKnowsNoMoreThanIsTrue checks what a rescue concludes from the list
// alone against the executions that there were.
func TestRescueKnowsNoMoreThanIsTrue(t *testing.T) {
	seen := map[Why]int{}
	for seed := range uint64(4000) {
		rng := rand.New(rand.NewPCG(seed, 0))
		s := New(Cadences[1+seed%4], "acme", "lived")
		now := time.Unix(1795257000+rng.Int64N(1e8), 0).UTC()
		from := s.Window(s.Window(s.Window(now).Start.Add(-1)).Start.Add(-1)).Start
		list, executions := lived(rng, s, from, now)
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		v := Rescue(Watch{Schedule: s, Runs: list}, now)
		served := slices.ContainsFunc(executions, func(r Run) bool { return r.Confirms(v.Window) })
		if v.Why == Fulfilled && !served {
			t.Errorf("seed %d: %v is not served, and the rescue takes it for confirmed; runs %v", seed, v.Window, list)
		}
		if !served && !v.Dispatch && !(v.Why == Backoff && v.Failed > 1 && v.Again.After(now)) {
			t.Errorf("seed %d: %v is not served, and the rescue says %s", seed, v.Window, v.Why)
		}
		seen[v.Why]++
	}
	for _, why := range []Why{Fulfilled, Due, Backoff} {
		if seen[why] < 100 {
			t.Errorf("only %d of the lives end in %s", seen[why], why)
		}
	}
}
