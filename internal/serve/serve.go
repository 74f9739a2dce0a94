// Package serve is the resident loop that starts the jobs of a project at their slots: on
// this machine, with the local ledger, or on GitHub, by dispatches. It is one more source
// of ticks and never the truth: what is owed is decided by package schedule, from the
// ledger or from GitHub's runs, so a loop that dies at any instant loses no window.
//
// The loop is level-triggered. It wakes at the next slot, and at the latest after 15
// seconds, and compares wall clocks. So a machine that sleeps, and a clock that is set,
// cost one late look.
package serve

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Clock is where the loop has the time from.
type Clock interface {
	// Now returns the wall time in UTC, without a monotonic part: a monotonic clock stands
	// still while a machine sleeps, https://go.dev/issue/35012
	Now() time.Time

	// Sleep waits that long, or until ctx ends or woken has a value.
	Sleep(ctx context.Context, d time.Duration, woken <-chan struct{})
}

// Wall is the clock of this machine.
type Wall struct{}

// Now returns the time of this machine.
func (Wall) Now() time.Time { return time.Now().Round(0).UTC() }

// Sleep waits by the clock of this machine.
func (Wall) Sleep(ctx context.Context, d time.Duration, woken <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-woken:
	case <-timer.C:
	}
}

// Project is what is served.
type Project struct {
	Title  string // of the page
	Jobs   []pyproject.Job
	Broken []pyproject.Broken // are not served

	// Engine returns how to decide about a job on this machine, and Install adds how to run
	// it. The server sets what it says, its output and its clock.
	Engine  func(pyproject.Job) execution.Job
	Install func(*execution.Job) error
}

// An executor starts the windows of jobs. Its methods are called by the loop alone, one at
// a time, and do not wait for anything. It calls Server.changed when its answer about a job
// changes for another reason than the time.
type executor interface {
	// wake is called each time the loop wakes, before the other methods. anew says that
	// nothing that was known counts any more: the loop begins, or the clock has jumped.
	wake(now time.Time, anew bool)

	// owed returns the windows of a job that are to be started at now, the oldest first, and
	// until when that holds; zero for ever.
	owed(job pyproject.Job, now time.Time) (windows []schedule.Window, until time.Time)

	// start starts a window. It returns false if there is no room for it now: the loop asks
	// again when it wakes, so the executor wakes it once there is.
	start(job pyproject.Job, w schedule.Window, now time.Time) bool

	// drain waits until what was started is over, at most until ctx ends, then stops it. It
	// reports whether all ended by itself.
	drain(ctx context.Context) bool
}

// Server serves a project.
type Server struct {
	Clock Clock
	Log   *slog.Logger
	File  string                   // the project file, absolute
	Load  func() (*Project, error) // reads it; the error is about all of it
	Drain time.Duration            // how long executions may go on after the end was asked for

	Local  *Local  // executes jobs here
	GitHub *GitHub // dispatches the others; nil: all are executed here
	Web    *Web    // answers requests; nil: nobody does

	Kill   <-chan struct{}          // closed to kill at once what is waited for after the end; nil for never
	Notify func(state string) error // tells the service manager; nil for none

	executors []executor
	board     board
	metrics   *metrics
	source    source
	project   *Project
	loaded    bool // another one since the last wake
	reloads   int
	tracks    map[string]*track
	woken     time.Time       // when the loop last woke
	paced     time.Time       // when a late window was last started
	kick      chan struct{}   // wakes the loop
	ends      <-chan struct{} // closed once the end was asked for

	mu    sync.Mutex
	stale map[string]bool // ids of the jobs of which something changed
	asked bool            // to reload
	wants map[string]bool // ids of the jobs that a person wants to be executed now
}

// Run serves the project until ctx ends, and then waits for the executions that it has
// started. It reports whether all ended by themselves. The error says why nothing is served.
func (s *Server) Run(ctx context.Context) (whole bool, err error) {
	s.begin()
	s.ends = ctx.Done()
	if err := s.load(); err != nil {
		return true, err
	}
	unheard := s.Web.open()
	defer s.Web.close()
	if unheard != nil && !inUse(unheard) {
		return true, unheard
	}
	leave, waited := s.await(ctx)
	defer leave()
	if unheard != nil && !waited { // else it is the other loop that has the address
		return true, unheard
	}
	for first := true; ctx.Err() == nil; first = false {
		now := s.Clock.Now()
		next := s.wake(now)
		if first {
			s.announce()
		}
		if s.loaded { // what it took to read the project, and all histories, is not needed again
			s.loaded = false
			go debug.FreeOSMemory()
		}
		s.woken = s.Clock.Now() // a wake that takes long is no jump of the clock
		s.notify("WATCHDOG=1")
		s.Clock.Sleep(ctx, max(next.Sub(s.Clock.Now()), shortest), s.kick)
	}
	s.notify("STOPPING=1")
	s.board.end()
	whole = s.drain()
	s.Log.Info("ended")
	return whole, nil
}

// announce says what is served, and when it begins.
func (s *Server) announce() {
	here, github, next := 0, 0, time.Time{}
	for _, t := range s.tracks {
		if s.hosted(t.Job) {
			github++
		} else {
			here++
		}
	}
	for _, p := range s.board.all() {
		next = earliest(next, p.coming())
	}
	jobs := problem.Count(len(s.tracks), "job")
	log := s.Log.With("here", here, "github", github)
	if !next.IsZero() {
		log = log.With("next", next)
	}
	log.Info("serving " + jobs)
	s.notify("READY=1\nSTATUS=serving " + jobs)
}

// begin makes what Run needs.
func (s *Server) begin() {
	s.tracks, s.stale, s.wants, s.kick = map[string]*track{}, map[string]bool{}, map[string]bool{}, make(chan struct{}, 1)
	s.source.path = s.File
	s.metrics = newMetrics(s)
	s.board.wake(s.Clock.Now())
	s.Local.begin(s)
	s.executors = []executor{s.Local}
	if s.GitHub != nil {
		s.GitHub.begin(s)
		s.executors = append(s.executors, s.GitHub)
	}
	if s.Web != nil {
		s.Web.begin(s)
	}
}

// over reports whether the end was asked for. To look at thousands of jobs takes a while, in
// which that can happen.
func (s *Server) over() bool {
	select {
	case <-s.ends:
		return true
	default:
		return false
	}
}

// drain waits for what was started.
func (s *Server) drain() (whole bool) {
	ctx, cancel := context.WithTimeout(context.Background(), s.Drain)
	defer cancel()
	go func() {
		select {
		case <-s.Kill:
			cancel()
		case <-ctx.Done():
		}
	}()
	whole = true
	for _, e := range s.executors {
		whole = e.drain(ctx) && whole
	}
	return whole
}

// notify tells the service manager.
func (s *Server) notify(state string) {
	if s.Notify == nil {
		return
	}
	if err := s.Notify(state); err != nil {
		s.Log.Warn("the service manager was not told", "state", state, "error", err)
	}
}

// changed has the loop look at jobs anew, at once, and at all of them before it starts one.
func (s *Server) changed(ids ...string) {
	s.mu.Lock()
	for _, id := range ids {
		s.stale[id] = true
	}
	s.mu.Unlock()
	s.wakeUp()
}

// force has the loop execute a job here, at once or when there is room for it.
func (s *Server) force(id string) {
	s.mu.Lock()
	s.wants[id] = true
	s.mu.Unlock()
	s.wakeUp()
}

// Reload has the loop read the project anew, at once.
func (s *Server) Reload() {
	s.mu.Lock()
	s.asked = true
	s.mu.Unlock()
	s.wakeUp()
}

func (s *Server) wakeUp() {
	select {
	case s.kick <- struct{}{}:
	default: // it is about to wake
	}
}
