package serve

import (
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// board is what the loop shows: for health, metrics and the page. The loop and the
// executions write it, requests read it.
type board struct {
	mu      sync.Mutex
	woken   time.Time
	waiting bool // for the turn of this loop
	jobs    map[string]*posted
	reload  error // why the project was not reloaded; nil if it was
}

// posted is what the board says about a job.
type posted struct {
	next    time.Time // zero for none
	owed    []schedule.Window
	refused error // why it cannot be started; nil if it can
	running int
	last    *execution.Result // nil before the first one
}

func (b *board) job(id string) *posted {
	p := b.jobs[id]
	if p == nil {
		p = &posted{}
		b.jobs[id] = p
	}
	return p
}

// serve begins to show a project.
func (b *board) serve(project *Project, _ time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.jobs
	b.jobs = map[string]*posted{}
	for _, job := range project.Jobs {
		if b.jobs[job.ID] = was[job.ID]; b.jobs[job.ID] == nil {
			b.jobs[job.ID] = &posted{}
		}
	}
	for _, broken := range project.Broken {
		b.job(broken.ID).refused = broken.Problems
	}
}

// wait says whether another loop serves the project. It reports whether that has begun.
func (b *board) wait(now time.Time, waiting bool) (begun bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	begun = waiting && !b.waiting
	b.woken, b.waiting = now, waiting
	return begun
}

func (b *board) wake(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.woken = now
}

func (b *board) reloaded(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reload = err
}

// refuse says that a job cannot be started, or that it can. It reports whether that is new.
func (b *board) refuse(id string, err error) (fresh bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.job(id)
	fresh = (p.refused == nil) != (err == nil) || err != nil && p.refused.Error() != err.Error()
	p.refused = err
	return fresh
}

// look shows what the loop knows about a job.
func (b *board) look(t *track) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.job(t.ID)
	p.owed, p.next = t.owed, t.until
}

// started counts an execution, ended takes it away.
func (b *board) started(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.job(id).running++
}

func (b *board) ended(id string, r execution.Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.job(id)
	p.running, p.last = p.running-1, &r
}
