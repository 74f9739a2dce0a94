package python

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An import looks up what a call would, and calls nothing.
func TestImport(t *testing.T) {
	for _, python := range interpreters() {
		for _, test := range []struct{ project, target, cause, frame string }{
			{"flat", "jobs.works:hello", "", ""},
			{"flat", "jobs.works:Jobs", "", ""},
			{"flat", "jobs.fails:value_error", "", ""},
			{"flat", "jobs.fails:hard_exit", "", ""},
			{"flat", "jobs.fails:needs", "", ""},
			{"src", "inner.work:run", "", ""},
			{"flat", "jobs.works:helo", "import error: 'jobs.works' has no attribute 'helo', did you mean 'hello'?", ""},
			{"flat", "jobs.fails:NUMBER", "not callable: 'jobs.fails:NUMBER' is of type int", ""},
			{"flat", "jbos.works:hello", "import error: No module named 'jbos' in the project or its environment, did you mean 'jobs'?", ""},
			{"flat", "jobs.needs_module:run", "import error: No module named 'no_such_library'", "jobs/needs_module.py"},
			{"flat", "jobs.raises:run", "import error: ValueError: invalid literal for int() with base 10: 'x'", "jobs/raises.py"},
			{"flat", "jobs.exits:run", "import error: the module ended Python: exit code 0", "jobs/exits.py"},
			{"flat", "jobs.exits_hard:run", "exit code 0 before the entrypoint returned", ""},
		} {
			t.Run(filepath.Base(python)+"/"+test.target, func(t *testing.T) {
				t.Parallel()
				e := entrypoint(t, test.project, test.target)
				e.Launcher.Args = []string{python}
				var out bytes.Buffer
				e.Stdout, e.Stderr = &out, &out
				took, o, err := Import(context.Background(), e)
				if err != nil {
					t.Fatal(err)
				}
				if o.Cause != test.cause || o.OK != (test.cause == "") || o.Returned != nil {
					t.Errorf("got %+v, want cause %q", o, test.cause)
				}
				if frame := o.Frame; (frame == nil) != (test.frame == "") || frame != nil && frame.File != test.frame {
					t.Errorf("frame %v, want %q", frame, test.frame)
				}
				if o.OK && (took <= 0 || took > time.Minute) {
					t.Errorf("took %v", took)
				}
				if o.OK && out.Len() > 0 {
					t.Errorf("wrote %q", out.String())
				}
			})
		}
	}
}

// import.py goes in place of the call with which runner.py ends.
func TestRunnerEnds(t *testing.T) {
	if !strings.HasSuffix(runner(), "\n\n\nmain()\n") {
		t.Error("runner.py does not end with main()")
	}
}
