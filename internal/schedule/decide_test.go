package schedule

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// daily is due at 10:37.
var daily = declared(Spec{Every: "day", At: "10:37"})

// hourly is due at minute 37.
var hourly = declared(Spec{Every: "hour", Start: &Moment{Time: time.Date(2020, 1, 1, 0, 37, 0, 0, time.UTC)}})

// declared makes a schedule that has no flaw.
func declared(spec Spec) Schedule {
	s, flaws := Parse(spec)
	if len(flaws) > 0 {
		panic(fmt.Sprint(flaws))
	}
	return s
}

// at reads "21 10:40" as that day and time in November 2026.
func at(dayAndTime string) time.Time {
	t, err := time.Parse("2006-01 2 15:04", "2026-11 "+dayAndTime)
	if err != nil {
		panic(err)
	}
	return t
}

// executed is a run that started the entrypoint as soon as it was created;
// skipped one that only checked; failed one that went red.
func executed(created string) Run {
	return Run{Attempt: 1, Created: at(created), Updated: at(created), Success: true, Started: at(created)}
}

func skipped(created string) Run {
	return Run{Attempt: 1, Created: at(created), Updated: at(created), Success: true}
}

func failed(created string) Run {
	return Run{Attempt: 1, Created: at(created), Updated: at(created), Failed: true}
}

func rerun(created, started string) Run {
	return Run{Attempt: 2, Created: at(created), Updated: at(started), Success: true, Started: at(started)}
}

func serving(slot, started string) Run {
	r := executed(started)
	r.Slot = at(slot)
	return r
}

func TestDecide(t *testing.T) {
	rows := []struct {
		name   string
		tick   Tick
		run    bool
		reason Reason
		start  string
		missed int
	}{
		// What the history says.
		{"no history", Tick{Now: at("21 12:00")}, true, Unconfirmed, "21 10:37", 0},
		{"executed in the window", Tick{Now: at("21 12:00"), Runs: []Run{executed("21 10:40")}}, false, Confirmed, "21 10:37", 0},
		{"executed before it", Tick{Now: at("21 12:00"), Runs: []Run{executed("21 10:36")}}, true, Unconfirmed, "21 10:37", 0},
		{"executed on the slot", Tick{Now: at("21 12:00"), Runs: []Run{executed("21 10:37")}}, false, Confirmed, "21 10:37", 0},
		{"a tick five hours late", Tick{Now: at("21 15:37"), Runs: []Run{executed("20 15:30")}}, true, Unconfirmed, "21 10:37", 0},
		{"a tick before the slot belongs to yesterday", Tick{Now: at("21 10:36"), Runs: []Run{executed("20 15:30")}}, false, Confirmed, "20 10:37", 0},
		{"only skipped", Tick{Now: at("21 12:00"), Runs: []Run{skipped("21 10:40")}}, true, Unconfirmed, "21 10:37", 0},
		{"executed later than now", Tick{Now: at("21 12:00"), Runs: []Run{executed("21 12:01")}}, true, Unconfirmed, "21 10:37", 0},
		{"started later than now", Tick{Now: at("21 12:00"), Runs: []Run{{Attempt: 1, Created: at("21 11:00"), Success: true, Started: at("21 12:01")}}}, true, Unconfirmed, "21 10:37", 0},
		{"created later than now", Tick{Now: at("21 12:00"), Runs: []Run{{Attempt: 1, Created: at("21 12:01"), Success: true, Started: at("21 11:00")}}}, true, Unconfirmed, "21 10:37", 0},
		{"executed just now", Tick{Now: at("21 12:00"), Runs: []Run{executed("21 12:00")}}, false, Confirmed, "21 10:37", 0},
		{"failed", Tick{Now: at("21 12:00"), Runs: []Run{failed("21 10:40"), executed("20 11:00")}}, true, Unconfirmed, "21 10:37", 0},
		{"unreadable", Tick{Now: at("21 12:00"), Unknown: true}, true, HistoryUnknown, "21 10:37", 0},
		{"unreadable half way", Tick{Now: at("21 12:00"), Unknown: true, Runs: []Run{executed("21 10:40")}}, true, HistoryUnknown, "21 10:37", 0},

		// Started by hand, or again.
		{"forced", Tick{Now: at("21 12:00"), Forced: true, Runs: []Run{executed("21 10:40")}}, true, Forced, "21 10:37", 0},
		{"forced, unreadable", Tick{Now: at("21 12:00"), Forced: true, Unknown: true}, true, Forced, "21 10:37", 0},
		{"forced in a confirmed window, all is discharged", Tick{Now: at("21 12:00"), Forced: true, Runs: []Run{executed("9 11:00"), executed("21 10:40")}}, true, Forced, "21 10:37", 0},
		{"forced in an unconfirmed one", Tick{Now: at("21 12:00"), Forced: true, Runs: []Run{executed("18 11:00")}}, true, Forced, "21 10:37", 2},
		{"backfill", Tick{Now: at("21 12:00"), Forced: true, Slot: at("5 10:37")}, true, Forced, "5 10:37", 0},
		{"a slot without force does not move the window", Tick{Now: at("21 12:00"), Slot: at("5 10:37"), Runs: []Run{executed("21 10:40")}}, false, Confirmed, "21 10:37", 0},
		{"re-run of an older run", Tick{Now: at("21 12:00"), Attempt: 2, Created: at("20 10:36"), Runs: []Run{executed("21 10:40")}}, true, Rerun, "19 10:37", 0},
		{"not a re-run", Tick{Now: at("21 12:00"), Attempt: 1, Created: at("20 10:36"), Runs: []Run{executed("20 10:40")}}, true, Unconfirmed, "21 10:37", 0},
		{"re-run", Tick{Now: at("21 12:00"), Attempt: 2, Runs: []Run{executed("21 10:40")}}, true, Rerun, "21 10:37", 0},
		{"first attempt", Tick{Now: at("21 12:00"), Attempt: 1, Runs: []Run{executed("21 10:40")}}, false, Confirmed, "21 10:37", 0},

		// A re-run counts for the window of its first attempt.
		{"re-run of a run of this window", Tick{Now: at("21 12:00"), Runs: []Run{rerun("21 10:40", "21 11:00")}}, false, Confirmed, "21 10:37", 0},
		{"an attempt that is not known", Tick{Now: at("21 12:00"), Runs: []Run{{Created: at("20 10:40"), Success: true, Started: at("21 11:00")}}}, true, Unconfirmed, "21 10:37", 0},
		{"re-run of an older run", Tick{Now: at("21 12:00"), Runs: []Run{rerun("20 10:40", "21 11:00")}}, true, Unconfirmed, "21 10:37", 0},

		// A backfill counts for the window that it served.
		{"an older window served in this one", Tick{Now: at("21 12:00"), Runs: []Run{serving("5 10:37", "21 11:00")}}, true, Unconfirmed, "21 10:37", 0},
		{"this window, by name", Tick{Now: at("21 12:00"), Runs: []Run{serving("21 10:37", "21 11:00")}}, false, Confirmed, "21 10:37", 0},

		// Older windows, counted to a hundred.
		{"one missed", Tick{Now: at("21 12:00"), Runs: []Run{executed("19 11:00")}}, true, Unconfirmed, "21 10:37", 1},
		{"failures are missed", Tick{Now: at("21 12:00"), Runs: []Run{failed("20 11:00"), failed("19 11:00")}}, true, Unconfirmed, "21 10:37", 2},
		{"nothing is owed before the first run", Tick{Now: at("21 12:00"), Runs: []Run{failed("21 11:00")}}, true, Unconfirmed, "21 10:37", 0},
		{"one run discharges them", Tick{Now: at("21 12:00"), Runs: []Run{executed("9 11:00"), executed("21 10:40")}}, false, Confirmed, "21 10:37", 0},
		{"many", Tick{Now: at("21 12:00").AddDate(1, 0, 0), Runs: []Run{executed("9 11:00")}}, true, Unconfirmed, "", MaxMissed},
	}
	for _, row := range rows {
		d := Decide(daily, row.tick)
		if d.Run != row.run || d.Reason != row.reason || d.Missed != row.missed {
			t.Errorf("%s: run %v, %s, missed %d; want %v, %s, %d", row.name, d.Run, d.Reason, d.Missed, row.run, row.reason, row.missed)
		}
		if row.start != "" && d.Window.Start != at(row.start) {
			t.Errorf("%s: window starts %v, want %s", row.name, d.Window.Start, row.start)
		}
		if (d.Evidence != nil) != (d.Reason == Confirmed) {
			t.Errorf("%s: reason %s with evidence %v", row.name, d.Reason, d.Evidence)
		}
	}
}

func TestEvidenceIsTheFirstExecution(t *testing.T) {
	d := Decide(daily, Tick{Now: at("21 12:00"), Runs: []Run{executed("21 11:40"), executed("21 10:40"), executed("21 11:00")}})
	if d.Evidence == nil || d.Evidence.Started != at("21 10:40") {
		t.Errorf("evidence %v, want the run of 10:40", d.Evidence)
	}
}

// TestLastIsTheExecution has green runs that executed nothing: they prove nothing.
func TestLastIsTheExecution(t *testing.T) {
	runs := []Run{skipped("19 15:00"), executed("18 12:30"), skipped("19 11:00"), executed("18 12:00"), skipped("18 13:00")}
	d := Decide(daily, Tick{Now: at("21 12:00"), Runs: runs})
	if d.Last != at("18 12:00") || d.Missed != 2 || d.More {
		t.Errorf("last success %v, %d missed; want that of the 18th at 12:00, and 2", d.Last, d.Missed)
	}
	d = Decide(daily, Tick{Now: at("21 12:00"), Runs: runs, Known: at("20 10:37")})
	if !d.Last.IsZero() || d.Missed != 1 || !d.More {
		t.Errorf("last success %v, %d missed; want none, and only the window that is known", d.Last, d.Missed)
	}
}

// TestMissed counts what is known to be missed, and owed.
func TestMissed(t *testing.T) {
	disabled := declared(Spec{Every: "day", At: "10:37", Disabled: true})
	ended := declared(Spec{Every: "day", At: "10:37", Start: &Moment{Time: at("2 00:00")}, Until: &Moment{Time: at("21 00:00")}})
	rows := []struct {
		name   string
		s      Schedule
		tick   Tick
		missed int
		more   bool
	}{
		{"all known", daily, Tick{Runs: []Run{executed("17 11:00")}}, 3, false},
		{"up to those that were not read", daily, Tick{Runs: []Run{executed("17 11:00")}, Known: at("19 10:37")}, 2, true},
		{"but one with a run that cannot count", daily, Tick{Runs: []Run{executed("17 11:00"), void(skipped("19 11:00"))}}, 2, true},
		{"but the two that such a run was in", daily, Tick{Runs: []Run{executed("17 11:00"), void(until("20 11:00", skipped("19 11:00")))}}, 1, true},
		{"since the first run, which cannot count", daily, Tick{Runs: []Run{void(skipped("17 11:00")), failed("19 11:00")}}, 2, false},
		{"but those that passed in a pause", daily, Tick{Runs: []Run{executed("17 11:00")}, Pauses: between("17 12:00", "20 10:37")}, 1, false},
		{"but those wholly within a pause", daily, Tick{Runs: []Run{executed("17 11:00")}, Pauses: between("18 10:38", "20 10:36")}, 3, false},
		{"disabled", disabled, Tick{Runs: []Run{executed("17 11:00")}}, 0, false},
		{"disabled, and forced", disabled, Tick{Runs: []Run{executed("17 11:00")}, Forced: true}, 3, false},
		{"ended", ended, Tick{Runs: []Run{executed("17 11:00")}}, 0, false},
		{"not due", daily, Tick{Runs: []Run{executed("17 11:00")}, Slot: at("22 10:37")}, 0, false},
	}
	for _, row := range rows {
		row.tick.Now = at("21 12:00")
		if d := Decide(row.s, row.tick); d.Missed != row.missed || d.More != row.more {
			t.Errorf("%s: %d missed, more %v; want %d, %v", row.name, d.Missed, d.More, row.missed, row.more)
		}
	}
}

// Since is the slot up to which the work is done: the next execution takes up there.
func TestSince(t *testing.T) {
	backfill := executed("20 23:00")
	backfill.Slot = at("19 10:37")
	for name, row := range map[string]struct {
		tick Tick
		want string
	}{
		"the window before":        {Tick{Now: at("21 12:00"), Runs: []Run{executed("20 11:00"), executed("19 12:00")}}, "20 10:37"},
		"after missed ones":        {Tick{Now: at("21 12:00"), Runs: []Run{executed("18 12:00"), skipped("19 11:00")}}, "18 10:37"},
		"a run late in its window": {Tick{Now: at("21 12:00"), Runs: []Run{executed("21 10:00")}}, "20 10:37"},
		"a backfill":               {Tick{Now: at("21 12:00"), Runs: []Run{executed("18 12:00"), backfill}}, "19 10:37"},
		"by hand again":            {Tick{Now: at("21 12:00"), Forced: true, Runs: []Run{executed("21 11:00"), executed("20 11:00")}}, "20 10:37"},
		"for an older window":      {Tick{Now: at("21 12:00"), Forced: true, Slot: at("19 10:37"), Runs: []Run{executed("20 11:00"), executed("18 11:00")}}, "18 10:37"},
		"no history":               {Tick{Now: at("21 12:00")}, ""},
		"an unknown history":       {Tick{Now: at("21 12:00"), Unknown: true}, ""},
		"one that is not known":    {Tick{Now: at("21 12:00"), Known: at("20 10:37"), Runs: []Run{executed("18 12:00")}}, ""},
		"a confirmed window":       {Tick{Now: at("21 12:00"), Runs: []Run{executed("21 11:00"), executed("20 11:00")}}, ""},
	} {
		var want time.Time
		if row.want != "" {
			want = at(row.want)
		}
		if d := Decide(daily, row.tick); !d.Since.Equal(want) {
			t.Errorf("%s: since %v, want %v", name, d.Since, want)
		}
	}
}

// TestRows has the rows of the decision in their order: each job has what all the rows
// from its own on ask for.
func TestRows(t *testing.T) {
	monday := Spec{Every: "day", At: "10:37", Start: &Moment{Time: at("16 00:00")}, Until: &Moment{Time: at("25 00:00")}, Expires: time.Hour}
	disabled := monday
	disabled.Disabled = true
	done := []Run{executed("21 10:40")}
	rows := []struct {
		name   string
		spec   Spec
		tick   Tick
		reason Reason
		start  string // of the window; "" for none
	}{
		{"by hand, disabled", disabled, Tick{Now: at("21 12:00"), Forced: true, Attempt: 2}, Forced, "21 10:37"},
		{"by hand, before the first slot", monday, Tick{Now: at("15 12:00"), Forced: true}, Forced, ""},
		{"by hand, after the last window", monday, Tick{Now: at("28 12:00"), Forced: true}, Forced, "24 10:37"},
		{"by hand, disabled and ended", disabled, Tick{Now: at("28 12:00"), Forced: true}, Forced, "24 10:37"},
		{"by hand, expired and unreadable", monday, Tick{Now: at("21 12:00"), Forced: true, Unknown: true}, Forced, "21 10:37"},
		{"by hand, for a slot", disabled, Tick{Now: at("28 12:00"), Forced: true, Slot: at("18 10:37")}, Forced, "18 10:37"},
		{"re-run, disabled", disabled, Tick{Now: at("21 12:00"), Attempt: 2, Runs: done}, Rerun, "21 10:37"},
		{"re-run, ended", monday, Tick{Now: at("28 12:00"), Attempt: 2}, Rerun, "24 10:37"},

		{"disabled", disabled, Tick{Now: at("21 12:00"), Slot: at("22 10:37"), Runs: done}, Disabled, "21 10:37"},
		{"disabled, before the first slot", disabled, Tick{Now: at("15 12:00")}, Disabled, ""},
		{"before the first slot", monday, Tick{Now: at("16 10:36")}, NotStarted, ""},
		{"before the first slot, for it", monday, Tick{Now: at("16 10:36"), Slot: at("16 10:37")}, NotStarted, ""},
		{"before the first slot, unreadable", monday, Tick{Now: at("16 10:36"), Unknown: true}, NotStarted, ""},
		{"after the last window", monday, Tick{Now: at("25 10:37"), Slot: at("26 10:37"), Unknown: true}, Ended, ""},
		{"in the last window", monday, Tick{Now: at("24 10:37")}, Unconfirmed, "24 10:37"},

		{"a slot to come", monday, Tick{Now: at("21 11:00"), Slot: at("22 10:37"), Runs: done}, NotDue, "21 10:37"},
		{"a slot to come, unreadable", monday, Tick{Now: at("21 11:00"), Slot: at("22 10:37"), Unknown: true}, NotDue, "21 10:37"},
		{"a slot to come, in a second", monday, Tick{Now: at("21 10:37").Add(-time.Second), Slot: at("21 10:37")}, NotDue, "20 10:37"},
		{"the slot has come", monday, Tick{Now: at("21 10:37"), Slot: at("21 10:37")}, Unconfirmed, "21 10:37"},

		{"evidence, and expired", monday, Tick{Now: at("21 12:00"), Runs: done}, Confirmed, "21 10:37"},
		{"evidence that is not known", monday, Tick{Now: at("21 12:00"), Runs: done, Unknown: true}, Expired, "21 10:37"},
		{"expired", monday, Tick{Now: at("21 12:00")}, Expired, "21 10:37"},
		{"expired a second ago", monday, Tick{Now: at("21 11:37").Add(time.Second)}, Expired, "21 10:37"},
		{"about to expire", monday, Tick{Now: at("21 11:37")}, Unconfirmed, "21 10:37"},
		{"only skipped, and expired", monday, Tick{Now: at("21 12:00"), Runs: []Run{skipped("21 10:40")}}, Expired, "21 10:37"},
		{"unreadable, and expired", monday, Tick{Now: at("21 12:00"), Unknown: true}, Expired, "21 10:37"},

		{"unreadable", monday, Tick{Now: at("21 11:00"), Unknown: true, Runs: done}, HistoryUnknown, "21 10:37"},
		{"nothing known", monday, Tick{Now: at("21 11:00")}, Unconfirmed, "21 10:37"},
	}
	for _, row := range rows {
		d := Decide(declared(row.spec), row.tick)
		if d.Reason != row.reason || d.Run != row.reason.Runs() || d.Unknown != row.tick.Unknown {
			t.Errorf("%s: run %v, %s, unknown %v; want %s", row.name, d.Run, d.Reason, d.Unknown, row.reason)
		}
		if row.start == "" && !d.Window.IsZero() || row.start != "" && d.Window.Start != at(row.start) {
			t.Errorf("%s: window %v; want %q", row.name, d.Window, row.start)
		}
		if (d.Evidence != nil) != (d.Reason == Confirmed) {
			t.Errorf("%s: evidence %v", row.name, d.Evidence)
		}
	}
}

// TestNoSlots decides on single times, and on a job whose dates are all excepted.
func TestNoSlots(t *testing.T) {
	once := declared(Spec{RunAt: []Moment{{Time: at("21 10:37"), Offset: true}}})
	never := declared(Spec{RunAt: []Moment{{Time: at("21 10:37"), Offset: true}}, Except: []time.Time{at("21 00:00")}})
	for _, row := range []struct {
		s      Schedule
		tick   Tick
		reason Reason
		start  string
	}{
		{once, Tick{Now: at("21 10:36")}, NotStarted, ""},
		{once, Tick{Now: at("21 10:37")}, Unconfirmed, "21 10:37"},
		{once, Tick{Now: at("21 12:00"), Runs: []Run{failed("21 10:38"), skipped("20 10:38")}}, Unconfirmed, "21 10:37"},
		{once, Tick{Now: at("28 10:36"), Unknown: true}, HistoryUnknown, "21 10:37"},
		{once, Tick{Now: at("28 10:37")}, Ended, ""},
		{once, Tick{Now: at("28 10:37"), Forced: true, Runs: []Run{executed("28 10:00")}}, Forced, "21 10:37"},
		{never, Tick{Now: at("21 12:00"), Runs: []Run{failed("20 10:38")}}, Ended, ""},
		{never, Tick{Now: at("21 12:00"), Forced: true, Runs: []Run{failed("20 10:38")}}, Forced, ""},
	} {
		d := Decide(row.s, row.tick)
		if d.Reason != row.reason || row.start == "" && !d.Window.IsZero() || row.start != "" && d.Window.Start != at(row.start) || d.Missed != 0 {
			t.Errorf("%+v: %s, window %v, %d missed; want %s, %q", row.tick, d.Reason, d.Window, d.Missed, row.reason, row.start)
		}
	}
}

func TestCandidates(t *testing.T) {
	running := func(created, updated string) Run {
		return Run{Attempt: 1, Created: at(created), Updated: at(updated), Success: true}
	}
	w := daily.Window(at("21 12:00"))
	redAstride := Run{Attempt: 1, Created: at("21 10:20"), Updated: at("21 10:50"), Failed: true}
	got := Candidates(w, []Run{
		skipped("21 11:40"),
		running("21 10:30", "21 10:50"),
		executed("20 11:00"),
		failed("21 10:38"),
		redAstride,
		{Attempt: 1, Created: at("21 11:20"), Active: true},
		failed("21 11:30"),
		running("21 10:36", "21 11:00"),
		executed("21 10:40"),
		running("21 10:00", "21 10:45"),
		rerun("20 10:40", "21 11:00"),
		serving("5 10:37", "21 11:00"),
	})
	want := []Run{executed("21 10:40"), running("21 10:00", "21 10:45"), running("21 10:30", "21 10:50"), running("21 10:36", "21 11:00"), skipped("21 11:40"),
		failed("21 11:30"), failed("21 10:38"), redAstride}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Candidates (-want +got):\n%s", diff)
	}
}

// FuzzDecide builds a history at random and checks the promise: no skip
// without an execution that started, and succeeded, inside the window, and no
// needless run where there is one.
func FuzzDecide(f *testing.F) {
	f.Add(uint64(1), uint8(0))
	f.Add(uint64(2), uint8(40))
	f.Fuzz(func(t *testing.T, seed uint64, runs uint8) {
		rng := rand.New(rand.NewPCG(seed, 0))
		s := New(Cadences[1+rng.IntN(4)], "acme", "fuzz")
		now := time.Unix(1795257000+rng.Int64N(1e8), 0)
		w := s.Window(now)
		tick := Tick{Now: now}
		served := false
		for range runs {
			span := int64(3 * w.End.Sub(w.Start))
			r := Run{ID: rng.Int64(), Attempt: 1 + rng.IntN(2), Created: now.Add(-time.Duration(rng.Int64N(span))), Success: rng.IntN(2) == 0}
			begin := r.Created.Add(time.Duration(rng.Int64N(int64(time.Hour))))
			r.Updated = begin.Add(time.Minute)
			if rng.IntN(3) == 0 && begin.Before(now) { // a success or not
				r.Started = begin
				inside := !begin.Before(w.Start)
				served = served || inside && (r.Attempt == 1 || !r.Created.Before(w.Start))
			}
			tick.Runs = append(tick.Runs, r)
		}
		d := Decide(s, tick)
		if d.Run == served {
			t.Errorf("run %v although served is %v; window %v, runs %v", d.Run, served, w, tick.Runs)
		}
		if d.Missed < 0 || d.Missed > MaxMissed {
			t.Errorf("missed %d", d.Missed)
		}
		// Runs of the future change nothing.
		for _, ahead := range []time.Duration{1, time.Hour, w.End.Sub(now) - 1, 250 * 365 * 24 * time.Hour} {
			r := Run{ID: 7, Attempt: 1 + rng.IntN(2), Created: now.Add(ahead), Success: true, Started: now.Add(ahead)}
			switch rng.IntN(3) {
			case 0:
				r.Created = now
			case 1:
				r.Slot = w.Start
			}
			tick.Runs = append(tick.Runs, r)
		}
		if later := Decide(s, tick); later.Run != d.Run || !later.Run && later.Evidence.ID != d.Evidence.ID {
			t.Errorf("run %v on %+v, and %v without what was still to come", later.Run, later.Evidence, d.Run)
		}
	})
}
