package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// dispatchTimeout ends a dispatch that gets no answer.
const dispatchTimeout = 8 * time.Second

// unsaid is how long to wait for a limit that does not say it: "Otherwise, wait for at least
// one minute before retrying."
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
const unsaid = time.Minute

// outcome is why a dispatch was not accepted.
type outcome struct {
	err     error
	kind    string        // as failures has it
	unclear bool          // it may have become a run
	all     bool          // the others would fail as well
	wait    time.Duration // that GitHub asks for
	waits   bool          // it does
}

// judge says why a dispatch failed. GitHub's status for a rate limit proves nothing: a proxy
// may have sent it, too.
func judge(err error) outcome {
	o := outcome{err: err}
	o.wait, o.waits = github.Wait(err)
	denied, isDenied := errors.AsType[*github.Denied](err)
	switch {
	case github.Limited(err):
		o.kind, o.unclear, o.all = "limited", true, true
		if !o.waits {
			o.wait = unsaid
		}
	case github.Disabled(err):
		o.kind = "disabled"
	case github.Missing(err):
		o.kind = "missing"
	case isDenied:
		o.kind, o.all = "denied", denied.Lacks == github.Valid
	case github.Refused(err):
		o.kind = "refused"
	default:
		o.kind, o.unclear = "unclear", true
	}
	return o
}

// dispatch sends a dispatch and takes in the answer. The end of the loop does not cut it
// off: it would be unclear what became of it.
func (g *GitHub) dispatch(r *remote, d ledger.Dispatch) {
	g.record(d)
	g.mu.Lock()
	file, branch := r.job.File(), g.Branch
	g.mu.Unlock()
	ctx, cancel := github.Within(context.WithoutCancel(g.work), dispatchTimeout, "start a run")
	run, err := g.Client.Dispatch(github.Once(ctx), github.Dispatch{Workflow: file, Branch: branch, Slot: d.Slot, Details: true})
	cancel()
	g.mu.Lock()
	g.flying--
	at := g.offset.at(g.Clock.Now())
	g.limits.answered(d.Sent, at)
	if err == nil {
		d.Accepted, d.Run = at, run.ID
		g.hold.lift()
		g.tell("hold", nil)
		g.outage.until = time.Time{} // it may be over
		g.accepted(r, &d, run.URL)
	} else {
		g.rejected(r, &d, judge(err), at)
	}
	g.mu.Unlock()
	g.record(d)
	g.changed(d.Job)
}

// record writes to the ledger, which has one writer at a time.
func (g *GitHub) record(d ledger.Dispatch) {
	g.recording.Lock()
	book, err := ledger.Open(g.File, func(string) {})
	if err == nil {
		err = book.Dispatched(d)
	}
	g.recording.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !d.Sent.Before(g.records[d.Job].Sent) {
		g.records[d.Job] = d
	}
	g.tell("ledger", err)
}

// accepted takes in that a dispatch has become a run. The caller holds the lock.
func (g *GitHub) accepted(r *remote, d *ledger.Dispatch, url string) {
	late := d.Accepted.Sub(d.Slot)
	g.follows.add(*d, d.Accepted)
	if r.last.Sent.Equal(d.Sent) {
		r.last = *d
		r.phase, r.tries, r.again, r.failure = handled, 0, time.Time{}, nil
	}
	g.free(r)
	g.Log.Info("dispatched", "job", d.Job, "slot", d.Slot, "late", late.Round(time.Millisecond), "run", url)
	g.metrics.count(d.Job, dispatched)
	g.metrics.late(late)
}

// rejected takes in that a dispatch has failed. The caller holds the lock.
func (g *GitHub) rejected(r *remote, d *ledger.Dispatch, o outcome, at time.Time) {
	g.failed[o.kind]++
	g.hold.fail(o, d.Job, d.Sent, at)
	if g.hold.reason != nil {
		g.tell("hold", fmt.Errorf("GitHub accepts no dispatches, so they wait: %w", g.hold.reason))
	} else {
		g.tell("hold", nil)
	}
	d.Void = !o.unclear
	if !r.last.Sent.Equal(d.Sent) {
		return // its window is over
	}
	r.last = *d
	r.tries++
	r.waited, r.failure = true, nil
	if o.unclear {
		r.phase, r.unclear, r.failure = looking, newUnclear(at, r.tries, r.window), o.err
		if r.tries == 1 && g.hold.reason == nil {
			g.Log.Warn("GitHub gave no clear answer: it is dispatched again if there is no run", "job", d.Job, "slot", d.Slot, "error", o.err)
		}
		return
	}
	r.phase, r.again = due, at.Add(ladder(r.tries))
	if o.kind == "disabled" { // perhaps because a person has paused the job: GitHub's list says
		r.barred, r.knocks, r.knock = true, 0, at
		return
	}
	if !o.all && g.board.refuse(d.Job, o.err) {
		g.Log.Error("could not be dispatched", append([]any{"job", d.Job, "slot", d.Slot, "error", o.err}, hint(o.err)...)...)
	}
}

// hint returns the hint of an error as attributes of a log.
func hint(err error) []any {
	if text := problem.Hint(err); text != "" {
		return []any{"hint", text}
	}
	return nil
}
