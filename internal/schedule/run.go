package schedule

import (
	"cmp"
	"slices"
	"time"
)

// DeliveryMark begins the name of a step that delivers what the entrypoint produced. A
// failed delivery cancels the evidence of its run.
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

// NextMark begins the name of the step that says when the job asked to be run next:
// "Next run: 2026-12-04T10:00:00Z". A run that skips because of that hands it on by a step
// of the same name, so that the newest run always has it: see Decision.Hands. An execution
// that comes at such a time, and asks for no other, has a step with that time.
const NextMark = "Next run: "

// OutcomeMark begins the name of the step that says how the entrypoint ended, for people:
// "Outcome: failed: ValueError: bad".
const OutcomeMark = "Outcome: "

// TickMark begins the same part of the name of a run that a tick started, which is for
// people only. Its entry of `on.schedule` follows, and its time zone unless that is UTC:
// "tick of cron 0 9 * * 1-5 Europe/Berlin".
const TickMark = "tick of cron "

// Run is one past run of a job, as recorded in a history. A history holds only
// runs that can count: of this job and this repository, started by a schedule, or by a
// dispatch on the default branch.
type Run struct {
	ID        int64
	URL       string    // where a person can look at it; "" in a local history
	Attempt   int       // 1 for the first; any other is a re-run, 0 if unknown; of the one that Started is of
	Created   time.Time // creation time, which a re-run keeps
	Updated   time.Time // last change: the end of a run that is over
	Success   bool      // concluded `success`, which a run that only skipped does too
	Failed    bool      // ended badly: failure, timed_out or startup_failure
	Active    bool      // has no conclusion yet: it is queued, waiting or in progress
	Started   time.Time // start of the entrypoint's execution, if that is known to have succeeded; else zero
	Slot      time.Time // the window that a backfill, or a lane, serves; else zero
	Undecided bool      // active, and it has not looked yet what it has to execute, in a workflow with lanes
	Lane      bool      // a job of the run for the one slot Slot, in a workflow with lanes: such a run is several of these, with the same ID
	Asked     time.Time // the later time for which its dispatch asks for a run; else zero
	Next      time.Time // when the execution asked to be run next; zero if it did not
	Handed    time.Time // when an older execution asked to be run next, as the check of this run found before it skipped: no evidence of anything; else zero
	Since     time.Time // with Handed: the slot of the last confirmed window, as that check found; zero if the run does not say
	Kept      time.Time // the time that the job had asked for, of an execution that came at it; zero if the run does not say
	Settled   Settled   // what was confirmed or expired when the run looked
	Outcome   string    // how the entrypoint ended, for people; "" if the run does not say
	Rescue    bool      // dispatched by a rescue
	Void      bool      // cannot be evidence, whatever it did: it is of another branch, say, or was deleted since it was listed
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

// Belated returns the run, which was started by hand, as one for the last window if that
// is over: that is the window which Decide has it serve.
func (s Schedule) Belated(r Run) Run {
	if last := s.Last(r.Created); !last.IsZero() && r.Slot.IsZero() && !r.Rescue {
		r.Slot = last.Start
	}
	return r
}

// maxAstride is how many of the runs that waited for a window are asked.
const maxAstride = 3

// maxUnsuccessful is how many of a window's runs without success are asked for evidence.
const maxUnsuccessful = 10

// Candidates returns the runs to ask for evidence of the window, in the order
// to ask. They are the successful runs created inside it, oldest first: the
// first success of a window is the execution and the later ones are skips.
// Then come the runs that were created before the window and ended inside, the first that
// ended first, up to three: a job's runs share one concurrency group, so one was running
// when the window began, the next one that had waited is the execution, and the later ones
// are skips. Last come the runs of both kinds that ended without success, newest
// first: the execution may have succeeded, and a step after it failed.
func Candidates(w Window, runs []Run) []Run {
	var inside, astride, unsuccessful []Run
	for i := range runs {
		r := &runs[i]
		within := w.Contains(r.Created)
		switch {
		case r.Active || r.Void || !r.Slot.IsZero() && !w.Contains(r.Slot):
		case !within && (r.Attempt != 1 || !r.Created.Before(w.Start) || !w.Contains(r.Updated)):
		case !r.Success:
			unsuccessful = append(unsuccessful, *r)
		case within:
			inside = append(inside, *r)
		default:
			astride = append(astride, *r)
		}
	}
	newest := func(a, b Run) int { return byCreated(b, a) }
	slices.SortStableFunc(inside, byCreated)
	slices.SortStableFunc(astride, func(a, b Run) int { return cmp.Or(a.Updated.Compare(b.Updated), byCreated(a, b)) })
	slices.SortStableFunc(unsuccessful, newest)
	successful := slices.Insert(inside, min(1, len(inside)), astride[:min(maxAstride, len(astride))]...)
	return append(successful, unsuccessful[:min(maxUnsuccessful, len(unsuccessful))]...)
}

func byCreated(a, b Run) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}

// serves reports whether the run is for the window: it was created inside, or is a
// backfill of it.
func (r *Run) serves(w Window) bool {
	if !r.Slot.IsZero() {
		return w.Contains(r.Slot)
	}
	return w.Contains(r.Created)
}
