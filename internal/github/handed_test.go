package github

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// hourly is due at 37 minutes past each hour.
func hourly(t testing.TB, spec schedule.Spec) schedule.Schedule {
	t.Helper()
	spec.Cron = []string{"37 * * * *"}
	s, flaws := schedule.Parse(spec)
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	return s
}

// handing plays an hourly job that asks to be run days later.
type handing struct {
	*testing.T
	fake  *ghtest.Server
	query Query
	lanes bool          // the second shape
	ahead time.Duration // how much later it asks for
	asked time.Time
	slot  time.Time // the last that was executed; what a run asked for can be in the window of that before, where it asks for another
	most  int       // requests of one decision
}

// tick has a run decide, and executes what it decides. It returns the reason.
func (h *handing) tick(now time.Time, title string) schedule.Reason {
	h.Helper()
	h.fake.SetNow(now)
	h.fake.Requests()
	before := len(h.fake.Requests())
	history, err := newClient(h.T, h.fake.URL).History(h.Context(), h.query)
	if err != nil {
		h.Fatal(err)
	}
	h.most = max(h.most, len(h.fake.Requests())-before)
	d := schedule.Decide(h.query.Schedule, schedule.Tick{Now: history.Now, Runs: history.Runs, Known: history.Known})
	if due := h.asked.IsZero() || !now.Before(h.asked); d.Run != due {
		h.Fatalf("%v: %s, although it asked for %v", now, d.Reason, h.asked)
	}
	if late := h.slot.Sub(d.Since); !h.slot.IsZero() && (late < 0 || late > time.Hour) && d.Reason != schedule.Confirmed {
		h.Fatalf("%v: %s, since %v, although it was confirmed for %v", now, d.Reason, d.Since, h.slot)
	}
	run := ghtest.Run{Created: now, Next: d.Next, Title: title, Settled: d.Settled.String()}
	if title != "" {
		run.Event = "workflow_dispatch"
	}
	if h.lanes {
		run.Lanes = []ghtest.Lane{}
	}
	if d.Run {
		h.execute(&run, d.Slots)
		h.slot = d.Slots[len(d.Slots)-1].Start
	} else if run.Since = d.Since; run.Next.IsZero() {
		run.Since = time.Time{}
	}
	h.fake.Add(run)
	return d.Reason
}

// execute has a run execute windows, and ask for the next one.
func (h *handing) execute(run *ghtest.Run, windows []schedule.Window) {
	h.asked = run.Created.Add(h.ahead).Truncate(time.Hour)
	if !h.lanes {
		run.Started, run.Next = run.Created, h.asked
		return
	}
	for _, w := range windows {
		run.Lanes = append(run.Lanes, ghtest.Lane{Slot: w.Start, Started: run.Created, Next: h.asked})
	}
}

// TestHandedOn has an hourly job that asks for five days later, which is more than a page
// of runs, again and again, with ticks that are dropped, delayed and doubled: it runs at the
// first tick from that time on, and never before. Each decision takes two requests, or a few
// more where a window has several runs.
func TestHandedOn(t *testing.T) {
	for _, row := range []struct {
		name   string
		spec   schedule.Spec
		lanes  bool
		spares bool
		most   int
	}{
		{"first shape", schedule.Spec{}, false, false, 2},
		{"first shape, with spares", schedule.Spec{}, false, true, 3},
		{"second shape", schedule.Spec{}, true, false, 2},
		{"second shape, with spares", schedule.Spec{}, true, true, 3},
		{"catching up", schedule.Spec{CatchUp: true}, true, false, 3},             // where a slot had no run, it may have been paused, which is asked
		{"catching up, with spares", schedule.Spec{CatchUp: true}, true, true, 5}, // what ended minutes ago is asked, too
	} {
		if testing.Short() && row.name != "second shape" {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			for seed := range uint64(1) {
				rng := rand.New(rand.NewPCG(seed, 7))
				h := &handing{T: t, fake: ghtest.New(t), query: query(hourly(t, row.spec)), lanes: row.lanes, ahead: 120 * time.Hour}
				executions := 0
				for slot := at("1 00:37"); slot.Before(at("7 00:00")); slot = slot.Add(time.Hour) {
					now := slot.Add(time.Duration(rng.IntN(40)) * time.Minute)
					ticks := 1
					if row.spares {
						ticks = rng.IntN(4) // none is a dropped one
					}
					for range ticks {
						title := ""
						if rng.IntN(4) == 0 {
							title = "clean-files: window " + slot.Format(time.RFC3339)
						}
						if h.tick(now, title); !h.asked.Before(now.Add(h.ahead - time.Hour)) {
							executions++
						}
						now = now.Add(time.Duration(1+rng.IntN(6)) * time.Minute)
					}
				}
				if h.most > row.most {
					t.Errorf("seed %d: %d requests", seed, h.most)
				}
				if executions < 2 {
					t.Errorf("seed %d: %d executions", seed, executions)
				}
			}
		})
	}
}

// TestHandedOver has a later execution, which a person asked for: from then on its word
// counts, or that there is none.
func TestHandedOver(t *testing.T) {
	for _, row := range []struct {
		name string
		next string
		want schedule.Reason
		hour string
	}{
		{"it asks for nothing", "", schedule.Unconfirmed, "15 10:40"},
		{"it asks for a sooner time", "16 10:00", schedule.Rescheduled, "16 09:40"},
		{"that has come", "16 10:00", schedule.Unconfirmed, "16 10:00"},
		{"it asks for a later time", "28 10:00", schedule.Rescheduled, "16 11:00"},
	} {
		for _, shape := range []bool{false, true} {
			for _, conclusion := range []string{"success", "failure"} {
				if testing.Short() && (row.next != "16 10:00" || shape || conclusion == "failure") {
					continue
				}
				h := &handing{T: t, fake: ghtest.New(t), query: query(hourly(t, schedule.Spec{})), lanes: shape, ahead: 36 * time.Hour}
				for now := at("14 22:40"); now.Before(at("15 09:50")); now = now.Add(time.Hour) {
					h.tick(now, "")
				}
				byHand := ghtest.Run{Created: at("15 09:50"), Event: "workflow_dispatch", Title: "clean-files: by hand", Conclusion: conclusion}
				if shape {
					byHand.Lanes = []ghtest.Lane{{Slot: at("15 09:37"), Started: at("15 09:50"), Next: instant(row.next)}}
				} else {
					byHand.Started, byHand.Next = byHand.Created, instant(row.next)
				}
				h.slot = at("15 09:37")
				h.fake.Add(byHand)
				if h.asked = instant(row.next); h.asked.IsZero() {
					h.asked = at("15 10:37")
				}
				h.tick(at("15 10:00"), "") // in the window of that execution
				reason := schedule.Reason("")
				for now := at("15 10:40"); reason == "" || reason == schedule.Rescheduled && !now.After(at(row.hour)); now = now.Add(20 * time.Minute) {
					reason = h.tick(now, "")
				}
				if reason != row.want {
					t.Errorf("%s, lanes %v, %s: %s", row.name, shape, conclusion, reason)
				}
			}
		}
	}
}

// TestWatchHandedOn has a job that asked for another day: a rescue leaves it alone until
// then, where a run in the current window says so. It asks no other.
func TestWatchHandedOn(t *testing.T) {
	skip := func(created, next string) ghtest.Run {
		return ghtest.Run{Created: at(created), Next: instant(next)}
	}
	dispatched := skip("21 11:45", "25 10:00")
	dispatched.Event, dispatched.Title = "workflow_dispatch", "clean-files: window 2026-11-21T11:37:00Z"
	lanes := skip("21 11:38", "25 10:00")
	lanes.Lanes = []ghtest.Lane{}
	for _, row := range []struct {
		name     string
		runs     []ghtest.Run
		why      schedule.Why
		requests int
	}{
		{"in the window", all(skip("21 11:38", "25 10:00")), schedule.Why(schedule.Rescheduled), 2},
		{"in the window, with lanes", all(lanes), schedule.Why(schedule.Rescheduled), 2},
		{"before the window, so that its one dispatch finds out", all(skip("21 10:38", "25 10:00")), schedule.Due, 1},
		{"and it has", all(skip("21 10:38", "25 10:00"), dispatched), schedule.Why(schedule.Rescheduled), 2},
		{"for now", all(skip("21 10:38", "21 11:50")), schedule.Due, 1},
		{"for now, in the window", all(skip("21 11:38", "21 11:50")), schedule.Due, 2},
		{"and somebody ran it since", all(skip("21 10:38", "25 10:00"), executed("21 11:00")), schedule.Due, 1},
		{"not at all", all(skipped("21 10:38")), schedule.Due, 1},
	} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.Add(row.runs...)
		watches := []Watch{{Workflow: ghtest.Workflow, Job: "clean-files", Watch: schedule.Watch{Schedule: hourly(t, schedule.Spec{})}}}
		now, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, watches, nil)
		if err != nil {
			t.Fatal(err)
		}
		v := schedule.Rescue(watches[0].Watch, now)
		if v.Why != row.why || len(fake.Requests()) != row.requests {
			t.Errorf("%s: %s, %d requests", row.name, v.Why, len(fake.Requests()))
		}
		if v.Why == schedule.Why(schedule.Rescheduled) && !v.Again.Equal(at("25 10:00")) {
			t.Errorf("%s: again at %v", row.name, v.Again)
		}
	}
}
