package schedule

import (
	"slices"
	"time"
)

// Failure is what people need to know about a job that fails.
type Failure struct {
	Window Window // without evidence
	Runs   int    // failed runs of it; 0 if its slot became too old to be run without any, or the job ended
	Last   Run    // the newest of them
}

// Failing says whether a job fails, given a verdict about it. It looks at the current
// window or, if that has neither a failed run nor an expired slot, at the previous one.
// A window with evidence has not failed, whatever else happened in it. It is not
// certain if not all runs of a window are known, or one that succeeded was not asked for
// evidence, as those of the previous window often are; and while a run is active, the
// window still can be confirmed.
func Failing(w Watch, v Verdict) (f Failure, failing bool) {
	if v.Window.IsZero() || v.Served || v.Why == Running || v.Why == Why(Ended) && !v.Lapsed {
		return f, false
	}
	w.Runs = w.outcomes()
	before := w.before(v.Window)
	rows := []struct {
		Window
		expired bool
		doubts  func(Run) bool
	}{
		{v.Window, v.Why == Why(Expired) || v.Lapsed, func(r Run) bool { return w.Unread[r.ID] || w.Unasked[r.ID] }},
		{before, w.expires(before), func(r Run) bool { return r.Success && !w.Asked[r.ID] && r.serves(before) }},
	}
	for _, row := range rows {
		f, succeeded := Failure{Window: row.Window}, false
		for _, r := range w.Runs {
			succeeded = succeeded || r.Confirms(row.Window) || row.doubts(r)
			if r.serves(row.Window) && r.Failed {
				f.Runs++
				if r.Created.After(f.Last.Created) {
					f.Last = r
				}
			}
		}
		if succeeded || f.Runs > 0 || row.expired {
			return f, !succeeded && w.read(row.Window)
		}
	}
	return f, false
}

// outcomes returns the runs, without those whose lanes are among them.
func (w Watch) outcomes() []Run {
	lanes := lanesOf(w.Runs)
	return slices.DeleteFunc(slices.Clone(w.Runs), func(r Run) bool { return !r.Lane && lanes[r.ID] && !r.Active })
}

// before returns the window before another one; zero if there is none.
func (w Watch) before(window Window) Window {
	if window.IsZero() {
		return Window{}
	}
	return w.Schedule.Window(window.Start.Add(-1))
}

// expires reports whether the slot of a window that is over became too old to be run
// before, and was owed.
func (w Watch) expires(over Window) bool {
	limit := w.Schedule.limit(over)
	return w.owed(over) && !limit.IsZero() && !limit.After(over.End)
}

// owed reports whether the job existed, and was not paused, when a window began.
func (w Watch) owed(window Window) bool {
	return !window.IsZero() && !window.Start.Before(w.Since) && !window.Start.Before(w.Resumed)
}

// Alarm is what is known about one kind of event of a job. Raised and Over may both be
// set: the window that an event is about is over, and the next one is confirmed.
type Alarm struct {
	Kind     Event
	Raised   bool
	Over     bool   // the current window is confirmed; with JobLate, in time
	Window   Window // where it is raised, that of the event, else the current one
	Runs     int    // failed runs of it
	Last     Run    // the newest of them; with JobLate the execution
	InARow   int    // windows that failed, with this one
	First    Window // the first of the windows in a row with the same kind of event, as far as they are known
	Pause    bool   // enough of them failed to pause the job
	Evidence Run    // of the current window, where there is some
}

// Alarms returns what is known about each kind of event, given a verdict about the job. It
// never raises one in doubt: where not all runs of a window are known, or one that may be
// evidence was not asked, or gave no answer.
func Alarms(w Watch, v Verdict, now time.Time) []Alarm {
	w.Schedule, w.Runs = w.Schedule.Adjusted(w.Runs, now), w.outcomes()
	var all []Alarm
	evidence := w.first(v.Window)
	for _, kind := range []Event{JobFailed, JobMissed, JobExpired, JobLate} {
		a := Alarm{Kind: kind, Window: v.Window, Over: v.Served, Evidence: evidence}
		switch kind {
		case JobFailed:
			w.failed(&a, v, now)
		case JobLate:
			w.late(&a, v)
		default:
			for _, window := range []Window{v.Window, w.before(v.Window)} {
				if w.absent(window, v, now) == kind && w.enough(kind, window, v, now) {
					a.Raised, a.Window, a.First = true, window, w.firstAbsent(kind, window, v, now)
					break
				}
			}
		}
		all = append(all, a)
	}
	return all
}

// failed sets what is known about windows that failed.
func (w Watch) failed(a *Alarm, v Verdict, now time.Time) {
	f, failing := Failing(w, v)
	if !failing || f.Runs == 0 {
		return
	}
	a.Window, a.Runs, a.Last = f.Window, f.Runs, f.Last
	a.InARow = w.inARow(f.Window, time.Time{})
	a.Raised = a.InARow > 0 && w.enough(JobFailed, f.Window, v, now)
	a.Pause = w.Tells.PauseAfter > 0 && w.inARow(f.Window, w.Resumed) >= w.Tells.PauseAfter
	a.Raised = a.Raised || a.Pause
}

// inARow counts the windows that failed, from one that did back to the first of which that
// is not certain. Only runs since then count.
func (w Watch) inARow(window Window, since time.Time) (n int) {
	for n <= w.Tells.Depth() {
		fails := slices.ContainsFunc(w.Runs, func(r Run) bool { return r.Failed && r.serves(window) && !r.Created.Before(since) })
		if !fails || n > 0 && !w.unserved(window) {
			break
		}
		n++
		if window = w.before(window); window.IsZero() {
			break
		}
	}
	return n
}

// enough reports whether so many windows in a row have an event that people want to know
// that they are told of the last of them, which has one of a kind.
func (w Watch) enough(kind Event, last Window, v Verdict, now time.Time) bool {
	counts := func(e Event) bool { return e == kind || w.Tells.Tells(e) }
	for n, window := 1, last; n < w.Tells.After; n++ {
		window = w.before(window)
		absent := w.absent(window, v, now)
		if !(counts(JobFailed) && w.fails(window) && w.unserved(window)) && (absent == "" || !counts(absent)) {
			return false
		}
	}
	return true
}

// firstAbsent returns the first of the windows in a row with a kind of event.
func (w Watch) firstAbsent(kind Event, last Window, v Verdict, now time.Time) Window {
	for n := 0; n < w.Tells.Depth(); n++ {
		before := w.before(last)
		if w.absent(before, v, now) != kind {
			break
		}
		last = before
	}
	return last
}

// unserved reports whether it is certain that no run confirms a window.
func (w Watch) unserved(window Window) bool {
	red := false // a run that ended without success was seen; the newest one comes first
	for _, r := range Candidates(window, w.Runs) {
		if !w.Asked[r.ID] && r.Started.IsZero() && (r.Success || !red) {
			return false
		}
		red = red || !r.Success
	}
	doubtful := func(r Run) bool {
		return r.Confirms(window) || r.serves(window) && (r.Void || r.Active || r.Success && !w.Asked[r.ID] && r.Started.IsZero())
	}
	return w.read(window) && !slices.ContainsFunc(w.Runs, doubtful)
}

// absent returns JobMissed or JobExpired if nothing executed in a window, and nothing will;
// else "". In a window with a failed run the job failed.
func (w Watch) absent(window Window, v Verdict, now time.Time) Event {
	current := window == v.Window
	expired := current && (v.Why == Why(Expired) || v.Lapsed)
	switch {
	case window.IsZero(), v.Why == Why(Ended) && !v.Lapsed, current && (!expired || v.Doubt || v.Served), !current && now.Before(window.End):
		return ""
	case !w.owed(window) && !(expired && w.Schedule.Next(window.Start).IsZero() && !window.Start.Before(w.Resumed)):
		return ""
	case slices.ContainsFunc(w.Runs, func(r Run) bool { return r.serves(window) && (r.Failed || r.Active) }):
		return ""
	case !current && !w.unserved(window):
		return ""
	case expired && v.Why == Why(Expired), w.expires(window):
		return JobExpired
	}
	return JobMissed
}

// late sets what is known about executions that started late: that of the current window,
// else that of the one before.
func (w Watch) late(a *Alarm, v Verdict) {
	a.Over = false
	for i, window := range []Window{v.Window, w.before(v.Window)} {
		first := w.first(window)
		if first.Started.IsZero() || !window.Contains(first.Started) || !first.Slot.IsZero() && !first.Lane || !w.surely(first, window) {
			continue
		}
		late := !window.InTime(first.Started.Sub(window.Start))
		a.Over = a.Over || i == 0 && !late
		if late {
			a.Raised, a.Window, a.Last = true, window, first
			return
		}
	}
}

// first returns the evidence of a window that started first; zero if none is known.
func (w Watch) first(window Window) (first Run) {
	for _, r := range w.Runs {
		if !window.IsZero() && r.Confirms(window) && (first.Started.IsZero() || r.Started.Before(first.Started)) {
			first = r
		}
	}
	return first
}

// surely reports whether no other run can have executed in a window before a first one.
func (w Watch) surely(first Run, window Window) bool {
	return w.read(window) && !slices.ContainsFunc(Candidates(window, w.Runs), func(r Run) bool {
		return r.Started.IsZero() && !w.Asked[r.ID] && r.Created.Before(first.Started) && r.ID != first.ID
	})
}

// Reach returns the start of the oldest window whose runs matter now: the current one or,
// if alarms need earlier ones, the newest of these that is known not to have failed. It is
// zero if there is no current window.
func (w Watch) Reach(v Verdict, now time.Time) time.Time {
	w.Schedule = w.Schedule.Adjusted(w.Runs, now)
	row := w.row(v.Window)
	return row[len(row)-1].Start
}

// row returns the windows that alarms need, the current one first.
func (w Watch) row(current Window) []Window {
	row := []Window{current}
	for window := current; len(row) <= w.Tells.Depth(); row = append(row, window) {
		if len(row) > 1 && w.read(window) && !w.fails(window) && (w.Tells.After < 2 || !w.Tells.nothing() || !w.first(window).Started.IsZero()) {
			break
		}
		if window = w.before(window); window.IsZero() || window.Start.Before(w.Since) {
			break
		}
	}
	return row
}

// fails reports whether a window has a failed run.
func (w Watch) fails(window Window) bool {
	return slices.ContainsFunc(w.Runs, func(r Run) bool { return r.Failed && r.serves(window) })
}

// Asks returns the windows before the current one whose runs have to be asked for evidence,
// for alarms.
func (w Watch) Asks(v Verdict, now time.Time) []Window {
	w.Schedule = w.Schedule.Adjusted(w.Runs, now)
	row := w.row(v.Window)
	asks := 0 // windows, from the one before the current one
	if w.Tells.absent() {
		asks = 1
	}
	if w.Tells.nothing() {
		asks = max(asks, w.Tells.After)
	}
	if first := 0; !v.Served && v.Why != Running {
		if !w.fails(row[0]) {
			first = 1
		}
		n := 0 // windows in a row that may have failed
		for first+n < len(row) && w.fails(row[first+n]) {
			n++
		}
		for _, enough := range []int{w.Tells.After, w.Tells.PauseAfter} {
			if enough > 0 && n >= enough && w.Tells.Depth() > 0 {
				asks = max(asks, first+enough-1)
			}
		}
	}
	return row[1:min(len(row), 1+asks)]
}
