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
	"time"

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

// waited are the children that somebody waits for, while there are any.
var waited struct {
	sync.Mutex
	pids map[int]bool
	over chan struct{} // ends reaping
}

// reapPause is how long a reaper lets orphans end before it looks for them: to look, it
// reads about all processes of the machine.
const reapPause = 100 * time.Millisecond

// startWaited starts a command that the caller waits for, until it calls stop. Meanwhile
// orphans that have ended are waited for as well, as the parent of all orphans must.
func startWaited(cmd *exec.Cmd) (stop func(), err error) {
	waited.Lock() // no reaper takes it for an orphan before it is known
	defer waited.Unlock()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if len(waited.pids) == 0 {
		waited.pids, waited.over = map[int]bool{}, make(chan struct{})
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGCHLD)
		go reapUntil(waited.over, ended)
	}
	pid := cmd.Process.Pid
	waited.pids[pid] = true
	return func() {
		waited.Lock()
		defer waited.Unlock()
		delete(waited.pids, pid)
		if len(waited.pids) == 0 {
			close(waited.over)
		}
	}, nil
}

func reapUntil(over <-chan struct{}, ended chan os.Signal) {
	defer signal.Stop(ended)
	for {
		select {
		case <-ended:
		case <-over:
			return
		}
		select {
		case <-time.After(reapPause):
		case <-over:
			return
		}
		parents := parents()
		waited.Lock()
		for _, pid := range orphans(parents) {
			syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
		waited.Unlock()
	}
}

// orphans returns the children of this process that nobody waits for, given the parent of
// each process. The caller holds the lock of waited.
func orphans(parents map[int]int) (pids []int) {
	for pid, parent := range parents {
		if parent == os.Getpid() && !waited.pids[pid] {
			pids = append(pids, pid)
		}
	}
	return pids
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

// descendants returns the processes below one. With orphaned, they are also the orphans of
// this process, and what is below them.
func descendants(of int, orphaned bool) (pids []int) {
	parents := parents()
	top := map[int]bool{of: true}
	if orphaned {
		waited.Lock()
		for _, pid := range orphans(parents) {
			top[pid] = true
			pids = append(pids, pid)
		}
		waited.Unlock()
	}
	for pid := range parents {
		for above := pid; above > 1; {
			if above = parents[above]; top[above] {
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
