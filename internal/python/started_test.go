package python

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The main module has the entrypoint's file, as with `python -m`: at once, and in every
// Python. A Python that writes to a pipe writes at once.
func TestStarted(t *testing.T) {
	t.Parallel()
	for _, python := range interpreters() {
		for target, want := range map[string]string{
			"jobs.started:main_file":    "True __main__\n",
			"jobs.sub.dotenv:run":       "sub\n",
			"jobs.started:child_writes": "child\n",
		} {
			e := entrypoint(t, "flat", target)
			e.Launcher.Args = []string{python}
			if o, stdout, stderr := run(t, e); !o.OK || stdout != want {
				t.Errorf("%s: %s: %+v, said %q, %s", python, target, o, stdout, stderr)
			}
		}
	}
}

// No process that multiprocessing starts runs the file of the main module again.
func TestSpawn(t *testing.T) {
	t.Parallel()
	for _, python := range interpreters() {
		e := entrypoint(t, "flat", "jobs.started:spawns")
		e.Launcher.Args = []string{python}
		imported := filepath.Join(t.TempDir(), "imported")
		e.Env = append(e.Env, "IMPORTED="+imported)
		o, stdout, stderr := run(t, e)
		if !o.OK || !strings.Contains(stdout, "spawn 9\n") || strings.Count(stdout, " 9\n") != strings.Count(stdout, "\n") {
			t.Errorf("%s: %+v, said %q, %s", python, o, stdout, stderr)
		}
		if names, err := os.ReadFile(imported); err != nil || string(names) != "jobs.started\n" {
			t.Errorf("%s: imported as %q, %v", python, names, err)
		}
	}
}

// PYTHONUNBUFFERED stays what it is set to, even to nothing.
func TestUnbuffered(t *testing.T) {
	for env, want := range map[string]string{"": "PYTHONUNBUFFERED=1", "PYTHONUNBUFFERED=": "PYTHONUNBUFFERED=", "PYTHONUNBUFFERED=0": "PYTHONUNBUFFERED=0"} {
		if got := unbuffered(strings.Fields(env)); len(got) != 1 || got[0] != want {
			t.Errorf("%q: got %q", env, got)
		}
	}
}

// An import of a file beside the entrypoint, which works in a script, names that file and
// the way out; where a folder on PYTHONPATH has it, it works.
func TestBeside(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"scripts.report:run":        "scripts/helper.py is beside scripts/report.py, whose folder is not on sys.path: write `from scripts import helper`, or set the option env = { PYTHONPATH = \"scripts\" }",
		"scripts.late:run":          "scripts/tools/__init__.py is beside scripts/late.py, whose folder is not on sys.path: write `from scripts import tools`, or set the option env = { PYTHONPATH = \"scripts\" }",
		"jobs.needs_module:run":     "",
		"jobs.needs_own:run":        "",
		"jobs.fails:in_library":     "",
		"scripts.no_such_thing:run": "",
	} {
		if o, _, _ := run(t, entrypoint(t, "flat", target)); o.OK || o.Hint != want {
			t.Errorf("%s: got %+v", target, o)
		}
	}
	e := entrypoint(t, "flat", "scripts.report:run")
	e.Env = append(e.Env, "PYTHONPATH=scripts")
	if o, stdout, _ := run(t, e); stdout != "helped\n" {
		t.Errorf("got %+v", o)
	}
}
