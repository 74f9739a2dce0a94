package github

import (
	"context"
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

// askHolding asks about the window that holds a time. If it has no evidence, the newest
// execution may have asked for another window.
func (r *reading) askHolding(ctx context.Context, at time.Time) error {
	w := r.query.Schedule.Window(at)
	confirmed, err := r.confirmed(ctx, w)
	if err != nil || confirmed || w.IsZero() {
		return err
	}
	if r.query.Schedule.Spec().CatchUp { // a later run may have served it
		for _, run := range r.unaskedSince(w.Start) {
			if answered, err := r.ask(ctx, run); err != nil || confirm(answered, w) {
				return err
			}
			if len(r.asked) >= maxAsked {
				break
			}
		}
	}
	if len(r.asked) >= maxAsked {
		r.asking = w.End
		return nil
	}
	if err := r.search(ctx); err != nil {
		return err
	}
	r.query.Schedule = r.query.Schedule.Adjusted(r.all(), r.now)
	_, err = r.confirmed(ctx, r.query.Schedule.Window(at))
	return err
}
