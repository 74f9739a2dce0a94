package operate

import (
	"context"
	"maps"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Backfill is a range of a job's slots to run again.
type Backfill struct {
	Job       Job
	Range     Range
	Confirmed bool // those with a confirmed or an active run too
	Limit     int  // the most slots of one call
}

// Backfilled is what became of it.
type Backfilled struct {
	Slots   []Slot // the oldest first
	Skipped int    // slots that have a confirmed or an active run
	Left    int    // slots that are left to another call
	Bound   string // why, where that is not the limit; "" otherwise
}

// Slot is a slot with its state before the backfill.
type Slot struct {
	State schedule.State
	*Run
}

// Backfill starts a run for each slot of the range, the oldest first, unless one of the same
// window is pending. The error is a TimeError, a *github.Denied, a *github.Failure, or the
// cause that ended ctx.
func (e *Engine) Backfill(ctx context.Context, archive *past.Archive, b Backfill) (done Backfilled, err error) {
	e.Step("reading the history")
	job := past.Job{ID: b.Job.ID, File: b.Job.File, Schedule: b.Job.Schedule}
	history, err := archive.Read(ctx, job, schedule.Reach{Since: b.Range.From, Windows: maxSlots})
	if err != nil {
		return done, err
	}
	slots, err := b.Range.slots(b.Job.Schedule, history.Now)
	if err == nil {
		err = Unstartable(b.Job, history.Workflow)
	}
	if err != nil {
		return done, err
	}
	chosen := b.choose(slots, history)
	done.Skipped = len(slots) - len(chosen)
	rest := max(0, len(chosen)-b.Limit)
	chosen = chosen[:len(chosen)-rest]
	if e.Branch == "" && len(chosen) > 0 {
		if e.Branch, err = e.Client.DefaultBranch(ctx); err != nil {
			return done, err
		}
	}
	done.Bound, err = e.fill(ctx, chosen)
	for _, slot := range chosen {
		if slot.Left {
			rest++
			continue
		}
		done.Slots = append(done.Slots, slot)
	}
	done.Left = rest
	return done, err
}

// fill starts the runs of slots.
func (e *Engine) fill(ctx context.Context, slots []Slot) (bound string, err error) {
	if len(slots) == 0 {
		return "", nil
	}
	listed, _, err := e.look(ctx, slots[0].Run)
	if err != nil {
		return "", err
	}
	seen := map[int64]bool{}
	var runs []*Run
	for _, slot := range slots {
		slot.know(listed)
		maps.Copy(seen, slot.seen)
		slot.seen = seen // shared: what one of them has become is no other
		runs = append(runs, slot.Run)
	}
	return e.dispatch(ctx, runs)
}

// choose returns the slots to run.
func (b Backfill) choose(slots []time.Time, history past.History) (chosen []Slot) {
	states := map[time.Time]schedule.Account{}
	for _, account := range history.Accounts {
		states[account.Window.Start.UTC()] = account
	}
	for _, at := range slots {
		account, known := states[at.UTC()]
		if !known {
			account.State = schedule.StateMissed // it is older than the job's workflow: nothing ran
		}
		if b.Confirmed || !account.Served() && account.State != schedule.StateRunning {
			chosen = append(chosen, Slot{account.State, &Run{Job: b.Job, Window: at.UTC(), Slot: at.UTC(), Force: true}})
		}
	}
	return chosen
}
