package python

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// linger is how long processes that outlive the entrypoint get to flush their
// output and end by themselves.
const linger = time.Second

// end is how a command ended.
type end struct {
	killedBy string // the signal; "" if none did
	code     int    // its exit code
	stopped  error  // why it was told to end; nil if it ended by itself
}

// supervise runs the command, which must have been made with ctx, to its end, and then
// kills what is left of its processes. It writes nothing to stdout and stderr after it
// has returned. The error says why the command did not start.
//
// When ctx ends, Python gets SIGINT first: only for that it runs what is in finally and
// with, and cancels coroutines. Everything gets SIGTERM once Python has ended, or after
// three quarters of grace, as the runner of GitHub does it; and SIGKILL after all of it.
// direct says that the command is Python, and not a tool that starts it.
func supervise(ctx context.Context, cmd *exec.Cmd, direct bool, host *Host, stdout, stderr io.Writer, grace time.Duration) (end, error) {
	// The child is killed when the thread that started it dies: see die on Linux.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	processes, err := newProcesses(cmd, direct, host)
	if err != nil {
		return end{}, err
	}
	defer processes.close()
	out, err := connect(cmd, stdout, stderr)
	defer out.finish()
	if err != nil {
		return end{}, err
	}

	var mu sync.Mutex
	var stopped error
	var killAt time.Time
	var ended bool
	var passing sync.WaitGroup
	over := make(chan struct{})
	defer passing.Wait()
	defer close(over)
	cmd.WaitDelay = grace
	cmd.Cancel = func() error {
		mu.Lock()
		defer mu.Unlock()
		if ended {
			return os.ErrProcessDone
		}
		stopped, killAt = context.Cause(ctx), time.Now().Add(grace)
		if c, ok := errors.AsType[Cancelled](stopped); ok {
			passing.Go(func() { processes.pass(c.More, over) })
		}
		passing.Go(func() { processes.terminate(grace*3/4, over) })
		return processes.interrupt(stopped)
	}
	if err := processes.start(); err != nil {
		return end{}, err
	}
	if ctx.Err() != nil { // Cancel may have come too early to find anything
		processes.interrupt(context.Cause(ctx))
	}
	out.closeTheirs()
	killedBy, code := processes.wait()
	mu.Lock()
	ended = true
	mu.Unlock()
	if stopped != nil {
		processes.signalAll(syscall.SIGTERM)
		out.wait(time.Until(killAt))
		processes.signalAll(syscall.SIGKILL)
	} else {
		out.wait(linger)
		processes.signal(syscall.SIGKILL)
	}
	return end{killedBy, code, stopped}, nil
}

// terminate asks all processes to end after a while, unless it is over.
func (p *processes) terminate(after time.Duration, over <-chan struct{}) {
	select {
	case <-time.After(after):
		p.signalAll(syscall.SIGTERM)
	case <-over:
	}
}

// pass passes on the signals that come until it is over, and kills all
// processes lastGrace after the first of them, or at once if that is what comes.
func (p *processes) pass(signals <-chan os.Signal, over <-chan struct{}) {
	var kill <-chan time.Time
	for {
		select {
		case s := <-signals:
			switch s {
			case os.Interrupt:
				p.signalAll(syscall.SIGINT)
			case os.Kill:
				p.signalAll(syscall.SIGKILL)
			default:
				p.signalAll(syscall.SIGTERM)
			}
			if kill == nil {
				kill = time.After(lastGrace)
			}
		case <-kill:
			p.signalAll(syscall.SIGKILL)
		case <-over:
			return
		}
	}
}
