package schedule

import (
	"slices"
	"time"
)

// Watch is what a rescue knows about a job. It comes from one list of runs, so no run
// in it says when its entrypoint started.
type Watch struct {
	Schedule Schedule
	Patience time.Duration // time after the slot that is left to the job's own ticks
	Since    time.Time     // when the job's workflow was created; zero if unknown
	Runs     []Run         // in any order, without Started
	Known    time.Time     // every run created after it is among Runs; zero if all are
}

// read reports whether all runs that were created in the window are known.
func (w Watch) read(window Window) bool { return w.Known.Before(window.Start) }

// Why says why a rescue dispatches a job, or leaves it alone.
type Why string

// The reasons of a Verdict. Only Due and Unread dispatch.
const (
	Due       Why = "due"
	Unread    Why = "unread"    // no known run confirms the window, and not all of its runs are known
	Fulfilled Why = "confirmed" // by a run of the window
	Running   Why = "running"   // a run of the job is active, whatever its window: it decides for itself
	Young     Why = "young"     // the window began before the job's workflow existed, so it needs no run
	Patience  Why = "patience"  // the job's own ticks still come first
	Backoff   Why = "backoff"   // the job failed in this window, and more than once
)

// Verdict is what a rescue does about a job.
type Verdict struct {
	Window   Window // the current one
	Dispatch bool
	Why      Why
	Failed   int       // runs of the window that ended badly
	Again    time.Time // when the job is next due, with Patience and Backoff; else zero
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

// longestRun is how long a run can be active: "If a workflow run reaches this limit,
// the workflow run is cancelled. This period includes execution duration, and time
// spent on waiting and approval." One that GitHub shows as active longer is lost.
// https://docs.github.com/actions/reference/limits
const longestRun = 35 * 24 * time.Hour

// Rescue says whether a job has to be dispatched. When in doubt it dispatches:
// the run that it starts looks for evidence before it executes anything, so a
// needless one costs a check.
//
// It asks for no evidence. A run that was created in the current window and succeeded
// confirms that window: it is over, so all its work was in the window, and it either
// executed the entrypoint or found that another run had. This is true only for the
// windows of its own schedule: see proves.
func Rescue(w Watch, now time.Time) Verdict {
	v := Verdict{Window: w.Schedule.Window(now)}
	var served, active bool
	var end time.Time // of the last failure
	for _, r := range w.Runs {
		active = active || r.Active && now.Sub(r.Created) < longestRun
		switch {
		case !r.serves(v.Window):
		case r.proves(w.Schedule, v.Window):
			served = true
		case r.Failed:
			v.Failed++
			end = latest(end, r.Updated)
		}
	}
	patient := v.Window.Start.Add(w.Patience)
	again := end.Add(min(backoff(v.Failed), v.Window.End.Sub(v.Window.Start)/shareBackoff))
	switch {
	case served:
		v.Why = Fulfilled
	case active:
		v.Why = Running
	case v.Window.Start.Before(w.Since):
		v.Why = Young
	case now.Before(patient):
		v.Why, v.Again = Patience, patient
	case v.Failed > 0 && now.Before(again):
		v.Why, v.Again = Backoff, again
	case !w.read(v.Window):
		v.Why, v.Dispatch = Unread, true
	default:
		v.Why, v.Dispatch = Due, true
	}
	return v
}

// serves reports whether the run is for the window: it was created inside, or is a
// backfill of it.
func (r Run) serves(w Window) bool {
	if !r.Slot.IsZero() {
		return w.Contains(r.Slot)
	}
	return w.Contains(r.Created)
}

// proves reports whether the success of a run that serves the window confirms it. It
// does not if the run's name shows that the job had another schedule when it started:
// then it may have skipped on evidence for another window.
func (r Run) proves(s Schedule, w Window) bool {
	return r.Success && (r.Asked.IsZero() || r.Asked.Equal(w.Start)) && (r.Cron == "" || s.fires(r.Cron))
}

// fires reports whether a job of the schedule can have that cron, with any number of
// spares.
func (s Schedule) fires(expr string) bool {
	for spares := range max(MaxSpares, s.DefaultSpares()) + 1 {
		if slices.ContainsFunc(s.Crons(spares), func(c Cron) bool { return c.Expr == expr }) {
			return true
		}
	}
	return false
}

// backoff returns the wait after the last failure of a window, by the number of its
// failures: 0, 0, 15, 30, 60 minutes and so on.
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

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
