//go:build unix

package python

import (
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// processes are a command and everything that it starts: a process group.
type processes struct {
	cmd    *exec.Cmd
	direct bool // it is Python itself
	host   *Host
	group  atomic.Int32 // 0 until the command has started
	mark   string       // in the environment of each of them; "" without one
	guard  *guard       // the command's parent; nil if this process is
	stop   func()       // of startWaited

	// orphaned says that the guard is gone: what was below it is now an orphan of this
	// process. The guards of other commands that it runs keep theirs.
	orphaned atomic.Bool
}

func newProcesses(cmd *exec.Cmd, direct bool, host *Host) (*processes, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	named := ""
	if host != nil {
		named = host.Mark
	}
	return &processes{cmd: cmd, direct: direct, host: host, mark: mark(cmd, named), stop: func() {}}, nil
}

func (p *processes) start() error {
	start := func(cmd *exec.Cmd) (func(), error) { return func() {}, cmd.Start() }
	if p.host != nil {
		adopt()
		start = startWaited
		plain := *p.cmd // a command can be started only once, even if that fails
		guard, group, err := startGuard(p.host.Program, p.cmd, p.host.Held)
		if err == nil {
			p.guard = guard
			p.group.Store(int32(group))
		}
		if p.cmd.Process != nil {
			return err
		}
		*p.cmd = plain // the work counts for more than its guard
	}
	die(p.cmd)
	stop, err := start(p.cmd)
	if err == nil {
		p.stop = stop
		p.group.Store(int32(p.cmd.Process.Pid))
	}
	return err
}

// wait waits for the end of the command and returns the signal that killed it, "" if
// none did, and its exit code.
func (p *processes) wait() (killedBy string, code int) {
	if p.guard != nil {
		if status, ok := p.guard.wait(); ok {
			return signalOf(status), status.ExitStatus()
		}
		defer p.signalAll(syscall.SIGKILL)
		p.orphaned.Store(true)
	}
	p.cmd.Wait() // the state says more than its error
	status, _ := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return signalOf(status), status.ExitStatus()
}

func signalOf(status syscall.WaitStatus) string {
	if !status.Signaled() {
		return ""
	}
	return unix.SignalName(status.Signal())
}

// signal sends a signal to the group. The group keeps its ID while it has a
// process; once it has none, PIDs would have to wrap around before it is reused.
func (p *processes) signal(s syscall.Signal) error {
	return syscall.Kill(-int(p.group.Load()), s)
}

// interrupt sends SIGINT to Python. What that needs to clean up, such as the driver of a
// browser, does not get it. Only a tool knows where the Python is that it has started: so
// the whole group gets it, as from a terminal.
func (p *processes) interrupt(error) error {
	group := int(p.group.Load())
	switch {
	case group == 0:
		return os.ErrProcessDone
	case p.direct:
		return syscall.Kill(group, syscall.SIGINT)
	}
	return p.signal(syscall.SIGINT)
}

// signalAll sends a signal to the group and to the processes that have left it, such as
// a browser that its driver starts in a separate session.
func (p *processes) signalAll(s syscall.Signal) error {
	own := int(p.group.Load())
	if own == 0 {
		return os.ErrProcessDone
	}
	strays := marked(p.mark)
	if p.host != nil {
		strays = append(strays, descendants(p.cmd.Process.Pid, p.orphaned.Load())...)
	}
	signalled := map[int]bool{p.cmd.Process.Pid: true} // the guard, or one of the group
	for _, pid := range strays {
		if group, err := syscall.Getpgid(pid); err == nil && group != own && !signalled[pid] {
			syscall.Kill(pid, s)
			signalled[pid] = true
		}
	}
	return p.signal(s)
}

func (p *processes) close() {
	if p.guard != nil {
		p.cmd.Process.Kill() // while this process lives, the guard kills nothing
		p.cmd.Wait()
		p.guard.close()
	}
	p.stop()
}

func signalName(s os.Signal) string {
	if number, ok := s.(syscall.Signal); ok {
		return unix.SignalName(number)
	}
	return s.String()
}
