//go:build unix

package python

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// guard is the process between this one and an entrypoint. If kill -9 ends this one, the
// guard kills everything that the entrypoint has started: on Linux all of that stays
// below the guard, whatever it does.
type guard struct {
	life *os.File      // ends when this process does
	told *bufio.Reader // what the guard says: the entrypoint's process, and how that ended
	from *os.File      // told reads from it
	stop func()        // of startWaited
}

// startGuard makes the guard the command, starts it, and returns the process that the
// guard has started for the command. The guard holds the files open until everything is
// killed.
func startGuard(program string, cmd *exec.Cmd, files []*os.File) (g *guard, pid int, err error) {
	theirLife, life, err := os.Pipe()
	if err != nil {
		return nil, 0, err
	}
	defer theirLife.Close()
	from, theirs, err := os.Pipe()
	if err != nil {
		life.Close()
		return nil, 0, err
	}
	defer theirs.Close()
	g = &guard{life: life, told: bufio.NewReader(from), from: from, stop: func() {}}
	cmd.ExtraFiles = append([]*os.File{theirLife, theirs}, files...)
	cmd.Args = slices.Concat([]string{program, GuardArgument, strconv.Itoa(len(cmd.ExtraFiles)), cmd.Path}, cmd.Args[1:])
	cmd.Path = program
	stop, err := startWaited(cmd)
	if err != nil {
		g.close()
		return nil, 0, err
	}
	g.stop = stop
	theirs.Close()
	said, _ := g.told.ReadString('\n')
	if pid, err = strconv.Atoi(strings.TrimSpace(said)); err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		g.close()
		return nil, 0, errors.New(cmp.Or(strings.TrimSpace(said), "its guard has ended"))
	}
	return g, pid, nil
}

// wait returns how the entrypoint ended. It is false if something has killed the guard.
func (g *guard) wait() (status syscall.WaitStatus, ok bool) {
	said, _ := g.told.ReadString('\n')
	number, err := strconv.ParseUint(strings.TrimSpace(said), 10, 32)
	return syscall.WaitStatus(number), err == nil
}

func (g *guard) close() {
	g.life.Close()
	g.from.Close()
	g.stop()
}

// Guard starts an entrypoint for the process that has started this one, says how it
// ended, and waits to be killed. If that process ends first, it kills what is left of the
// entrypoint. args are the number of files that it got, and the command.
func Guard(args []string) {
	if len(args) < 2 {
		return
	}
	runtime.LockOSThread() // see die on Linux
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) { // what is ignored here is so in the entrypoint
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
	const first = 3
	handed, _ := strconv.Atoi(args[0])
	for fd := first; fd < first+handed; fd++ {
		syscall.CloseOnExec(fd)
	}
	life, told := os.NewFile(first, "life"), os.NewFile(first+1, "told")
	adopt()
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	die(cmd)
	if _, err := startWaited(cmd); err != nil {
		fmt.Fprintln(told, err)
		return
	}
	for _, stream := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
		stream.Close() // they end when the entrypoint has
	}
	pid := cmd.Process.Pid
	fmt.Fprintln(told, pid)
	go func() {
		cmd.Wait()
		fmt.Fprintln(told, uint32(cmd.ProcessState.Sys().(syscall.WaitStatus)))
	}()
	io.Copy(io.Discard, life)
	for wait := time.Millisecond; ; wait = min(2*wait, time.Second) {
		syscall.Kill(-pid, syscall.SIGKILL)
		left := descendants(os.Getpid(), false)
		for _, pid := range left {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		if len(left) == 0 {
			return
		}
		time.Sleep(wait)
	}
}
