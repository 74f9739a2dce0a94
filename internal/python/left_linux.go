package python

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"
)

// leftPatience is how long EndLeft waits for what it has killed.
const leftPatience = 10 * time.Second

// EndLeft kills what the entrypoints of that Mark have left alive, and returns how many
// processes that were. There are some only where kill -9 has ended this program and the
// guard together. What still has a guard is left to that.
func EndLeft(named string) (killed int) {
	seen := map[int]bool{}
	for until := time.Now().Add(leftPatience); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		left := unguarded(marked(tracking + named + "."))
		for _, pid := range left {
			syscall.Kill(pid, syscall.SIGKILL)
			seen[pid] = true
		}
		if len(left) == 0 {
			break
		}
	}
	return len(seen)
}

// unguarded returns those of the processes that are no guard and not below one.
func unguarded(pids []int) (left []int) {
	if len(pids) == 0 {
		return nil
	}
	parent := parents()
	for _, pid := range pids {
		above := pid
		for above > 1 && !isGuard(above) {
			above = parent[above]
		}
		if above <= 1 {
			left = append(left, pid)
		}
	}
	return left
}

func isGuard(pid int) bool {
	line, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	args := bytes.Split(line, []byte{0})
	return len(args) > 1 && string(args[1]) == GuardArgument
}
