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

// interpreters holds the Pythons to test with: the one that Find finds, and
// every python3.N on PATH that starts.
var interpreters = sync.OnceValue(func() []string {
	python, err := Find("", "")
	if err != nil {
		panic(err)
	}
	found := []string{executable(python)}
	for minor := 8; minor <= 15; minor++ {
		path := executable(fmt.Sprintf("python3.%d", minor))
		if path != "" && !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	return found
})

// executable returns the file that starts in the end, behind any shim; "" if
// there is none.
func executable(python string) string {
	out, _ := exec.Command(python, "-c", "import sys; print(sys.executable)").Output()
	return strings.TrimSpace(string(out))
}

// entrypoint returns the entrypoint of a project in testdata, with the
// first of the interpreters.
func entrypoint(t *testing.T, project, target string) Entrypoint {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("testdata", project))
	if err != nil {
		t.Fatal(err)
	}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PYTHON") })
	return Entrypoint{
		Python: interpreters()[0],
		Dir:    dir,
		Root:   dir,
		Target: target,
		Env:    append(env, "PYTHONDONTWRITEBYTECODE=1"),
	}
}

// run returns the outcome, and what was written to stdout and stderr with
// line feeds as they are on Unix.
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

type row struct {
	target string
	stdout string
	cause  string // "" for success
	frame  string // file:line function
}

var entrypoints = map[string][]row{
	"flat": {
		// Imports.
		{"top:run", "top\n", "", ""},
		{"jobs:at_package", "package jobs\n", "", ""},
		{"jobs.works:hello", "hello\n", "", ""},
		{"jobs.sub.deep:run", "deep jobs.sub.deep\n", "", ""},
		{"bare.work:run", "bare bare.work\n", "", ""},
		{"bare:work.run", "bare bare.work\n", "", ""},
		{"jobs.sub:deep.run", "deep jobs.sub.deep\n", "", ""},
		{"jobs.café:größe", "gr\\xf6\\xdfe\n", "", ""},
		{"jobs.cafe\u0301:gro\u0308ße", "gr\\xf6\\xdfe\n", "", ""},
		{"jobs.café:ﬁne", "fine\n", "", ""},
		{"jobs.works:as_started", "jobs.works [''] '' True\n", "", ""},
		{"jobs.works:pickles", "True\n", "", ""},

		// What a callable can be.
		{"jobs.works:Jobs", "constructed\n", "", ""},
		{"jobs.works:Jobs.of_class", "Jobs\n", "", ""},
		{"jobs.works:Jobs.Inner.static", "static\n", "", ""},
		{"jobs.works:made", "called\n", "", ""},
		{"jobs.works:made.method", "method\n", "", ""},
		{"jobs.works:partial", "partial\n", "", ""},
		{"jobs.works:anonymous", "lambda\n", "", ""},
		{"jobs.works:decorated", "supplied\n", "", ""},
		{"jobs.works:defaults", ". 3\n", "", ""},
		{"builtins:print", "\n", "", ""},

		// How a call can succeed.
		{"jobs.works:returns_value", "", "", ""},
		{"jobs.works:exits_none", "", "", ""},
		{"jobs.works:exits_zero", "before\n", "", ""},
		{"jobs.works:exits_false", "", "", ""},
		{"jobs.works:coroutine", "awaited\n", "", ""},
		{"jobs.works:coroutine_exits", "", "", ""},
		{"jobs.works:returns_awaitable", "awaited\n", "", ""},
		{"jobs.works:thread", "returned\nthread\n", "", ""},
		{"jobs.works:daemon_thread", "", "", ""},
		{"jobs.works:at_exit", "returned\nat exit\n", "", ""},
		{"jobs.works:subprocess_output", "before\nchild\nafter\n", "", ""},
		{"jobs.works:no_newline", "no newline", "", ""},
		{"jobs.works:raw_bytes", "\xff\xfe\x00\n\x1b[31m", "", ""},
		{"jobs.works:surrogate", "caf\xe9\n", "", ""},
		{"jobs.works:changes_folder", "elsewhere\n", "", ""},
		{"jobs.works:breaks_stdout", "", "", ""},

		// Exceptions.
		{"jobs.fails:value_error", "", "ValueError: bad", "jobs/fails.py:14 value_error"},
		{"jobs.fails:no_words", "", "KeyError", "jobs/fails.py:22 no_words"},
		{"jobs.fails:own_error", "", "jobs.fails.Own: mine", "jobs/fails.py:30 own_error"},
		{"jobs.fails:speechless", "", "jobs.fails.speechless.<locals>.Speechless: <str() failed>", "jobs/fails.py:38 speechless"},
		{"jobs.fails:base_error", "", "jobs.fails.base_error.<locals>.Base: base", "jobs/fails.py:45 base_error"},
		{"jobs.fails:chained", "", "LookupError: none", "jobs/fails.py:52 chained"},
		{"jobs.fails:group", "", "ExceptionGroup: several (2 sub-exceptions)", "jobs/fails.py:62 group"},
		{"jobs.fails:recursion", "", "RecursionError: maximum recursion depth exceeded", "jobs/fails.py:66 recursion"},
		{"jobs.fails:interrupted", "", "KeyboardInterrupt", "jobs/fails.py:70 interrupted"},
		{"jobs.fails:surrogates", "", "ValueError: caf\ufffd", "jobs/fails.py:74 surrogates"},
		{"jobs.fails:in_library", "", "ZeroDivisionError: division by zero", "jobs/fails.py:78 <lambda>"},
		{"jobs.fails:in_deep_library", "", "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)", "jobs/fails.py:84 in_deep_library"},
		{"jobs.fails:in_text", "", "SyntaxError: invalid syntax (<text>, line 1)", "jobs/fails.py:88 in_text"},
		{"jobs.fails:coroutine", "", "ValueError: awaited", "jobs/fails.py:93 coroutine"},
		{"jobs.fails:type_error", "", "TypeError: needs() missing 1 required positional argument: 'days'", "jobs/fails.py:173 type_error"},
		{"jobs.fails:hooked", "hook ValueError hooked\n", "ValueError: bad", "jobs/fails.py:186 hooked"},
		{"jobs.fails:broken_hook", "", "ValueError: bad", "jobs/fails.py:191 broken_hook"},
		{"jobs.fails:decorated_type_error", "", `TypeError: can only concatenate str (not "int") to str`, "jobs/fails.py:178 decorated_type_error"},

		// Exits.
		{"jobs.fails:exits_three", "", "exit code 3", "jobs/fails.py:97 exits_three"},
		{"jobs.fails:exits_256", "", "exit code 256", "jobs/fails.py:101 exits_256"},
		{"jobs.fails:exits_with_words", "", "exit code 1: no space left", "jobs/fails.py:105 exits_with_words"},
		{"jobs.fails:exits_with_zero_point", "", "exit code 1: 0.0", "jobs/fails.py:109 exits_with_zero_point"},
		{"jobs.fails:coroutine_exits", "", "exit code 4", "jobs/fails.py:113 coroutine_exits"},
		{"jobs.fails:hard_exit", "", "exit code 0 before the entrypoint returned", ""},
		{"jobs.fails:hard_exit_five", "", "exit code 5", ""},
		{"jobs.fails:exit_after", "", "exit code 6", ""},
		{"jobs.fails:replaced", "", "exit code 0 before the entrypoint returned", ""},

		// Calls that cannot be made.
		{"jobs.fails:NUMBER", "", "not callable: 'jobs.fails:NUMBER' is of type int", ""},
		{"jobs:sub", "", "not callable: 'jobs:sub' is of type module", ""},
		{"jobs.fails:needs", "", "needs arguments: path, days, force", "jobs/fails.py:146 needs"},
		{"jobs.fails:decorated_needs", "", "needs arguments: path", "jobs/fails.py:153 decorated_needs"},
		{"jobs.fails:async_needs", "", "needs arguments: path", "jobs/fails.py:157 async_needs"},
		{"jobs.fails:Needs", "", "needs arguments: path", "jobs/fails.py:162 __init__"},
		{"jobs.fails:Needs.method", "", "needs arguments: self", "jobs/fails.py:165 method"},
		{"jobs.fails:partial_needs", "", "needs arguments: days, force", "jobs/fails.py:146 needs"},
		{"shutil:rmtree", "", "needs arguments: path", ""},
		{"math:sqrt", "", "needs arguments: x", ""},
		{"jobs.fails:generator", "", "returned a generator: its body never ran", "jobs/fails.py:132 generator"},
		{"jobs.fails:decorated_generator", "", "returned a generator: its body never ran", "jobs/fails.py:138 decorated_generator"},
		{"jobs.fails:async_generator", "", "returned a generator: its body never ran", "jobs/fails.py:142 async_generator"},

		// Imports that fail.
		{"jbos.works:hello", "", "import error: No module named 'jbos' in the project or its environment, did you mean 'jobs'?", ""},
		{"jobs.work:hello", "", "import error: No module named 'jobs.work' in the project or its environment, did you mean 'jobs.works'?", ""},
		{"top.zebra:run", "", "import error: No module named 'top.zebra' in the project or its environment", ""},
		{"jobs.works:helo", "", "import error: 'jobs.works' has no attribute 'helo', did you mean 'hello'?", ""},
		{"jobs.works:Jobs.methods", "", "import error: 'jobs.works:Jobs' has no attribute 'methods', did you mean 'method'?", ""},
		{"jobs.works:zebra", "", "import error: 'jobs.works' has no attribute 'zebra'", ""},
		{"jobs.needs_module:run", "", "import error: No module named 'no_such_library'", "jobs/needs_module.py:1 <module>"},
		{"jobs.needs_own:run", "", "import error: No module named 'jobs.no_such_module'", "jobs/needs_own.py:1 <module>"},
		{"jobs.raises:run", "", "import error: ValueError: invalid literal for int() with base 10: 'x'", "jobs/raises.py:1 <module>"},
		{"jobs.syntax:run", "", "import error: SyntaxError: invalid syntax (syntax.py, line 5)", "jobs/syntax.py:5 "},
		{"jobs.exits:run", "", "import error: the module ended Python: exit code 0", "jobs/exits.py:1 <module>"},
		{"jobs.exits_hard:run", "", "exit code 0 before the entrypoint returned", ""},
	},
	"src": {
		{"inner.work:run", "src inner.work\n", "", ""},
		{"alone:run", "alone\n", "", ""},
		{"spread:run", "spread\n", "", ""},
		{"src.alone:run", "alone\n", "", ""},
		{"iner.work:run", "", "import error: No module named 'iner' in the project or its environment, did you mean 'inner'?", ""},
	},
	"shadow": {
		{"inspect:run", "own own own\n", "", ""},
		{"inspect:fails", "", "ValueError: bad", "inspect.py:13 fails"},
		{"inspect:needs", "", "TypeError: needs() missing 1 required positional argument: 'path'", ""},
	},
}

func TestRun(t *testing.T) {
	for _, python := range interpreters() {
		for project, rows := range entrypoints {
			for _, want := range rows {
				t.Run(filepath.Base(python)+"/"+want.target, func(t *testing.T) {
					t.Parallel()
					e := entrypoint(t, project, want.target)
					e.Python = python
					o, stdout, _ := run(t, e)
					got := row{want.target, stdout, o.Cause, ""}
					if o.Frame != nil {
						got.frame = fmt.Sprintf("%s:%d %s", o.Frame.File, o.Frame.Line, o.Frame.Func)
					}
					if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
						t.Errorf("(-want +got)\n%s", diff)
					}
					if o.OK != (o.Cause == "") {
						t.Errorf("OK is %t, cause %q", o.OK, o.Cause)
					}
				})
			}
		}
	}
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
				e.Python = python
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
		env    string // parted by spaces
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
				"ACTIONS_ID_TOKEN_REQUEST_TOKEN=1 ACTIONS_ID_TOKEN_REQUEST_URL=1",
			"jobs.works:environment", "[]\n", "",
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

func TestProcesses(t *testing.T) {
	t.Parallel()
	for _, python := range interpreters() {
		e := entrypoint(t, "flat", "jobs.works:processes")
		e.Python = python
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

// Whoever reads slowly misses nothing of a run that is long over.
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

// A line is passed on when it is written, not when Python ends.
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
	cancel(Cancelled{os.Interrupt})
	for _, test := range []struct {
		name   string
		ctx    context.Context
		change func(*Entrypoint)
		want   string
	}{
		{"no interpreter", context.Background(), func(e *Entrypoint) { e.Python = filepath.Join(e.Dir, "no-python") }, "no-python"},
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
