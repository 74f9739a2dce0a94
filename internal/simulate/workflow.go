package simulate

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// run is what truly became of a run. GitHub shows only a part of it.
type run struct {
	id       int64
	created  time.Time
	checked  time.Time // when the run decided; zero if it never began
	executed time.Time // when the entrypoint began; zero if it did not
	ended    time.Time // zero as long as it has not
	success  bool
	failed   bool      // neither a success nor cancelled
	asked    time.Time // the slot that it was dispatched for; zero for a tick
	expired  bool      // it did not execute, because the slot was too old
}

func (r run) dispatched() bool { return !r.asked.IsZero() }

// origin is what created a run.
type origin int

const (
	byCron origin = iota
	byRescue
	byServe
)

// dispatch is a start of a job by a rescue or serve.
type dispatch struct {
	at, slot time.Time
	by       origin
}

// workflow is the workflow of one job on GitHub, with the runs of its
// concurrency group: one runs, and one is pending.
type workflow struct {
	job      Job
	delivery delivery
	rng      *rand.Rand // for the runs
	tally    *tally

	ticks      []time.Time // still to come
	dispatches []dispatch  // still to come
	runs       []run       // in the order of their ids
	next       int64       // id of the next run
	running    int64       // id, or none
	pending    int64       // id, or none
	shown      []schedule.Run
	latest     schedule.Window // that window returned last
	evidence   int64           // id of the run that confirmed a window last
}

// window returns the window of the job that holds a time.
func (w *workflow) window(at time.Time) schedule.Window {
	if !w.latest.Contains(at) {
		w.latest = w.job.Schedule.Window(at)
	}
	return w.latest
}

const none = -1

// A workflow keeps at least its newest runs in this number. No window has as many.
const remembered = 2048

// How long a run takes beside the entrypoint.
const (
	queueing  = 15 * time.Second // until a runner takes it, on average
	checking  = 10 * time.Second // until it has decided
	preparing = 30 * time.Second // until the entrypoint starts, on average
	finding   = 10 * time.Minute // until GitHub finds that the runner is lost
)

// advance simulates everything that happens until then.
func (w *workflow) advance(until time.Time) {
	for {
		next, any := w.arrival()
		any = any && !next.at.After(until)
		if w.running != none {
			if end := w.run(w.running).ended; !end.After(until) && (!any || !end.After(next.at)) {
				w.finish(end)
				continue
			}
		}
		if !any {
			return
		}
		if next.by == byCron {
			w.ticks = w.ticks[1:]
		} else {
			w.dispatches = w.dispatches[1:]
		}
		w.create(next)
	}
}

// arrival returns what creates the next run.
func (w *workflow) arrival() (next dispatch, any bool) {
	switch {
	case len(w.ticks) == 0 && len(w.dispatches) == 0:
		return next, false
	case len(w.ticks) == 0 || len(w.dispatches) > 0 && w.dispatches[0].at.Before(w.ticks[0]):
		return w.dispatches[0], true
	}
	return dispatch{at: w.ticks[0]}, true
}

// dispatch has a run created at a time that is still to come.
func (w *workflow) dispatch(at, slot time.Time, by origin) {
	i, _ := slices.BinarySearchFunc(w.dispatches, at, func(d dispatch, at time.Time) int {
		return cmp.Or(d.at.Compare(at), -1) // behind those of the same time
	})
	w.dispatches = slices.Insert(w.dispatches, i, dispatch{at, slot, by})
}

// verdict says what a rescue of that patience does about the job if it sees GitHub's runs of
// that time.
func (w *workflow) verdict(seen, now time.Time, patience time.Duration) schedule.Verdict {
	if w.confirmed(seen, now) { // as nearly always: this saves reading all of its runs
		return schedule.Verdict{Window: w.window(now), Why: schedule.Fulfilled, Served: true}
	}
	w.advance(now)
	return schedule.Rescue(schedule.Watch{Schedule: w.job.Schedule, Patience: patience, Since: w.delivery.from, Runs: w.history(seen, now)}, now)
}

func (w *workflow) run(id int64) *run { return &w.runs[id-w.runs[0].id] }

// create creates a run. It starts, or waits, and then cancels the one that waited
// before. https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
// "any existing pending job or workflow in the same concurrency group will be canceled"
func (w *workflow) create(d dispatch) {
	if len(w.runs) > 2*remembered {
		w.runs = append(w.runs[:0], w.runs[len(w.runs)-remembered:]...)
	}
	id := w.next
	w.next++
	w.runs = append(w.runs, run{id: id, created: d.at, asked: d.slot})
	w.tally.arrived(d.at, d.by)
	if w.running == none {
		w.start(id, d.at)
		return
	}
	if w.pending != none {
		w.end(w.run(w.pending), d.at)
	}
	w.pending = id
}

func (w *workflow) finish(at time.Time) {
	w.running = none
	if id := w.pending; id != none {
		w.pending = none
		w.start(id, at)
	}
}

// start simulates a run to its end. Nothing that arrives in between can change it.
func (w *workflow) start(id int64, at time.Time) {
	r := w.run(id)
	if out, is := w.delivery.outage(at); is {
		at = out.End
	}
	w.running = id
	began := at.Add(w.about(queueing))
	r.checked = began.Add(checking)
	decision := w.decide(r.checked, r.asked)
	r.expired = decision.Reason == schedule.Expired
	end, success := r.checked, true
	if decision.Run {
		r.executed = r.checked.Add(w.about(preparing))
		end, r.failed = w.attempt(r.executed)
		success = !r.failed && !w.chance(w.delivery.regime.Cancelled)
	}
	if w.chance(w.delivery.regime.Lost) {
		end, success, r.failed = end.Add(finding), false, true
	}
	r.success = success
	w.tally.billed(end.Sub(began))
	w.end(r, end)
}

// attempt simulates the attempts of an execution, with the shortest possible waits
// between them, and returns when the last one ends and whether it failed.
func (w *workflow) attempt(at time.Time) (end time.Time, failed bool) {
	wait := w.job.Backoff / 2
	for n := 1; ; n++ {
		at = at.Add(w.delivery.regime.Execution.draw(w.rng))
		if !w.chance(w.delivery.regime.Failed) {
			return at, false
		}
		if n >= w.job.Attempts {
			return at, true
		}
		at = at.Add(wait)
		wait *= 2
	}
}

func (w *workflow) end(r *run, at time.Time) {
	r.ended = at
	w.tally.ended(*r)
}

// decide does what the check of a run does. asked is the slot that it was dispatched for.
func (w *workflow) decide(now, asked time.Time) schedule.Decision {
	tick := schedule.Tick{Now: now, Attempt: 1, Slot: asked}
	if w.chance(w.delivery.regime.Down) {
		tick.Unknown = true
		return schedule.Decide(w.job.Schedule, tick)
	}
	tick.Runs = w.history(w.delivery.seen(now, w.rng), now)
	return schedule.Decide(w.job.Schedule, tick)
}

// history returns the runs that GitHub lists at a time, and asks them for evidence of
// the current window: GitHub shows the steps of a run. The next call overwrites the
// result.
func (w *workflow) history(seen, now time.Time) []schedule.Run {
	window := w.window(now)
	if window.IsZero() {
		return nil // no run counts
	}
	runs := w.list(seen, window)
	if w.ask(w.evidence, runs).Confirms(window) {
		return runs // an answer stays true
	}
	for _, r := range schedule.Candidates(window, runs) {
		if w.ask(r.ID, runs).Confirms(window) {
			w.evidence = r.ID
			break
		}
	}
	return runs
}

// confirmed reports whether the list of that time has evidence of the current window that
// was found before.
func (w *workflow) confirmed(seen, now time.Time) bool {
	if len(w.runs) == 0 || w.evidence < w.runs[0].id {
		return false
	}
	r := w.run(w.evidence)
	return r.success && w.window(now).Contains(r.executed) && !r.ended.After(seen) && !r.created.Before(w.oldest(seen))
}

// oldest returns the creation of the oldest run that GitHub still lists.
func (w *workflow) oldest(seen time.Time) time.Time {
	return seen.Add(-minutes(60 * 24 * w.delivery.regime.History))
}

// ask fills in when a listed run executed the entrypoint with success, and returns it.
func (w *workflow) ask(id int64, runs []schedule.Run) schedule.Run {
	i := slices.IndexFunc(runs, func(r schedule.Run) bool { return r.ID == id })
	if i < 0 {
		return schedule.Run{}
	}
	if r := w.run(id); !runs[i].Active && r.success {
		runs[i].Started = r.executed
	}
	return runs[i]
}

// list returns the runs as GitHub lists them at a time, the newest first, back to the
// first success that was over before the window began, and no further than GitHub
// remembers. Runs follow one another, so none before that can count for the window.
// (One that ended without success may never have begun: another run took its place
// while one before it still ran.) The next call overwrites the result.
func (w *workflow) list(seen time.Time, window schedule.Window) []schedule.Run {
	w.shown = w.shown[:0]
	oldest := w.oldest(seen)
	for i := len(w.runs) - 1; i >= 0; i-- {
		r := &w.runs[i]
		if r.created.After(seen) {
			continue
		}
		over := !r.ended.IsZero() && !r.ended.After(seen)
		if r.created.Before(oldest) {
			break
		}
		shown := schedule.Run{ID: r.id, Attempt: 1, Created: r.created, Updated: r.created, Active: !over, Rescue: r.dispatched()}
		if over {
			shown.Updated, shown.Success, shown.Failed = r.ended, r.success, r.failed
		}
		w.shown = append(w.shown, shown)
		if over && r.success && r.ended.Before(window.Start) {
			break
		}
	}
	return w.shown
}

func (w *workflow) chance(share float64) bool { return w.rng.Float64() < share }

// about returns a time between half and one and a half of the average.
func (w *workflow) about(average time.Duration) time.Duration {
	return average/2 + time.Duration(w.rng.Int64N(int64(average)))
}
