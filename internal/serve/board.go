package serve

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// board is what the loop shows: for health, metrics and the page. The loop and the
// executions write it, requests read it.
type board struct {
	mu      sync.Mutex
	woken   time.Time
	waiting bool // for the turn of this loop
	ending  bool
	title   string   // of the page
	ids     []string // of the jobs, in the order of the file
	jobs    map[string]*entry
	reload  error // why the project was not reloaded; nil if it was
	ledger  error // why it cannot be read; nil if it can
}

// entry is what the board says about a job.
type entry struct {
	id, slug string         // slug is "" for one that is broken
	job      *pyproject.Job // nil likewise
	hosted   bool           // GitHub executes it
	next     time.Time      // slot; zero for none
	owed     []schedule.Window
	refused  error // why it cannot be started; nil if it can
	paused   bool
	running  int
	started  time.Time // the newest slot that was started
	last     *ran      // nil before the first one
	going    *ran      // the newest that executes, if that is known
}

// ran is a run on the board.
type ran struct {
	id         int64 // in the ledger
	slot       time.Time
	start, end time.Time
	outcome    string
	cause      string // why it failed; "" if it did not
}

func (b *board) job(id string) *entry {
	p := b.jobs[id]
	if p == nil {
		p = &entry{id: id}
		b.jobs[id] = p
	}
	return p
}

// named returns the title of the page; "" before the project is read.
func (b *board) named() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.title
}

// declared returns the ids of all jobs.
func (b *board) declared() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.ids)
}

// serve begins to show a project. It returns which jobs are new, and which are gone.
func (b *board) serve(project *Project, hosted func(*pyproject.Job) bool) (fresh, gone []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.jobs
	b.title, b.jobs, b.ids = project.Title, map[string]*entry{}, nil
	for i := range project.Jobs {
		job := &project.Jobs[i]
		if b.jobs[job.ID] = was[job.ID]; b.jobs[job.ID] == nil || b.jobs[job.ID].hosted != hosted(job) {
			b.jobs[job.ID] = &entry{id: job.ID}
			fresh = append(fresh, job.ID)
		}
		p := b.jobs[job.ID]
		p.slug, p.job, p.hosted, p.refused = job.Slug, job, hosted(job), nil
		b.ids = append(b.ids, job.ID)
	}
	for _, broken := range project.Broken {
		b.job(broken.ID).refused = broken.Problems
		b.ids = append(b.ids, broken.ID)
	}
	for id := range was {
		if b.jobs[id] == nil {
			gone = append(gone, id)
		}
	}
	return fresh, gone
}

// all returns what the board says about each job, in the order of the file.
func (b *board) all() (all []entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range b.ids {
		all = append(all, *b.jobs[id])
	}
	return all
}

// find returns what the board says about a job, by its id or else by its slug.
func (b *board) find(name string) (p entry, found bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.jobs[name]; p != nil {
		return *p, true
	}
	for _, p := range b.jobs {
		if p.slug == name && name != "" {
			return *p, true
		}
	}
	return p, false
}

// standing returns what is wrong with all of the loop.
func (b *board) standing(now time.Time) (age time.Duration, waiting, ending bool, reload error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Sub(b.woken), b.waiting, b.ending, b.reload
}

// recorded says whether the ledger can be read, and unrecorded why it cannot.
func (b *board) recorded(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ledger = err
}

func (b *board) unrecorded() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ledger
}

// end says that the loop ends, and starts nothing more.
func (b *board) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ending = true
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

// pause says whether a job is paused.
func (b *board) pause(id string, paused bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.job(id).paused = paused
}

// past shows the newest runs of a job, of those in its history. One without an end, which has
// that of its beginning, either executes or was interrupted.
func (b *board) past(s schedule.Schedule, id string, runs []schedule.Run) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.job(id)
	p.last, p.going = nil, nil
	for _, r := range slices.Backward(runs) {
		x := &ran{id: r.ID, slot: r.Slot, start: r.Created, end: r.Updated, outcome: succeeded}
		if x.slot.IsZero() {
			x.slot = s.Window(r.Created).Start
		}
		over := r.Success || r.Updated.After(r.Created)
		switch {
		case !over && p.running > 0 && p.going == nil:
			x.outcome, x.end = "running", time.Time{}
			p.going = x
			continue
		case !over:
			x.outcome, x.end = "interrupted", time.Time{}
		case r.Failed:
			x.outcome, x.cause = failed, strings.TrimPrefix(r.Outcome, "failed: ")
		}
		p.last = x
		return
	}
}

// look shows what the loop knows about a job.
func (b *board) look(t *track) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.job(t.ID)
	p.owed, p.next = t.owed, t.next
}

// started counts an execution, ended takes it away. It reports whether it is the first one
// of its window.
func (b *board) started(id string, slot time.Time) (first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.job(id)
	first = slot.After(p.started)
	if p.running++; first {
		p.started = slot
	}
	return first
}

func (b *board) ended(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.jobs[id]; p != nil {
		p.running = max(p.running-1, 0)
	}
}
