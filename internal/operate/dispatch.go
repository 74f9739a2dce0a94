package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/rescue"
)

const (
	tries   = 3  // of one dispatch without a clear answer
	maxLost = 3  // such dispatches in a row: then GitHub is in trouble
	perLook = 40 // requests, in time, that one dispatch may take
)

// looks are the pauses before each look for a run that GitHub has not named.
var looks = []time.Duration{time.Second, 3 * time.Second, 6 * time.Second}

// dispatch starts the runs, the oldest window first, within the limits of a rescue. It
// returns why it stopped early; "" if it did not. The error is about all runs: a
// *github.Denied, or the cause that ended ctx. What is wrong with one run is its Err.
func (e *Engine) dispatch(ctx context.Context, runs []*Run) (bound string, err error) {
	ordered := slices.Clone(runs)
	slices.SortStableFunc(ordered, func(a, b *Run) int { return a.Window.Compare(b.Window) })
	for i, r := range ordered {
		if r.Err != nil || r.Pending {
			continue
		}
		if bound = e.bound(); bound == "" && ctx.Err() == nil && !e.DryRun {
			e.Step(fmt.Sprintf("starting run %d of %d", i+1, len(ordered)))
			err = e.start(ctx, r)
		}
		if err = cmp.Or(err, context.Cause(ctx)); err != nil || bound != "" {
			for _, rest := range ordered[i:] {
				rest.Left = !rest.Started && !rest.Pending && rest.Err == nil
			}
			break
		}
	}
	if !e.DryRun && ctx.Err() == nil {
		err = errors.Join(err, e.reconcile(ctx, runs))
	}
	return bound, err
}

// bound says why no other run may be started; "" if one may.
func (e *Engine) bound() string {
	remaining := e.Client.Remaining()
	switch {
	case e.sent >= rescue.MaxDispatches:
		return fmt.Sprintf("one call starts at most %d runs", rescue.MaxDispatches)
	case e.lost >= maxLost:
		return fmt.Sprintf("GitHub gave no clear answer to %d dispatches in a row", e.lost)
	case remaining >= 0 && remaining < rescue.Reserve:
		return fmt.Sprintf("GitHub's rate limit has %s left, which the runs of jobs need", problem.Count(remaining, "request"))
	}
	return ""
}

// start sends the dispatch of a run. Where the answer is unclear, it looks whether the run
// is there before it sends another one. The error is one that the other runs would get too.
func (e *Engine) start(ctx context.Context, r *Run) error {
	for try := 1; ; try++ {
		if e.sent >= rescue.Unpaced {
			e.wait(ctx, rescue.Pause)
		}
		if ctx.Err() != nil {
			return nil
		}
		e.sent++
		run, err := e.send(ctx, r)
		_, denied := errors.AsType[*github.Denied](err)
		switch {
		case err == nil:
			r.Started, e.lost = true, 0
			if r.ID, r.URL = run.ID, run.URL; r.ID == 0 {
				_, _ = e.find(ctx, r) // it was started, whatever that says
			}
			return nil
		case github.Disabled(err):
			r.Err = Unstartable(r.Job, paused)
			return nil
		case denied || github.Limited(err), github.Missing(err): // the workflow was listed, so this hides it from a token without the right
			return err
		case github.Buttonless(err):
			r.Err, e.lost = problem.New("try again later: GitHub takes up to half an hour to read a changed file. Else run `scheduled sync`, and push the file", "start %s: %w", problem.Show(r.Job.ID), err), 0
			return nil
		case github.Refused(err):
			r.Err, e.lost = fmt.Errorf("start %s: %w", problem.Show(r.Job.ID), err), 0
			return nil
		}
		found, unseen := e.find(ctx, r)
		switch {
		case found:
			r.Started, e.lost = true, 0
			return nil
		case unseen != nil || try == tries || ctx.Err() != nil:
			e.lost++
			r.Err = problem.New("look for the run in the Actions tab before you start it again",
				"start %s: %w; whether the run was started is unknown", problem.Show(r.Job.ID), errors.Join(err, unseen))
			return nil
		}
		e.Say(fmt.Sprintf("%v; GitHub has no such run, so it is started again", err))
	}
}

// send sends one dispatch. A call that is ended does not cut it off, or nobody would know
// what became of it.
func (e *Engine) send(ctx context.Context, r *Run) (github.Dispatched, error) {
	ctx, cancel := github.Within(context.WithoutCancel(ctx), perLook*time.Second, "start a run")
	defer cancel()
	return e.Client.Dispatch(ctx, github.Dispatch{
		Workflow: r.Job.File, Branch: e.Branch, Slot: r.Slot, Force: r.Force, Inputs: r.Inputs, Details: true,
	})
}

// find looks for the run that a dispatch has become: GitHub lists a new one after a moment.
// unseen says why the last look failed.
func (e *Engine) find(ctx context.Context, r *Run) (found bool, unseen error) {
	for _, pause := range looks {
		e.wait(ctx, pause)
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		runs, _, err := e.look(ctx, r)
		if unseen = err; err != nil {
			continue
		}
		if alike := r.born(runs); len(alike) > 0 {
			r.take(alike[0])
			r.seen[r.ID], r.Unsure = true, len(alike) > 1
			return true, nil
		}
	}
	return false, unseen
}

// reconcile looks once more at the workflows of runs that were started: another call may
// have started one of the same window at the same time. All keep the oldest one, and cancel
// the others, which are still waiting for it.
func (e *Engine) reconcile(ctx context.Context, runs []*Run) error {
	listed := map[string][]github.RunState{}
	var errs []error
	for _, r := range runs {
		if !r.Started || r.ID == 0 {
			continue
		}
		file := r.Job.File
		if _, known := listed[file]; !known {
			e.Step("looking for other runs of the same window")
			all, _, err := e.look(ctx, r)
			if err != nil {
				e.Say(fmt.Sprintf("note: whether another call started %s at the same time is unknown: %v", problem.Show(r.Job.ID), err))
			}
			listed[file] = all
		}
		first, found := r.pending(listed[file])
		over := r.over(listed[file])
		if !found || first.ID >= r.ID || over && !r.Unsure {
			continue
		}
		if !over { // else another call has cancelled it
			cancelling, cancel := github.Within(ctx, perLook*time.Second, "cancel a run")
			err := e.Client.CancelRun(cancelling, r.ID)
			cancel()
			if err != nil {
				errs = append(errs, fmt.Errorf("cancel run %d of %s, which serves the same window as run %d: %w", r.ID, problem.Show(r.Job.ID), first.ID, err))
				continue
			}
		}
		r.take(first)
		r.Started, r.Pending = false, true
	}
	return errors.Join(errs...)
}

// over reports whether the list has the run as one that has ended.
func (r *Run) over(listed []github.RunState) bool {
	return slices.ContainsFunc(listed, func(run github.RunState) bool { return run.ID == r.ID && run.Over() })
}
