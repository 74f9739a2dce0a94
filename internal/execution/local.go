package execution

import (
	"context"
	"os"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// RunLocally runs the entrypoint if schedule.Decide says so on what the local ledger
// knows; decided gets the decision. Only one process at a time runs a job; the
// others wait and then find its evidence. A failing ledger causes a warning but never
// stops a job, unless the disk is full: then each call would run it again. It is an
// error only if nothing was decided.
func (j Job) RunLocally(ctx context.Context, force bool, decided func(schedule.Decision)) (Result, error) {
	book, locks, unlock, err := j.lock(ctx)
	defer unlock()
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	tick := schedule.Tick{Forced: force}
	if err == nil {
		tick.Runs, err = book.Runs(j.ID)
	}
	if ledger.Full(err) {
		return Result{}, err
	}
	if !force && j.paused(book) {
		j.Say("the job is paused; `scheduled resume " + problem.Show(j.ID) + "` ends that: skipping")
		return j.skipped(Variables{Window: j.Schedule.Window(j.Now()), Trigger: Local, RunAttempt: 1}, schedule.Disabled), nil
	}
	tick.Unknown = err != nil
	j.Warn(err)
	tick.Now = j.Now() // the window may be another one after the wait
	decision := schedule.Decide(j.Schedule, tick)
	decided(decision)
	v := Variables{Window: decision.Window, Since: decision.Since, Missed: decision.Missed, Trigger: Local, RunAttempt: 1}
	if !decision.Run {
		return j.skipped(v, decision.Reason), nil
	}
	finish, err := j.start(book, decision)
	if ledger.Full(err) {
		return Result{}, err
	}
	j.Warn(err)
	result := j.execute(ctx, v, locks, func(r Result) { j.Warn(finish(r)) })
	result.Reason = decision.Reason
	return result, nil
}

// skipped is the result of a run that executed nothing.
func (j Job) skipped(v Variables, why schedule.Reason) Result {
	return Result{Variables: v, Execution: python.Execution{Most: j.Options.Attempts}, Skipped: true, Reason: why}
}

// paused reports whether the ledger has the job as paused. A job of which that is not known
// is not.
func (j Job) paused(book *ledger.Ledger) bool {
	if book == nil {
		return false
	}
	paused, err := book.Paused(j.ID)
	j.Warn(err)
	return paused
}

// lock opens the ledger, waits for the job's turn, and returns the files whose locks it
// took. Without a ledger it returns nil for that, and the error. Call unlock in any case.
func (j Job) lock(ctx context.Context) (book *ledger.Ledger, locks []*os.File, unlock func(), err error) {
	book, err = ledger.Open(j.Place.AbsFile(), j.Say)
	if err != nil {
		return nil, nil, func() {}, err
	}
	unlock, err = book.Lock(ctx, j.ID, func() { j.Say("waiting for another process that runs this job") })
	locks = book.Held()
	if err != nil {
		book = nil
	}
	return book, locks, unlock, err
}

// start enters a run into the ledger, if there is one, and returns how to enter its
// end.
func (j Job) start(book *ledger.Ledger, d schedule.Decision) (finish func(Result) error, err error) {
	finish = func(Result) error { return nil }
	if book == nil {
		return finish, nil
	}
	execution, err := book.Start(j.ID, d.Now, d.Window)
	if err != nil {
		return finish, err
	}
	return func(r Result) error {
		execution.Next = r.Next
		return execution.Finish(j.Now(), r.OK, r.Cause)
	}, nil
}
