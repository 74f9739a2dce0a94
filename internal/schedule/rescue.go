package schedule

import (
	"slices"
	"time"
)

// Watch is what a rescue knows about a job. Most of it comes from one list of runs.
type Watch struct {
	Schedule Schedule
	Patience time.Duration // time after the slot that is left to the job's own ticks
	Since    time.Time     // when the job's workflow was created; zero if unknown
	Runs     []Run         // in any order, with Started where evidence of the current window was found, or of a previous one that seemed to fail
	Known    time.Time     // every run created after it is among Runs; zero if all are

	// Unread holds the IDs of runs that may be evidence for the current window, but
	// gave no answer; Unasked those of successful ones that were not asked, to limit
	// the requests.
	Unread, Unasked map[int64]bool

	// Needs are the watches of the jobs to wait for, by their ids.
	Needs map[string]Watch

	// Outside are the runs of the job that something outside GitHub started, as far as the
	// lists have them: also older ones than Known. See Externally.
	Outside []Outside

	// Parallel says that an execution of one window does not hold up that of another.
	Parallel bool

	// Tells says what people want to know, and so how many windows before the current one
	// matter: see Alarms. Asked holds the IDs of runs that were asked for evidence and
	// answered. Resumed is when the workflow was last enabled; zero if that is not known.
	Tells   Telling
	Asked   map[int64]bool
	Resumed time.Time
}

// read reports whether all runs that were created in the window are known.
func (w Watch) read(window Window) bool { return w.Known.Before(window.Start) }

// Why says why a rescue dispatches a job, or leaves it alone.
type Why string

// The reasons of a Verdict. Only Due and Unread dispatch. A job that owes no run has
// its Standing as the reason: Disabled, NotStarted or Ended. One whose slot is too old to
// be run has Expired, also for a while after the job has ended. Rescheduled and Waiting are
// those of a decision.
const (
	Due       Why = "due"
	Unread    Why = "unread"    // no known run confirms the window, and not all of its runs are known
	Fulfilled Why = "confirmed" // there is evidence for the window
	Running   Why = "running"   // a run of the job is active, whatever its window: it decides for itself
	Young     Why = "young"     // the window began before the job's workflow existed, so it needs no run
	Patience  Why = "patience"  // the job's own ticks still come first
	Backoff   Why = "backoff"   // runs of the window failed, or did not execute, more than once
	Unchecked Why = "unchecked" // a run of the window succeeded, and was not asked for evidence
)

// Verdict is what a rescue does about a job.
type Verdict struct {
	Window   Window // the current one, or the last one until aftermath is over; else zero
	Dispatch bool
	Why      Why
	Doubt    bool      // not all runs that may be evidence for the window are known
	Served   bool      // there is evidence for the window
	Lapsed   bool      // the job has ended, and nothing confirmed the window
	Failed   int       // runs of the window that ended badly
	Again    time.Time // when the job is next due, with Patience, Backoff and Rescheduled; else zero
	Slots    []Window  // what is owed, the oldest first, up to MaxSlots; none unless the job catches up
	Needs    []string  // the jobs that it waits for; none unless Why is Waiting
}

// How long a rescue waits after the second failure in a window, and the longest wait: 5
// minutes of an hour, 2 hours of a day. So a daily job that always fails runs some 15
// times a day, not 96, and one that failed by chance runs again at once. Where three
// executions in ten fail, longer waits leave windows unserved, as package simulate
// shows.
const (
	firstBackoff = 15 * time.Minute
	maxBackoff   = 12 * time.Hour
	shareBackoff = 12 // the longest wait is this fraction of the window
)

// aftermath is how long the last window of a job that has ended is watched: a run by
// hand can still confirm it.
const aftermath = 7 * 24 * time.Hour

// longestRun is how long a run can be active: "If a workflow run reaches this limit,
// the workflow run is cancelled. This period includes execution duration, and time
// spent on waiting and approval." One that GitHub shows as active longer is lost.
// https://docs.github.com/actions/reference/limits
const longestRun = 35 * 24 * time.Hour

// Rescue says whether a job has to be dispatched. When in doubt it dispatches:
// the run that it starts looks for evidence before it executes anything, so a
// needless one costs a check.
//
// Only evidence confirms a window. A run that succeeded may have skipped for any
// reason, so where it was not asked, the window is neither confirmed nor due.
func Rescue(w Watch, now time.Time) Verdict {
	w.Schedule = w.Schedule.Adjusted(w.Runs, now)
	v := Verdict{Window: w.Schedule.Window(now)}
	if standing := w.Schedule.standing(v.Window, now); standing == Ended {
		return w.afterwards(now)
	} else if standing != "" {
		return Verdict{Why: Why(standing)}
	}
	due := w.Schedule.due(now, v.Window)
	f := w.find(due, now)
	v.Failed, v.Served = f.failed, f.served
	v.Doubt = f.unread || f.unasked || !w.read(v.Window)
	owed := w.owes(v.Window, f, now)
	ready, waits := w.ready(owed, now)
	chances := w.chances(ready, now)
	switch {
	case len(owed) == 0 && f.served:
		v.Why = Fulfilled
	case due != v.Window && len(owed) == 0:
		v.Why, v.Again, v.Served = Why(Rescheduled), v.Window.End, w.find(v.Window, now).served
	case f.active && !w.Parallel:
		v.Why = Running
	case len(owed) == 0 && w.young(v.Window):
		v.Why = Young
	case len(owed) == 0:
		v.Why = Why(Expired)
	case len(ready) == 0:
		v.Why, v.Needs = Why(Waiting), waits
	case len(chances) == 0:
		v.Why = Running
	default:
		w.judge(&v, chances[0], f.unasked, now)
	}
	if w.Schedule.spec.CatchUp && v.Dispatch {
		v.Slots = Tick{Runs: w.Runs}.first(w.Schedule, ready)
	}
	return v
}

// judge says whether the job is dispatched, for the first of its chances.
func (w Watch) judge(v *Verdict, c chance, unasked bool, now time.Time) {
	v.Failed = c.failed
	switch {
	case now.Before(c.patient):
		v.Why, v.Again = Patience, c.patient
	case unasked:
		v.Why = Unchecked
	case now.Before(c.again):
		v.Why, v.Again = Backoff, c.again
	case v.Doubt:
		v.Why, v.Dispatch = Unread, true
	default:
		v.Why, v.Dispatch = Due, true
	}
}

// owes returns the windows that the job owes, the oldest first, given the current one and
// what is known about it.
func (w Watch) owes(current Window, f found, now time.Time) (owed []Window) {
	s := w.Schedule
	all := []Window{current}
	if s.spec.CatchUp {
		all = Tick{Now: now, Runs: w.Runs, Pauses: PauseBefore(w.Resumed, w.Runs, nil)}.Owes(s)
	} else if f.served || s.due(now, current) != current {
		return nil
	}
	for _, x := range all {
		if !w.young(x) && now.Before(s.Expires(x)) {
			owed = append(owed, x)
		}
	}
	return owed
}

// young reports whether a window began before the job's workflow existed, so that it needs
// no run. No slot comes after the last one, so that is owed all the same.
func (w Watch) young(x Window) bool {
	return x.Start.Before(w.Since) && !w.Schedule.Next(x.Start).IsZero()
}

// ready returns the windows that need not wait for other jobs; where there is none, ids
// are those jobs. In doubt a window is ready: its run finds out.
func (w Watch) ready(windows []Window, now time.Time) (ready []Window, ids []string) {
	for _, x := range windows {
		var waits []string
		for id, need := range w.Needs {
			if need.unconfirmed(x.Start, now) {
				waits = append(waits, id)
			}
		}
		if len(waits) == 0 {
			ready = append(ready, x)
		}
		ids = append(ids, waits...)
	}
	slices.Sort(ids)
	return ready, slices.Compact(ids)
}

// unconfirmed reports whether it is known that nothing serves the job's window that holds a
// slot of another. Of windows before the current one, only runs that were read say so.
func (w Watch) unconfirmed(slot, now time.Time) bool {
	w.Schedule = w.Schedule.Adjusted(w.Runs, now)
	window := w.Schedule.Window(slot)
	if window.IsZero() || !w.read(window) {
		return false
	}
	window, current := w.Schedule.Serving(window), w.Schedule.Window(now)
	f := w.find(window, now)
	return !f.served && !f.unread && !f.unasked && !slices.ContainsFunc(w.Runs, func(r Run) bool {
		return r.Success && r.Started.IsZero() && !w.Asked[r.ID] && !r.serves(current) && (r.serves(window) || window.Contains(r.Updated))
	})
}

// chance is when a window can next be tried.
type chance struct {
	patient, again time.Time // after its own ticks, and after the wait for its failures
	failed         int
}

// chances returns when the windows can be tried, the first of them first, without those
// that a run is perhaps executing.
func (w Watch) chances(windows []Window, now time.Time) (chances []chance) {
	var recent []Run
	if w.Parallel {
		recent = w.recent(now)
	}
	for _, x := range (Tick{Runs: w.Runs}).first(w.Schedule, windows) {
		if w.Parallel && !idle(x, recent) {
			continue
		}
		f := w.find(x, now)
		again := f.end.Add(min(backoff(f.failed+f.fruitless), x.End.Sub(x.Start)/shareBackoff))
		chances = append(chances, chance{x.Start.Add(w.Patience), again, f.failed})
	}
	slices.SortStableFunc(chances, func(a, b chance) int {
		return latest(a.patient, a.again).Compare(latest(b.patient, b.again))
	})
	return chances
}

// recent returns the runs without those that GitHub shows as active for so long that they
// are lost.
func (w Watch) recent(now time.Time) []Run {
	return slices.DeleteFunc(slices.Clone(w.Runs), func(r Run) bool { return r.Active && now.Sub(r.Created) >= longestRun })
}

// afterwards says how a job has ended. If that is not certain, or long ago, it has just
// ended.
func (w Watch) afterwards(now time.Time) Verdict {
	v, last := Verdict{Why: Why(Ended)}, w.Schedule.Last(now)
	if now.After(last.End.Add(aftermath)) || last.End.Before(w.Since) {
		return v
	}
	f := w.find(last, now)
	v.Window, v.Failed, v.Served = last, f.failed, f.served
	v.Doubt = f.unread || f.unasked || !w.read(last)
	v.Lapsed = !f.served && !f.active && !v.Doubt
	if limit := w.Schedule.limit(last); v.Lapsed && !limit.IsZero() && !now.Before(limit) {
		v.Why = Why(Expired)
	}
	return v
}

// found is what a Watch knows about its current window.
type found struct {
	served, active    bool
	unread, unasked   bool      // a run may be evidence, and gave no answer, or was not asked
	failed, fruitless int       // runs that ended badly, and rescues that did not execute
	end               time.Time // of the last of them
}

func (w Watch) find(window Window, now time.Time) (f found) {
	lanes := lanesOf(w.Runs)
	for i := range w.Runs {
		r := &w.Runs[i]
		f.served = f.served || r.Confirms(window)
		f.active = f.active || r.Active && now.Sub(r.Created) < longestRun
		f.unread = f.unread || w.Unread[r.ID]
		f.unasked = f.unasked || w.Unasked[r.ID]
		switch {
		case !r.serves(window), !r.Lane && lanes[r.ID]:
			continue
		case r.Failed:
			f.failed++
		case r.Success && r.Rescue && r.Started.IsZero():
			f.fruitless++
		default:
			continue
		}
		f.end = latest(f.end, r.Updated)
	}
	return f
}

// backoff returns the wait after the last of a window's failures, by their number: 0, 0,
// 15, 30, 60 minutes and so on.
func backoff(failed int) time.Duration {
	if failed < 2 {
		return 0
	}
	wait := firstBackoff
	for ; failed > 2 && wait < maxBackoff; failed-- {
		wait *= 2
	}
	return min(wait, maxBackoff)
}
