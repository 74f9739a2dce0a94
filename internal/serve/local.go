package serve

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Local executes jobs on this machine, with the local ledger.
type Local struct {
	Workers int    // executions at once
	Output  *Lines // gets the output of jobs

	// What is posted about jobs: the URL of a webhook by the name of its variable, "" for
	// none; owner/name of the repository and the path of the project file in it, "" if unknown.
	Webhooks         func(name string) string
	Repository, Path string

	*Server
	ended   sync.WaitGroup // executions
	swept   time.Time      // when the files of the ledger were last looked at
	peeked  time.Time      // the same, of the paused jobs
	stamps  map[string]ledger.Stamp
	paused  []string
	pruned  time.Time // when old logs were last removed
	pruning sync.Mutex
	again   map[string]time.Time // the next attempt of a job, as the log says

	mu     sync.Mutex // of what follows
	teller teller
	lanes  map[lane]*running         // that are taken
	memory map[string][]schedule.Run // by job, until the ledger has them
	served map[string]time.Time      // by job, the newest window that succeeded here
	failed map[string]time.Time      // when a job could not be run at all
}

// lane is what executes at most once at a time.
type lane struct {
	job    string
	number int
}

// running is an execution that goes on.
type running struct {
	window  schedule.Window
	lock    string
	begun   bool      // it executes, and does not wait for another process
	started time.Time // since when
	cancel  context.CancelCauseFunc
	more    chan os.Signal // see python.Cancelled
}

func (l *Local) begin(s *Server) {
	l.Server, l.lanes = s, map[lane]*running{}
	l.memory, l.served = map[string][]schedule.Run{}, map[string]time.Time{}
	l.failed, l.again = map[string]time.Time{}, map[string]time.Time{}
	l.teller.Local = l
}

// owed returns what the ledger says, without what executes already and what failed a moment
// ago.
func (l *Local) owed(job pyproject.Job, now time.Time) (windows []schedule.Window, until time.Time) {
	if again := l.held(job.ID, now); again.After(now) {
		return nil, again
	}
	engine := l.engine(job)
	engine.Now = func() time.Time { return now }
	engine.Say = func(string) {} // who executes it says it
	var unread error
	warn := engine.Warn
	engine.Warn = func(err error) {
		unread = cmp.Or(unread, err)
		warn(err)
	}
	look, err := engine.Look(false)
	if err != nil {
		if l.board.refuse(job.ID, err) {
			l.Log.Error("cannot be started", "job", job.ID, "error", err, "hint", problem.Hint(err))
		}
		return nil, now.Add(longest)
	}
	l.tell(job)
	if look.Unknown {
		l.board.refuse(job.ID, cmp.Or(unread, errors.New("its history cannot be read")))
	} else {
		l.board.refuse(job.ID, nil)
	}
	l.board.pause(job.ID, look.Reason == schedule.Disabled && !job.Schedule.Spec().Disabled)
	l.board.past(look.Schedule, job.ID, look.Runs)
	until = look.Schedule.Next(now)
	l.tracks[job.ID].next = comes(look.Schedule, now)
	if look.Reason == schedule.Waiting {
		until = earliest(until, now.Add(longest)) // another process may run the job that it waits for
	}
	lost := l.unrecorded(job.ID, look.Runs)
	runs := slices.Concat(look.Runs, lost)
	for _, w := range look.Slots {
		if slices.ContainsFunc(lost, func(r schedule.Run) bool { return r.Confirms(w) }) || l.hasServed(job.ID, w) {
			continue
		}
		again := schedule.Retry(w, runs, now)
		l.postpone(job.ID, w, again, now)
		if again.After(now) {
			until = earliest(until, again)
		} else if !l.executes(job, w) {
			windows = append(windows, w)
		}
	}
	return windows, until
}

// postpone says, once, when a window that has failed is tried again.
func (l *Local) postpone(id string, w schedule.Window, again, now time.Time) {
	if again.After(now) && again.After(l.again[id]) && again.Before(w.End) {
		l.again[id] = again
		l.Log.Info("next attempt", "job", id, "slot", w.Start, "at", again)
	}
}

// engine returns how to run a job here.
func (l *Local) engine(job pyproject.Job) execution.Job {
	engine := l.project.Engine(job)
	log := l.Log.With("job", job.ID)
	engine.Now = l.Clock.Now
	engine.Say = func(remark string) { log.Info(remark) }
	engine.Warn = func(err error) {
		if err != nil {
			log.Warn(err.Error())
		}
	}
	first := true
	engine.Output = func(v execution.Variables) (stdout, stderr io.Writer, end func()) {
		defer func() { first = false }()
		return l.output(job, v, first)
	}
	engine.Found = func(python.Launcher) {}
	return engine
}

// executes reports whether the window of a job executes now.
func (l *Local) executes(job pyproject.Job, w schedule.Window) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.lanes[l.lane(job, w)]
	return e != nil && e.window.Start.Equal(w.Start)
}

func (l *Local) lane(job pyproject.Job, w schedule.Window) lane {
	return lane{job.ID, job.Schedule.Lane(w.Start, job.Options.MaxInstances)}
}

// start executes a window if a worker, its lane and its lock are free.
func (l *Local) start(job pyproject.Job, w schedule.Window, _ time.Time) bool {
	return l.run(job, w, execution.Wish{Due: w.Start})
}

// force executes the current window in the same way, confirmed or not.
func (l *Local) force(job pyproject.Job, now time.Time) bool {
	return l.run(job, job.Schedule.Window(now), execution.Wish{Forced: true})
}

func (l *Local) run(job pyproject.Job, w schedule.Window, wish execution.Wish) bool {
	if l.full() && !job.Options.Cancel {
		return false // the loop asks about each job that is due, whenever an execution ends
	}
	where := l.lane(job, w)
	ctx, e := l.take(job, w, where)
	if e == nil {
		return false
	}
	engine, install := l.engine(job), l.project.Install
	l.ended.Go(func() {
		defer l.release(job, where)
		err := install(&engine)
		if err == nil {
			err = l.execute(ctx, engine, wish, e)
		}
		if err != nil && ctx.Err() == nil {
			l.hold(job.ID, err)
			l.Log.Error("could not be run", "job", job.ID, "slot", w.Start, "error", err, "hint", problem.Hint(err))
		}
	})
	return true
}

// full reports whether no worker is free.
func (l *Local) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lanes) >= l.Workers
}

// take takes a worker, the lane and the lock; nil if one of them is not free. A job that
// does not wait for its older windows cancels them.
func (l *Local) take(job pyproject.Job, w schedule.Window, where lane) (context.Context, *running) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.lanes[where]; old != nil {
		if job.Options.Cancel && old.window.Start.Before(w.Start) {
			old.cancel(execution.ErrCancelled)
		}
		return nil, nil
	}
	if len(l.lanes) >= l.Workers {
		return nil, nil
	}
	for _, other := range l.lanes {
		if other.lock != "" && other.lock == job.Options.Lock {
			return nil, nil
		}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	e := &running{window: w, lock: job.Options.Lock, cancel: cancel, more: make(chan os.Signal, 1)}
	l.lanes[where] = e
	return ctx, e
}

// release gives back what take took.
func (l *Local) release(job pyproject.Job, where lane) {
	l.mu.Lock()
	l.lanes[where].cancel(nil)
	delete(l.lanes, where)
	l.mu.Unlock()
	l.changed(job.ID)
}

// execute runs one window: if the ledger still has no evidence for it, unless it is forced.
func (l *Local) execute(ctx context.Context, engine execution.Job, wish execution.Wish, e *running) error {
	return engine.RunLocally(ctx, wish, execution.Told{
		Decided: func(d schedule.Decision) { l.decided(engine.Job, d, e) },
		Ended:   func(r execution.Result) { l.concluded(&engine.Job, r, e, context.Cause(ctx)) },
	})
}

// decided says what is executed.
func (l *Local) decided(job pyproject.Job, d schedule.Decision, e *running) {
	if !d.Run {
		return
	}
	l.mu.Lock()
	e.begun, e.started = true, l.Clock.Now()
	l.mu.Unlock()
	late := l.Clock.Now().Sub(d.Window.Start).Round(time.Millisecond)
	if l.board.started(job.ID, d.Window.Start) && d.Reason != schedule.Forced {
		l.metrics.late(late)
	}
	l.changed(job.ID) // a look just before would take its run for an interrupted one
	log := l.Log.With("job", job.ID, "slot", d.Window.Start, "late", late)
	if d.Missed > 0 {
		log = log.With("missed", d.Missed)
	}
	log.Info("started")
}

// concluded says how an execution ended, and why it was stopped, if it was.
func (l *Local) concluded(job *pyproject.Job, r execution.Result, e *running, why error) {
	if r.Skipped {
		return
	}
	l.remember(job, r, e)
	outcome := failed
	switch {
	case r.OK:
		outcome = succeeded
	case errors.Is(why, execution.ErrCancelled), r.Cause == execution.ErrCancelled.Error():
		outcome = cancelled
	case why != nil:
		outcome = stopped
	}
	l.board.ended(job.ID)
	l.metrics.count(job.ID, outcome)
	log := l.Log.With("job", job.ID, "slot", r.Window.Start, "run", r.RunID, "took", r.Ended.Sub(r.Started).Round(time.Millisecond))
	if r.OK {
		log.Info(outcome)
		return
	}
	log.Error(outcome, "cause", r.Cause, "hint", r.Hint)
}
