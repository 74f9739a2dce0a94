package schedule

import (
	"cmp"
	"slices"
	"time"
)

// DeliveryMark begins the name of a step that delivers what the entrypoint produced. A
// delivery that failed takes the evidence of its run away.
const DeliveryMark = "Deliver: "

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

// TickMark begins the same part of the name of a run that a tick started, which is for
// people only. Its entry of `on.schedule` follows, and its time zone unless that is UTC:
// "tick of cron 0 9 * * 1-5 Europe/Berlin".
const TickMark = "tick of cron "

// Run is one past run of a job, as recorded in a history. A history holds only
// runs that can count: of this job and this repository, started by a schedule, or by a
// dispatch on the default branch.
type Run struct {
	ID      int64
	URL     string    // where a person can look at it; "" in a local history
	Attempt int       // 1 for the first; any other is a re-run, 0 if unknown; of the one that Started is of
	Created time.Time // creation time, which a re-run keeps
	Updated time.Time // last change: the end of a run that is over
	Success bool      // concluded `success`, which a run that only skipped does too
	Failed  bool      // ended badly: failure, timed_out or startup_failure
	Active  bool      // has no conclusion yet: it is queued, waiting or in progress
	Started time.Time // start of the entrypoint's execution, if that is known to have succeeded; else zero
	Slot    time.Time // the window that a backfill serves; else zero
	Rescue  bool      // dispatched by a rescue
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

// maxUnsuccessful is how many of a window's runs without success are asked for evidence.
const maxUnsuccessful = 10

// Candidates returns the runs to ask for evidence of the window, in the order
// to ask. They are the successful runs created inside it, oldest first: the
// first success of a window is the execution and the later ones are skips.
// Then come the runs that were created before the window and ended inside, newest
// first. At most two of these can count: a job's runs share one concurrency group, so
// only one that was running and one that was pending when the window began can have
// started in it. Last come the runs of both kinds that ended without success, newest
// first: the execution may have succeeded, and a step after it failed.
func Candidates(w Window, runs []Run) []Run {
	var inside, astride, unsuccessful []Run
	for _, r := range runs {
		within := w.Contains(r.Created)
		switch {
		case r.Active || !r.Slot.IsZero() && !w.Contains(r.Slot):
		case !within && (r.Attempt != 1 || !r.Created.Before(w.Start) || !w.Contains(r.Updated)):
		case !r.Success:
			unsuccessful = append(unsuccessful, r)
		case within:
			inside = append(inside, r)
		default:
			astride = append(astride, r)
		}
	}
	newest := func(a, b Run) int { return byCreated(b, a) }
	slices.SortStableFunc(inside, byCreated)
	slices.SortStableFunc(astride, newest)
	slices.SortStableFunc(unsuccessful, newest)
	successful := slices.Insert(inside, min(1, len(inside)), astride[:min(2, len(astride))]...)
	return append(successful, unsuccessful[:min(maxUnsuccessful, len(unsuccessful))]...)
}

func byCreated(a, b Run) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}

// Reason says why a job has to run, or not.
type Reason string

// The reasons of a decision, in the order of its rows. Only Confirmed rests on the
// history, and only on evidence.
const (
	Forced         Reason = "forced"
	Rerun          Reason = "rerun"
	Disabled       Reason = "disabled"
	NotStarted     Reason = "not-started" // before the first slot
	Ended          Reason = "ended"       // after the last window
	NotDue         Reason = "not-due"     // the requested slot is still to come
	Confirmed      Reason = "confirmed"
	Expired        Reason = "expired" // the slot is too old
	HistoryUnknown Reason = "history-unknown"
	Unconfirmed    Reason = "unconfirmed"
)

// Runs reports whether a job runs for that reason.
func (r Reason) Runs() bool {
	return r == Forced || r == Rerun || r == HistoryUnknown || r == Unconfirmed
}

// Tick asks whether a job has to run.
type Tick struct {
	Now     time.Time
	Forced  bool      // started by hand
	Attempt int       // of the run that asks; more than 1 is a re-run
	Slot    time.Time // the requested one; else zero. A forced run serves its window, any other the current one
	Runs    []Run     // the history, in any order
	Known   time.Time // windows that began before may have evidence that is not in Runs; zero if none has
	Unknown bool      // the history could not be read
}

// window returns the window that the tick is about; zero if there is none.
func (t Tick) window(s Schedule) Window {
	switch {
	case t.Forced && !t.Slot.IsZero():
		return s.Window(t.Slot)
	case t.Forced || t.Attempt > 1:
		return s.Nearest(t.Now)
	}
	return s.Window(t.Now)
}

// Asks returns the window whose evidence matters; zero if the decision needs none.
func (t Tick) Asks(s Schedule) Window {
	if !t.Forced && t.Attempt <= 1 && (s.Standing(t.Now) != "" || t.Slot.After(t.Now)) {
		return Window{}
	}
	return t.window(s)
}

// Decision is the answer to a Tick.
type Decision struct {
	Run      bool
	Reason   Reason
	Now      time.Time
	Window   Window    // zero if there is none
	Missed   int       // windows known to have no confirmed run, between the last one that has and this one, up to MaxMissed
	Evidence *Run      // the run that confirmed the window; nil unless Reason is Confirmed
	Last     time.Time // the newest execution in a window before this one; zero if none is known, or none was looked for
	Unknown  bool      // the history could not be read
}

// MaxMissed is the maximum number of missed windows that are counted.
const MaxMissed = 100

// Decide says whether the job has to run. When in doubt it runs: of what is owed, it
// skips only on evidence for the current window.
func Decide(s Schedule, t Tick) Decision {
	d := Decision{Now: t.Now.UTC(), Window: t.window(s), Unknown: t.Unknown}
	first := evidence(d.Window, t.Now, t.Runs)
	d.Reason = t.reason(s, d.Window, first)
	d.Run = d.Reason.Runs()
	if d.Reason == Confirmed {
		d.Evidence = first
	}
	if first == nil { // otherwise that run has served the earlier windows too
		d.Missed, d.Last = missed(s, d.Window, t)
	}
	return d
}

// reason returns the first row that applies.
func (t Tick) reason(s Schedule, w Window, evidence *Run) Reason {
	standing := s.Standing(t.Now)
	switch {
	case t.Forced:
		return Forced
	case t.Attempt > 1:
		return Rerun
	case standing != "":
		return standing
	case t.Slot.After(t.Now):
		return NotDue
	case evidence != nil && !t.Unknown:
		return Confirmed
	case s.Expired(w, t.Now):
		return Expired
	case t.Unknown:
		return HistoryUnknown
	}
	return Unconfirmed
}

// Nearest returns the window that a run started by hand serves: the current one, else
// the last one, else the first to come. It is zero if the schedule has no slots.
func (s Schedule) Nearest(t time.Time) Window {
	if w := s.Window(t); !w.IsZero() {
		return w
	}
	for _, w := range s.Windows(t, time.Time{}, 1) {
		return w
	}
	if next := s.Next(t); !next.IsZero() {
		return s.Window(next)
	}
	return Window{}
}

// Expired reports whether the slot of a window is too old to be run.
func (s Schedule) Expired(w Window, now time.Time) bool { return now.After(s.Expires(w)) }

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

// missed counts the windows without evidence between the last one that has it and w,
// and returns when that execution started. It stops at the first window whose evidence
// is not known, and at the oldest run: earlier windows are not owed. A backfill serves
// only its own window, and does not matter here.
func missed(s Schedule, w Window, t Tick) (n int, last time.Time) {
	var oldest time.Time
	var executed []Run
	for _, r := range t.Runs {
		if !r.Slot.IsZero() || !r.Created.Before(w.Start) {
			continue
		}
		if oldest.IsZero() || r.Created.Before(oldest) {
			oldest = r.Created
		}
		if !r.Started.IsZero() {
			executed = append(executed, r)
		}
	}
	if oldest.IsZero() {
		return 0, last
	}
	for _, earlier := range s.Windows(w.Start.Add(-1), oldest, MaxMissed) {
		if earlier.Start.Before(t.Known) {
			break
		}
		if first := evidence(earlier, t.Now, executed); first != nil {
			return n, first.Started
		}
		n++
	}
	return n, last
}
