package github

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// needs reads the histories of the jobs that the slots of a job wait for, several at once.
// One that cannot be read is unknown, and the error is that of the first such.
func (c *Client) needs(ctx context.Context, waiting Query, branch string, slots []time.Time) (needs []schedule.Need, lost error) {
	needs = make([]schedule.Need, len(waiting.Needs))
	var mu sync.Mutex
	var all []int
	for i := range needs {
		all = append(all, i)
	}
	each(all, func(i int) {
		q := waiting.Needs[i]
		q.DefaultBranch = branch
		r := newReading(c, q)
		err := r.readNeed(ctx, slots)
		mu.Lock()
		defer mu.Unlock()
		needs[i] = schedule.Need{ID: q.Job, Schedule: q.Schedule, Runs: r.all(), Known: r.asking, Unknown: err != nil}
		if lost == nil {
			lost = err
		}
	})
	return needs, lost
}

// readNeed looks for evidence of the windows that hold slots of another job.
func (r *reading) readNeed(ctx context.Context, slots []time.Time) error {
	slots = slices.SortedFunc(slices.Values(slots), func(a, b time.Time) int { return b.Compare(a) }) // newest first
	for r.page == 1 || r.page != 0 && r.page <= coverPages && !r.covered() {
		if err := r.readPage(ctx); err != nil {
			return err
		}
		r.query.Schedule = r.query.Schedule.Adjusted(r.all(), r.now)
		r.window = r.query.Schedule.Window(slots[len(slots)-1])
	}
	for _, slot := range slots {
		if err := r.askHolding(ctx, slot); err != nil {
			return err
		}
	}
	return nil
}

// askHolding asks what served the window that holds a time. If nothing did, the newest
// execution may have asked for another window.
func (r *reading) askHolding(ctx context.Context, at time.Time) error {
	w := r.query.Schedule.Window(at)
	serving := r.query.Schedule.Serving(w)
	if w.IsZero() || confirm(r.all(), serving) {
		return nil
	}
	for _, run := range r.mayServe(w) {
		if len(r.asked) >= maxAsked {
			if w.End.After(r.asking) {
				r.asking = w.End
			}
			return nil
		}
		if answered, err := r.ask(ctx, run); err != nil || confirm(answered, serving) {
			return err
		}
	}
	if err := r.search(ctx); err != nil {
		return err
	}
	r.query.Schedule = r.query.Schedule.Adjusted(r.all(), r.now)
	_, err := r.confirmed(ctx, r.query.Schedule.Window(at))
	return err
}

// mayServe returns the runs to ask what served a window: those of its own, then those of
// later ones, the newest first. The later ones are all runs of a job that catches up; of any
// other, those that can be evidence, and no more than maxFailed without success.
func (r *reading) mayServe(w schedule.Window) (runs []schedule.Run) {
	near, failed := r.near(), 0
	own, _ := inquire(w, near[w.Start])
	if runs = own.runs; r.query.Schedule.Spec().CatchUp {
		runs = append(runs, r.unaskedSince(w.Start)...)
		near = nil
	}
	for _, start := range slices.Backward(slices.SortedFunc(maps.Keys(near), time.Time.Compare)) {
		if !start.After(w.Start) {
			break
		}
		later, _ := inquire(r.query.Schedule.Window(start), near[start])
		for _, run := range later.runs {
			if !run.Success {
				failed++
			}
			if run.Success || failed <= maxFailed {
				runs = append(runs, run)
			}
		}
	}
	seen := map[int64]bool{}
	return slices.DeleteFunc(runs, func(run schedule.Run) bool {
		again := seen[run.ID] || r.asked[run.ID]
		seen[run.ID] = true
		return again
	})
}
