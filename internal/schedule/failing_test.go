package schedule

import (
	"testing"
	"time"
)

// unasked is a success that was not asked for evidence.
func unasked(created string) Run {
	r := skipped(created)
	r.ID = left
	return r
}

const left = 4712

// TestRescueUnread has a list of runs that ends before the window's start.
func TestRescueUnread(t *testing.T) {
	rows := []struct {
		name  string
		known string
		runs  []Run
		why   Why
	}{
		{"all of it is known", "21 10:36", nil, Due},
		{"not quite", "21 10:37", nil, Unread},
		{"half of it", "21 11:00", nil, Unread},
		{"a green run of it", "21 10:36", []Run{unasked("21 11:30")}, Unchecked},
		{"a green run of it, without an answer", "21 10:36", []Run{unread("21 11:30")}, Unread},
		{"one that was not asked, and evidence", "21 10:36", []Run{unasked("21 11:30"), executed("21 11:00")}, Fulfilled},
		{"one that was not asked, and one without an answer", "21 10:36", []Run{unasked("21 11:30"), unread("21 11:00")}, Unchecked},
		{"enough of it", "21 11:00", []Run{executed("21 11:30")}, Fulfilled},
		{"what runs", "21 11:00", []Run{active("21 11:30")}, Running},
		{"what failed", "21 11:00", []Run{failed("21 11:30")}, Unread},
		{"what just failed, and again", "21 11:00", []Run{failed("21 11:50"), failed("21 11:55")}, Backoff},
	}
	for _, row := range rows {
		v := Rescue(Watch{Schedule: daily, Known: at(row.known), Runs: row.runs, Unread: map[int64]bool{lost: true}, Unasked: map[int64]bool{left: true}}, at("21 12:00"))
		if v.Why != row.why || v.Dispatch != (row.why == Due || row.why == Unread) {
			t.Errorf("%s: %+v, want %s", row.name, v, row.why)
		}
	}
}

// TestFailing has a job that is due at 10:37.
func TestFailing(t *testing.T) {
	rows := []struct {
		name   string
		now    string
		known  string // "" for zero
		runs   []Run
		window string // start of the one that it fails in; "" if it does not
		failed int
		last   string
	}{
		{"no runs", "21 12:00", "", nil, "", 0, ""},
		{"evidence", "21 12:00", "", []Run{executed("21 11:00")}, "", 0, ""},
		{"a failure", "21 12:00", "", []Run{failed("21 11:00")}, "21 10:37", 1, "21 11:00"},
		{"several, in any order", "21 12:00", "", []Run{failed("21 11:00"), failed("21 11:30"), failed("21 10:40")}, "21 10:37", 3, "21 11:30"},
		{"evidence between them", "21 12:00", "", []Run{failed("21 11:30"), executed("21 11:00"), failed("21 10:40")}, "", 0, ""},
		{"evidence in a run that failed later", "21 12:00", "", []Run{{Attempt: 1, Created: at("21 11:00"), Started: at("21 11:00"), Failed: true}, failed("21 11:30")}, "", 0, ""},
		{"a green run that did not execute", "21 12:00", "", []Run{failed("21 11:30"), skipped("21 11:00")}, "21 10:37", 1, "21 11:30"},
		{"a green run that was not asked", "21 12:00", "", []Run{failed("21 11:30"), unasked("21 11:00")}, "", 0, ""},
		{"a green run that did not answer", "21 12:00", "", []Run{failed("21 11:30"), unread("21 11:00")}, "", 0, ""},
		{"one is active", "21 12:00", "", []Run{failed("21 11:00"), active("21 11:30")}, "", 0, ""},
		{"cancelled", "21 12:00", "", []Run{cancelled("21 11:00")}, "", 0, ""},
		{"cancelled after a failure", "21 12:00", "", []Run{failed("21 11:00"), cancelled("21 11:30")}, "21 10:37", 1, "21 11:00"},

		{"in the window before", "21 12:00", "", []Run{failed("20 11:00"), failed("20 12:00")}, "20 10:37", 2, "20 12:00"},
		{"in the window before, and cancelled in this one", "21 12:00", "", []Run{failed("20 11:00"), cancelled("21 11:00")}, "20 10:37", 1, "20 11:00"},
		{"in both", "21 12:00", "", []Run{failed("20 11:00"), failed("21 11:00")}, "21 10:37", 1, "21 11:00"},
		{"in this one, after a success in the one before", "21 12:00", "", []Run{executed("20 11:00"), failed("21 11:00")}, "21 10:37", 1, "21 11:00"},
		{"in the window before, which has a success", "21 12:00", "", []Run{failed("20 12:00"), skipped("20 11:00")}, "", 0, ""},
		{"in the window before, and a success in this one", "21 12:00", "", []Run{failed("20 11:00"), executed("21 11:00")}, "", 0, ""},
		{"two windows ago", "21 12:00", "", []Run{failed("19 11:00")}, "", 0, ""},

		{"a window with unknown runs", "21 12:00", "21 10:50", []Run{failed("21 11:00")}, "", 0, ""},
		{"the one before is not known, and says nothing", "21 12:00", "20 10:50", []Run{failed("20 11:00")}, "", 0, ""},
		{"the one before is not known, and need not be", "21 12:00", "20 10:50", []Run{failed("21 11:00")}, "21 10:37", 1, "21 11:00"},
		{"a backfill of an older window", "21 12:00", "", []Run{{Created: at("21 11:00"), Slot: at("5 10:37"), Failed: true}}, "", 0, ""},
	}
	for _, row := range rows {
		w := Watch{Schedule: daily, Runs: row.runs, Unread: map[int64]bool{lost: true}, Unasked: map[int64]bool{left: true}}
		if row.known != "" {
			w.Known = at(row.known)
		}
		f, failing := Failing(w, Rescue(w, at(row.now)))
		if failing != (row.window != "") || failing && (f.Window != daily.Window(at(row.window)) || f.Runs != row.failed || f.Last.Created != at(row.last)) {
			t.Errorf("%s: %v, %+v; want %q, %d, last %q", row.name, failing, f, row.window, row.failed, row.last)
		}
	}
}

// TestFailingExpired has a job that is due at 10:37, and not any more an hour later.
func TestFailingExpired(t *testing.T) {
	expiring := declared(Spec{Every: "day", At: "10:37", Expires: time.Hour})
	rows := []struct {
		name   string
		now    string
		since  string
		known  string
		runs   []Run
		window string // start of the one that it fails in; "" if it does not
		failed int
	}{
		{"no run yet", "21 11:36", "20 11:00", "", nil, "", 0},
		{"no run in time", "21 11:37", "20 11:00", "", nil, "21 10:37", 0},
		{"skipped since", "21 12:00", "20 11:00", "", []Run{skipped("21 11:40")}, "21 10:37", 0},
		{"skipped since, and not asked", "21 12:00", "20 11:00", "", []Run{unasked("21 11:40")}, "", 0},
		{"failed in time", "21 12:00", "20 11:00", "", []Run{failed("21 11:00")}, "21 10:37", 1},
		{"executed in time", "21 12:00", "20 11:00", "", []Run{executed("21 11:00")}, "", 0},
		{"still running", "21 12:00", "20 11:00", "", []Run{active("21 11:00")}, "", 0},
		{"not known", "21 12:00", "20 11:00", "21 11:00", nil, "", 0},
		{"younger than the window", "21 12:00", "21 11:00", "", nil, "", 0},
		{"in the window before", "21 11:00", "20 10:00", "", nil, "20 10:37", 0},
		{"in the window before, and failed in this one", "21 11:00", "20 10:00", "", []Run{failed("21 10:40")}, "21 10:37", 1},
		{"perhaps in the window before", "21 11:00", "20 10:00", "", []Run{skipped("20 12:00")}, "", 0},
		{"in the window before, with evidence in this one", "21 11:00", "20 10:00", "", []Run{executed("21 10:40")}, "", 0},
	}
	for _, row := range rows {
		w := Watch{Schedule: expiring, Since: at(row.since), Runs: row.runs, Unasked: map[int64]bool{left: true}}
		if row.known != "" {
			w.Known = at(row.known)
		}
		f, failing := Failing(w, Rescue(w, at(row.now)))
		if failing != (row.window != "") || failing && (f.Window != expiring.Window(at(row.window)) || f.Runs != row.failed) {
			t.Errorf("%s: %v, %+v", row.name, failing, f)
		}
	}
}

// TestFailingEnds has jobs without a current window, or without one before: it must
// not look further.
func TestFailingEnds(t *testing.T) {
	once := declared(Spec{RunAt: []Moment{{Time: at("13 10:37")}}})
	for _, now := range []string{"12 10:00", "13 12:00", "28 12:00"} {
		w := Watch{Schedule: once, Runs: []Run{failed("12 09:00"), skipped("11 11:00")}}
		if f, failing := Failing(w, Rescue(w, at(now))); failing {
			t.Errorf("%s: %+v", now, f)
		}
	}
}

// TestFailingLast has jobs whose last window is over.
func TestFailingLast(t *testing.T) {
	once := Spec{RunAt: []Moment{{Time: at("20 10:37")}, {Time: at("21 10:37")}}, Expires: time.Hour}
	bounded := Spec{Every: "day", At: "10:37", Start: &Moment{Time: at("20 00:00")}, Until: &Moment{Time: at("22 00:00")}}
	rows := []struct {
		name   string
		spec   Spec
		now    string
		known  string
		runs   []Run
		why    Why
		failed int // runs; -1 if it does not fail
	}{
		{"nothing ran", once, "21 11:37", "", nil, Why(Expired), 0},
		{"nothing ran, a week later", once, "28 11:37", "", nil, Why(Expired), 0},
		{"nothing ran, and that is long ago", once, "28 11:38", "", nil, Why(Ended), -1},
		{"it ran", once, "21 12:00", "", []Run{executed("21 11:00")}, Why(Ended), -1},
		{"it failed", once, "21 12:00", "", []Run{failed("21 11:00")}, Why(Expired), 1},
		{"it ran by hand since", once, "25 12:00", "", []Run{failed("21 11:00"), declared(once).Belated(executed("24 11:00"))}, Why(Ended), -1},
		{"it only ran the time before", once, "25 12:00", "", []Run{executed("20 11:00")}, Why(Expired), 0},
		{"it skipped", once, "21 12:00", "", []Run{skipped("21 11:00")}, Why(Expired), 0},
		{"it was not asked", once, "21 12:00", "", []Run{unasked("21 11:00")}, Why(Ended), -1},
		{"it gave no answer", once, "21 12:00", "", []Run{unread("21 11:00")}, Why(Ended), -1},
		{"it still runs", once, "21 12:00", "", []Run{active("21 11:00")}, Why(Ended), -1},
		{"not all is known", once, "21 12:00", "21 11:00", nil, Why(Ended), -1},
		{"nothing ran until the end", bounded, "22 10:37", "", nil, Why(Ended), 0},
		{"it failed until the end", bounded, "22 10:37", "", []Run{failed("22 10:00")}, Why(Ended), 1},
	}
	for _, row := range rows {
		w := Watch{Schedule: declared(row.spec), Since: at("1 00:00"), Runs: row.runs, Unread: map[int64]bool{lost: true}, Unasked: map[int64]bool{left: true}}
		if row.known != "" {
			w.Known = at(row.known)
		}
		v := Rescue(w, at(row.now))
		f, failing := Failing(w, v)
		if v.Why != row.why || v.Dispatch || failing != (row.failed >= 0) || failing && (f.Window.Start != at("21 10:37") || f.Runs != row.failed) {
			t.Errorf("%s: %+v, %v, %+v", row.name, v, failing, f)
		}
	}
	for since, lapsed := range map[string]bool{"21 10:38": true, "21 11:38": false} {
		late := Watch{Schedule: declared(once), Since: at(since)}
		if v := Rescue(late, at("21 12:00")); v.Lapsed != lapsed || (v.Why == Why(Expired)) != lapsed {
			t.Errorf("a workflow of %s: %+v", since, v)
		}
	}
}
