package operate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
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

// Backfill starts a run on GitHub for each slot of the range, the oldest first, unless one
// of the same window is pending. The error is a TimeError, a *github.Denied, a
// *github.Failure, or the cause that ended ctx.
func (e *Engine) Backfill(ctx context.Context, archive *past.Archive, b Backfill) (done Backfilled, err error) {
	e.Step("reading the history")
	chosen, done, err := b.plan(ctx, archive, false)
	if err == nil && e.Branch == "" && len(chosen) > 0 {
		e.Branch, err = e.Client.DefaultBranch(ctx)
	}
	if err != nil {
		return Backfilled{}, err
	}
	done.Bound, err = e.fill(ctx, chosen)
	return done.with(chosen), err
}

// BackfillHere has the slots of the range executed on this machine, the oldest first, by the
// history of the ledger. execute returns the ID of the run in the ledger, and how it failed;
// nil executes nothing. The error is a TimeError, one of the ledger, or the cause that ended
// ctx.
func (b Backfill) BackfillHere(ctx context.Context, archive *past.Archive, execute func(context.Context, time.Time) (int64, error)) (done Backfilled, err error) {
	chosen, done, err := b.plan(ctx, archive, true)
	if err != nil {
		return Backfilled{}, err
	}
	for _, slot := range chosen {
		switch {
		case execute == nil:
		case ctx.Err() != nil, ledger.Full(err): // as the others would be
			slot.Left = true
		default:
			slot.ID, slot.Err = execute(ctx, slot.Window)
			slot.Started, slot.Conclusion = true, "succeeded"
			if err = slot.Err; err != nil {
				slot.Conclusion = "failed"
			}
		}
	}
	return done.with(chosen), context.Cause(ctx)
}

// plan returns the slots to run, and how many are not.
func (b Backfill) plan(ctx context.Context, archive *past.Archive, here bool) (chosen []Slot, done Backfilled, err error) {
	job := past.Job{ID: b.Job.ID, File: b.Job.File, Schedule: b.Job.Schedule, Local: here}
	history, err := archive.Read(ctx, job, schedule.Reach{Since: b.Range.From, Windows: maxSlots})
	if err != nil {
		return nil, done, err
	}
	slots, err := b.Range.slots(b.Job.Schedule, history.Now)
	switch {
	case err != nil:
	case history.Marked:
		err = problem.New(resume(b.Job), "job %s is paused", problem.Show(b.Job.ID))
	default:
		err = Unstartable(b.Job, history.Workflow)
	}
	if err != nil {
		return nil, done, err
	}
	chosen = b.choose(slots, history)
	done.Skipped, done.Left = len(slots)-len(chosen), max(0, len(chosen)-b.Limit)
	return chosen[:len(chosen)-done.Left], done, nil
}

// with returns the backfill with what became of the slots.
func (done Backfilled) with(chosen []Slot) Backfilled {
	for _, slot := range chosen {
		if slot.Left {
			done.Left++
		} else {
			done.Slots = append(done.Slots, slot)
		}
	}
	return done
}

// fill starts the runs of slots.
func (e *Engine) fill(ctx context.Context, slots []Slot) (bound string, err error) {
	if len(slots) == 0 {
		return "", nil
	}
	listed, _, err := e.look(ctx, slots[0].Run)
	if err != nil {
		for _, slot := range slots {
			slot.Left = true
		}
		return "", err
	}
	seen := map[int64]bool{}
	var runs []*Run
	for _, slot := range slots {
		slot.know(listed)
		maps.Copy(seen, slot.seen)
		slot.seen = seen // shared, so that no run is taken for two slots
		runs = append(runs, slot.Run)
	}
	if only := slots[0].Job.alone(runs, listed); only != "" {
		bound = only
		runs = slices.DeleteFunc(runs, func(r *Run) bool { return r.Left })
	}
	late, err := e.dispatch(ctx, runs)
	if late != "" {
		bound = late
	}
	return bound, err
}

// alone leaves the runs that would replace each other, or one that is there, and says why;
// "" if there are none. Of a job whose newer windows cancel older ones, GitHub keeps only
// one that waits: "any existing pending job or workflow in the same concurrency group will
// be canceled".
// https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
func (j Job) alone(runs []*Run, listed []github.RunState) (why string) {
	if !j.Cancels {
		return ""
	}
	busy := slices.IndexFunc(listed, func(run github.RunState) bool { return !run.Over() })
	taken := busy >= 0
	for _, r := range runs {
		if r.Left = !r.Pending && taken; r.Left {
			why = `a run of a job with overlap = "cancel" replaces one that waits, so its slots are run one at a time`
		}
		taken = true
	}
	if why != "" && busy >= 0 {
		why += fmt.Sprintf(": run %d is not over", listed[busy].ID)
	}
	return why
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
