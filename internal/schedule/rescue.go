package schedule

import "time"

// Watch is what a rescue knows of a job. It comes from one list of runs, so no
// run in it says when its entrypoint started.
type Watch struct {
	Schedule Schedule
	Patience time.Duration // how long after the slot the job's own ticks have the first chance
	Since    time.Time     // when the job's workflow came to exist; zero if that is not known
	Runs     []Run         // in any order, without Started
}

// Why says why a rescue dispatches a job, or leaves it alone.
type Why string

// The reasons of a Verdict. Only Due dispatches.
const (
	Due       Why = "due"
	Fulfilled Why = "confirmed" // by a run of the window
	Running   Why = "running"   // a run of the job is active, whatever its window: it will look for itself
	Young     Why = "young"     // the window began before the job's workflow existed: nothing is owed for it
	Patience  Why = "patience"  // the job's own ticks still have the first chance
	Backoff   Why = "backoff"   // the job failed in this window, and more than once
)

// Verdict is what a rescue does about a job.
type Verdict struct {
	Window   Window // the one that holds now
	Dispatch bool
	Why      Why
	Failed   int       // runs of the window that ended without success
	Again    time.Time // when the job is next due, with Patience and Backoff; else zero
}

// How long a rescue waits after the second failure of a window, and at most: 5
// minutes of an hour, 2 hours of a day. A daily job that is broken for good so
// runs some 15 times a day, not 96; one that met with bad luck runs again at once.
// Where three executions in ten fail, longer waits leave windows unserved, as
// package simulate shows.
const (
	firstBackoff = 15 * time.Minute
	maxBackoff   = 12 * time.Hour
	shareBackoff = 12 // of the window, one part in so many
)

// Rescue says whether a job has to be dispatched. When in doubt it dispatches:
// the run that it starts looks for evidence before it executes anything, so a
// needless one costs a check.
//
// It asks for no evidence of its own. A run that was created in the window that
// holds now, and succeeded, confirms that window: it is over, so it did all its
// work in there, and it either executed the entrypoint or found that another
// run had.
func Rescue(w Watch, now time.Time) Verdict {
	v := Verdict{Window: w.Schedule.Window(now)}
	var served, active bool
	var end time.Time // of the last failure
	for _, r := range w.Runs {
		active = active || r.Active
		switch {
		case r.Active || !r.serves(v.Window):
		case r.Success:
			served = true
		default:
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
	default:
		v.Why, v.Dispatch = Due, true
	}
	return v
}

// serves reports whether the run is there for the window: it was created
// inside, or is a backfill that was told to serve it.
func (r Run) serves(w Window) bool {
	if !r.Slot.IsZero() {
		return w.Contains(r.Slot)
	}
	return w.Contains(r.Created)
}

// backoff returns how long after the last of so many failures a job is due
// again: 0, 0, 15, 30, 60 minutes and so on.
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
