package python

import (
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// die makes the kernel kill the command when this thread dies, and so when this process
// does, even by kill -9.
// https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
// "the signal will be sent when that thread terminates … rather than after all
// of the threads in the parent process terminate."
func die(cmd *exec.Cmd) {
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}

// tracking is the variable that has the mark.
const tracking = "SCHEDULED_TRACKING_ID="

// mark marks the command and everything that it starts.
func mark(cmd *exec.Cmd, named string) string {
	mark := tracking + named + "." + rand.Text()
	cmd.Env = append(cmd.Env, mark)
	return mark
}

// adopt makes this process the parent of all orphans below it, so that a daemon stays
// one of its descendants, and seals it.
// https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
var adopt = sync.OnceFunc(func() {
	unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	Seal()
})

// reap waits for orphans that have ended, as the parent of all orphans must, until it
// is told to stop. It leaves alone the children that a caller waits for.
func reap(except func(pid int) bool) (stop func()) {
	ended, over := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(ended, syscall.SIGCHLD)
	var reaping sync.WaitGroup
	reaping.Go(func() {
		for {
			select {
			case <-ended:
			case <-over:
				return
			}
			for pid, parent := range parents() {
				if parent == os.Getpid() && !except(pid) {
					syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
				}
			}
		}
	})
	return func() {
		signal.Stop(ended)
		close(over)
		reaping.Wait()
	}
}

// marked returns the processes that have the mark in their environment. The runner
// of GitHub Actions finds orphans in the same way, by RUNNER_TRACKING_ID.
func marked(mark string) (pids []int) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range environments {
		environ, err := os.ReadFile(file)
		if mark == "" || err != nil || !bytes.Contains(environ, []byte(mark)) {
			continue // another user's, or gone
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		pids = append(pids, pid)
	}
	return pids
}

// descendants returns the processes below this one.
func descendants() (pids []int) {
	parent := parents()
	for pid := range parent {
		for above := pid; above > 1; {
			if above = parent[above]; above == os.Getpid() {
				pids = append(pids, pid)
				break
			}
		}
	}
	return pids
}

// parents returns the parent of each process.
// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
func parents() map[int]int {
	parents := make(map[int]int)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		stat, _ := os.ReadFile(file)
		// "pid (name) state ppid …": the name may have any characters.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 2 {
			continue // gone
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parents[pid], _ = strconv.Atoi(fields[1])
	}
	return parents
}
