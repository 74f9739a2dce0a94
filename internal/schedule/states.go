package schedule

import (
	"slices"
	"time"
)

// State says what became of a window.
type State string

// The states of a window. The first three need evidence.
const (
	StateConfirmed State = "confirmed" // evidence, and it started in time: see InTime
	StateLate      State = "late"      // evidence, and it started later
	StateRescued   State = "rescued"   // evidence of a run that was dispatched after its time, as a rescue does, whenever it started
	StateRunning   State = "running"   // no evidence yet, and a run of the window is active
	StateFailed    State = "failed"    // a run of the window failed, and none executed with success
	StatePaused    State = "paused"    // nothing ran, and the job or its workflow is disabled by hand, perhaps only since something did
	StateDue       State = "due"       // it is the current window, or one that the job still catches up, and it has no run, or only ones that skipped or were cancelled
	StateExpired   State = "expired"   // the same where the slot is too old to be run, although no other has come
	StateMissed    State = "missed"    // the same for a window that is over
	StateUnknown   State = "unknown"   // the history does not reach back that far, or has a run that may have executed with success, or skipped on evidence that is gone
)

// InTime reports whether an execution that started that long after the slot was
// in time for the window: within an eighth of it. That is 7.5 minutes of an
// hour, 3 hours of a day, 21 hours of a week.
func (w Window) InTime(lateness time.Duration) bool {
	return lateness <= w.End.Sub(w.Start)/8
}

// punctual reports whether a run that was created then was dispatched at the slot: within a
// minute. A loop that starts jobs on time does that, and it rescues nothing.
func (w Window) punctual(created time.Time) bool {
	return !created.Before(w.Start) && created.Before(w.Start.Add(time.Minute))
}

// Reach says how far to look back from now.
type Reach struct {
	Windows int           // maximum number, with the current one
	Since   time.Time     // no further back than its window; zero for no bound
	Age     time.Duration // the same, as a duration before now; zero for no bound
}

// From returns the start of the oldest window in reach, or now if there is none.
func (r Reach) From(s Schedule, now time.Time) time.Time {
	since := r.Since
	if r.Age > 0 {
		since = latest(since, now.Add(-r.Age))
	}
	from := now
	for _, w := range s.Windows(now, since, r.Windows) {
		from = w.Start
	}
	return from
}

// Past is what is known about a job's past.
type Past struct {
	Schedule Schedule
	Runs     []Run     // in any order, with Started wherever a window may have its evidence
	Since    time.Time // when the job was created: older windows need no run; zero if unknown
	Known    time.Time // every run created since then is in Runs, except in the Gaps; zero if every run ever is
	Gaps     []Window  // times in which runs were created that have been deleted since
	Paused   bool      // its workflow is disabled by hand
	Pauses   Pauses    // the times in which it was before, as far as they are known

	// Unread holds the IDs of finished runs whose execution of the entrypoint, if
	// any, could not be read.
	Unread map[int64]bool

	// Doubted holds the starts of windows that a later run may have served, as those of a
	// job that catches up do.
	Doubted map[time.Time]bool
}

// Account is what became of one window.
type Account struct {
	Window   Window
	State    State
	Run      *Run          // the run that shows the state: the evidence, else the newest active one, else the newest failed one, else the newest; nil without a run
	Lateness time.Duration // from the slot to the start of the execution, where there is evidence
}

// Served reports whether there is evidence for the window.
func (a Account) Served() bool {
	return a.State == StateConfirmed || a.State == StateLate || a.State == StateRescued
}

// Accounts returns what became of each window from that of from to that of now, or to
// the last one before, the newest first. Windows that began before the job existed are
// left out, except the current one and those with a run.
func (p Past) Accounts(from, now time.Time) []Account {
	p.Schedule = p.Schedule.Adjusted(p.Runs, now)
	windows := p.sort()
	owed := p.owed(now)
	var accounts []Account
	paused := p.Paused || p.Schedule.Standing(now) == Disabled
	last := p.first(from, windows)
	if last.After(now) {
		last = now // a clock is wrong
	}
	for _, w := range p.Schedule.Windows(now, last, 0) {
		h := windows[w.Start]
		paused = paused && h.idle()
		if h == nil && w.Start.Before(p.Since) && !w.Contains(now) {
			continue
		}
		accounts = append(accounts, p.account(w, h, now, paused, owed[w.Start]))
	}
	return accounts
}

// owed returns the slots that are to be run, as far as the runs say.
func (p Past) owed(now time.Time) map[time.Time]bool {
	slots := map[time.Time]bool{}
	for _, w := range (Tick{Now: now, Runs: p.Runs, Pauses: p.Pauses}).Owes(p.Schedule) {
		slots[w.Start] = true
	}
	return slots
}

// first returns how far to look back from now: to from, or less if nothing can have
// been before.
func (p Past) first(from time.Time, windows map[time.Time]*findings) time.Time {
	if p.Since.IsZero() {
		return from
	}
	oldest := p.Since
	for start := range windows {
		if start.Before(oldest) {
			oldest = start
		}
	}
	return latest(from, oldest)
}

// findings are what the runs of one window show.
type findings struct {
	evidence *Run // the first
	active   *Run // the newest
	failed   *Run // the newest
	ended    *Run // the newest, however it ended
	stopped  bool // one ended without success
	doubtful bool // a run may be evidence, or show evidence that is gone
}

// sort groups the runs by the start of their windows.
func (p Past) sort() map[time.Time]*findings {
	windows := map[time.Time]*findings{}
	add := func(r Run, at time.Time) {
		w := p.Schedule.Window(at)
		if w.IsZero() {
			return
		}
		if windows[w.Start] == nil {
			windows[w.Start] = &findings{}
		}
		showsGone := r.Success && r.Updated.Before(w.End) && r.Created.Before(p.Schedule.Expires(w)) && p.lacks(w)
		windows[w.Start].add(r, p.doubts(r) || showsGone)
	}
	lanes := lanesOf(p.Runs)
	for _, r := range p.Runs {
		if !r.Lane && lanes[r.ID] {
			continue // its lanes tell what it did
		}
		add(r, r.belongs())
		if p.doubts(r) && r.Slot.IsZero() && r.Attempt == 1 {
			add(r, latest(r.Created, r.Updated)) // it may have waited for that window: see Candidates
		}
	}
	return windows
}

// doubts reports whether nobody can say what a run did.
func (p Past) doubts(r Run) bool { return r.Void || p.Unread[r.ID] }

// lacks reports whether runs of a window were deleted, or may have been.
func (p Past) lacks(w Window) bool {
	return w.Start.Before(p.Known) || slices.ContainsFunc(p.Gaps, func(gap Window) bool {
		return gap.Start.Before(w.End) && gap.End.After(w.Start)
	})
}

// belongs returns a time in the window that a run belongs to: the one that it
// confirms, if it is evidence. See Run.Confirms.
func (r Run) belongs() time.Time {
	switch {
	case !r.Slot.IsZero():
		return r.Slot
	case r.Attempt != 1 || r.Started.IsZero():
		return r.Created
	}
	return r.Started
}

// idle reports whether the job did nothing in the window: all its runs skipped.
func (h *findings) idle() bool {
	return h == nil || h.evidence == nil && h.active == nil && !h.stopped && !h.doubtful
}

// add takes in a run of the window. A success without evidence skipped. If runs were
// deleted, it may have skipped on evidence of one of them, for the window in which it
// looked: this one, if it ended inside and its slot had not expired.
func (h *findings) add(r Run, doubtful bool) {
	newest := func(known *Run) *Run {
		if known == nil || byCreated(*known, r) < 0 {
			return &r
		}
		return known
	}
	switch {
	case !r.Started.IsZero():
		if h.evidence == nil || r.Started.Before(h.evidence.Started) {
			h.evidence = &r
		}
	case r.Active && !r.Void:
		h.active = newest(h.active)
	default:
		h.ended = newest(h.ended)
		h.doubtful = h.doubtful || doubtful
		h.stopped = h.stopped || !r.Success
		if r.Failed {
			h.failed = newest(h.failed)
		}
	}
}

// account says what became of a window, from its findings; nil without any. One that is owed
// is not over.
func (p Past) account(w Window, h *findings, now time.Time, paused, owed bool) Account {
	a := Account{Window: w}
	if h == nil {
		h = &findings{}
	}
	current, limit := w.Contains(now) || owed, p.Schedule.limit(w)
	expired := !limit.IsZero() && !now.Before(limit)
	switch {
	case h.evidence != nil:
		a.Run = h.evidence
		a.Lateness = max(0, a.Run.Started.Sub(w.Start))
		a.State = served(a)
	case h.active != nil:
		a.State, a.Run = StateRunning, h.active
	case p.Pauses.Cover(w) && h.idle() && !p.lacks(w):
		a.State, a.Run = StatePaused, h.ended
	case h.doubtful || p.Doubted[w.Start] || w.Start.Before(p.Known) && (expired || !current):
		a.State, a.Run = StateUnknown, h.ended
	case h.failed != nil:
		a.State, a.Run = StateFailed, h.failed
	case p.lacks(w) && (expired || !current):
		a.State, a.Run = StateUnknown, h.ended
	case paused:
		a.State, a.Run = StatePaused, h.ended
	case expired:
		a.State, a.Run = StateExpired, h.ended
	case current: // also where the history does not reach back so far: unknown means run
		a.State, a.Run = StateDue, h.ended
	default:
		a.State, a.Run = StateMissed, h.ended
	}
	return a
}

// served returns the state of a window with evidence.
func served(a Account) State {
	switch {
	case a.Run.Rescue && !a.Window.punctual(a.Run.Created):
		return StateRescued
	case a.Window.InTime(a.Lateness):
		return StateConfirmed
	}
	return StateLate
}

// Lateness returns how late the executions inside their windows started, sorted from
// the shortest, as NearestRank takes it. A backfill, or a re-run days later, serves a
// window as well, but does not show how late the job's ticks come. A lane serves its own
// window, however late.
func Lateness(accounts []Account) (late []time.Duration) {
	for _, a := range accounts {
		if a.Served() && (a.Window.Contains(a.Run.Started) || a.Run.Lane && a.Lateness <= lastOfCatchUp) {
			late = append(late, a.Lateness)
		}
	}
	slices.Sort(late)
	return late
}
