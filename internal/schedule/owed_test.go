package schedule

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// catching is due daily at 10:37, and catches up.
var catching = declared(Spec{Every: "day", At: "10:37", CatchUp: true})

// lane is the job of a run for one slot of catching.
func lane(r Run, slot string) Run {
	r.Lane, r.Slot = true, at(slot+" 10:37")
	return r
}

func settled(r Run, before string) Run {
	r.Settled.Before = at(before)
	return r
}

// opens reports whether that is the first slot, or time, that is not settled, and survives
// the way through the name of a step.
func opens(s Settled, slot string) bool {
	first := at(slot)
	return ParseSettled(s.String()) == s && !s.Has(first) && s.Has(first.Add(-time.Hour)) && s.Has(first.Add(-20*day)) && !s.from().After(first)
}

// days returns the days of windows.
func days(windows []Window) (days []int) {
	for _, w := range windows {
		days = append(days, w.Start.Day())
	}
	return days
}

// TestCatchUp has what a job that catches up runs on the 21st at noon.
func TestCatchUp(t *testing.T) {
	first := failed("15 11:00")
	rows := []struct {
		name    string
		tick    Tick
		reason  Reason
		slots   []int
		settled string
		missed  int
	}{
		{"no run yet", Tick{}, Unconfirmed, []int{21}, "21 10:37", 0},
		{"since the first run", Tick{Runs: []Run{first}}, Unconfirmed, []int{15, 16, 17, 18, 19, 20, 21}, "15 10:37", 0},
		{"some are done", Tick{Runs: []Run{first, executed("16 11:00"), lane(executed("20 11:00"), "18"), lane(executed("20 11:00"), "20")}}, Unconfirmed, []int{15, 17, 19, 21}, "15 10:37", 0},
		{"all are done", Tick{Runs: []Run{executed("19 11:00"), executed("20 11:00"), executed("21 11:00")}}, Confirmed, nil, "21 12:00", 0},
		{"but an older one", Tick{Runs: []Run{executed("18 11:00"), executed("20 11:00"), executed("21 11:00")}}, Unconfirmed, []int{19}, "19 10:37", 0},
		{"all before are settled", Tick{Runs: []Run{first, settled(skipped("20 12:00"), "19 10:37"), settled(skipped("20 11:00"), "18 10:37")}}, Unconfirmed, []int{19, 20, 21}, "19 10:37", 0},
		{"settled, and no older run is known", Tick{Runs: []Run{settled(skipped("20 12:00"), "18 10:37")}}, Unconfirmed, []int{18, 19, 20, 21}, "18 10:37", 0},
		{"settled in the future", Tick{Runs: []Run{executed("20 11:00"), settled(skipped("21 11:00"), "29 10:37")}}, Unconfirmed, []int{21}, "21 10:37", 0},
		{"up to what was read", Tick{Runs: []Run{first}, Known: at("19 10:37")}, Unconfirmed, []int{19, 20, 21}, "19 10:37", 0},
		{"settled up to what was not read", Tick{Runs: []Run{first, settled(skipped("20 12:00"), "18 10:37")}, Known: at("20 10:37")}, Unconfirmed, []int{18, 19, 20, 21}, "18 10:37", 0},
		{"one is being run", Tick{Runs: []Run{first, lane(active("20 12:00"), "17"), lane(failed("20 12:00"), "18")}}, Unconfirmed, []int{15, 16, 18, 19, 20, 21}, "15 10:37", 0},
		{"all are being run", Tick{Runs: []Run{executed("20 11:00"), lane(active("21 11:00"), "21")}}, Waiting, nil, "21 10:37", 0},
		{"in the lane of one of them", Tick{Runs: []Run{executed("20 11:00"), lane(active("21 11:00"), "21")}, Lane: true, Slot: at("21 10:37")}, Unconfirmed, []int{21}, "", 0},
		{"unreadable", Tick{Runs: []Run{first}, Unknown: true}, HistoryUnknown, []int{21}, "", 0},
		{"by hand", Tick{Runs: []Run{executed("20 11:00")}, Forced: true}, Forced, []int{21}, "21 10:37", 0},
		{"by hand, for a slot", Tick{Runs: []Run{executed("20 11:00")}, Forced: true, Slot: at("12 10:37")}, Forced, []int{12}, "21 10:37", 0},
		{"to come", Tick{Runs: []Run{first}, Slot: at("22 10:37")}, NotDue, nil, "15 10:37", 0},
		{"in the lane of an old slot", Tick{Runs: []Run{first}, Lane: true, Slot: at("17 10:37")}, Unconfirmed, []int{17}, "", 0},
		{"in the lane of a slot that is done", Tick{Runs: []Run{first, lane(executed("21 11:00"), "17")}, Lane: true, Slot: at("17 10:37")}, Confirmed, nil, "", 0},
		{"in a lane, unreadable", Tick{Lane: true, Slot: at("17 10:37"), Unknown: true}, HistoryUnknown, []int{17}, "", 0},
		{"in the lane of a slot that was moved", Tick{Runs: []Run{asking("15 11:00", "19 12:00")}, Lane: true, Slot: at("17 10:37")}, Rescheduled, nil, "", 0},
		{"moved", Tick{Runs: []Run{asking("15 11:00", "19 12:00")}}, Unconfirmed, []int{19, 20, 21}, "19 12:00", 0},
		{"but what passed while it was paused", Tick{Runs: []Run{first}, Pauses: between("16 10:37", "19 12:00")}, Unconfirmed, []int{15, 19, 20, 21}, "15 10:37", 0},
		{"paused until just now", Tick{Runs: []Run{executed("16 11:00")}, Pauses: between("16 12:00", "21 11:00")}, Unconfirmed, []int{21}, "21 10:37", 0},
		{"moved further", Tick{Runs: []Run{asking("15 11:00", "22 12:00")}}, Rescheduled, nil, "21 12:00", 0},
	}
	for _, row := range rows {
		row.tick.Now = at("21 12:00")
		d := Decide(catching, row.tick)
		if diff := cmp.Diff(row.slots, days(d.Slots)); d.Reason != row.reason || diff != "" || d.Missed != row.missed {
			t.Errorf("%s: %s, %d missed; want %s, %d; slots (-want +got):\n%s", row.name, d.Reason, d.Missed, row.reason, row.missed, diff)
		}
		if row.settled == "" && d.Settled != (Settled{}) || row.settled != "" && !opens(d.Settled, row.settled) {
			t.Errorf("%s: settled before %v, want %q", row.name, d.Settled, row.settled)
		}
	}
}

// TestExpiredSlots are counted as missed, and no others: those get a run of their own.
func TestExpiredSlots(t *testing.T) {
	s := declared(Spec{Every: "day", At: "10:37", CatchUp: true, Expires: 72 * time.Hour})
	d := Decide(s, Tick{Now: at("21 12:00"), Runs: []Run{executed("14 11:00")}})
	if diff := cmp.Diff([]int{19, 20, 21}, days(d.Slots)); diff != "" || d.Missed != 4 || !opens(d.Settled, "19 10:37") {
		t.Errorf("%d missed, settled before %v, slots (-want +got):\n%s", d.Missed, d.Settled, diff)
	}
}

// TestPoisonedSlots has 60 slots of which some always fail: all others are run in the
// first three rounds, the oldest first, and of those that fail each is tried again.
func TestPoisonedSlots(t *testing.T) {
	s := declared(Spec{Every: "hour", CatchUp: true, Project: "acme", ID: "job"})
	for _, poisoned := range []int{0, 1, 24, 40, 60} {
		rng := rand.New(rand.NewPCG(uint64(poisoned), 1))
		now := at("21 12:00")
		first := s.Prev(now.Add(-59 * time.Hour))
		bad := map[time.Time]bool{}
		for _, i := range rng.Perm(60)[:poisoned] {
			bad[first.Add(time.Duration(i)*time.Hour)] = true
		}
		runs := []Run{{ID: 1, Attempt: 1, Created: first.Add(time.Minute), Updated: first.Add(time.Minute), Success: true}}
		tried := map[time.Time]int{}
		for round := range 8 {
			d := Decide(s, Tick{Now: now, Attempt: 1, Runs: runs})
			for i, w := range d.Slots {
				if i > 0 && !d.Slots[i-1].Start.Before(w.Start) || tried[w.Start] > 0 && !bad[w.Start] {
					t.Fatalf("%d poisoned, round %d: slot %v again, or not in order: %v", poisoned, round, w.Start, d.Slots)
				}
				tried[w.Start]++
				r := Run{ID: int64(round + 2), Attempt: 1, Created: now, Updated: now, Lane: true, Slot: w.Start, Failed: true}
				if !bad[w.Start] {
					r.Failed, r.Success, r.Started = false, true, now
				}
				runs = append(runs, r)
			}
			now = now.Add(time.Minute)
			if round == 2 && len(tried) != 60 {
				t.Errorf("%d poisoned: %d of 60 slots were tried in three rounds", poisoned, len(tried))
			}
		}
		for slot := range bad {
			if tried[slot] < 8*MaxSlots/60-1 {
				t.Errorf("%d poisoned: %v was tried %d times", poisoned, slot, tried[slot])
			}
		}
	}
}

// TestNeeds has a job that waits for another in its window.
func TestNeeds(t *testing.T) {
	need := func(runs ...Run) Need { return Need{ID: "fetch", Schedule: daily, Runs: runs} }
	unreadable := Need{ID: "fetch", Schedule: daily, Unknown: true}
	cut := Need{ID: "fetch", Schedule: daily, Known: at("22 10:37")}
	backfilled := executed("21 11:58")
	backfilled.Slot = at("21 11:45")
	often := declared(Spec{Every: "10 minutes", Start: &Moment{Time: at("1 00:05")}})
	each := declared(Spec{Every: "hour", Start: &Moment{Time: at("1 00:00")}, CatchUp: true})
	later := Need{ID: "later", Schedule: declared(Spec{Every: "day", Start: &Moment{Time: at("25 00:00")}})}
	for name, row := range map[string]struct {
		tick   Tick
		reason Reason
		needs  string
	}{
		"done":                       {Tick{Needs: []Need{need(executed("21 11:00"))}}, Unconfirmed, "[]"},
		"not yet":                    {Tick{Needs: []Need{need(executed("20 11:00"))}}, Waiting, "[fetch]"},
		"failed":                     {Tick{Needs: []Need{need(failed("21 11:00"))}}, Waiting, "[fetch]"},
		"only skipped":               {Tick{Needs: []Need{need(skipped("21 11:00"))}}, Waiting, "[fetch]"},
		"unreadable":                 {Tick{Needs: []Need{unreadable}}, HistoryUnknown, "[]"},
		"not read so far":            {Tick{Needs: []Need{cut}}, HistoryUnknown, "[]"},
		"one of two is not readable": {Tick{Needs: []Need{need(), unreadable}}, HistoryUnknown, "[]"},
		"not started":                {Tick{Needs: []Need{later}}, Unconfirmed, "[]"},
		"both unreadable":            {Tick{Needs: []Need{unreadable}, Unknown: true}, HistoryUnknown, "[]"},
		"own history unreadable":     {Tick{Needs: []Need{need()}, Unknown: true}, Waiting, "[fetch]"},
		"confirmed":                  {Tick{Needs: []Need{need()}, Runs: []Run{executed("21 11:40")}}, Confirmed, "[]"},
		"expired":                    {Tick{Needs: []Need{need()}, Now: at("21 17:00")}, Expired, "[]"},
		"by hand":                    {Tick{Needs: []Need{need()}, Forced: true}, Forced, "[]"},
		"again":                      {Tick{Needs: []Need{need()}, Attempt: 2}, Rerun, "[]"},
		"later":                      {Tick{Needs: []Need{{ID: "fetch", Schedule: often, Runs: []Run{executed("21 11:50")}}}}, Unconfirmed, "[]"},
		"later, by a backfill":       {Tick{Needs: []Need{{ID: "fetch", Schedule: often, Runs: []Run{backfilled}}}}, Unconfirmed, "[]"},
		"earlier":                    {Tick{Needs: []Need{{ID: "fetch", Schedule: often, Runs: []Run{executed("21 11:20")}}}}, Waiting, "[fetch]"},
		"later, and it catches up":   {Tick{Needs: []Need{{ID: "fetch", Schedule: each, Runs: []Run{executed("21 12:01")}}}, Now: at("21 12:02")}, Waiting, "[fetch]"},
		"in a lane":                  {Tick{Needs: []Need{need()}, Lane: true, Slot: at("21 11:30")}, Waiting, "[fetch]"},
	} {
		s := declared(Spec{Every: "day", At: "11:30", Expires: 5 * time.Hour})
		if row.tick.Now.IsZero() {
			row.tick.Now = at("21 12:00")
		}
		d := Decide(s, row.tick)
		if d.Reason != row.reason || fmt.Sprint(d.Needs) != row.needs {
			t.Errorf("%s: %s %v; want %s %s", name, d.Reason, d.Needs, row.reason, row.needs)
		}
	}
}

// TestNeedsOfSlots has slots that wait and others that do not, which go ahead.
func TestNeedsOfSlots(t *testing.T) {
	fetch := Need{ID: "fetch", Schedule: catching, Runs: []Run{executed("17 11:00"), executed("19 11:00")}}
	d := Decide(catching, Tick{Now: at("21 12:00"), Runs: []Run{failed("16 11:00")}, Needs: []Need{fetch}})
	if diff := cmp.Diff([]int{17, 19}, days(d.Slots)); diff != "" || d.Reason != Unconfirmed || !opens(d.Settled, "16 10:37") {
		t.Errorf("%s, settled before %v, slots (-want +got):\n%s", d.Reason, d.Settled, diff)
	}
}

// TestRescheduled has the ticks of a daily job that asked to be run on the 24th at noon.
func TestRescheduled(t *testing.T) {
	runs := []Run{asking("20 11:00", "24 12:00")}
	for name, row := range map[string]struct {
		tick   Tick
		reason Reason
		start  string // of the window
	}{
		"on the same day":               {Tick{Now: at("20 12:00")}, Confirmed, "20 10:37"},
		"in between":                    {Tick{Now: at("22 12:00")}, Rescheduled, "20 10:37"},
		"for it, in between":            {Tick{Now: at("22 12:00"), Slot: at("24 12:00")}, NotDue, "20 10:37"},
		"on the day, before":            {Tick{Now: at("24 11:00")}, Rescheduled, "20 10:37"},
		"when it comes":                 {Tick{Now: at("24 12:00")}, Unconfirmed, "24 12:00"},
		"the next day":                  {Tick{Now: at("25 10:37")}, Unconfirmed, "25 10:37"},
		"unreadable, in between":        {Tick{Now: at("22 12:00"), Unknown: true}, HistoryUnknown, "22 10:37"},
		"by hand, in between":           {Tick{Now: at("22 12:00"), Forced: true}, Forced, "20 10:37"},
		"by hand, for a slot":           {Tick{Now: at("23 12:00"), Forced: true, Slot: at("22 10:37")}, Forced, "22 10:37"},
		"a day after one by hand":       {Tick{Now: at("23 12:00"), Runs: []Run{executed("22 12:00")}}, Unconfirmed, "23 10:37"},
		"the day of one by hand":        {Tick{Now: at("22 13:00"), Runs: []Run{executed("22 12:00")}}, Confirmed, "20 10:37"},
		"a day that somebody asked for": {Tick{Now: at("22 13:00"), Runs: []Run{{Attempt: 1, Created: at("21 12:00"), Asked: at("22 12:30")}}}, Unconfirmed, "22 12:30"},
	} {
		row.tick.Runs = append(row.tick.Runs, runs...)
		d := Decide(daily, row.tick)
		if d.Reason != row.reason || d.Window.Start != at(row.start) {
			t.Errorf("%s: %s, window %v; want %s, %s", name, d.Reason, d.Window, row.reason, row.start)
		}
	}
	if d := Decide(daily, Tick{Now: at("24 12:00"), Runs: runs}); d.Missed != 0 || d.Since != at("20 10:37") {
		t.Errorf("%d missed since %v, although the job asked for that time", d.Missed, d.Since)
	}
}
