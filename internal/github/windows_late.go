package github

import (
	"context"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// late returns the runs to ask, the newest first, because they may have served a window
// before their own that has no evidence: those of a job that catches up.
func (r *reading) late() (ask []schedule.Run) {
	if !r.query.Schedule.Spec().CatchUp {
		return nil
	}
	open := r.unconfirmed()
	if len(open) == 0 {
		return nil
	}
	oldest := open[len(open)-1]
	return slices.DeleteFunc(r.unaskedSince(oldest.End), func(run schedule.Run) bool { return !follows(run, oldest) })
}

// unconfirmed returns the windows in reach without evidence, the newest first.
func (r *reading) unconfirmed() []schedule.Window {
	near := r.near()
	return slices.DeleteFunc(r.query.Schedule.Windows(r.now, r.window.Start, 0), func(w schedule.Window) bool {
		return r.query.told(w) || confirm(near[w.Start], w)
	})
}

// askLate asks the late runs, several at once, until each window has evidence.
func (r *reading) askLate(ctx context.Context) error {
	for {
		ask := r.late()
		ask = ask[:max(0, min(len(ask), atOnce, pastEvidence-len(r.asked)))]
		if len(ask) == 0 {
			return nil
		}
		for _, run := range ask {
			r.asked[run.ID] = true
		}
		if err := r.askAll(ctx, ask); err != nil {
			return err
		}
	}
}

// askLateWithin is askLate, one at a time and within the budget.
func (r *reading) askLateWithin(ctx context.Context, b *budget) {
	for ask := r.late(); len(ask) > 0 && b.take(ctx, ask[0]); ask = r.late() {
		answered, err := r.evidence(ctx, ask[0])
		r.asked[ask[0].ID] = true
		b.note(err)
		r.note(ask[0].ID, answered, err)
	}
}

// doubted returns the starts of the windows without evidence that a later run may have
// served: one that was not asked, or one that found them settled before they expired.
func (r *reading) doubted() (doubted map[time.Time]bool, unasked int) {
	if !r.query.Schedule.Spec().CatchUp {
		return nil, 0
	}
	doubted = map[time.Time]bool{}
	for _, w := range r.unconfirmed() {
		if slices.ContainsFunc(r.all(), func(run schedule.Run) bool { return !r.asked[run.ID] && follows(run, w) }) {
			unasked++
			doubted[w.Start] = true
		}
		for _, run := range r.all() {
			settled := run.Settled.Has(w.Start) && !r.query.Schedule.Expired(w, run.Created)
			if settled || r.unread[run.ID] && follows(run, w) {
				doubted[w.Start] = true
			}
		}
	}
	return doubted, unasked
}

// follows reports whether a run may have served a window that was over before.
func follows(run schedule.Run, w schedule.Window) bool {
	return !run.Void && run.Slot.IsZero() && !run.Created.Before(w.End)
}
