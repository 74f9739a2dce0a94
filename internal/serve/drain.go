package serve

import (
	"context"
	"os"
	"syscall"

	"github.com/scheduled-actions/scheduled/internal/python"
)

// drain waits for the executions, and until people are told what happened so far.
func (l *Local) drain(ctx context.Context) (whole bool) {
	whole = l.drainExecutions(ctx)
	l.teller.wait(ctx)
	return whole
}

// drainExecutions waits for the executions, and stops those that are left as a timeout does.
// What only waits for another process is not started any more.
func (l *Local) drainExecutions(ctx context.Context) (whole bool) {
	over := make(chan struct{})
	go func() {
		l.ended.Wait()
		close(over)
	}()
	begun := 0
	l.each(func(e *running) {
		if !e.begun {
			e.cancel(end{})
			return
		}
		begun++
	})
	if begun > 0 {
		l.Log.Info("ending: waiting for running jobs", "running", begun, "for", l.Drain, "hint", "a second SIGTERM or Ctrl-C stops them at once")
	}
	select {
	case <-over:
		return true
	case <-ctx.Done():
	}
	left := 0
	l.each(func(e *running) {
		if e.begun { // else it ends as soon as it looks whether it may
			left++
		}
		e.cancel(end{python.Cancelled{Signal: syscall.SIGTERM, More: e.more}})
	})
	if left > 0 {
		l.Log.Warn("stopping jobs that are still running", "running", left)
	}
	select {
	case <-over:
	case <-l.Kill:
		l.each(func(e *running) { e.more <- os.Kill })
		<-over
	}
	return left == 0
}

// each calls do for everything that executes.
func (l *Local) each(do func(*running)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.lanes {
		do(e)
	}
}

// end is why an execution is stopped when the loop ends.
type end struct{ python.Cancelled }

func (end) Error() string   { return "stopped, because `scheduled serve` ends" }
func (e end) Unwrap() error { return e.Cancelled }
