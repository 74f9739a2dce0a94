package execution

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Told is who hears how a local run goes.
type Told struct {
	Decided func(schedule.Decision) // once for each window that is skipped, or whose execution begins
	Ended   func(Result)            // once for each of them, too
}

// Wish is what a person wants of a local run.
type Wish struct {
	Forced bool      // to run the current window, confirmed or not
	Slot   time.Time // to run that slot in the same way; zero for the current window
	Due    time.Time // to run that slot alone, if it is owed; zero for all that are
}

// local is one call of RunLocally.
type local struct {
	Job
	Told
	force    bool
	backfill bool           // of one slot
	book     *ledger.Ledger // nil if there is none
	lost     bool           // the ledger cannot be used
	known    []schedule.Run // what the last decision rests on
}

// RunLocally runs the entrypoint if schedule.Decide says so on what the local ledger
// knows. Only one process at a time runs a window of a job; the others wait and then find
// its evidence. A failing ledger causes a warning but never stops a job, unless the disk is
// full: then each call would run it again. It is an error only if nothing was decided.
func (j Job) RunLocally(ctx context.Context, wish Wish, told Told) error {
	l := local{Job: j, Told: told, force: wish.Forced || !wish.Slot.IsZero(), backfill: !wish.Slot.IsZero()}
	book, err := ledger.Open(j.Place.AbsFile(), j.Say)
	if l.lost = err != nil; !l.lost {
		l.book = book
	}
	j.Warn(err)
	switch {
	case !wish.Slot.IsZero():
		_, err := l.inLane(ctx, l.Schedule.Window(wish.Slot))
		return err
	case j.Job.Lanes() && !wish.Due.IsZero():
		_, err := l.inLane(ctx, l.adjusted().From(wish.Due))
		return err
	case j.Job.Lanes():
		return l.inLanes(ctx)
	}
	unlock, err := l.lock(ctx)
	defer unlock()
	if err != nil {
		return err
	}
	_, err = l.turn(ctx, schedule.Tick{Forced: l.force}, l.start)
	return err
}

// lock waits for the job's turn. If that fails, there is no ledger. Call unlock in any case.
func (l *local) lock(ctx context.Context) (unlock func(), err error) {
	unlock = func() {}
	if l.book != nil {
		unlock, err = l.book.Lock(ctx, l.ID, func() { l.Say("waiting for another process that runs this job") })
	}
	return unlock, l.locked(ctx, err)
}

// locked judges by the error of taking a lock: without it there is no ledger, unless
// nothing may run.
func (l *local) locked(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case ledger.Full(err):
		return err
	case err != nil:
		l.Warn(err)
		l.book, l.lost = nil, true
	}
	return nil
}

// turn decides about one window, and executes it where that is needed; start enters that
// into the ledger. The caller holds the locks.
func (l *local) turn(ctx context.Context, tick schedule.Tick, start starter) (executed bool, err error) {
	decision, err := l.decide(tick)
	if err != nil {
		return false, err
	}
	if !decision.Run {
		l.skip(decision)
		return false, nil
	}
	if why := context.Cause(ctx); why != nil && !errors.Is(why, ErrCancelled) {
		return false, why // as while it waits for its turn
	}
	l.endLeft(decision.Window)
	execution, err := start(ctx, decision.Decision)
	if ledger.Full(err) {
		return false, err
	}
	l.Decided(decision.Decision)
	l.Warn(err)
	v := variables(decision)
	if execution != nil {
		v.RunID = execution.ID()
	}
	result := l.execute(ctx, v, l.held(v.RunID), func(r Result) {
		if execution != nil {
			execution.Next = r.Next
			l.Warn(execution.Finish(l.Now(), r.OK, r.Cause))
		}
	})
	result.Reason = decision.Reason
	l.Ended(result)
	return true, nil
}

// held returns what the guard of a run needs: the locks, and the mark of the run.
func (l *local) held(run int64) (h python.Host) {
	if l.book != nil {
		h.Held = l.book.Held()
		h.Mark = l.book.Mark(l.ID, run)
	}
	return h
}

// endLeft ends what is left alive of interrupted runs in the lane of a window. The caller
// holds the lock of the lane, so they are over.
func (l *local) endLeft(w schedule.Window) {
	lane := func(slot time.Time) int { return l.Schedule.Lane(slot, l.Options.MaxInstances) }
	for _, r := range slices.Backward(l.known) {
		switch {
		case l.book == nil || r.Lane && lane(r.Slot) != lane(w.Start):
			continue
		case !r.Failed || r.Updated.After(r.Created): // what was left of those before it was ended then
			return
		}
		if python.EndLeft(l.book.Mark(l.ID, r.ID)) > 0 {
			l.Say(fmt.Sprintf("ended what run %d had left alive", r.ID))
		}
	}
}

// starter enters the start of an execution into the ledger; nil without one.
type starter func(context.Context, schedule.Decision) (*ledger.Execution, error)

func (l *local) start(_ context.Context, d schedule.Decision) (*ledger.Execution, error) {
	if l.book == nil {
		return nil, nil
	}
	return l.book.Start(l.ID, d.Now, d.Window)
}

// skip tells that nothing is executed. Who is paused has been told.
func (l *local) skip(d decided) {
	if !d.Paused {
		l.Decided(d.Decision)
	}
	l.Ended(Result{Variables: variables(d), Execution: python.Execution{Most: l.Options.Attempts}, Skipped: true, Reason: d.Reason})
}

// decided is a decision about a job that may be paused.
type decided struct {
	schedule.Decision
	Paused bool
}

// variables returns what an entrypoint gets to know about a decision.
func variables(d decided) Variables {
	return Variables{Window: d.Window, Since: d.Since, Missed: d.Missed, Trigger: Local, RunAttempt: 1}
}

// decide answers a tick by the ledger, at the time it is asked: the window may be another
// one after a wait.
func (l *local) decide(tick schedule.Tick) (decided, error) {
	var err error
	if tick.Runs, err = l.runs(l.ID); ledger.Full(err) {
		return decided{}, err
	}
	tick.Unknown = err != nil || l.lost
	l.Warn(err)
	for _, need := range l.Needs {
		runs, err := l.runs(need.ID)
		l.Warn(err)
		tick.Needs = append(tick.Needs, schedule.Need{ID: need.ID, Schedule: need.Schedule, Runs: runs, Unknown: err != nil || l.lost})
	}
	tick.Now, l.known = l.Now(), tick.Runs
	if !l.force && l.paused() {
		l.Say("the job is paused, `" + problem.Command("scheduled resume", l.ID) + "` resumes it: skipping")
		return decided{schedule.Decision{Now: tick.Now, Reason: schedule.Disabled, Window: l.Schedule.Window(tick.Now)}, true}, nil
	}
	if l.book != nil {
		tick.Pauses, _ = l.book.Pauses(l.ID, tick.Now) // what is not known is owed
	}
	return decided{schedule.Decide(l.Schedule, tick), false}, nil
}

// runs returns the runs of a job that the ledger knows; none without a ledger.
func (l *local) runs(id string) ([]schedule.Run, error) {
	if l.book == nil {
		return nil, nil
	}
	return l.book.Runs(id)
}

// paused reports whether the ledger has the job as paused. A job of which that is not known
// is not.
func (l *local) paused() bool {
	if l.book == nil {
		return false
	}
	paused, err := l.book.Paused(l.ID)
	l.Warn(err)
	return paused
}

// InOrder returns the jobs in the order in which they run in turn: each after those that it
// needs, else as they are given.
func InOrder(jobs []pyproject.Job) []pyproject.Job {
	var ordered []pyproject.Job
	done := map[string]bool{}
	var add func(job pyproject.Job)
	add = func(job pyproject.Job) {
		if done[job.ID] {
			return
		}
		done[job.ID] = true
		for _, id := range job.Options.Needs {
			for _, other := range jobs {
				if other.ID == id {
					add(other)
				}
			}
		}
		ordered = append(ordered, job)
	}
	for _, job := range jobs {
		add(job)
	}
	return ordered
}

// Look is what RunLocally would decide, and what that rests on.
type Look struct {
	schedule.Decision
	Schedule schedule.Schedule // with the slots that runs asked for
	Runs     []schedule.Run
}

// Look returns what RunLocally would decide now, and runs nothing.
func (j Job) Look(force bool) (Look, error) {
	l := local{Job: j, force: force}
	if ledger.Exists(j.Place.AbsFile()) {
		book, err := ledger.Open(j.Place.AbsFile(), j.Say)
		if err != nil {
			return Look{}, err
		}
		l.book = book
	}
	d, err := l.decide(schedule.Tick{Forced: force})
	return Look{d.Decision, j.Schedule.Adjusted(l.known, d.Now), l.known}, err
}

// adjusted returns the schedule with the slots that runs asked for.
func (l *local) adjusted() schedule.Schedule {
	runs, err := l.runs(l.ID)
	if err != nil {
		return l.Schedule // the decision says it
	}
	return l.Schedule.Adjusted(runs, l.Now())
}
