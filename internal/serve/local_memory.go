package serve

import (
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// mostRemembered is how many runs of a job are remembered that no ledger has.
const mostRemembered = 50

// remember keeps what became of a run, in case that the ledger does not have it: where the
// disk cannot be written, a job that has succeeded would run again, and again.
func (l *Local) remember(job *pyproject.Job, r execution.Result, e *running) {
	l.mu.Lock()
	defer l.mu.Unlock()
	run := schedule.Run{ID: r.RunID, Attempt: 1, Created: e.started, Updated: l.Clock.Now(), Success: r.OK, Failed: !r.OK, Next: r.Next}
	if r.OK {
		run.Started = run.Created
		l.served[job.ID] = r.Window.Start
	}
	if job.Lanes() {
		run.Lane, run.Slot = true, r.Window.Start
	}
	runs := append(l.memory[job.ID], run)
	l.memory[job.ID] = runs[max(0, len(runs)-mostRemembered):]
}

// hasServed reports whether the newest success of a job in this process served a window. The
// ledger may have had it, and be unreadable, damaged or removed now.
func (l *Local) hasServed(id string, w schedule.Window) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.served[id].Equal(w.Start)
}

// unrecorded returns the remembered runs of a job that are not among those of the ledger,
// and forgets the others.
func (l *Local) unrecorded(id string, recorded []schedule.Run) []schedule.Run {
	l.mu.Lock()
	defer l.mu.Unlock()
	lost := slices.DeleteFunc(l.memory[id], func(run schedule.Run) bool {
		return run.ID > 0 && slices.ContainsFunc(recorded, func(r schedule.Run) bool { return r.ID == run.ID && r.Success == run.Success })
	})
	if l.memory[id] = lost; len(lost) == 0 {
		delete(l.memory, id)
	}
	return slices.Clone(lost)
}

// hold keeps a job back for a while that could not be run at all: its packages are not
// known, or the disk is full.
func (l *Local) hold(id string, why error) {
	l.board.refuse(id, why)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed[id] = l.Clock.Now()
}

// held returns until when a job is kept back; zero if it is not.
func (l *Local) held(id string, now time.Time) (again time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	since, failed := l.failed[id]
	if again = since.Add(longest); !failed || now.Before(since) || !again.After(now) {
		delete(l.failed, id)
		return time.Time{}
	}
	return again
}
