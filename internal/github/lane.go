package github

import (
	"context"
	"slices"
)

// readLane asks for evidence of the one slot: in the runs of its window, and in those that
// were active since the run that asks began. That run's own check asked the others. Then it
// looks for the last execution before the slot.
func (r *reading) readLane(ctx context.Context) error {
	confirmed, err := r.confirm(ctx)
	if err != nil || confirmed {
		return err
	}
	since := r.window.Start
	if own := r.runs[r.query.Run]; len(own) > 0 && own[0].Created.After(since) {
		since = own[0].Created
	}
	for _, run := range r.unaskedSince(since) {
		if len(r.asked) >= maxAsked {
			return nil
		}
		answered, err := r.ask(ctx, run)
		if err != nil || confirm(answered, r.window) {
			return err
		}
	}
	r.readBefore(ctx)
	return nil
}

// readBefore asks what was executed before the slot. Of a job that catches up, the run that
// asks may have executed the slots just before, or another one that is newer than they are.
func (r *reading) readBefore(ctx context.Context) {
	before := r.query.Schedule.Window(r.window.Start.Add(-1))
	if before.IsZero() {
		return
	}
	if found, _ := r.confirmEarlier(ctx, before, r.near()[before.Start]); !found && r.query.Schedule.Spec().CatchUp {
		newer := slices.Concat(r.runs[r.query.Run], r.unaskedSince(before.Start))
		for _, run := range newer[:min(settledAsked, len(newer))] {
			answered, err := r.ask(ctx, run)
			if err != nil {
				r.asking = r.window.Start
				return
			}
			if confirm(answered, before) {
				break
			}
		}
	}
	for more := countPages; !r.count(ctx) && r.page != 0 && more > 0; more-- {
		if r.readPage(ctx) != nil {
			r.asking = r.window.Start
			return
		}
	}
}

// askActive asks the other active runs what they execute. One that does not answer may
// execute anything.
func (r *reading) askActive(ctx context.Context) {
	for _, run := range r.all() {
		if !run.Active || run.Lane || run.ID == r.query.Run || run.Void || len(r.asked) >= maxAsked {
			continue
		}
		if _, err := r.ask(ctx, run); err != nil {
			return
		}
	}
}
