package python

import (
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// bind makes the kernel kill the command when this process dies, even by kill -9,
// and marks everything that it starts. To Linux, the "parent" is a thread.
// https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
// "the signal will be sent when that thread terminates … rather than after all
// of the threads in the parent process terminate."
func bind(cmd *exec.Cmd) (mark string) {
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	mark = "SCHEDULED_TRACKING_ID=" + rand.Text()
	cmd.Env = append(cmd.Env, mark)
	return mark
}

// signalStrays sends a signal to the processes that have the mark but have left
// the group, such as a browser that its driver starts in its own session. The
// runner of GitHub Actions finds orphans in the same way, by RUNNER_TRACKING_ID.
func signalStrays(mark string, group int, s syscall.Signal) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range environments {
		environ, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(environ, []byte(mark)) {
			continue // another user's, or gone
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if of, err := syscall.Getpgid(pid); err == nil && of != group {
			syscall.Kill(pid, s)
		}
	}
}
