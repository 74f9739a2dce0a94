package github

import (
	"context"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	// showing is how long GitHub may take, in nearly all cases, to show what a run did.
	showing = 5 * time.Minute

	settledAsked = 8   // the newest runs to ask what was settled when they looked; nearly always the first one says it
	silentAsked  = 32  // the same if none of them could look
	catchUpAsked = 400 // maximum number of runs to ask for evidence of all slots that may be owed
)

// catchUp looks for evidence of every slot that a job which catches up may owe: of those that
// a run found to be owed, or else back to the oldest slot that has not expired. Where a run
// says what is settled, only those that ended later can say more, and usually that is the
// one. A slot without a run that can be evidence needs no request.
func (r *reading) catchUp(ctx context.Context) error {
	from, complete, err := r.settled(ctx, r.unexpired())
	if err != nil {
		return err
	}
	if complete {
		r.asking = from
		return nil
	}
	for r.page != 0 && r.page <= coverPages && !r.oldest.Created.Before(from) {
		if err := r.readPage(ctx); err != nil {
			return err
		}
	}
	if r.page != 0 && !r.oldest.Created.Before(from) {
		from = r.oldest.Created
		r.asking = r.query.Schedule.Next(from)
	}
	windows := r.query.Schedule.Windows(r.now, from, 0) // newest first
	if err := r.askEach(ctx, windows); err != nil {
		return err
	}
	return r.askRest(ctx, from, windows)
}

// catchesUp reports whether slots before the current one may be owed.
func (r *reading) catchesUp() bool {
	return r.query.Schedule.Spec().CatchUp && !r.window.IsZero() && !r.query.Tick.Forced && r.query.Tick.Attempt <= 1
}

// unexpired returns the oldest slot that is not too old to be run.
func (r *reading) unexpired() time.Time {
	oldest := r.now
	for _, w := range r.query.Schedule.Windows(r.now, r.now.Add(-maxLife), 0) {
		if r.query.Schedule.Expired(w, r.now) {
			break
		}
		oldest = w.Start
	}
	return oldest
}

// settled asks the newest runs what was settled when they looked. It returns the time since
// when runs can say more, no earlier than from, and whether all of those were asked.
func (r *reading) settled(ctx context.Context, from time.Time) (_ time.Time, complete bool, _ error) {
	said := false
	hear := func(runs []schedule.Run) {
		for _, run := range runs {
			if looked := run.Settled.Before.Add(-showing); looked.After(from) {
				from, said = looked, true
			}
		}
	}
	hear(r.all())
	for n := 0; n < settledAsked || !said && n < silentAsked; n++ {
		runs := r.unaskedSince(from)
		if len(runs) == 0 {
			return from, said || r.page == 0 || r.oldest.Created.Before(from), nil
		}
		answered, err := r.ask(ctx, runs[0])
		if err != nil {
			return from, false, err
		}
		hear(answered)
	}
	return from, false, nil
}

// unaskedSince returns the runs that were not asked, and can be evidence of a slot at that time
// or later, the newest first.
func (r *reading) unaskedSince(from time.Time) (runs []schedule.Run) {
	for _, run := range r.all() {
		if !r.asked[run.ID] && run.ID != r.query.Run && !run.Void && (run.Active || !run.Updated.Before(from)) {
			runs = append(runs, run)
		}
	}
	slices.SortFunc(runs, func(a, b schedule.Run) int { return b.Created.Compare(a.Created) })
	return runs
}

// ask asks a run what its jobs show.
func (r *reading) ask(ctx context.Context, run schedule.Run) ([]schedule.Run, error) {
	r.asked[run.ID] = true
	answered, err := r.evidence(ctx, run)
	if err == nil {
		r.runs[run.ID] = answered
	}
	return answered, err
}

// askEach asks the runs of each window, one of each at a time, until it has evidence.
func (r *reading) askEach(ctx context.Context, windows []schedule.Window) error {
	for {
		var ask []schedule.Run
		near := r.near()
		for _, w := range windows {
			about, _ := inquire(w, near[w.Start])
			first := slices.IndexFunc(about.ask, func(run schedule.Run) bool { return !r.asked[run.ID] })
			if first < 0 || confirm(near[w.Start], w) {
				continue
			}
			r.asked[about.ask[first].ID] = true
			ask = append(ask, about.ask[first])
		}
		if len(ask) == 0 {
			return nil
		}
		if err := r.askSome(ctx, ask, windows); err != nil {
			return err
		}
	}
}

// askRest asks all other runs since the oldest slot that seems to be owed, or since runs can
// say more: one that catches up serves windows before its own.
func (r *reading) askRest(ctx context.Context, from time.Time, windows []schedule.Window) error {
	owed := schedule.Tick{Now: r.now, Runs: r.all()}.Owes(r.query.Schedule)
	if len(owed) == 0 || !r.lanes() {
		return nil
	}
	oldest := owed[0].Start
	if oldest.After(from) {
		from = oldest
	}
	ask := slices.DeleteFunc(r.unaskedSince(from), func(run schedule.Run) bool { return run.Created.Before(oldest) && !run.Active })
	for _, run := range ask {
		r.asked[run.ID] = true
	}
	return r.askSome(ctx, ask, windows)
}

// lanes reports whether a run was found to have lanes. Without any it executes no slot but
// that of the window in which it starts.
func (r *reading) lanes() bool {
	return slices.ContainsFunc(r.all(), func(run schedule.Run) bool { return run.Lane })
}

// askSome asks as many of the runs, the newest first, as may be asked. What the others did,
// and those that gave no answer, stays unknown.
func (r *reading) askSome(ctx context.Context, ask []schedule.Run, windows []schedule.Window) error {
	left := max(0, catchUpAsked-len(r.asked)+len(ask))
	err := r.askAll(ctx, ask[:min(left, len(ask))])
	for i, run := range ask {
		if i >= left || r.unread[run.ID] {
			r.unknownSince(run.Created, windows)
		}
	}
	return err
}

// unknownSince notes that a run was not asked which was created at a time.
func (r *reading) unknownSince(created time.Time, windows []schedule.Window) {
	for _, w := range windows {
		if w.Contains(created) && w.End.After(r.asking) {
			r.asking = w.End
		}
	}
}
