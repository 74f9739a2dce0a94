package schedule

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestSettled writes and reads what is settled: each slot as it was.
func TestSettled(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 21))
		s := declared(Spec{Every: []string{"hour", "3 hours", "day"}[rng.IntN(3)], CatchUp: true, Project: "acme", ID: "job"})
		now := at("28 12:00").Add(time.Duration(rng.Int64N(int64(day))))
		var all, owed []Window
		for _, w := range s.Windows(now, now.Add(-30*day), 0) {
			all = append([]Window{w}, all...)
		}
		for _, w := range all {
			if rng.IntN(1+int(seed)) == 0 {
				owed = append(owed, w)
			}
		}
		mark := settledBut(now, owed)
		if len(SettledMark+mark.String()) > 200 {
			t.Fatalf("seed %d: %s", seed, mark)
		}
		if mark = ParseSettled(mark.String()); mark != settledBut(now, owed) {
			t.Fatalf("seed %d: read as %s", seed, mark)
		}
		for _, w := range all {
			open := len(owed) > 0 && owed[0] == w
			if open {
				owed = owed[1:]
			}
			if mark.Has(w.Start) == open || mark.open(w.Start) != open || open && mark.from().After(w.Start) {
				t.Fatalf("seed %d: %v is open: %v; %s", seed, w.Start, !open, mark)
			}
		}
	}
	for _, text := range []string{"", "x", "2026-11-21", "2026-11-21T10:37:00Z, still owed 1 (!)", "2026-11-21T10:37:00Z, still owed 1 ()", "2026-11-21T10:37:00Z, still owed"} {
		if s := ParseSettled(text); s != (Settled{}) {
			t.Errorf("%q is read as %s", text, s)
		}
	}
}

// TestPoisonedSlotsTakeTurns has more slots that fail than one run serves, of which only the
// newest run is known, and what it found to be owed. A new slot is run at once, and no slot
// waits longer than it takes to run all.
func TestPoisonedSlotsTakeTurns(t *testing.T) {
	s := declared(Spec{Every: "hour", CatchUp: true, Project: "acme", ID: "job"})
	for _, poisoned := range []int{25, 49, 60, 100} {
		now := at("21 12:00")
		runs := []Run{{ID: 1, Attempt: 1, Created: s.Prev(now.Add(-time.Duration(poisoned-1) * time.Hour)).Add(time.Second), Failed: true}}
		tried := map[time.Time]int{} // the round
		for round := range 40 {
			d := Decide(s, Tick{Now: now, Attempt: 1, Runs: runs})
			newest := s.Prev(now)
			runs = nil
			for _, w := range d.Slots {
				tried[w.Start] = round
				runs = append(runs, Run{ID: int64(round + 2), Attempt: 1, Created: now, Updated: now, Lane: true, Slot: w.Start, Failed: true, Settled: ParseSettled(d.Settled.String())})
			}
			if tried[newest] == 0 && round > 5 {
				t.Fatalf("%d poisoned, round %d: the new slot %v is not run", poisoned, round, newest)
			}
			turn := (len(s.Windows(now, at("21 12:00").Add(-time.Duration(poisoned)*time.Hour), 0))+MaxSlots-1)/MaxSlots + 1
			for slot, last := range tried {
				if round-last > turn {
					t.Fatalf("%d poisoned, round %d: %v was run last in round %d", poisoned, round, slot, last)
				}
			}
			now = now.Add(25 * time.Minute)
		}
		if len(tried) < poisoned {
			t.Errorf("%d poisoned: %d slots were run", poisoned, len(tried))
		}
	}
}
