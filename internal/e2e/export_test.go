//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pythonTool returns a program that `make e2e` installs with the Python tools.
func pythonTool(t *testing.T, name string) string {
	t.Helper()
	supervisord := os.Getenv("SUPERVISORD")
	if supervisord == "" {
		t.Fatal("SUPERVISORD names no program: use make e2e")
	}
	return filepath.Join(filepath.Dir(supervisord), name)
}

// output runs a command in a folder and returns what it prints.
func output(t *testing.T, dir, command string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(command, args...)
	cmd.Dir, cmd.Env = dir, env(t)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Fatalf("%s %s: %v\n%s", command, strings.Join(args, " "), err, exit.Stderr)
	}
	return out
}

// readCalendar has the package icalendar read a calendar: the times of the events by their
// summaries, and when it was made.
const readCalendar = `import icalendar, json, sys
calendar = icalendar.Calendar.from_ical(open(sys.argv[1], "rb").read())
times, uids = {}, set()
for event in calendar.walk("VEVENT"):
    assert not event.errors, event.errors
    uids.add(str(event["UID"]))
    made = event["DTSTAMP"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    times.setdefault(str(event["SUMMARY"]), []).append(event["DTSTART"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
print(json.dumps({"times": times, "made": made, "events": len(uids)}))`

// TestExport has other programs read what is exported for them.
func TestExport(t *testing.T) {
	path, _ := build(t)
	t.Run("ics", func(t *testing.T) { testCalendar(t, path) })
	t.Run("supervisord", func(t *testing.T) { testSupervisord(t, path) })
}

// testCalendar compares the calendar of jobs of all kinds, as another program reads it, with
// the next runs that list shows.
func testCalendar(t *testing.T, path string) {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("../export/testdata/kinds.toml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "pyproject.toml"), text)
	in(t, dir, path, "export", "ics", "--output", ".")
	var calendar struct {
		Times  map[string][]string
		Made   string
		Events int
	}
	if err := json.Unmarshal(output(t, dir, pythonTool(t, "python"), "-c", readCalendar, "jobs.ics"), &calendar); err != nil {
		t.Fatal(err)
	}
	made, err := time.Parse(time.RFC3339, calendar.Made)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Jobs []struct {
			ID   string
			Next []string
		}
	}
	if err := json.Unmarshal(output(t, dir, path, "list", "--json", "-n", "100", "--now", calendar.Made), &list); err != nil {
		t.Fatal(err)
	}
	want, events := map[string][]string{}, 0
	end := made.Add(366 * 24 * time.Hour).Format(time.RFC3339)
	for _, job := range list.Jobs {
		for _, slot := range job.Next {
			if slot < end {
				want[job.ID] = append(want[job.ID], slot)
				events++
			}
		}
	}
	if diff := cmp.Diff(want, calendar.Times); diff != "" || calendar.Events != events {
		t.Errorf("%d events, want %d; times (-list +calendar):\n%s", calendar.Events, events, diff)
	}
}

// testSupervisord has supervisord run the jobs of a project, until it is asked to end.
func testSupervisord(t *testing.T, path string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), `100% of "it's"`)
	write(t, filepath.Join(dir, "pyproject.toml"), []byte(`[project]
name = "app"
[tool.scheduled-actions.jobs.hello]
every = "month"
command = "echo $HOME $PYTHONUNBUFFERED > part && mv part greeting"
`))
	in(t, dir, path, "export", "supervisord", "--output", ".")
	program, err := os.ReadFile(filepath.Join(dir, "scheduled-app.conf"))
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "supervisord.conf")
	write(t, config, append([]byte("[supervisord]\nnodaemon=true\nchildlogdir="+filepath.Dir(config)+"\n"), program...))
	cmd := exec.Command(pythonTool(t, "supervisord"), "-c", config, "--logfile=/dev/null", "--pidfile="+config+".pid")
	cmd.Env = env(t)
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 600 {
		if _, err = os.Stat(filepath.Join(dir, "greeting")); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if failed := cmd.Wait(); failed != nil || err != nil || !strings.Contains(log.String(), "stopped: scheduled-app (exit status 0)") {
		t.Errorf("the job did not run, or supervisord did not end well: %v, %v\n%s\n%s", err, failed, program, log.String())
	}
}
