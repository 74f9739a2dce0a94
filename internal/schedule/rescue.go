package schedule

import "time"

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

	// Depth is how many windows before the current one were asked for evidence too.
	Depth int
}

// read reports whether all runs that were created in the window are known.
func (w Watch) read(window Window) bool { return w.Known.Before(window.Start) }

// Why says why a rescue dispatches a job, or leaves it alone.
type Why string

// The reasons of a Verdict. Only Due and Unread dispatch. A job that owes no run has
// its Standing as the reason: Disabled, NotStarted or Ended. One whose slot is too old to
// be run has Expired, also for a while after the job has ended.
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
	v := Verdict{Window: w.Schedule.Window(now)}
	if standing := w.Schedule.standing(v.Window, now); standing == Ended {
		return w.afterwards(now)
	} else if standing != "" {
		return Verdict{Why: Why(standing)}
	}
	f := w.find(v.Window, now)
	v.Failed, v.Served = f.failed, f.served
	v.Doubt = f.unread || f.unasked || !w.read(v.Window)
	patient := v.Window.Start.Add(w.Patience)
	again := f.end.Add(min(backoff(f.failed+f.fruitless), v.Window.End.Sub(v.Window.Start)/shareBackoff))
	switch {
	case f.served:
		v.Why = Fulfilled
	case f.active:
		v.Why = Running
	case v.Window.Start.Before(w.Since) && !w.Schedule.Next(v.Window.Start).IsZero():
		v.Why = Young // no slot comes after the last one, so that is owed all the same
	case !now.Before(w.Schedule.Expires(v.Window)):
		v.Why = Why(Expired)
	case now.Before(patient):
		v.Why, v.Again = Patience, patient
	case f.unasked:
		v.Why = Unchecked
	case now.Before(again):
		v.Why, v.Again = Backoff, again
	case v.Doubt:
		v.Why, v.Dispatch = Unread, true
	default:
		v.Why, v.Dispatch = Due, true
	}
	return v
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
	if v.Lapsed && !w.Schedule.limit(last).IsZero() {
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
	for i := range w.Runs {
		r := &w.Runs[i]
		f.served = f.served || r.Confirms(window)
		f.active = f.active || r.Active && now.Sub(r.Created) < longestRun
		f.unread = f.unread || w.Unread[r.ID]
		f.unasked = f.unasked || w.Unasked[r.ID]
		switch {
		case !r.serves(window):
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
