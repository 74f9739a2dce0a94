package simulate

import (
	"math"
	"sort"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// tally counts what becomes of a job.
type tally struct {
	windows    []window
	ticks      int // of its own crons that started a run
	dispatches int // by the rescue
	serves     int // dispatches by serve
	executions int
	needless   int // executions that began in a window already served
	minutes    int
	watch      func(run) // is called with every run that ended; only set in tests
}

// window is a whole window in the simulated time.
type window struct {
	schedule.Window
	reached bool          // a tick of the job or of the rescue arrived in it, or a run of an earlier tick began in it
	expired bool          // a run came too late for its slot
	served  bool          // a successful execution began in it
	late    time.Duration // from the slot to the first of these
}

func newTally(s schedule.Schedule, from, to time.Time) *tally {
	t := &tally{}
	if s.Spec().Disabled {
		return t
	}
	for at := s.Window(s.Next(from.Add(-1))); !at.IsZero() && !at.End.After(to); at = s.Window(at.End) {
		t.windows = append(t.windows, window{Window: at})
	}
	return t
}

// at returns the window of a time, or nil.
func (t *tally) at(at time.Time) *window {
	i := sort.Search(len(t.windows), func(i int) bool { return at.Before(t.windows[i].End) })
	if i == len(t.windows) || !t.windows[i].Contains(at) {
		return nil
	}
	return &t.windows[i]
}

// reached notes that a tick arrived.
func (t *tally) reached(at time.Time) {
	if w := t.at(at); w != nil {
		w.reached = true
	}
}

// arrived notes that a run was created. A rescue has reached its windows already.
func (t *tally) arrived(at time.Time, by origin) {
	switch by {
	case byRescue:
		t.dispatches++
		return
	case byServe:
		t.serves++
	case byCron:
		t.ticks++
	}
	t.reached(at)
}

// billed adds what a run costs: "GitHub rounds the minutes and partial minutes
// each job uses up to the nearest whole minute".
// https://docs.github.com/billing/reference/actions-runner-pricing
func (t *tally) billed(d time.Duration) { t.minutes += int(math.Ceil(d.Minutes())) }

func (t *tally) ended(r run) {
	if t.watch != nil {
		t.watch(r)
	}
	if w := t.at(r.checked); w != nil && r.expired {
		w.expired = true
	}
	if r.executed.IsZero() {
		return
	}
	t.executed(r.executed, r.executed, r.success)
}

// executed notes an execution for the window of a time.
func (t *tally) executed(of, at time.Time, success bool) {
	t.executions++
	w := t.at(of)
	switch {
	case w == nil:
	case w.served:
		t.needless++
	case success:
		w.served, w.reached, w.late = true, true, at.Sub(w.Start)
	}
}
