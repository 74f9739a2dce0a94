package schedule

import (
	"slices"
	"time"
)

// State says to people what became of a window.
type State string

// The states of a window. The first three are said on evidence only.
const (
	StateConfirmed State = "confirmed" // evidence, and it started in time: see InTime
	StateLate      State = "late"      // evidence, and it started later
	StateRescued   State = "rescued"   // evidence of a run that a rescue dispatched, whenever it started
	StateRunning   State = "running"   // no evidence yet, and a run of the window is active
	StateFailed    State = "failed"    // a run of the window failed, and none executed with success
	StatePaused    State = "paused"    // no run, and the workflow is disabled by hand, as it has been since at the latest the last run
	StateDue       State = "due"       // the window holds now, and no run came of it, or only some that were cancelled
	StateMissed    State = "missed"    // the same of a window that is over
	StateUnknown   State = "unknown"   // the history does not reach back so far, or has a run that may have executed with success, or skipped on evidence now gone
)

// InTime reports whether an execution that started that long after the slot was
// in time for the window: within an eighth of it. That is 7.5 minutes of an
// hour, 3 hours of a day, 21 hours of a week.
func (w Window) InTime(lateness time.Duration) bool {
	return lateness <= w.End.Sub(w.Start)/8
}

// Reach says how far to look back from now.
type Reach struct {
	Windows int           // at most so many, with the one that holds now
	Since   time.Time     // no further than to the window that holds it; zero for no bound
	Age     time.Duration // the same, as a time before now; zero for no bound
}

// From returns the start of the oldest window in reach.
func (r Reach) From(s Schedule, now time.Time) time.Time {
	since := r.Since
	if r.Age > 0 {
		since = latest(since, now.Add(-r.Age))
	}
	start := s.Prev(now)
	for n := 1; n < r.Windows && start.After(since); n++ {
		start = s.Prev(start.Add(-1))
	}
	return start
}

// Past is what is known of a job's past.
type Past struct {
	Schedule Schedule
	Runs     []Run     // in any order, with Started wherever a window may have its evidence
	Since    time.Time // when the job came to exist: older windows without a run are owed nothing; zero if that is not known
	Known    time.Time // every run created since then is in Runs; zero if every run ever is
	Paused   bool      // its workflow is disabled by hand

	// Unread holds, by their IDs, the successful runs of which nobody could tell
	// whether they executed the entrypoint, and when.
	Unread map[int64]bool
}

// Account is what became of one window.
type Account struct {
	Window   Window
	State    State
	Run      *Run          // the one that says so: the evidence, or else the newest active one, the newest that failed, the newest; nil without any
	Lateness time.Duration // from the slot to the start of the execution, where there is evidence
}

// Served reports whether there is evidence for the window.
func (a Account) Served() bool {
	return a.State == StateConfirmed || a.State == StateLate || a.State == StateRescued
}

// Accounts returns what became of each window from the one that holds from to the
// one that holds now, the newest first. Windows that began before the job came to
// exist are left out, but for the one that holds now and those with a run.
func (p Past) Accounts(from, now time.Time) []Account {
	windows := p.sort()
	var accounts []Account
	paused := p.Paused
	last := p.first(from, windows)
	if last.After(now) {
		last = now // somebody's clock is wrong
	}
	for w := p.Schedule.Window(now); w.End.After(last); w = p.Schedule.Window(w.Start.Add(-1)) {
		h := windows[w.Start]
		paused = paused && h == nil
		if h == nil && w.Start.Before(p.Since) && !w.Contains(now) {
			continue
		}
		accounts = append(accounts, p.account(w, h, now, paused))
	}
	return accounts
}

// first returns the time where looking back from now may end: from, or later if
// nothing can have been before.
func (p Past) first(from time.Time, windows map[time.Time]*heard) time.Time {
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

// heard is what the runs of one window say.
type heard struct {
	evidence *Run // the first
	active   *Run // the newest
	failed   *Run // the newest
	ended    *Run // the newest, however it ended
	doubtful bool // a run may be evidence, or stand for evidence that is gone
}

// sort sorts the runs into their windows, by the start of those.
func (p Past) sort() map[time.Time]*heard {
	windows := map[time.Time]*heard{}
	hear := func(r Run, at time.Time) {
		w := p.Schedule.Window(at)
		if windows[w.Start] == nil {
			windows[w.Start] = &heard{}
		}
		windows[w.Start].hear(r, p.Unread[r.ID] || r.Success && r.Updated.Before(w.End))
	}
	for _, r := range p.Runs {
		hear(r, r.belongs())
		if p.Unread[r.ID] && r.Slot.IsZero() && r.Attempt == 1 {
			hear(r, latest(r.Created, r.Updated)) // it may have waited for that window: see Candidates
		}
	}
	return windows
}

// belongs returns the instant that says to which window a run belongs: the one
// that it confirms, if it is evidence. See Run.Confirms.
func (r Run) belongs() time.Time {
	switch {
	case !r.Slot.IsZero():
		return r.Slot
	case r.Attempt != 1 || r.Started.IsZero():
		return r.Created
	}
	return r.Started
}

// hear takes in what a run says of its window. A success without evidence skipped
// on evidence for the window in which it looked: this one, if it ended inside.
// One that ended later says nothing, unless doubtful.
func (h *heard) hear(r Run, doubtful bool) {
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
	case r.Active:
		h.active = newest(h.active)
	default:
		h.ended = newest(h.ended)
		h.doubtful = h.doubtful || doubtful
		if r.Failed {
			h.failed = newest(h.failed)
		}
	}
}

// account says what became of a window, from what was heard of it, if anything.
func (p Past) account(w Window, h *heard, now time.Time, paused bool) Account {
	a := Account{Window: w}
	if h == nil {
		h = &heard{}
	}
	switch {
	case h.evidence != nil:
		a.Run = h.evidence
		a.Lateness = max(0, a.Run.Started.Sub(w.Start))
		a.State = served(a)
	case h.active != nil:
		a.State, a.Run = StateRunning, h.active
	case h.doubtful || w.Start.Before(p.Known) && !w.Contains(now):
		a.State, a.Run = StateUnknown, h.ended
	case h.failed != nil:
		a.State, a.Run = StateFailed, h.failed
	case paused:
		a.State = StatePaused
	case w.Contains(now): // also where the history does not reach back so far: unknown means run
		a.State, a.Run = StateDue, h.ended
	default:
		a.State, a.Run = StateMissed, h.ended
	}
	return a
}

// served tells the states with evidence apart.
func served(a Account) State {
	switch {
	case a.Run.Rescue:
		return StateRescued
	case a.Window.InTime(a.Lateness):
		return StateConfirmed
	}
	return StateLate
}

// Lateness returns how late the executions were that started inside their window,
// from the shortest, as NearestRank takes it. A backfill, or a re-run days later, serves a window as well, but says nothing of
// how late the job's ticks come.
func Lateness(accounts []Account) (late []time.Duration) {
	for _, a := range accounts {
		if a.Served() && a.Window.Contains(a.Run.Started) {
			late = append(late, a.Lateness)
		}
	}
	slices.Sort(late)
	return late
}
