package python

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// linger is what processes that outlive the entrypoint have to say their last
// words and end by themselves.
const linger = time.Second

// end is how a command ended.
type end struct {
	state   *os.ProcessState
	stopped error // why it was told to end, if it was
}

// supervise runs the command, which must belong to ctx, to its end. Then it
// kills what is left of its processes. Nothing is written to stdout and stderr
// after it has returned. It is an error only if the command did not start.
func supervise(ctx context.Context, cmd *exec.Cmd, stdout, stderr io.Writer, grace time.Duration) (end, error) {
	// A child is killed when the thread dies that started it, see processes_linux.go.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	processes, err := newProcesses(cmd)
	if err != nil {
		return end{}, err
	}
	defer processes.close()
	out, err := connect(cmd, stdout, stderr)
	defer out.finish()
	if err != nil {
		return end{}, err
	}

	var stopped error
	var killAt time.Time
	cmd.WaitDelay = grace
	cmd.Cancel = func() error {
		stopped, killAt = context.Cause(ctx), time.Now().Add(grace)
		return processes.signalAll(polite(stopped))
	}
	if err := processes.start(); err != nil {
		return end{}, err
	}
	out.closeTheirs()
	cmd.Wait() // says less than the state and the context do
	if stopped != nil {
		out.wait(time.Until(killAt))
		processes.signalAll(syscall.SIGKILL)
	} else {
		out.wait(linger)
		processes.signal(syscall.SIGKILL)
	}
	return end{cmd.ProcessState, stopped}, nil
}

// polite returns the signal that asks processes to end.
func polite(cause error) syscall.Signal {
	if c, ok := errors.AsType[Cancelled](cause); ok && c.Signal == os.Interrupt {
		return syscall.SIGINT
	}
	return syscall.SIGTERM
}
