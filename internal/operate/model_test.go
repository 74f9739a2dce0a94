package operate

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// TestModel calls trigger and backfill at random, kills them in the middle, and has answers
// get lost before or after they took effect. However that goes, no window ever has two
// pending runs, and a call that says that it started a run names one that there is.
func TestModel(t *testing.T) {
	seeds := 30
	if testing.Short() {
		seeds = 6
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(uint64(seed), 13))
		fake, _, wishes, pauses := newEngine(t, 2)
		pending := map[string]map[int64]bool{} // runs, by what they serve
		for range 25 {
			e := engineOn(t, fake, pauses)
			wish := wishes[r.IntN(2)]
			ctx, kill := context.WithCancel(t.Context())
			if r.IntN(4) == 0 {
				after := r.IntN(4)
				e.Step = func(step string) {
					if after--; after < 0 && strings.HasPrefix(step, "starting") {
						kill()
					}
				}
			}
			if r.IntN(3) == 0 {
				fake.Break(ghtest.Fault{Path: "dispatches", Skip: r.IntN(3), Once: true, Late: r.IntN(2) == 0, Status: []int{502, 500, 0}[r.IntN(3)], Drop: r.IntN(4) == 0})
			}
			var runs []*Run
			switch r.IntN(3) {
			case 0:
				runs, _, _ = e.Trigger(ctx, []Wish{wish})
			case 1:
				wish.At = noon.Add(time.Duration(1+r.IntN(3)) * time.Hour)
				runs, _, _ = e.Trigger(ctx, []Wish{wish})
			default:
				done, _ := backfill(ctx, t, e, wish.Job, "2026-11-1"+string(rune('0'+r.IntN(5))), "2026-11-16", func(b *Backfill) { b.Confirmed = r.IntN(2) == 0 })
				for _, slot := range done.Slots {
					runs = append(runs, slot.Run)
				}
			}
			kill()
			for _, d := range fake.Dispatches() {
				key := d.File + d.Inputs["window"]
				if pending[key] == nil {
					pending[key] = map[int64]bool{}
				}
				pending[key][d.Run] = true
			}
			for key, ids := range pending {
				if len(ids) > 1 {
					t.Fatalf("seed %d: %s has the pending runs %v", seed, key, ids)
				}
			}
			for _, run := range runs {
				at := ""
				if !run.Slot.IsZero() {
					at = run.Slot.Format(time.RFC3339)
				}
				if (run.Started || run.Pending) && !pending[run.Job.File+at][run.ID] {
					t.Fatalf("seed %d: %+v is not pending", seed, run)
				}
			}
			for _, key := range slices.Sorted(maps.Keys(pending)) { // some end
				for id := range pending[key] {
					if r.IntN(5) == 0 {
						fake.Finish([]string{"success", "failure"}[r.IntN(2)], id)
						delete(pending, key)
					}
				}
			}
		}
	}
}
