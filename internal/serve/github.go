package serve

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// GitHub starts jobs on GitHub, by dispatches. At its slot a job is dispatched without any
// question: the run looks for evidence before it executes. What is owed from before, at the
// beginning and after a jump of the clock, and what has failed since, a sweep finds out, as
// a rescue does. All times are by GitHub's clock, except those of the interface executor.
type GitHub struct {
	Client *github.Client
	Branch string // the default branch; "" to ask GitHub

	*Server
	served    *Project        // whose jobs are known
	work      context.Context // of all requests but dispatches; cancelled by drain
	stop      context.CancelFunc
	recording sync.Mutex // of dispatches

	mu      sync.Mutex
	offset  offset
	jobs    map[string]*remote
	known   bool                       // what an earlier loop has dispatched
	records map[string]ledger.Dispatch // the newest of each job
	limits  limits
	hold    hold
	flying  int            // dispatches without an answer yet
	ended   sync.WaitGroup // requests
	busy    map[errand]bool
	told    map[string]string // the last remark of each kind
	failed  map[string]int    // dispatches, by reason
	opens   time.Time         // when another job that is due may be started; zero: it does not matter
	lapsed  int               // windows that ended before they could be started, since that was said
	counted time.Time         // when it was

	swept    time.Time // when the next sweep is due; zero: at once
	sweptAll time.Time // when the next one that looks at all jobs is due
	outage   outage
	follows  follows
	peeks    peeks
	pasts    pasts
}

// phase is how far the current window of a job is.
type phase int

const (
	unknown phase = iota // a sweep has to find out what is owed
	due                  // to be dispatched
	sending              // a dispatch is on its way
	looking              // it may have become a run: look for that
	handled              // a run was started, or none is owed for now
	settled              // it is confirmed, or none is owed for good
)

// remote is what is known about a job.
type remote struct {
	job      pyproject.Job
	adjusted schedule.Schedule // its schedule, with the slots that runs asked for
	seen     time.Time         // until when its slots were watched; zero: never
	window   schedule.Window   // the last one that was looked at
	phase    phase
	late     bool      // nobody was there at its slot
	waited   bool      // GitHub was, and took no dispatch; late or waited, it takes turns
	barred   bool      // its workflow is not active
	shut     bool      // so GitHub says; else only a dispatch was refused
	knocks   int       // looks since then whether it is
	knock    time.Time // the next one; zero if sweeps are enough
	tries    int       // dispatches of the window that failed in a row
	failure  error     // of the last one of them, if it is unclear
	again    time.Time // when to dispatch it again
	unclear  unclear   // while looking
	last     ledger.Dispatch
	doubted  int64 // the run that has succeeded, and of which a sweep found no execution
}

func (g *GitHub) begin(s *Server) {
	g.Server = s
	g.work, g.stop = context.WithCancel(context.Background())
	g.jobs, g.records = map[string]*remote{}, map[string]ledger.Dispatch{}
	g.busy, g.told, g.failed = map[errand]bool{}, map[string]string{}, map[string]int{}
	g.Client.OnDate(s.Clock.Now, g.heard)
}

// wake reads what was dispatched before, at the beginning. After a jump only GitHub knows
// what is owed.
func (g *GitHub) wake(now time.Time, anew bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.known {
		g.recall(g.offset.at(now))
	}
	if g.served != g.project {
		g.served = g.project
		for id := range g.jobs {
			if t := g.tracks[id]; t == nil || t.on != executor(g) {
				delete(g.jobs, id)
			}
		}
	}
	if anew {
		g.offset.forget()
		g.jump()
	}
	g.opens = time.Time{}
}

// jump takes in that the time has jumped. The caller holds the lock.
func (g *GitHub) jump() {
	for _, r := range g.jobs {
		r.seen = time.Time{}
	}
	g.swept, g.sweptAll = time.Time{}, time.Time{}
}

// recall reads what an earlier loop has dispatched. The caller holds the lock.
func (g *GitHub) recall(at time.Time) {
	book, err := ledger.Open(g.File, func(remark string) { g.Log.Warn(remark) })
	if err != nil {
		g.tell("ledger", err)
		return
	}
	g.known = true
	known, err := book.Dispatches()
	g.tell("ledger", err)
	for _, d := range known {
		g.records[d.Job] = d
		g.limits.note(latest(d.Sent, d.Accepted))
		g.follows.add(d, at)
	}
}

// next runs the errands that are due, and says when to wake the executor at the latest;
// zero: it does not matter. The loop calls it last.
func (g *GitHub) next(now time.Time) (next time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.offset.at(now)
	next = g.opens
	for e := range errands {
		if when := g.when(e); !when.IsZero() && !at.Before(when) {
			g.run(e)
		} else {
			next = earliest(next, when)
		}
	}
	g.count(at)
	return g.offset.here(next)
}

// of returns what is known about a job. The caller holds the lock.
func (g *GitHub) of(job pyproject.Job) *remote {
	r := g.jobs[job.ID]
	if r == nil {
		r = &remote{last: g.records[job.ID]}
		g.jobs[job.ID] = r
	}
	if r.job.File() != job.File() || !reflect.DeepEqual(r.job.Schedule.Spec(), job.Schedule.Spec()) {
		r.adjusted, r.seen, r.phase, r.barred = job.Schedule, time.Time{}, unknown, false
	}
	r.job = job
	return r
}

// owed returns the current window if it is to be dispatched.
func (g *GitHub) owed(job pyproject.Job, now time.Time) (windows []schedule.Window, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r, at := g.of(job), g.offset.at(now)
	g.turn(r, at)
	until = r.adjusted.Next(at)
	if r.phase == due && !r.barred {
		if !at.Before(r.again) {
			return []schedule.Window{r.window}, g.offset.here(until)
		}
		until = earliest(until, r.again)
	}
	return nil, g.offset.here(until)
}

// turn goes on to the current window of a job. One whose slot has come while it was watched
// is due. The caller holds the lock.
func (g *GitHub) turn(r *remote, at time.Time) {
	w := r.adjusted.Window(at)
	came := !r.seen.IsZero() && w.Start.After(r.seen)
	seen := r.seen
	r.seen = at
	if r.phase == due && (w.IsZero() || r.adjusted.Expired(w, at)) {
		g.lose(r)
		r.phase = settled
	}
	if w.IsZero() || w.Start.Equal(r.window.Start) && (!seen.IsZero() || r.phase == sending || r.phase == looking) {
		return
	}
	if r.phase == due && w.Start.After(r.window.Start) {
		g.lose(r)
	}
	r.window, r.tries, r.again, r.late, r.waited, r.failure = w, 0, time.Time{}, !came, false, nil
	switch {
	case r.last.Slot.Equal(w.Start) && !r.last.Accepted.IsZero():
		r.phase = handled
	case r.last.Slot.Equal(w.Start) && !r.last.Void:
		r.phase, r.unclear = looking, newUnclear(at, 1, w)
	case came:
		r.phase = due
	default:
		r.phase = unknown
	}
	if !came {
		g.swept = time.Time{}
	}
}

// lose takes in that the window of a job has ended before it was started. One that was tried
// is told, the others are counted. The caller holds the lock.
func (g *GitHub) lose(r *remote) {
	switch {
	case r.barred:
	case r.tries > 0:
		g.Log.Error("the window has ended, and GitHub accepted no dispatch", "job", r.job.ID, "slot", r.window.Start)
	default:
		g.lapsed++
	}
}

// start dispatches a window, if GitHub may be asked now.
func (g *GitHub) start(job pyproject.Job, w schedule.Window, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	r, at := g.of(job), g.offset.at(now)
	if r.phase != due || !r.window.Start.Equal(w.Start) {
		g.changed(job.ID) // the loop asks anew
		return true
	}
	if !g.admits(r, at) {
		return false
	}
	g.limits.note(at)
	g.flying++
	r.phase = sending
	r.last = ledger.Dispatch{Job: job.ID, Slot: w.Start.UTC(), Sent: at, CaughtUp: r.late}
	record := r.last
	g.ended.Go(func() { g.dispatch(r, record) })
	return true
}

// drain waits for the answers to dispatches: what was sent is to be known. Nothing has to
// be stopped.
func (g *GitHub) drain(ctx context.Context) bool {
	g.stop()
	over := make(chan struct{})
	go func() {
		g.ended.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-ctx.Done():
	}
	return true
}

// failures returns how many dispatches have failed, by the reason: refused, missing,
// disabled, denied, limited or unclear.
func (g *GitHub) failures() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	failures := map[string]int{}
	for reason, n := range g.failed {
		failures[reason] = n
	}
	return failures
}

// tell logs an error of a kind once, and that it is over. The caller holds the lock.
func (g *GitHub) tell(kind string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	switch was := g.told[kind]; {
	case text == was:
		return
	case text == "":
		g.Log.Info("no longer: " + was)
	default:
		g.Log.Warn(text, hint(err)...)
	}
	g.told[kind] = text
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
