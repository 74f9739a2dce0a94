//go:build unix

package python

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A command runs in bash, in the project's folder and environment.
func TestCommand(t *testing.T) {
	for i, row := range []struct {
		command []string
		out     string // stdout
		cause   string
	}{
		{[]string{"echo one; echo two"}, "one\ntwo\n", ""},
		{[]string{"echo one", "echo two"}, "one\ntwo\n", ""},
		{[]string{"cd jobs; pwd -P | sed 's:.*/::'", "pwd -P | sed 's:.*/::'"}, "jobs\nflat\n", ""},
		{[]string{"x=1", "echo \"x=$x\""}, "x=\n", ""}, // each is a process
		{[]string{"python -c 'import os; print(os.path.isfile(\"jobs.py\") or os.path.isdir(\"jobs\"))'"}, "True\n", ""},
		{[]string{"exit 3"}, "", `exit code 3: command, "exit 3"`},
		{[]string{"echo one", "false\necho no", "echo never"}, "one\n", "exit code 1: command 2 of 3, false"},
		{[]string{"false | true"}, "", "exit code 1"},
		{[]string{"[ a = b ]\necho no"}, "", "exit code 1"},
		{[]string{"kill -9 $$"}, "", "killed by SIGKILL: command, kill -9 $$"},
		{[]string{"read line || echo end"}, "end\n", ""},                  // nothing on stdin
		{[]string{"echo ${GITHUB_TOKEN-none} $LEVEL"}, "none info\n", ""}, // scrubbed
		{[]string{"echo $PYTHONUNBUFFERED"}, "1\n", ""},
		{[]string{"no-such-program --x"}, "", "exit code 127: command, no-such-program --x"},
		{[]string{"exit 4 # hunter2"}, "", "exit code 4: command, exit 4 # ***"},
		{[]string{"(sleep 60; echo late) & echo begun"}, "begun\n", ""}, // ends with its command
	} {
		row.cause = strings.ReplaceAll(row.cause, `"`, "")
		e := entrypoint(t, "flat", "")
		e.Command, e.Secrets = row.command, []string{"PASSWORD"}
		e.Env = append(e.Env, "LEVEL=info", "GITHUB_TOKEN=x", "PASSWORD=hunter2", "SHELLOPTS=noexec", "BASH_ENV=/nowhere")
		o, stdout, stderr := run(t, e)
		if stdout != row.out || o.OK != (row.cause == "") || !strings.HasPrefix(o.Cause, row.cause) {
			t.Errorf("row %d: %q printed %q and %q, and ended as %+v", i, row.command, stdout, stderr, o)
		}
		if (o.Hint != "") != strings.Contains(row.cause, "127") {
			t.Errorf("row %d has the hint %q", i, o.Hint)
		}
	}
}

// python and python3 are the launcher's, whatever it is called and wherever.
func TestCommandPython(t *testing.T) {
	real, err := filepath.EvalSymlinks(interpreters()[0])
	if err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(t.TempDir(), "tool")
	script := "#!/bin/sh\nshift\nFROM_TOOL='a\nb' PATH=/usr/bin:/bin exec '" + real + "' \"$@\"\n"
	odd := filepath.Join(t.TempDir(), "it's python")
	t.Setenv("TMPDIR", t.TempDir()) // other programs leave files in the usual one
	if err := os.WriteFile(tool, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, odd); err != nil {
		t.Fatal(err)
	}
	const command = "for python in python python3; do $python -c 'import os, sys; print(os.path.realpath(sys.executable), os.environ.get(\"FROM_TOOL\"))'; done"
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"direct": {[]string{real}, real + " None\n"},
		"odd":    {[]string{odd}, real + " None\n"},
		"tool":   {[]string{tool, "run"}, real + " a\nb\n"},
	} {
		e := entrypoint(t, "flat", "")
		e.Launcher.Args, e.Command = test.args, []string{command}
		o, stdout, stderr := run(t, e)
		if diff := cmp.Diff(strings.Repeat(test.want, 2), stdout); diff != "" || !o.OK {
			t.Errorf("%s: %+v, %s\n-want +got:\n%s", name, o, stderr, diff)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "scheduled-python-*")); len(left) > 0 {
		t.Errorf("left %q", left)
	}

	e := entrypoint(t, "flat", "")
	e.Launcher.Args, e.Command = []string{"/bin/sh", "-c", "echo no environment >&2; exit 3"}, []string{"true"}
	e.Launcher.Words = "tool run python"
	if o, _, stderr := run(t, e); o.OK || o.Cause != "exit code 3: tool run python" || stderr != "no environment\n" {
		t.Errorf("a tool that fails: %+v, %s", o, stderr)
	}
}

// Without bash nothing is tried again.
func TestNoBash(t *testing.T) {
	e := entrypoint(t, "flat", "")
	e.Command = []string{"true"}
	e.Env = []string{"PATH=" + t.TempDir()}
	if o, _, _ := run(t, e); o.OK || !o.Refused || !strings.Contains(o.Cause, "find bash") || o.Hint == "" {
		t.Errorf("got %+v", o)
	}
}

// When the time is up, Python in bash cleans up as it does without.
func TestCommandStopped(t *testing.T) {
	e := entrypoint(t, "flat", "")
	e.Timeout = 2 * time.Second
	e.Command = []string{"echo one", "python -c 'import time\ntry:\n time.sleep(60)\nfinally:\n print(\"cleaned\")'; echo never", "echo never"}
	e.Command[1] = strings.ReplaceAll(e.Command[1], `\n`, "\n")
	o, stdout, _ := run(t, e)
	if stdout != "one\ncleaned\n" || !strings.HasPrefix(o.Cause, "timed out after 2s: command 2 of 3, python -c") {
		t.Errorf("printed %q, and ended as %+v", stdout, o)
	}
	if took := o.Ended.Sub(o.Started); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}
