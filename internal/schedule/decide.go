package schedule

import (
	"cmp"
	"slices"
	"time"
)

// EvidenceStep is the name of the step that executes the entrypoint. Evidence of an
// execution is a successful step of this name. A run's own `success` proves nothing,
// because a run that only checked and skipped has it too.
const EvidenceStep = "Run entrypoint"

// BackfillMark begins the part of a run's name that says which window a backfill
// serves: "backfill 2026-11-05T14:55:00Z". GitHub shows the name of a run, but not the
// inputs of its dispatch.
const BackfillMark = "backfill "

// RescueMark begins the same part of the name of a run that a rescue dispatched.
// It serves the window in which it starts, which may be a later one.
const RescueMark = "window "

// TickMark begins the same part of the name of a run that a tick started. Its entry
// of `on.schedule` follows: "tick of cron 37 10 * * *".
const TickMark = "tick of cron "

// Run is one past run of a job, as recorded in a history. A history holds only
// runs that can count: of this job, on the default branch of this repository,
// started by a schedule or a dispatch.
type Run struct {
	ID      int64
	URL     string    // where a person can look at it; "" in a local history
	Attempt int       // 1 for the first; any other is a re-run, 0 if unknown
	Created time.Time // creation time, which a re-run keeps
	Updated time.Time // last change: the end of a run that is over
	Success bool      // concluded `success`, which a run that only skipped does too
	Failed  bool      // ended badly: failure, timed_out or startup_failure
	Active  bool      // has no conclusion yet: it is queued, waiting or in progress
	Started time.Time // start of the entrypoint's execution, if that is known to have succeeded; else zero
	Slot    time.Time // the window that a backfill serves; else zero
	Rescue  bool      // dispatched by a rescue
	Asked   time.Time // the unconfirmed window that the rescue started it for; else zero
	Cron    string    // the entry of `on.schedule` that started it, as far as that is known
}

// Confirms reports whether the run is evidence for the window: its execution
// of the entrypoint is known to have succeeded, and started in the window. A re-run
// counts only for the window in which its first attempt was created, and a backfill for
// the window that it was started for.
func (r Run) Confirms(w Window) bool {
	switch {
	case r.Started.IsZero():
		return false
	case !r.Slot.IsZero():
		return w.Contains(r.Slot)
	case r.Attempt != 1:
		return w.Contains(r.Created)
	}
	return w.Contains(r.Started)
}

// Candidates returns the runs to ask for evidence of the window, in the order
// to ask. They are the successful runs created inside it, oldest first: the
// first success of a window is the execution and the later ones are skips.
// Then come the runs that were created before the window and ended inside, newest
// first. At most two of these can count: a job's runs share one concurrency group, so
// only one that was running and one that was pending when the window began can have
// started in it.
func Candidates(w Window, runs []Run) []Run {
	var inside, astride []Run
	for _, r := range runs {
		switch {
		case !r.Success || !r.Slot.IsZero() && !w.Contains(r.Slot):
		case w.Contains(r.Created):
			inside = append(inside, r)
		case r.Created.Before(w.Start) && w.Contains(r.Updated) && r.Attempt == 1:
			astride = append(astride, r)
		}
	}
	slices.SortStableFunc(inside, byCreated)
	slices.SortStableFunc(astride, func(a, b Run) int { return byCreated(b, a) })
	return slices.Insert(inside, min(1, len(inside)), astride[:min(2, len(astride))]...)
}

func byCreated(a, b Run) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}

// Reason says why a job has to run, or not.
type Reason string

// The reasons of a decision. Only Confirmed skips.
const (
	Unconfirmed    Reason = "unconfirmed"
	Confirmed      Reason = "confirmed"
	Forced         Reason = "forced"
	Rerun          Reason = "rerun"
	HistoryUnknown Reason = "history-unknown"
	Disabled       Reason = "disabled"
	NotStarted     Reason = "not-started"
	Ended          Reason = "ended"
)

// Tick asks whether a job has to run.
type Tick struct {
	Now     time.Time
	Forced  bool      // started by hand
	Attempt int       // of the run that asks; more than 1 is a re-run
	Slot    time.Time // the window that a forced run serves instead of the current one; else zero
	Runs    []Run     // the history, in any order
	Unknown bool      // the history could not be read
}

// Decision is the answer to a Tick.
type Decision struct {
	Run      bool
	Reason   Reason
	Now      time.Time
	Window   Window
	Missed   int       // windows without a confirmed run before this one, up to MaxMissed
	Evidence *Run      // the run that confirmed the window; nil unless Reason is Confirmed
	Last     time.Time // the newest success in a window before this one; zero if none is known, or none was looked for
}

// MaxMissed is the maximum number of missed windows that are counted.
const MaxMissed = 100

// Decide says whether the job has to run. When in doubt it runs: it skips only
// on evidence for the current window.
func Decide(s Schedule, t Tick) Decision {
	d := Decision{Now: t.Now.UTC(), Window: s.Window(t.Now), Run: true}
	if t.Forced && !t.Slot.IsZero() {
		d.Window = s.Window(t.Slot)
	}
	first := evidence(d.Window, t.Now, t.Runs)
	if first == nil { // otherwise that run has served them too
		d.Missed, d.Last = missed(s, d.Window, t.Runs)
	}
	switch {
	case t.Forced:
		d.Reason = Forced
	case t.Attempt > 1:
		d.Reason = Rerun
	case t.Unknown:
		d.Reason = HistoryUnknown
	case first != nil:
		d.Run, d.Reason, d.Evidence = false, Confirmed, first
	default:
		d.Reason = Unconfirmed
	}
	return d
}

// evidence returns the first run that confirms the window, or nil. A run that was
// created or started later than now has a wrong time, and confirms nothing.
func evidence(w Window, now time.Time, runs []Run) *Run {
	var first *Run
	for _, r := range runs {
		if r.Confirms(w) && !r.Created.After(now) && !r.Started.After(now) && (first == nil || r.Started.Before(first.Started)) {
			first = &r
		}
	}
	return first
}

// missed counts the windows between the last one with a success and w, and
// returns the time of that success. Here a run's own `success` is enough: a
// run that only skipped did so on evidence for the same window, and the number only
// informs people. Without any success it counts from the oldest run: earlier windows
// are not owed.
func missed(s Schedule, w Window, runs []Run) (n int, last time.Time) {
	var oldest time.Time
	var served Window // the newest one with a success
	for _, r := range runs {
		at := r.Created
		if !r.Started.IsZero() && r.Attempt == 1 {
			at = r.Started
		}
		if !at.Before(w.Start) || !r.Slot.IsZero() {
			continue
		}
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
		if r.Success && !at.Before(served.End) {
			served, last = s.Window(at), at
		} else if r.Success && served.Contains(at) && at.Before(last) {
			last = at // the first success of a window is the execution
		}
	}
	if oldest.IsZero() {
		return 0, last
	}
	from := s.Prev(oldest)
	if !last.IsZero() {
		from = served.End
	}
	for slot := from; slot.Before(w.Start) && n < MaxMissed; slot = s.Next(slot) {
		n++
	}
	return n, last
}
