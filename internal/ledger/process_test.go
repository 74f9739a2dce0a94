package ledger

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// roles are what the test binary does when a test starts it again, as another
// process whose working directory is the project.
var roles = map[string]func(*Ledger) error{
	"execute": func(l *Ledger) error { return runJob(l, appendExecution) },
	"hang":    func(l *Ledger) error { return runJob(l, waitForEver) },
	"loop":    loop,
	"alone":   alone,
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv("LEDGER_TEST_ROLE")]
	if !ok {
		useMemory()
		os.Exit(m.Run())
	}
	l, err := Open(defaultFile, func(warning string) { panic(warning) })
	if err == nil {
		err = role(l)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// useMemory makes the temporary folders in memory, where Linux has a place for
// that: the tests write to the disk thousands of times.
func useMemory() {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		os.Setenv("TMPDIR", memory)
	}
}

// runJob does what `scheduled run` does: it runs the job if its window is
// unconfirmed.
func runJob(l *Ledger, entrypoint func() error) error {
	unlock, err := l.Lock(context.Background(), "clean", func() {})
	if err != nil {
		return err
	}
	defer unlock()
	runs, err := l.Runs("clean")
	if err != nil {
		return err
	}
	decision := schedule.Decide(daily, schedule.Tick{Now: noon, Runs: runs})
	if !decision.Run {
		return nil
	}
	execution, err := l.Start("clean", noon, decision.Window)
	if err != nil {
		return err
	}
	if err := entrypoint(); err != nil {
		return err
	}
	return execution.Finish(noon, true, "")
}

func appendExecution() error {
	out, err := os.OpenFile("executions", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	_, err = fmt.Fprintln(out, os.Getpid())
	return err
}

func waitForEver() error {
	fmt.Println("started")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// loop records runs for ever, and prints the id of each after its end.
func loop(l *Ledger) error {
	for {
		execution, err := l.Start("clean", noon, daily.Window(noon))
		if err != nil {
			return err
		}
		if err := execution.Finish(noon, true, ""); err != nil {
			return err
		}
		fmt.Println(execution.record.Run)
	}
}

// alone takes the job's lock again and again, and makes sure that no other process
// has it, whatever becomes of the ledger.
func alone(l *Ledger) error {
	for range 10 {
		unlock, _ := l.Lock(context.Background(), "clean", nil)
		err := os.Mkdir("inside", 0o755)
		time.Sleep(rand.N(5 * time.Millisecond))
		if err = errors.Join(err, os.Remove("inside")); err != nil {
			return err
		}
		unlock()
	}
	return nil
}

// process returns the test binary in that role.
func process(t *testing.T, role, project string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "LEDGER_TEST_ROLE="+role)
	cmd.Dir = project
	cmd.Stderr = os.Stderr
	return cmd
}

func TestTenProcessesAtOnceExecuteOnce(t *testing.T) {
	project := t.TempDir()
	var processes []*exec.Cmd
	for range 10 {
		p := process(t, "execute", project)
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, p)
	}
	for _, p := range processes {
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
	}
	if n := bytes.Count(read(t, filepath.Join(project, "executions")), []byte("\n")); n != 1 {
		t.Errorf("%d executions", n)
	}
	if got := runs(t, openLedger(t, project), "clean"); len(got) != 1 || !got[0].Success {
		t.Errorf("runs: %+v", got)
	}
}

func TestOnlyOneRunsWhileTheLedgerIsRemoved(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can lock a folder for one job")
	}
	project := t.TempDir()
	var group sync.WaitGroup
	for range 4 {
		p := process(t, "alone", project)
		group.Go(func() {
			if err := p.Run(); err != nil {
				t.Error(err)
			}
		})
	}
	ended := make(chan struct{})
	go func() { group.Wait(); close(ended) }()
	for {
		select {
		case <-ended:
			return
		case <-time.After(time.Millisecond):
			_ = os.RemoveAll(filepath.Join(project, folderName)) // as long as it is in use, that may fail
		}
	}
}

func TestKilledRunIsUnconfirmedAndFreesTheJob(t *testing.T) {
	project := t.TempDir()
	killAfterFirstLine(t, process(t, "hang", project), 0)

	if err := process(t, "execute", project).Run(); err != nil {
		t.Fatal(err)
	}
	got := runs(t, openLedger(t, project), "clean")
	if len(got) != 2 || got[0].Success || !got[1].Success {
		t.Errorf("runs: %+v", got)
	}
}

func TestKillAtAnyMomentLosesNothingRecorded(t *testing.T) {
	project := t.TempDir()
	l := openFile(t, filepath.Join(project, defaultFile), func(string) {}) // a kill can tear the line that is being written
	for range 200 {
		printed := killAfterFirstLine(t, process(t, "loop", project), rand.N(5*time.Millisecond))

		known := map[int64]bool{}
		for _, run := range runs(t, l, "clean") {
			known[run.ID] = run.Success
		}
		for line := range bytes.Lines(printed) {
			var id int64
			if n, _ := fmt.Sscanf(string(line), "%d\n", &id); n == 1 && !known[id] {
				t.Fatalf("run %d was a recorded success before the kill and is not one after it", id)
			}
		}
	}
}

// killAfterFirstLine starts a process, kills it some time after the first line
// of its output, and returns the whole output.
func killAfterFirstLine(t *testing.T, p *exec.Cmd, wait time.Duration) []byte {
	t.Helper()
	if _, err := p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	pipe, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(pipe)
	first, err := out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(wait)
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err == nil {
		t.Fatal("the process ended before it was killed")
	}
	return append(first, rest...)
}
