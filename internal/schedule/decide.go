package schedule

import (
	"time"
)

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
	Rescheduled    Reason = "rescheduled" // the job asked for a later time
	Expired        Reason = "expired"     // the slot is too old
	Waiting        Reason = "waiting"     // a job in needs is not confirmed yet
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
	Created time.Time // creation of that run, whose window a re-run serves; zero if unknown
	Slot    time.Time // the requested one; else zero. A forced run serves its window, any other the current one
	Runs    []Run     // the history, in any order
	Known   time.Time // windows that began before may have evidence that is not in Runs; zero if none has
	Unknown bool      // the history could not be read
	Lane    bool      // asks for the window of Slot alone, which a lane is about to execute
	Needs   []Need    // the jobs to wait for
	Pauses  Pauses    // windows within them are not owed
}

// window returns the window that the tick is about; zero if there is none.
func (t Tick) window(s Schedule) Window {
	switch {
	case t.Lane || t.Forced && !t.Slot.IsZero():
		return s.of(t.Slot)
	case t.Attempt > 1 && !t.Created.IsZero():
		return s.Latest(t.Created)
	case t.Forced || t.Attempt > 1:
		return s.Latest(t.Now)
	}
	return s.Window(t.Now)
}

// standing is that of the window that the tick is about.
func (t Tick) standing(s Schedule) Reason {
	if t.Lane {
		return s.standing(s.of(t.Slot), t.Slot)
	}
	return s.Standing(t.Now)
}

// Asks returns the window whose evidence matters; zero if the decision needs none.
func (t Tick) Asks(s Schedule) Window {
	if !t.Forced && t.Attempt <= 1 && (t.standing(s) != "" || t.Slot.After(t.Now)) {
		return Window{}
	}
	return t.window(s)
}

// Decision is the answer to a Tick.
type Decision struct {
	Run      bool
	Reason   Reason
	Now      time.Time
	Window   Window    // zero if there is none; the first of Slots where there are several
	Slots    []Window  // what to run, the oldest first, up to MaxSlots; none unless Run
	Needs    []string  // the jobs that it waits for; none unless Reason is Waiting
	Next     time.Time // when the job asked to be run next, where Reason is Rescheduled, or to be run now; else zero
	Settled  Settled   // what is confirmed or expired, of a job that catches up
	Missed   int       // windows known to have no confirmed run, between the last one that has and this one, up to MaxMissed; 0 if none is owed
	More     bool      // there may be more of them
	Paused   int       // windows that passed in a pause since then; 0 unless Run
	Evidence *Run      // the run that confirmed the window; nil unless Reason is Confirmed
	Last     time.Time // the newest execution in a window before this one; zero if none is known, or none was looked for
	Since    time.Time // the slot of the last window before this one that has a confirmed run; zero if none is known
	Unknown  bool      // the history could not be read
}

// MaxMissed is the maximum number of missed windows that are counted.
const MaxMissed = 100

// Decide says whether the job has to run. When in doubt it runs: of what is owed, it
// skips only on evidence for the current window.
func Decide(s Schedule, t Tick) Decision {
	if !t.Unknown {
		s = s.Adjusted(t.Runs, t.Now)
	}
	d := Decision{Now: t.Now.UTC(), Window: t.window(s), Unknown: t.Unknown}
	var owed []Window
	if d.Reason = t.unasked(s); d.Reason == "" {
		owed = t.owes(s, d.Window)
		d.Slots, d.Reason, d.Needs = t.row(s, d.Window, owed)
	}
	switch d.Run = d.Reason.Runs(); {
	case d.Run && len(d.Slots) > 0:
		d.Window = d.Slots[0]
	case d.Run && !d.Window.IsZero():
		d.Slots = []Window{d.Window}
	case d.Reason == Confirmed:
		d.Evidence = new(*evidence(s.due(t.at(), d.Window), t.Now, t.Runs))
	}
	if s.spec.CatchUp && !t.Unknown && !t.Lane && s.Standing(t.Now) == "" {
		d.Settled = settledBut(t.Now, t.Owes(s))
	}
	switch {
	case d.Run && !t.Unknown && (t.Slot.IsZero() || !t.Forced):
		d.Next = s.kept(d.Window.Start)
	case d.Reason == Rescheduled && !t.Lane:
		d.Next = s.Awaited(t.Now)
	}
	if !t.Asks(s).IsZero() && d.Reason != Rescheduled && evidence(d.Window, t.Now, t.Runs) == nil { // otherwise that run has served the earlier windows too
		d.Missed, d.More, d.Last = missed(s, d.Window, t)
	}
	if d.Run {
		d.Paused = t.passed(s, s.Latest(t.Now), d.Last)
	}
	switch {
	case d.Run && !d.Window.IsZero():
		d.Since = lastConfirmed(s, d.Window.Start, t)
	case !d.Next.IsZero():
		d.Since = lastConfirmed(s, t.Now, t)
	}
	return d
}

// unasked returns the first row that applies, of those that ask for no history; "" if none
// does.
func (t Tick) unasked(s Schedule) Reason {
	switch {
	case t.Forced:
		return Forced
	case t.Attempt > 1:
		return Rerun
	case t.standing(s) != "":
		return t.standing(s)
	case t.Slot.After(t.Now):
		return NotDue
	}
	return ""
}

// row returns the first of the other rows, given what is owed, and what to run, or to wait
// for.
func (t Tick) row(s Schedule, w Window, owed []Window) (slots []Window, _ Reason, needs []string) {
	due := s.due(t.at(), w)
	switch {
	case len(owed) > 0:
	case !t.Unknown && evidence(due, t.Now, t.Runs) != nil:
		return nil, Confirmed, nil
	case due != w || s.gone(w.Start):
		return nil, Rescheduled, nil
	default:
		return nil, Expired, nil
	}
	ready, needs, unknown := t.ready(owed)
	if s.spec.CatchUp && !t.Lane {
		ready = t.free(ready)
	}
	switch {
	case len(ready) == 0:
		return nil, Waiting, needs
	case t.Unknown || unknown:
		return t.first(s, ready), HistoryUnknown, nil
	}
	return t.first(s, ready), Unconfirmed, nil
}

// at returns the time whose window the tick is about.
func (t Tick) at() time.Time {
	if t.Lane {
		return t.Slot
	}
	return t.Now
}

// owes returns the windows that are to be run, the oldest first, as far as the job's own
// history says.
func (t Tick) owes(s Schedule, w Window) []Window {
	due := s.due(t.at(), w)
	switch {
	case s.spec.CatchUp && !t.Lane && !t.Unknown:
		return t.Owes(s)
	case !t.Unknown && evidence(due, t.Now, t.Runs) != nil, due != w || s.gone(w.Start), s.Expired(w, t.Now):
		return nil
	}
	return []Window{w}
}

// Latest returns the window that a run started by hand serves: the current one, else the
// last one. It is zero before the first slot: that one has a run of its own to come, which
// must not find its key taken.
func (s Schedule) Latest(t time.Time) Window {
	for _, w := range s.Windows(t, time.Time{}, 1) {
		return w
	}
	return Window{}
}

// Expired reports whether the slot of a window is too old to be run.
func (s Schedule) Expired(w Window, now time.Time) bool { return now.After(s.Expires(w)) }

// evidence returns the first run that confirms the window, or nil. A run that was
// created or started later than now has a wrong time, and confirms nothing.
func evidence(w Window, now time.Time, runs []Run) *Run {
	var first *Run
	for i := range runs {
		r := &runs[i]
		if !r.Started.IsZero() && r.Confirms(w) && !r.Created.After(now) && !r.Started.After(now) && (first == nil || r.Started.Before(first.Started)) {
			first = r
		}
	}
	return first
}

// missed counts the windows without evidence between the last one that has it and w,
// and returns when that execution started. It stops at the first window whose evidence
// is not known, and at the oldest run: earlier windows are not owed. It leaves out those
// with a void run, those that get a run of their own, and those within a pause. A backfill serves only its own
// window, and does not matter here. Nothing is missed up to a window in which an execution
// waited for its next one.
func missed(s Schedule, w Window, t Tick) (n int, more bool, last time.Time) {
	var oldest time.Time
	var executed []Run
	void, waited := map[time.Time]bool{}, map[time.Time]bool{}
	for i := range t.Runs {
		r := &t.Runs[i]
		if !r.Handed.IsZero() {
			waited[s.Prev(r.Created)] = true
		}
		if r.Void {
			void[s.Prev(r.Created)], void[s.Prev(r.Updated)] = true, true
		}
		if r.Void || !r.Lane && (!r.Slot.IsZero() || !r.Created.Before(w.Start)) {
			continue
		}
		if oldest.IsZero() || r.Created.Before(oldest) {
			oldest = r.Created
		}
		if !r.Started.IsZero() {
			executed = append(executed, *r)
		}
	}
	if oldest.IsZero() {
		return 0, false, last
	}
	for _, earlier := range s.Windows(w.Start.Add(-1), oldest, MaxMissed) {
		if waited[earlier.Start] {
			return n, more, last
		}
		if earlier.Start.Before(t.Known) {
			return n, true, last
		}
		if first := evidence(earlier, t.Now, executed); first != nil {
			return n, more, first.Started
		}
		if s.spec.CatchUp && !s.Expired(earlier, t.Now) || t.Pauses.Cover(earlier) {
			continue
		}
		if void[earlier.Start] {
			more = true
			continue
		}
		n++
	}
	return n, more || n == MaxMissed, last
}

// lastConfirmed returns the last slot before a time whose window a run confirms, which
// can be a backfill, or was confirmed as a run hands on; zero if none is known.
func lastConfirmed(s Schedule, before time.Time, t Tick) (last time.Time) {
	var oldest time.Time
	for i := range t.Runs {
		r := &t.Runs[i]
		if !r.Handed.IsZero() && !r.Void && r.Since.Before(before) && r.Since.Before(r.Created) {
			last = latest(last, r.Since)
		}
		if !r.Started.IsZero() {
			for _, at := range []time.Time{r.Created, r.Started, r.Slot} {
				if !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
					oldest = at
				}
			}
		}
	}
	if oldest.IsZero() {
		return last
	}
	for _, earlier := range s.Windows(before.Add(-1), oldest, MaxMissed) {
		switch {
		case evidence(earlier, t.Now, t.Runs) != nil:
			return latest(last, earlier.Start)
		case earlier.Start.Before(t.Known):
			return last
		}
	}
	return last
}
