//go:build unix

package python

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// processes are a command and everything that it starts: a process group.
type processes struct {
	cmd  *exec.Cmd
	mark string // in the environment of each of them; "" if there is no such mark
}

func newProcesses(cmd *exec.Cmd) (*processes, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return &processes{cmd, bind(cmd)}, nil
}

func (p *processes) start() error { return p.cmd.Start() }

// signal sends a signal to the group. The group keeps its ID while it has a
// process; once it has none, PIDs would have to wrap around before it is reused.
func (p *processes) signal(s syscall.Signal) error {
	return syscall.Kill(-p.cmd.Process.Pid, s)
}

// signalAll sends a signal to the group and to the processes that have left it.
func (p *processes) signalAll(s syscall.Signal) error {
	signalStrays(p.mark, p.cmd.Process.Pid, s)
	return p.signal(s)
}

func (p *processes) close() {}

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
