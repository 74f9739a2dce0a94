//go:build unix

package python

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// processes are a command and everything that it starts: a process group.
type processes struct {
	cmd   *exec.Cmd
	mark  string // in the environment of each of them; "" without one
	guard *guard // nil if this process is no Host
	stop  func() // stops waiting for orphans
}

func newProcesses(cmd *exec.Cmd, host *Host) (*processes, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p := &processes{cmd: cmd, mark: bind(cmd), stop: func() {}}
	if host == nil {
		return p, nil
	}
	adopt()
	if guard, err := startGuard(host.Program, host.Held); err == nil { // the work counts for more than its guard
		p.guard = guard
		guard.tell(p.mark)
	}
	return p, nil
}

func (p *processes) start() error {
	if err := p.cmd.Start(); err != nil || p.guard == nil {
		return err
	}
	group, guard := p.cmd.Process.Pid, p.guard.cmd.Process.Pid
	p.guard.tell(strconv.Itoa(group))
	p.stop = reap(func(pid int) bool { return pid == group || pid == guard })
	return nil
}

// signal sends a signal to the group. The group keeps its ID while it has a
// process; once it has none, PIDs would have to wrap around before it is reused.
func (p *processes) signal(s syscall.Signal) error {
	return syscall.Kill(-p.cmd.Process.Pid, s)
}

// signalAll sends a signal to the group and to the processes that have left it, such as
// a browser that its driver starts in a separate session.
func (p *processes) signalAll(s syscall.Signal) error {
	strays := marked(p.mark)
	if p.guard != nil {
		strays = append(strays, descendants(p.guard.cmd.Process.Pid)...)
	}
	signalled := make(map[int]bool)
	for _, pid := range strays {
		if group, err := syscall.Getpgid(pid); err == nil && group != p.cmd.Process.Pid && !signalled[pid] {
			syscall.Kill(pid, s)
			signalled[pid] = true
		}
	}
	return p.signal(s)
}

func (p *processes) close() {
	p.stop()
	if p.guard != nil {
		p.guard.dismiss()
	}
}

// killedBy returns the name of the signal by which a process died, or "".
func killedBy(state *os.ProcessState) string {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return ""
	}
	return unix.SignalName(status.Signal())
}

func signalName(s os.Signal) string {
	if number, ok := s.(syscall.Signal); ok {
		return unix.SignalName(number)
	}
	return s.String()
}
