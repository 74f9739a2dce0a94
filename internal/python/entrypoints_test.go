package python

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type row struct {
	target string
	stdout string
	cause  string // "" for success
	frame  string // file:line
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
		{"jobs.works:returns_value", "", "returned status failed", ""},
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
		{"jobs.works:closes_files", "", "", ""},
		{"jobs.works:reuses_handles", "0\n", "", ""},

		// Exceptions.
		{"jobs.fails:value_error", "", "ValueError: bad", "jobs/fails.py:14"},
		{"jobs.fails:no_words", "", "KeyError", "jobs/fails.py:22"},
		{"jobs.fails:own_error", "", "jobs.fails.Own: mine", "jobs/fails.py:30"},
		{"jobs.fails:speechless", "", "jobs.fails.speechless.<locals>.Speechless: <str() failed>", "jobs/fails.py:38"},
		{"jobs.fails:base_error", "", "jobs.fails.base_error.<locals>.Base: base", "jobs/fails.py:45"},
		{"jobs.fails:chained", "", "LookupError: none", "jobs/fails.py:52"},
		{"jobs.fails:group", "", "ExceptionGroup: several (2 sub-exceptions)", "jobs/fails.py:62"},
		{"jobs.fails:recursion", "", "RecursionError: maximum recursion depth exceeded", "jobs/fails.py:66"},
		{"jobs.fails:interrupted", "", "KeyboardInterrupt", "jobs/fails.py:70"},
		{"jobs.fails:surrogates", "", "ValueError: caf\ufffd", "jobs/fails.py:74"},
		{"jobs.fails:in_library", "", "ZeroDivisionError: division by zero", "jobs/fails.py:78"},
		{"jobs.fails:in_deep_library", "", "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)", "jobs/fails.py:84"},
		{"jobs.fails:in_text", "", "SyntaxError: invalid syntax (<text>, line 1)", "jobs/fails.py:88"},
		{"jobs.fails:coroutine", "", "ValueError: awaited", "jobs/fails.py:93"},
		{"jobs.fails:type_error", "", "TypeError: needs() missing 1 required positional argument: 'days'", "jobs/fails.py:173"},
		{"jobs.fails:hooked", "hook ValueError hooked\n", "ValueError: bad", "jobs/fails.py:186"},
		{"jobs.fails:broken_hook", "", "ValueError: bad", "jobs/fails.py:191"},
		{"jobs.fails:decorated_type_error", "", `TypeError: can only concatenate str (not "int") to str`, "jobs/fails.py:178"},

		// Exits.
		{"jobs.fails:exits_three", "", "exit code 3", "jobs/fails.py:97"},
		{"jobs.fails:exits_256", "", "exit code 256", "jobs/fails.py:101"},
		{"jobs.fails:exits_with_words", "", "exit code 1: no space left", "jobs/fails.py:105"},
		{"jobs.fails:exits_with_zero_point", "", "exit code 1: 0.0", "jobs/fails.py:109"},
		{"jobs.fails:coroutine_exits", "", "exit code 4", "jobs/fails.py:113"},
		{"jobs.fails:hard_exit", "", "exit code 0 before the entrypoint returned", ""},
		{"jobs.fails:hard_exit_five", "", "exit code 5", ""},
		{"jobs.fails:exit_after", "", "exit code 6", ""},
		{"jobs.fails:replaced", "", "exit code 0 before the entrypoint returned", ""},

		// Calls that cannot be made.
		{"jobs.fails:NUMBER", "", "not callable: 'jobs.fails:NUMBER' is of type int", ""},
		{"jobs:sub", "", "not callable: 'jobs:sub' is of type module", ""},
		{"jobs.fails:needs", "", "needs arguments: path, days, force", "jobs/fails.py:146"},
		{"jobs.fails:decorated_needs", "", "needs arguments: path", "jobs/fails.py:153"},
		{"jobs.fails:async_needs", "", "needs arguments: path", "jobs/fails.py:157"},
		{"jobs.fails:Needs", "", "needs arguments: path", "jobs/fails.py:162"},
		{"jobs.fails:Needs.method", "", "needs arguments: self", "jobs/fails.py:165"},
		{"jobs.fails:partial_needs", "", "needs arguments: days, force", "jobs/fails.py:146"},
		{"shutil:rmtree", "", "needs arguments: path", ""},
		{"math:sqrt", "", "needs arguments: x", ""},
		{"jobs.fails:generator", "", "returned a generator: its body never ran", "jobs/fails.py:132"},
		{"jobs.fails:decorated_generator", "", "returned a generator: its body never ran", "jobs/fails.py:138"},
		{"jobs.fails:async_generator", "", "returned a generator: its body never ran", "jobs/fails.py:142"},

		// Imports that fail.
		{"jbos.works:hello", "", "import error: No module named 'jbos' in the project or its environment, did you mean 'jobs'?", ""},
		{"jobs.work:hello", "", "import error: No module named 'jobs.work' in the project or its environment, did you mean 'jobs.works'?", ""},
		{"top.zebra:run", "", "import error: No module named 'top.zebra' in the project or its environment", ""},
		{"jobs.works:helo", "", "import error: 'jobs.works' has no attribute 'helo', did you mean 'hello'?", ""},
		{"jobs.works:Jobs.methods", "", "import error: 'jobs.works:Jobs' has no attribute 'methods', did you mean 'method'?", ""},
		{"jobs.works:zebra", "", "import error: 'jobs.works' has no attribute 'zebra'", ""},
		{"jobs.needs_module:run", "", "import error: No module named 'no_such_library'", "jobs/needs_module.py:1"},
		{"jobs.needs_own:run", "", "import error: No module named 'jobs.no_such_module'", "jobs/needs_own.py:1"},
		{"jobs.raises:run", "", "import error: ValueError: invalid literal for int() with base 10: 'x'", "jobs/raises.py:1"},
		{"jobs.syntax:run", "", "import error: SyntaxError: invalid syntax (syntax.py, line 5)", "jobs/syntax.py:5"},
		{"jobs.exits:run", "", "import error: the module ended Python: exit code 0", "jobs/exits.py:1"},
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
		{"inspect:fails", "", "ValueError: bad", "inspect.py:13"},
		{"inspect:needs", "", "TypeError: needs() missing 1 required positional argument: 'path'", ""},
	},
}

func TestRun(t *testing.T) {
	for _, python := range interpreters() {
		for project, rows := range entrypoints {
			for i, want := range rows {
				if leftOut(i) {
					continue
				}
				t.Run(filepath.Base(python)+"/"+want.target, func(t *testing.T) {
					t.Parallel()
					e := entrypoint(t, project, want.target)
					e.Launcher.Args = []string{python}
					o, stdout, _ := run(t, e)
					got := row{want.target, stdout, o.Cause, ""}
					if o.Frame != nil {
						got.frame = fmt.Sprintf("%s:%d", o.Frame.File, o.Frame.Line)
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
