package python

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// So are processes that have left the group.
func TestGraceOfStrays(t *testing.T) {
	t.Parallel()
	testGrace(t, "jobs.lingers:left_group")
}

// If this program is killed, so is everything that its entrypoint has started:
// otherwise a second run would meet the first one still at work.
func TestKilled(t *testing.T) {
	for _, target := range []string{"stay", "group", "left_group", "waits_for_daemon"} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			cmd, dies := host(t, target)
			cmd.Process.Kill()
			cmd.Wait()
			dies()
		})
	}
}

// A program that is told to end ends everything that its entrypoint has started, even
// a daemon with another environment.
func TestDaemonOfHost(t *testing.T) {
	t.Parallel()
	cmd, dies := host(t, "waits_for_daemon")
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	dies()
}

// Nor does anything live on if an entrypoint kills the guard, its parent.
func TestKilledGuard(t *testing.T) {
	t.Parallel()
	cmd, dies := host(t, "kills_guard")
	cmd.Wait()
	dies()
}

// host starts a program that does nothing but to run an entrypoint, and returns when
// that is ready.
func host(t *testing.T, target string) (cmd *exec.Cmd, dies func()) {
	t.Helper()
	e, dies := locked(t, "")
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(e.Env, "RUN_TARGET=jobs.lingers:"+target)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	return cmd, dies
}

// Orphans that have ended are no zombies, as they would be below a process 1 that does
// not wait for them.
func TestReap(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(entrypoint(t, "flat", "").Env, "RUN_TARGET=jobs.lingers:leaves_orphan")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "gone\n{true ") {
		t.Errorf("said %q, %v", out, err)
	}
}

// The report needs no folder for temporary files, which may be full or missing.
func TestWithoutTemp(t *testing.T) {
	t.Setenv("TMPDIR", "/dev/null/none")
	if o, stdout, _ := run(t, entrypoint(t, "flat", "jobs.works:hello")); !o.OK || stdout != "hello\n" {
		t.Errorf("%+v, said %q", o, stdout)
	}
}

// What stops one entrypoint leaves those alone that the same program runs beside it, and
// their processes.
func TestAnotherBeside(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	e, _ := locked(t, "")
	cmd.Env = append(e.Env, "RUN_TARGET=jobs.lingers:left_group", "RUN_BESIDE=jobs.lingers:waits_a_while")
	out, err := cmd.Output()
	if lines := strings.Split(strings.TrimSpace(string(out)), "\n"); err != nil || lines[len(lines)-1] != "timed out after 1s and true" {
		t.Errorf("said %q, %v", out, err)
	}
}

// A guard that starts slowly is no orphan: else who waits for another entrypoint would take
// its end, or kill it.
func TestGuardIsNoOrphan(t *testing.T) {
	t.Parallel()
	script, file := filepath.Join(t.TempDir(), "guard"), filepath.Join(t.TempDir(), "pid")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho $$ >"+file+".new\nmv "+file+".new "+file+"\nread go <"+file+".go\necho not today >&4\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(file+".go", 0o600); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, _, err := startGuard(script, exec.Command("true"), nil)
		failed <- err
	}()
	var text []byte
	for len(text) == 0 {
		text, _ = os.ReadFile(file)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	all := parents()
	waited.Lock()
	if all[pid] != os.Getpid() || slices.Contains(orphans(all), pid) {
		t.Errorf("the guard %d, below %d, is an orphan", pid, all[pid])
	}
	waited.Unlock()
	if err := os.WriteFile(file+".go", []byte("go\n"), 0); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil || err.Error() != "not today" {
		t.Error(err)
	}
}
