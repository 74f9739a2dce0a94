package python

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What an entrypoint only begins is waited for; what nothing would ever run is refused.
func TestSettled(t *testing.T) {
	const odd, division = ", which counts as success: to fail, raise an exception, or set result = \"exit-code\" and return an exit code", "ZeroDivisionError: "
	type row struct {
		target string
		stdout string
		cause  string // its beginning
		remark string
		line   int
	}
	for _, python := range interpreters() {
		for i, want := range []row{
			{"future", "worked\n", "", "returned 1" + odd, 0},
			{"future_fails", "worked\n", division, "", 18},
			{"futures", "worked\nworked\n", division, "", 18},
			{"future_of_coroutine", "worked\n", "", "", 0},
			{"task", "worked\n", "", "", 0},
			{"task_fails", "worked\n", division, "", 24},
			{"task_in_thread", "worked\n", "", "", 0},
			{"task_of_closed_loop", "", "returned a task that can never end: its event loop is closed", "", 0},
			{"task_within", "worked\n", division, "", 24},
			{"tasks_within", "worked\nworked\n", division, "", 24},
			{"cancelled", "", "asyncio.exceptions.CancelledError", "", -1},
			{"coroutine_of_coroutine", "worked\n", "", "", 0},
			{"old_coroutine", "worked\n", "", "", 0},
			{"own_pool", "connected\n", "", "", 0},
			{"in_pool", "worked\n", "", "returned 1" + odd, 0},
			{"in_pool_fails", "worked\n", division, "", 18},
			{"in_ended_pool", "", "returned a task that can never end: its pool has ended", "", 0},

			{"completed", "", "", "", 0},
			{"completed_fails", "", "the process [", "", 0},
			{"completed_one_fails", strings.Repeat("x", 200_000) + "\n", "the process [", "", 0},
			{"process_killed", "", "the process [", "", 0},
			{"process", "", "", "", 0},
			{"process_fails", "", "the process [", "", 0},
			{"process_read", "", "", "", 0},
			{"process_async_fails", "", "the process ended with exit code 3", "", 0},
			{"worker_fails", "", "the process ended with exit code 3", "", 0},
			{"worker_not_started", "", "returned a process that was never started", "", 0},

			{"lazy_map", "", "returned a map object: nothing looped over it, so it never ran", "", 0},
			{"lazy_filter", "", "returned a filter object: nothing looped over it, so it never ran", "", 0},
			{"lazy_zip", "", "returned a zip object: nothing looped over it, so it never ran", "", 0},
			{"lazy_chain", "", "returned a chain object: nothing looped over it, so it never ran", "", 0},
			{"lazy_calls", "", "returned a callable_iterator object: nothing looped over it, so it never ran", "", 0},
			{"lazy_reversed", "", "returned a reversed object: nothing looped over it, so it never ran", "", 0},
			{"steps", "", "", "returned an iterator, which nothing looped over: what it would do then is not done", 0},
			{"lazy_within", "", "returned a map object: nothing looped over it, so it never ran", "", 0},
			{"coroutines", "", "returned a coroutine: its body never ran", "", 21},
			{"generator", "", "returned a generator: its body never ran", "", 202},
			{"generator_begun", "", "returned a generator: its body never ran to its end", "", 207},
			{"generator_ended", "", "", "", 0},
			{"pages", "", "returned a generator: its body never ran", "", 218},
			{"async_generator_begun", "", "returned a generator: its body never ran to its end", "", 218},
			{"async_generator_ended", "", "", "", 0},
			{"context", "", "returned a context manager: its body never ran", "", 237},
			{"async_context", "", "returned a context manager: its body never ran", "", 243},
			{"entered_context", "entered\n", "", "", 0},
			{"uncalled", "", "returned a coroutine function: nothing called it", "", 21},
			{"uncalled_partial", "", "returned a coroutine function: nothing called it", "", 21},
			{"uncalled_object", "", "returned a coroutine function: nothing called it", "", 263},
			{"uncalled_generator", "", "returned a generator function: nothing called it", "", 202},
			{"rows", "", "", "", 0},

			{"one", "", "", "returned 1" + odd, 0},
			{"false", "", "", "returned False" + odd, 0},
			{"true", "", "", "", 0},
			{"zero", "", "", "", 0},
			{"uncalled_function", "", "", "returned a function, which nothing called", 0},
		} {
			if leftOut(i) {
				continue
			}
			t.Run(filepath.Base(python)+"/"+want.target, func(t *testing.T) {
				t.Parallel()
				e := entrypoint(t, "flat", "jobs.settles:"+want.target)
				e.Launcher.Args = []string{python}
				o, stdout, stderr := run(t, e)
				got := row{want.target, stdout, o.Cause, o.Remark, 0}
				if strings.HasPrefix(o.Cause, want.cause) && want.cause != "" {
					got.cause = want.cause
				}
				if o.Frame != nil {
					got.line = o.Frame.Line
				}
				if want.line < 0 {
					got.line = want.line
				}
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
					t.Errorf("(-want +got)\n%s\n%s", diff, stderr)
				}
				if strings.HasPrefix(o.Cause, "returned ") && (o.Hint == "" || !o.Refused) {
					t.Errorf("no way out: %+v", o)
				}
			})
		}
	}
}

// The cause of a process that failed names it and how it ended.
func TestProcessCause(t *testing.T) {
	for target, want := range map[string]string{
		"completed_fails":     "'raise SystemExit(3)'] ended with exit code 3",
		"completed_one_fails": "'raise SystemExit(3)'] ended with exit code 3",
		"process_fails":       "'raise SystemExit(3)'] ended with exit code 3",
		"process_killed":      "signal.SIGKILL)'] ended with SIGKILL",
	} {
		if o, _, _ := run(t, entrypoint(t, "flat", "jobs.settles:"+target)); !strings.HasSuffix(o.Cause, want) {
			t.Errorf("%s: %q lacks %q", target, o.Cause, want)
		}
	}
}

// With ExitCode, what an entrypoint returns goes to sys.exit, as the scripts do that an
// installer makes: "sys.exit(func())".
func TestExitCode(t *testing.T) {
	for target, want := range map[string]string{
		"jobs.settles:zero":      "",
		"jobs.settles:false":     "",
		"jobs.returns:nothing":   "",
		"jobs.works:coroutine":   "",
		"jobs.settles:three":     "exit code 3",
		"jobs.settles:true":      "exit code 1",
		"jobs.settles:words":     "exit code 1: no rows",
		"jobs.settles:status":    "exit code 1: {'status': 'ok'}",
		"jobs.settles:future":    "exit code 1",
		"jobs.settles:lazy_map":  "returned a map object: nothing looped over it, so it never ran",
		"jobs.fails:value_error": "ValueError: bad",
	} {
		e := entrypoint(t, "flat", target)
		e.ExitCode = true
		if o, _, _ := run(t, e); o.Cause != want || o.OK != (want == "") || o.Remark != "" {
			t.Errorf("%s: got %+v, want %q", target, o, want)
		}
	}
}
