//go:build unix

package python

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/installer"
)

// TestMain lets the test binary be a program that runs an entrypoint, for TestKilled
// to kill, and its guard.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == GuardArgument {
		Guard(os.Args[2:])
		return
	}
	if target := os.Getenv("RUN_TARGET"); target != "" {
		program := os.Args[0]
		if missing := os.Getenv("RUN_GUARD"); missing != "" {
			program = missing
		}
		ctx, cancel := context.WithCancelCause(context.Background())
		told := make(chan os.Signal, 1)
		signal.Notify(told, syscall.SIGTERM)
		go func() { cancel(Cancelled{Signal: <-told}) }()
		e := Entrypoint{
			Launcher: Launcher{Args: []string{"python3"}, Dir: "testdata/flat"}, Dir: "testdata/flat", Target: target,
			Env: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr, Host: &Host{Program: program}, grace: time.Minute,
		}
		if beside := os.Getenv("RUN_BESIDE"); beside != "" {
			other, over := e, make(chan Outcome)
			other.Target = beside
			go func() {
				o, _ := Run(context.Background(), other)
				over <- o
			}()
			e.Timeout, e.grace = time.Second, time.Second
			o, _ := Run(ctx, e)
			fmt.Println(o.Cause, "and", (<-over).OK)
			return
		}
		fmt.Println(Run(ctx, e))
		return
	}
	os.Exit(m.Run())
}

// locked returns an entrypoint, and a function that fails the test unless the
// process that holds the entrypoint's lock dies.
func locked(t *testing.T, target string) (Entrypoint, func()) {
	t.Helper()
	e := entrypoint(t, "flat", target)
	lock := filepath.Join(t.TempDir(), "lock")
	e.Env = append(e.Env, "LOCK="+lock)
	return e, func() {
		t.Helper()
		file, err := os.Open(lock)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for range 1000 {
			if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Error("a process was left behind")
	}
}

// runUntilReady runs the entrypoint, cancels it with that cause once it says that
// it is ready, and returns what it said after that.
func runUntilReady(t *testing.T, e Entrypoint, cause error) (o Outcome, said string) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	out, in := io.Pipe()
	e.Stdout, e.Stderr = in, io.Discard
	done := make(chan string)
	go func() {
		lines := bufio.NewReader(out)
		line, _ := lines.ReadString('\n')
		if line != "ready\n" {
			t.Errorf("got %q, want it ready", line)
		}
		cancel(cause)
		rest, _ := io.ReadAll(lines)
		done <- string(rest)
	}()
	o, err := Run(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
	return o, <-done
}

func TestCancel(t *testing.T) {
	interrupt, terminate := Cancelled{Signal: os.Interrupt}, Cancelled{Signal: syscall.SIGTERM}
	// The runner of GitHub sends SIGTERM some seconds after SIGINT.
	both := make(chan os.Signal, 1)
	both <- syscall.SIGTERM
	for _, test := range []struct {
		target string
		cause  error
		said   string
		want   string
		frame  string
	}{
		{"jobs.lingers:sleeps", terminate, "", "cancelled by SIGTERM", "jobs/lingers.py:39"},
		{"jobs.lingers:sleeps", interrupt, "", "cancelled by SIGINT", "jobs/lingers.py:39"},
		{"jobs.lingers:sleeps", Cancelled{Signal: syscall.SIGHUP}, "", "cancelled by SIGHUP", "jobs/lingers.py:39"},
		{"jobs.lingers:sleeps", io.ErrClosedPipe, "", io.ErrClosedPipe.Error(), "jobs/lingers.py:39"},
		{"jobs.lingers:cleans_up", interrupt, "cleaned\n", "cancelled by SIGINT", "jobs/lingers.py:39"},
		{"jobs.lingers:cleans_up", terminate, "cleaned\n", "cancelled by SIGTERM", "jobs/lingers.py:39"},
		{"jobs.lingers:cleans_up_at_last", Cancelled{os.Interrupt, both}, "cleaned\n", "cancelled by SIGINT", "jobs/lingers.py:53"},
		{"jobs.lingers:cleans_up_async", timeout(time.Hour), "cleaned\n", "timed out after 1h", ""},
		{"jobs.lingers:cleans_up_with_child", terminate, "asked the child\n", "cancelled by SIGTERM", "jobs/lingers.py:39"},
		{"jobs.lingers:ends_well", terminate, "", "cancelled by SIGTERM", ""},
	} {
		t.Run(test.target, func(t *testing.T) {
			t.Parallel()
			o, said := runUntilReady(t, entrypoint(t, "flat", test.target), test.cause)
			frame := ""
			if o.Frame != nil && !strings.HasSuffix(test.target, "_async") { // where depends on the version
				frame = fmt.Sprintf("%s:%d", o.Frame.File, o.Frame.Line)
			}
			got := []string{said, o.Cause, frame}
			if diff := cmp.Diff([]string{test.said, test.want, test.frame}, got); diff != "" || o.OK {
				t.Errorf("OK %t (-want +got)\n%s", o.OK, diff)
			}
		})
	}
}

func TestKill(t *testing.T) {
	for target, signal := range map[string]os.Signal{
		"jobs.lingers:stubborn":       syscall.SIGTERM,
		"jobs.lingers:stubborn_child": os.Interrupt,
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			e, dies := locked(t, target)
			e.grace = 50 * time.Millisecond
			if o, _ := runUntilReady(t, e, Cancelled{Signal: signal}); o.OK {
				t.Error("a killed entrypoint is OK")
			}
			dies()
		})
	}
}

// What goes on after an interrupt is told to end in time, before it is killed.
func TestStubbornInterrupt(t *testing.T) {
	t.Parallel()
	e := entrypoint(t, "flat", "jobs.lingers:holds_interrupt")
	e.grace = 2 * time.Second
	o, said := runUntilReady(t, e, timeout(time.Hour))
	if said != "goes on\n" || o.Cause != "timed out after 1h" {
		t.Errorf("got %+v, said %q", o, said)
	}
}

// A tool between this program and Python does not know that an interrupt is for Python:
// it reaches both.
func TestInterruptBehindTool(t *testing.T) {
	t.Parallel()
	e := entrypoint(t, "flat", "jobs.lingers:cleans_up")
	e.Launcher.Args = []string{"/bin/sh", "-c", `trap : INT; "$@"; exit 1`, "tool", e.Launcher.Args[0]}
	if o, said := runUntilReady(t, e, Cancelled{Signal: syscall.SIGTERM}); said != "cleaned\n" {
		t.Errorf("got %+v, said %q", o, said)
	}
}

// Without its guard, the entrypoint runs nevertheless: the file of the program may have
// been replaced since it was started.
func TestNoGuard(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(entrypoint(t, "flat", "").Env, "RUN_TARGET=jobs.works:hello", "RUN_GUARD="+filepath.Join(t.TempDir(), "missing"))
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "\n{true ") {
		t.Errorf("said %q, %v", out, err)
	}
}

// A second signal leaves an entrypoint that ignores all of them little time.
func TestLastGrace(t *testing.T) {
	t.Parallel()
	e, dies := locked(t, "jobs.lingers:stubborn")
	e.grace = time.Hour
	more := make(chan os.Signal, 1)
	more <- syscall.SIGTERM
	if o, _ := runUntilReady(t, e, Cancelled{syscall.SIGTERM, more}); o.OK {
		t.Error("a killed entrypoint is OK")
	}
	dies()
}

// All processes are asked to end, and get time for that even if Python is gone.
func TestGrace(t *testing.T) {
	t.Parallel()
	testGrace(t, "jobs.lingers:group")
}

func testGrace(t *testing.T, target string) {
	t.Helper()
	e, dies := locked(t, target)
	e.grace = time.Minute
	if _, said := runUntilReady(t, e, Cancelled{Signal: syscall.SIGTERM}); said != "child ends\n" {
		t.Errorf("said %q", said)
	}
	dies()
}

// A child that is left behind dies. It must not go on writing to our output, as
// the race detector would notice.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	e, dies := locked(t, "jobs.lingers:leaves_child")
	if o, stdout, _ := run(t, e); !o.OK || stdout == "" {
		t.Errorf("got %+v, said %q", o, stdout)
	}
	dies()
}

// What an entrypoint that ended by itself had detached lives on.
func TestDaemon(t *testing.T) {
	t.Parallel()
	e, _ := locked(t, "jobs.lingers:leaves_daemon")
	o, stdout, _ := run(t, e)
	pid, err := strconv.Atoi(strings.TrimSpace(stdout))
	if err != nil || !o.OK {
		t.Fatalf("got %+v, said %q", o, stdout)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("kill daemon: %v", err)
	}
}

// A daemon may hold our output, but nothing reads it any more.
func TestChatter(t *testing.T) {
	t.Parallel()
	if o, _, _ := run(t, entrypoint(t, "flat", "jobs.lingers:leaves_chatter")); !o.OK {
		t.Errorf("got %+v", o)
	}
}

func TestLastWords(t *testing.T) {
	t.Parallel()
	if o, stdout, _ := run(t, entrypoint(t, "flat", "jobs.lingers:last_words")); !o.OK || stdout != "last words\n" {
		t.Errorf("got %+v, said %q", o, stdout)
	}
}

func TestDeath(t *testing.T) {
	for target, want := range map[string]string{
		"jobs.lingers:aborts":       "killed by SIGABRT",
		"jobs.lingers:forks":        "exit code 7",
		"jobs.lingers:forked_fails": "",
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			if o, _, _ := run(t, entrypoint(t, "flat", target)); o.Cause != want || o.OK != (want == "") {
				t.Errorf("got %q, want %q", o.Cause, want)
			}
		})
	}
}

// A tool may start Python from another folder and through a shell. This one
// splits its arguments, as one that passes them to a shell does.
func TestLauncherOfTool(t *testing.T) {
	bin := t.TempDir()
	tool := "#!/bin/sh\nshift\nexec sh -c \"$*\"\n"
	if err := os.WriteFile(filepath.Join(bin, "hatch"), []byte(tool), 0o755); err != nil {
		t.Fatal(err)
	}
	environ := Environ{"PATH=" + bin + ":" + filepath.Dir(interpreters()[0]) + ":" + os.Getenv("PATH")}
	e := entrypoint(t, "flat", "jobs.café:größe")
	e.Root = filepath.Dir(e.Dir)
	l, err := Find(installer.Environment{Tool: installer.Hatch}, e.Root, e.Dir, environ)
	if err != nil {
		t.Fatal(err)
	}
	e.Launcher = l
	e.Env = append(e.Env, environ...)
	if o, stdout, stderr := run(t, e); !o.OK || stdout != "gr\\xf6\\xdfe\n" || l.Dir != e.Root {
		t.Errorf("%+v in %s, said %q, %s", o, l.Dir, stdout, stderr)
	}
}
