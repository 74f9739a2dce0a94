package cli_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServeEndsWhatIsLeft kills the loop and the guard of a job at once: what the job has
// started lives on. It is ended before the job runs again.
func TestServeEndsWhatIsLeft(t *testing.T) {
	dir := served(t, map[string]string{"a": "exec 9>held; flock -n 9 || echo twice; echo here; setsid sleep 600 & sleep 600"})
	s := serve(t, dir)
	s.says(t, "| here", 1)
	killed := append(children(s.Process.Pid), s.Process.Pid)
	if len(killed) != 2 {
		t.Fatalf("processes %v", killed)
	}
	for _, pid := range killed {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	_ = s.Wait()
	next := serve(t, dir)
	next.says(t, "ended what run 1 had left alive", 1)
	next.says(t, "| here", 1)
	if code := next.end(t, syscall.SIGTERM, syscall.SIGTERM); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if said := next.said(); strings.Contains(said, "| twice") {
		t.Errorf("the job ran beside what was left of it:\n%s", said)
	}
}

// children returns the processes that a process has started.
func children(pid int) (pids []int) {
	content, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range content {
		list, _ := os.ReadFile(file)
		for _, field := range strings.Fields(string(list)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// TestServeStorm kills loops, guards and jobs at any moment. No job may execute twice at
// once, nor after it was confirmed, and each is confirmed in the end.
func TestServeStorm(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	command := "exec 9>held-$SCHEDULED_JOB_ID; flock -n 9 || echo $SCHEDULED_JOB_ID >>twice; setsid sleep 0.5 & sleep 0.$((RANDOM % 9)); [ -e calm ]"
	commands := map[string]string{}
	for i := range 4 {
		commands[fmt.Sprint("job-", i)] = command
	}
	dir := served(t, commands)
	loops := []*serving{serve(t, dir), serve(t, dir)}
	for until := time.Now().Add(6 * time.Second); time.Now().Before(until); {
		time.Sleep(time.Duration(random.IntN(700)) * time.Millisecond)
		i := random.IntN(len(loops))
		tree := []int{loops[i].Process.Pid}
		for n := 0; n < len(tree); n++ {
			tree = append(tree, children(tree[n])...)
		}
		random.Shuffle(len(tree), func(i, j int) { tree[i], tree[j] = tree[j], tree[i] })
		for _, pid := range tree[:random.IntN(len(tree)+1)] {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		_ = loops[i].Process.Kill()
		_ = loops[i].Wait()
		loops[i] = serve(t, dir)
	}
	if err := os.WriteFile(filepath.Join(dir, "calm"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for id := range commands {
		scheduled(t, dir, "run", id)
		successes := 0
		for _, r := range recorded(t, dir, id) {
			if r.Success {
				successes++
			}
		}
		if successes != 1 {
			t.Errorf("job %s succeeded %d times", id, successes)
		}
	}
	if twice, err := os.ReadFile(filepath.Join(dir, "twice")); err == nil {
		t.Errorf("executed twice at once: %s", twice)
	}
}
