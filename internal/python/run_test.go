package python

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// interpreters returns the Pythons to test with, each once: python3 and, unless the run
// is short, every python3.N on PATH that starts.
var interpreters = sync.OnceValue(func() []string {
	names := []string{"python3"}
	if executable("python3") == "" {
		names[0] = "python" // as on Windows
	}
	for minor := 8; minor <= 15 && !testing.Short(); minor++ {
		names = append(names, fmt.Sprintf("python3.%d", minor))
	}
	var found []string
	known := make(map[string]bool)
	for _, name := range names {
		path := executable(name)
		file, err := filepath.EvalSymlinks(path)
		if err == nil && path != "" && !known[file] {
			found, known[file] = append(found, path), true
		}
	}
	return found
})

// leftOut reports whether a short run leaves a case of a long table out. Each case
// starts a Python.
func leftOut(i int) bool { return testing.Short() && i%3 > 0 }

// executable returns the interpreter behind any shim; "" if there is none.
func executable(python string) string {
	out, _ := exec.Command(python, "-c", "import sys; print(sys.executable)").Output()
	return strings.TrimSpace(string(out))
}

// entrypoint returns the entrypoint of a project in testdata, with the first of
// the interpreters.
func entrypoint(t *testing.T, project, target string) Entrypoint {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("testdata", project))
	if err != nil {
		t.Fatal(err)
	}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PYTHON") })
	return Entrypoint{
		Launcher: Launcher{Args: []string{interpreters()[0]}, Dir: dir},
		Dir:      dir,
		Root:     dir,
		Target:   target,
		Env:      append(env, "PYTHONDONTWRITEBYTECODE=1"),
	}
}

// run returns the outcome, and what was written to stdout and stderr, with line
// feeds as on Unix.
func run(t *testing.T, e Entrypoint) (o Outcome, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	e.Stdout, e.Stderr = &out, &err
	o, failure := Run(context.Background(), e)
	if failure != nil {
		t.Fatal(failure)
	}
	if o.Started.IsZero() || o.Ended.Before(o.Started) {
		t.Errorf("started %v, ended %v", o.Started, o.Ended)
	}
	unix := strings.NewReplacer("\r\n", "\n")
	return o, unix.Replace(out.String()), unix.Replace(err.String())
}

// Python's own words, with nothing of runner.py among them.
func TestTraceback(t *testing.T) {
	for _, python := range interpreters() {
		for target, frames := range map[string]int{
			"jobs.fails:value_error":  1,
			"jobs.fails:coroutine":    1,
			"jobs.fails:in_library":   2,
			"jobs.fails:broken_hook":  1,
			"jobs.needs_module:run":   1,
			"jobs.syntax:run":         1,
			"jobs.fails:exits_three":  0,
			"jobs.fails:needs":        0,
			"jobs.fails:no_such":      0,
			"jobs.fails:async_needs":  0,
			"jobs.no_such:run":        0,
			"jobs.fails:interrupted":  1,
			"jobs.fails:surrogates":   1,
			"jobs.works:made.no_such": 0,
		} {
			t.Run(filepath.Base(python)+"/"+target, func(t *testing.T) {
				t.Parallel()
				e := entrypoint(t, "flat", target)
				e.Launcher.Args = []string{python}
				o, _, stderr := run(t, e)
				if got := strings.Count(o.Traceback, "  File "); got != frames {
					t.Errorf("%d frames, want %d:\n%s", got, frames, o.Traceback)
				}
				if strings.Contains(stderr, "<string>") {
					t.Errorf("stderr has a part of runner.py:\n%s", stderr)
				}
				if first, _, _ := strings.Cut(o.Traceback, "ValueError"); !strings.Contains(stderr, first) {
					t.Errorf("stderr\n%s\nlacks the traceback\n%s", stderr, o.Traceback)
				}
			})
		}
	}
}

// Python words these differently from version to version.
func TestCause(t *testing.T) {
	for target, want := range map[string][]string{
		"jobs.circle:run":       {"import error: cannot import name 'run' from partially initialized module 'jobs.circle'"},
		"jobs.needs_name:run":   {"import error: cannot import name 'no_such_name' from 'jobs.works'"},
		"jobs.fails:many_words": {"ValueError: first second [31mthird x", "x…"},
	} {
		o, _, _ := run(t, entrypoint(t, "flat", target))
		for _, part := range want {
			if !strings.Contains(o.Cause, part) {
				t.Errorf("%s: %q lacks %q", target, o.Cause, part)
			}
		}
		if strings.ContainsAny(o.Cause, "\r\n\x1b\u202e") || utf8.RuneCountInString(o.Cause) > 500 {
			t.Errorf("%s: not one short line: %q", target, o.Cause)
		}
	}
}

func TestEnvironment(t *testing.T) {
	path, err := filepath.Abs(filepath.Join("testdata", "path"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		env    string // separated by spaces
		target string
		stdout string
		cause  string
	}{
		{"PYTHONPATH=" + path, "jobs.works:from_path", "elsewhere\n", ""},
		{"PYTHONPATH=" + path, "elsewhere:run", "", "import error: 'elsewhere' has no attribute 'run'"},
		{"PYTHONSAFEPATH=1", "top:run", "top\n", ""},
		{"PYTHONUNBUFFERED=1", "jobs.works:thread", "returned\nthread\n", ""},
		{"PYTHONOPTIMIZE=2", "jobs.works:as_started", "jobs.works [''] '' True\n", ""},
		{"PYTHONIOENCODING=ascii", "jobs.fails:surrogates", "", "ValueError: caf\ufffd"},
		{"PYTHONWARNINGS=error", "jobs.works:warns", "", "UserWarning: careful"},
		{"PYTHONWARNINGS=error PYTHONDEVMODE=1", "jobs.works:hello", "hello\n", ""},
		{
			"GITHUB_TOKEN=1 GH_TOKEN=1 INPUT_TOKEN=1 INPUT_JOB=1 ACTIONS_RUNTIME_TOKEN=1 " +
				"ACTIONS_ID_TOKEN_REQUEST_TOKEN=1 ACTIONS_ID_TOKEN_REQUEST_URL=1 ACTIONS_RUNTIME_URL=1 ACTIONS_CACHE_URL=1",
			"jobs.works:environment", "[]\n", "",
		},
		{
			"GITHUB_ENV=1 GITHUB_PATH=1 GITHUB_OUTPUT=1 GITHUB_STATE=1 GITHUB_STEP_SUMMARY=1",
			"jobs.works:environment", "['GITHUB_STEP_SUMMARY']\n", "",
		},
		{
			"GITHUB_SHA=1 GITHUB_TOKEN_NAME=1 ACTIONS_STEP_DEBUG=1 SECRET_TOKEN=1",
			"jobs.works:environment", "['ACTIONS_STEP_DEBUG', 'GITHUB_SHA', 'GITHUB_TOKEN_NAME', 'SECRET_TOKEN']\n", "",
		},
	} {
		t.Run(test.env+"/"+test.target, func(t *testing.T) {
			t.Parallel()
			e := entrypoint(t, "flat", test.target)
			e.Env = slices.DeleteFunc(e.Env, func(v string) bool {
				return strings.HasPrefix(v, "G") || strings.HasPrefix(v, "ACTIONS_")
			})
			e.Env = append(e.Env, strings.Fields(test.env)...)
			o, stdout, _ := run(t, e)
			got := []string{stdout, o.Cause}
			if diff := cmp.Diff([]string{test.stdout, test.cause}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// An entrypoint that empties the folder for temporary files succeeds all the
// same, and Run leaves nothing there.
func TestEmptiedTemp(t *testing.T) {
	temp := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, temp)
	}
	for _, python := range interpreters() {
		e := entrypoint(t, "flat", "jobs.works:empties_temp")
		e.Launcher.Args = []string{python}
		if o, _, stderr := run(t, e); !o.OK {
			t.Errorf("%s: %+v, %s", python, o, stderr)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// stdin is empty, however it is read: the program that came in it is gone.
func TestStdin(t *testing.T) {
	t.Parallel()
	for _, python := range interpreters() {
		e := entrypoint(t, "flat", "jobs.works:reads_stdin")
		e.Launcher.Args = []string{python}
		if o, stdout, stderr := run(t, e); !o.OK || stdout != "['', '', '']\n" {
			t.Errorf("%s: %+v, said %q, %s", python, o, stdout, stderr)
		}
	}
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	for _, python := range interpreters() {
		e := entrypoint(t, "flat", "jobs.works:processes")
		e.Launcher.Args = []string{python}
		if o, stdout, stderr := run(t, e); stdout != "[0, 1, 4, 9, 16]\n" {
			t.Errorf("%s: %+v, said %q, %s", python, o, stdout, stderr)
		}
	}
}

func TestMuch(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 200_000 {
		fmt.Fprintln(&lines, "line", i)
	}
	for target, want := range map[string]string{
		"jobs.works:many_lines": lines.String(),
		"jobs.works:long_line":  strings.Repeat("x", 5_000_000) + "\n",
	} {
		if o, stdout, _ := run(t, entrypoint(t, "flat", target)); !o.OK || stdout != want {
			t.Errorf("%s: %+v, %d bytes, want %d", target, o, len(stdout), len(want))
		}
	}
}

func TestSameWriter(t *testing.T) {
	t.Parallel()
	e := entrypoint(t, "flat", "jobs.works:interleaved")
	var both bytes.Buffer
	e.Stdout, e.Stderr = &both, &both
	if _, err := Run(context.Background(), e); err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	for i := range 500 {
		fmt.Fprintf(&want, "out %d\nerr %d\n", i, i)
	}
	if diff := cmp.Diff(want.String(), both.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A slow reader misses nothing, even if the run is long over.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	e := entrypoint(t, "flat", "jobs.works:many_lines")
	var stdout bytes.Buffer
	var slow sync.Once
	e.Stdout = writerFunc(func(p []byte) (int, error) {
		if stdout.Len() > 2_250_000 {
			slow.Do(func() { time.Sleep(3 * linger) })
		}
		return stdout.Write(p)
	})
	e.Stderr = io.Discard
	if o, err := Run(context.Background(), e); err != nil || !o.OK {
		t.Errorf("got %+v, %v", o, err)
	}
	if lines := bytes.Count(stdout.Bytes(), []byte("\n")); lines != 200_000 {
		t.Errorf("got %d lines", lines)
	}
}

// A line is passed on when it is written, not only when Python ends.
func TestStream(t *testing.T) {
	t.Parallel()
	e := entrypoint(t, "flat", "jobs.works:waits")
	file := filepath.Join(t.TempDir(), "file")
	e.Env = append(e.Env, "WAIT_FOR="+file)
	e.Stdout = writerFunc(func(p []byte) (int, error) {
		return len(p), os.WriteFile(file, p, 0o600)
	})
	e.Stderr = io.Discard
	o, err := Run(context.Background(), e)
	if err != nil || !o.OK {
		t.Errorf("got %+v, %v", o, err)
	}
}

// writerFunc is a writer that cannot be compared.
type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }

func TestNotStarted(t *testing.T) {
	ended, cancel := context.WithCancelCause(context.Background())
	cancel(Cancelled{Signal: os.Interrupt})
	for _, test := range []struct {
		name   string
		ctx    context.Context
		change func(*Entrypoint)
		want   string
	}{
		{"no interpreter", context.Background(), func(e *Entrypoint) { e.Launcher.Args = []string{filepath.Join(e.Dir, "no-python")} }, "no-python"},
		{"cancelled", ended, func(*Entrypoint) {}, "cancelled by SIGINT"},
	} {
		e := entrypoint(t, "flat", "jobs.works:hello")
		test.change(&e)
		e.Stdout, e.Stderr = io.Discard, io.Discard
		o, err := Run(test.ctx, e)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "jobs.works:hello") {
			t.Errorf("%s: got %+v, error %v", test.name, o, err)
		}
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	for limit, want := range map[time.Duration]string{
		10 * time.Millisecond: "timed out after 10ms",
		time.Second:           "timed out after 1s",
	} {
		e := entrypoint(t, "flat", "jobs.works:waits")
		e.Env = append(e.Env, "WAIT_FOR=no-such-file")
		e.Timeout = limit
		if o, _, _ := run(t, e); o.Cause != want || o.OK {
			t.Errorf("got %+v, want %q", o, want)
		}
	}
	for limit, want := range map[time.Duration]string{
		30 * time.Minute: "timed out after 30m",
		6 * time.Hour:    "timed out after 6h",
		90 * time.Minute: "timed out after 1h30m",
		90 * time.Second: "timed out after 1m30s",
	} {
		if got := timeout(limit).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
