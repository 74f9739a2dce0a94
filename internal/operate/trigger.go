package operate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Wish is what a person wants of a job.
type Wish struct {
	Job    Job
	Slot   time.Time     // to serve; zero for the current window
	At     time.Time     // to come, at which the job is to run; zero for now
	In     time.Duration // until then, instead; 0 for now
	Inputs map[string]string
}

// TimeError is the error of a time that does not fit GitHub's clock.
type TimeError struct{ error }

func (e TimeError) Unwrap() error { return e.error }

// Trigger starts a run for each wish, unless one of the same window is pending: see
// Run.Pending. It returns why it left some to another call; "" if it left none. Without
// runs, nothing was started. The error is about all of them: a TimeError, a *github.Denied,
// a *github.Failure, or the cause that ended ctx.
func (e *Engine) Trigger(ctx context.Context, wishes []Wish) (runs []*Run, bound string, err error) {
	if err := e.begin(ctx); err != nil {
		return nil, "", err
	}
	e.Step("reading the runs of the jobs")
	for _, wish := range wishes {
		runs = append(runs, &Run{Job: wish.Job, Force: wish.At.IsZero() && wish.In == 0, Slot: wish.Slot, Inputs: wish.Inputs})
	}
	each(len(wishes), func(i int) { runs[i].Err = e.prepare(ctx, runs[i], wishes[i]) })
	if ctx.Err() != nil {
		return nil, "", context.Cause(ctx)
	}
	for _, r := range runs {
		if _, wrong := errors.AsType[TimeError](r.Err); wrong {
			return nil, "", r.Err
		}
		if _, denied := errors.AsType[*github.Denied](r.Err); denied && !github.Missing(r.Err) {
			return nil, "", r.Err
		}
	}
	bound, err = e.dispatch(ctx, runs)
	return runs, bound, err
}

// prepare finds out which window a run is for, by GitHub's clock, and whether one of that
// window is pending.
func (e *Engine) prepare(ctx context.Context, r *Run, wish Wish) error {
	if err := e.startable(r.Job); err != nil {
		return err
	}
	listed, now, err := e.look(ctx, r)
	if err != nil {
		return fmt.Errorf("start %s: %w", problem.Show(r.Job.ID), err)
	}
	if err := r.aim(wish, now); err != nil {
		return err
	}
	r.know(listed)
	return nil
}

// aim sets the window of a run.
func (r *Run) aim(wish Wish, now time.Time) error {
	if wish.In > 0 {
		wish.At = now.Add(wish.In)
	}
	switch {
	case !wish.At.IsZero():
		r.Slot = wish.At.UTC().Truncate(time.Second)
		r.Window = r.Slot
		return r.Job.takes(r.Slot, now)
	case wish.Slot.IsZero():
		r.Window = r.Job.Schedule.Latest(now).Start
	case wish.Slot.After(now):
		return TimeError{problem.New("use --at to have the job run then", "the slot %s has not begun", problem.Clock(wish.Slot))}
	default:
		r.Window = wish.Slot
	}
	return nil
}

// takes returns an error if the job cannot be asked now to run at a time to come.
func (j Job) takes(at, now time.Time) error {
	switch name := problem.Show(j.ID); {
	case !at.After(now):
		return TimeError{problem.New("give a later time, or leave it out to start the job now", "%s has passed: it is %s now", problem.Clock(at), problem.Clock(now))}
	case at.After(now.Add(schedule.MaxAhead)):
		return TimeError{problem.New("ask for it later, or declare it as run-at", "%s is more than %d days ahead", problem.Clock(at), int(schedule.MaxAhead.Hours()/24))}
	case !j.Schedule.Takes(at, now):
		return TimeError{problem.New("change start or until of the job, or start it now", "job %s does not run at %s: it starts later, or has ended", name, problem.Clock(at))}
	}
	return nil
}

// know notes which runs there are, and takes the pending one of the same window.
func (r *Run) know(listed []github.RunState) {
	r.seen = map[int64]bool{}
	for _, run := range listed {
		r.seen[run.ID] = true
	}
	if run, found := r.pending(listed); found {
		r.take(run)
		r.Pending = true
	}
}

// atOnce is how many requests are sent at the same time; GitHub allows 100.
const atOnce = 8

// each calls do for the numbers below n, for several at once.
func each(n int, do func(i int)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	group.Wait()
}
