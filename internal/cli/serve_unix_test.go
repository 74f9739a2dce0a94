//go:build unix

package cli_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// serving is a process of `scheduled serve --local`.
type serving struct {
	*exec.Cmd
	out string // the file with what it writes
}

// program returns the file of the program, under its own name: it starts itself as the guard
// of an entrypoint.
var program = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(self)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(filepath.Dir(self), "program-*")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "scheduled")
	return file, os.WriteFile(file, content, 0o700)
})

// serve starts a loop in a folder that executes all jobs.
func serve(t *testing.T, dir string, flags ...string) *serving {
	t.Helper()
	return looping(t, dir, nil, append([]string{"--local"}, flags...)...)
}

// looping starts a loop in a folder.
func looping(t *testing.T, dir string, environ []string, flags ...string) *serving {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(file, append([]string{"serve", "--listen", ""}, flags...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "CHAT=" + os.Getenv("CHAT"), "NOTIFY_SOCKET=" + os.Getenv("NOTIFY_SOCKET")}
	cmd.Env = append(cmd.Env, environ...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &serving{cmd, out.Name()}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("process %d wrote\n%s", cmd.Process.Pid, s.said())
		}
	})
	return s
}

func (s *serving) said() string {
	content, _ := os.ReadFile(s.out)
	return string(content)
}

// says waits until the process has written a text that often.
func (s *serving) says(t *testing.T, text string, times int) {
	t.Helper()
	eventually(t, "`"+text+"`", func() bool { return strings.Count(s.said(), text) >= times })
}

// end sends signals, and returns the exit code.
func (s *serving) end(t *testing.T, signals ...syscall.Signal) int {
	t.Helper()
	for _, signal := range signals {
		if err := s.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond) // two that come at once are one
	}
	err := s.Wait()
	if exit, failed := errors.AsType[*exec.ExitError](err); failed {
		return exit.ExitCode()
	}
	return 0
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("no %s within 20 seconds", what)
		}
	}
}

// served makes a folder with a project of these jobs, which are hourly: the current window
// is run at the start.
func served(t *testing.T, commands map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	declare(t, dir, commands)
	return dir
}

func declare(t *testing.T, dir string, commands map[string]string) {
	t.Helper()
	var toml strings.Builder
	for id, command := range commands {
		toml.WriteString("[tool.scheduled-actions.jobs." + id + "]\nevery = \"hour\"\ncommand = '" + command + "'\n")
	}
	file := filepath.Join(dir, "new.toml")
	if err := os.WriteFile(file, []byte(toml.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file, filepath.Join(dir, "pyproject.toml")); err != nil {
		t.Fatal(err)
	}
}

// recorded returns the runs of a job in the ledger.
func recorded(t *testing.T, dir, id string) []schedule.Run {
	t.Helper()
	book, err := ledger.Open(filepath.Join(dir, "pyproject.toml"), func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	runs, err := book.Runs(id)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func confirmed(t *testing.T, dir, id string) func() bool {
	return func() bool {
		runs := recorded(t, dir, id)
		return len(runs) > 0 && runs[len(runs)-1].Success
	}
}

// TestServeUnread has nobody read what a job prints, on a pipe that is full: another job
// executes all the same, and serve ends when it is told to.
func TestServeUnread(t *testing.T) {
	dir := served(t, map[string]string{"chatty": "seq 200000", "quiet": "true"})
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, "serve", "--local", "--listen", "", "--workers", "2")
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	for _, stream := range []func() (io.ReadCloser, error){cmd.StdoutPipe, cmd.StderrPipe} {
		if _, err := stream(); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	s := &serving{cmd, os.DevNull}
	for _, id := range []string{"chatty", "quiet"} {
		eventually(t, "success of "+id, confirmed(t, dir, id))
	}
	if code := s.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestServeWaitsForItsTurn has two loops in one folder: the second waits, also while the
// first stands still, and goes on where that was killed.
func TestServeWaitsForItsTurn(t *testing.T) {
	dir := served(t, map[string]string{"a": "echo here $PPID; while [ ! -e go ]; do sleep 0.1; done"})
	first := serve(t, dir)
	first.says(t, "| here", 1)
	second := serve(t, dir)
	second.says(t, "another process serves the project", 1)
	if err := first.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2500 * time.Millisecond) // two looks
	if said := second.said(); strings.Count(said, "\n") != 1 {
		t.Fatalf("the second one does not wait: %s", said)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	second.says(t, "| here", 1)
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "success", confirmed(t, dir, "a"))
	if code := second.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if runs := recorded(t, dir, "a"); len(runs) != 2 {
		t.Errorf("runs: %+v", runs)
	}
}

// TestServeDrains ends the loop while a job executes.
func TestServeDrains(t *testing.T) {
	for _, test := range []struct {
		name, command, drain string
		signals              []syscall.Signal
		code                 int
		outcome              string
	}{
		{"the job ends", "echo here; sleep 1", "1m", []syscall.Signal{syscall.SIGTERM}, 0, ""},
		{"the job is stopped", "echo here; sleep 60", "500ms", []syscall.Signal{syscall.SIGINT}, 1, "failed: stopped, because `scheduled serve` ends: command, echo here; sleep 60"},
		{"the job is killed", "trap \"\" INT TERM; echo here; sleep 60", "1m", []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM, syscall.SIGTERM}, 1,
			"failed: stopped, because `scheduled serve` ends: command, trap \"\" INT TERM; echo here; sleep 60"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := served(t, map[string]string{"a": test.command})
			s := serve(t, dir, "--drain", test.drain)
			s.says(t, "| here", 1)
			if code := s.end(t, test.signals...); code != test.code {
				t.Errorf("exit code %d", code)
			}
			runs := recorded(t, dir, "a")
			if len(runs) != 1 || runs[0].Success != (test.code == 0) || runs[0].Outcome != test.outcome {
				t.Errorf("runs: %+v", runs)
			}
		})
	}
}

// TestServeReloads changes the project under the loop. What executes goes on to its end.
func TestServeReloads(t *testing.T) {
	dir := served(t, map[string]string{"a": "echo here; while [ ! -e go ]; do sleep 0.1; done; echo over"})
	s := serve(t, dir)
	s.says(t, "| here", 1)
	wrong := "[tool.scheduled-actions.jobs.b]\nevery = \"hors\"\ncommand = \"echo new\"\n"
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(wrong), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.says(t, "pyproject.toml:2:9: every is", 1)
	s.says(t, "hint=", 1)
	declare(t, dir, map[string]string{"b": "echo new"})
	for range 2 {
		if err := s.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		s.says(t, "b | new", 1)
	}
	s.says(t, "the project is reloaded", 1)
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.says(t, "a | over", 1)
	if code := s.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if said := s.said(); strings.Count(said, "the project is reloaded") != 2 { // the second time at the end, as a count
		t.Errorf("not reloaded where nothing is new:\n%s", said)
	}
	if n := strings.Count(s.said(), "b | new"); n != 1 {
		t.Errorf("the new job ran %d times", n)
	}
}

// TestServeResumes pauses a job from another process. Once it is resumed, it goes on at once.
func TestServeResumes(t *testing.T) {
	dir := served(t, map[string]string{"a": "echo here", "b": "echo other"})
	scheduled(t, dir, "pause", "a")
	s := serve(t, dir)
	s.says(t, "b | other", 1)
	scheduled(t, dir, "resume", "a")
	s.says(t, "a | here", 1)
}

// scheduled runs another command in a folder.
func scheduled(t *testing.T, dir string, args ...string) {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, args...)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", args, err, out)
	}
}

// TestServePosts has a job that fails twice in a row. That is posted once, to a URL that the
// job does not see.
func TestServePosts(t *testing.T) {
	var posts atomic.Int32
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), `"cause":"exit code 1`) {
			posts.Add(1)
		}
	}))
	defer hook.Close()
	dir := t.TempDir()
	project := "[tool.scheduled-actions.jobs.a]\nevery = \"hour\"\ncommand = 'echo \"<$CHAT>\"; exit 1'\nwebhook = \"CHAT\"\nnotify-on = [\"failed\"]\n"
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(project), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CHAT", hook.URL+"/s3cret")
	s := serve(t, dir)
	s.says(t, "posted: failed", 1)
	if code := s.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if said := s.said(); posts.Load() != 1 || !strings.Contains(said, "a | <>") || strings.Contains(said, "s3cret") {
		t.Errorf("%d posts; said\n%s", posts.Load(), said)
	}
}
