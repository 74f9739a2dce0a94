package schedule

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// someRuns returns random runs of a job before now, some of which executed.
func someRuns(rng *rand.Rand, s Schedule, now time.Time) (runs []Run) {
	back := 30 * day
	if w := s.Window(now); !w.IsZero() {
		back = 3 * w.End.Sub(w.Start)
	}
	ago := func() time.Duration { return time.Duration(rng.Int64N(int64(back))) }
	for i := range rng.IntN(8) {
		r := Run{ID: int64(i + 1), Attempt: 1 + rng.IntN(5)/4, Created: now.Add(-ago()), Success: rng.IntN(2) == 0, Rescue: rng.IntN(4) == 0}
		r.Failed = !r.Success
		r.Updated = r.Created.Add(min(now.Sub(r.Created), time.Duration(rng.Int64N(int64(time.Hour)))))
		if rng.IntN(2) == 0 { // a step after the execution can fail
			r.Started = r.Updated // it may have waited, or be a re-run
		}
		switch rng.IntN(6) {
		case 0:
			r.Slot = s.Prev(r.Created.Add(-ago())) // a backfill
		case 1:
			r = s.Belated(r)
		}
		runs = append(runs, r)
	}
	return runs
}

// TestAgreement has all readers of the same runs say the same about a window: the tick of
// a job, the rescue, and the history. What the rescue starts would run.
func TestAgreement(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	seen := map[Why]int{}
	for seed := range 2000 {
		rng := rand.New(rand.NewPCG(uint64(seed), 0))
		spec := someSpec(rng, rng.IntN(9), from)
		if rng.IntN(3) == 0 {
			spec.Until = &Moment{Time: from.Add(time.Duration(rng.IntN(60*24)) * time.Hour), Offset: true}
		}
		if rng.IntN(3) == 0 {
			spec.Except = []time.Time{from.AddDate(0, 0, 10), from.AddDate(0, 0, 11), from.AddDate(0, 0, 20+rng.IntN(10))}
		}
		s, flaws := Parse(spec)
		if len(flaws) > 0 {
			continue
		}
		now := from.Add(time.Duration(rng.IntN(70*24*60)) * time.Minute)
		runs := someRuns(rng, s, now)
		d, v := Decide(s, Tick{Now: now, Attempt: 1, Runs: runs}), Rescue(Watch{Schedule: s, Runs: runs}, now)
		seen[v.Why]++
		if v.Dispatch && !d.Run || (v.Why == Fulfilled) != (d.Reason == Confirmed) {
			t.Errorf("%+v at %v: the rescue says %s, the tick %s; runs %+v", spec, now, v.Why, d.Reason, runs)
		}
		var next Window
		for _, a := range (Past{Schedule: s, Runs: runs}).Accounts(Reach{Windows: 20}.From(s, now), now) {
			confirms := func(r Run) bool { return r.Confirms(a.Window) }
			if a.Served() != slices.ContainsFunc(runs, confirms) || a.Window.Contains(now) && a.Served() != (d.Reason == Confirmed) {
				t.Errorf("%+v at %v: window %v is %s, the tick says %s; runs %+v", spec, now, a.Window, a.State, d.Reason, runs)
			}
			if !next.IsZero() && a.Window.End != next.Start {
				t.Errorf("%+v: window %v ends before the next begins, %v", spec, a.Window, next)
			}
			next = a.Window
		}
	}
	for _, why := range []Why{Due, Fulfilled, Why(Expired), Why(Ended), Why(NotStarted)} {
		if seen[why] < 20 {
			t.Errorf("%s was seen %d times", why, seen[why])
		}
	}
}
