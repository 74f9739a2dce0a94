//go:build unix

package python

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// guard is a process that outlives this one, only to kill what an entrypoint has
// started when kill -9 ends this one.
type guard struct {
	cmd  *exec.Cmd
	pipe *os.File // it ends when this process does
}

// startGuard starts the program as a guard. It holds the files open until all
// processes of the entrypoint are gone.
func startGuard(program string, files []*os.File) (*guard, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	cmd := exec.Command(program, GuardArgument)
	cmd.Env, cmd.Dir, cmd.Stdin, cmd.ExtraFiles = []string{}, "/", theirs, files
	detach(cmd)
	if err := cmd.Start(); err != nil {
		ours.Close()
		return nil, err
	}
	return &guard{cmd, ours}, nil
}

// tell sends the guard what to kill: a mark or a group.
func (g *guard) tell(what string) { io.WriteString(g.pipe, what+"\n") }

// dismiss ends the guard while this process is still alive, so that the guard kills
// nothing.
func (g *guard) dismiss() {
	g.cmd.Process.Kill()
	g.cmd.Wait()
	g.pipe.Close()
}

// detach keeps signals to our group, and those of the terminal, from a command.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// Guard waits for the end of its input, which is the end of the process that runs an
// entrypoint, and kills what is left of the entrypoint then.
func Guard(input io.Reader) {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	told, _ := io.ReadAll(input)
	group, mark := 0, ""
	for what := range strings.FieldsSeq(string(told)) {
		if number, err := strconv.Atoi(what); err == nil {
			group = number
		} else {
			mark = what
		}
	}
	for wait := time.Millisecond; ; wait = min(2*wait, time.Second) {
		if group > 1 {
			syscall.Kill(-group, syscall.SIGKILL)
		}
		left := marked(mark)
		for _, pid := range left {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		if len(left) == 0 {
			return
		}
		time.Sleep(wait)
	}
}
