package execution

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestReport writes a report of each kind, and each one over the one before.
func TestReport(t *testing.T) {
	name := filepath.Join(t.TempDir(), "report.json")
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	v := Variables{Window: schedule.Window{Start: start, End: start.Add(time.Hour)}, Trigger: Local, RunAttempt: 1}
	ended := python.Outcome{Started: start, Ended: start.Add(time.Second)}
	done, failed := ended, ended
	done.OK = true
	failed.Cause, failed.Exception = "ValueError: <bad>", "ValueError"
	for _, row := range []struct {
		result Result
		want   []string
	}{
		{Result{Variables: v, Execution: python.Execution{Most: 3}, Skipped: true, Reason: schedule.Confirmed}, []string{`"status": "skipped"`, `"reason": "confirmed"`, `"attempt": 0`, `"attempts": 3`, `"start": null`, `"cause": null`}},
		{Result{v, python.Execution{Outcome: done, Attempt: 2, Most: 3}, start.Add(time.Hour), false, schedule.Unconfirmed}, []string{`"status": "succeeded"`, `"attempt": 2`, `"end": "2026-11-21T12:00:01Z"`, `"exception": null`, `"next": "2026-11-21T13:00:00Z"`}},
		{Result{v, python.Execution{Outcome: failed, Attempt: 3, Most: 3}, time.Time{}, false, ""}, []string{`"status": "failed"`, `"reason": null`, `"cause": "ValueError: <bad>"`, `"type": "ValueError"`, `"window": {`, `"next": null`}},
		{Result{Variables: Variables{Trigger: Local}, Skipped: true, Reason: schedule.NotStarted}, []string{`"reason": "not-started"`, `"window": null`}},
	} {
		file, err := FindReport(name, os.Stdout, os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(name); err == nil {
			t.Error("the report of the run before is still there")
		}
		if err := file.Write("clean", row.result); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range row.want {
			if !strings.Contains(string(content), want) {
				t.Errorf("no %s in %s", want, content)
			}
		}
	}
}

// TestForeignReport keeps what is no report, whether it is there before the run or put
// there by it.
func TestForeignReport(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pyproject.toml")
	foreign := []byte("[project]\nname = \"x\"\n")
	write := func() {
		if err := os.WriteFile(name, foreign, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := FindReport(name)
	if err != nil {
		t.Fatal(err)
	}
	write()
	if err := file.Write("clean", Result{}); err == nil {
		t.Error("it replaced a file that the run had made")
	}
	if _, err := FindReport(name); err == nil {
		t.Error("it took a file that is no report")
	}
	if content, err := os.ReadFile(name); err != nil || string(content) != string(foreign) {
		t.Errorf("the file contains %q, %v", content, err)
	}
}

// TestOwnStream refuses the file to which this program writes its log.
func TestOwnStream(t *testing.T) {
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, err := FindReport(log.Name(), os.Stdout, log); err == nil || !strings.Contains(err.Error(), "the log goes there") {
		t.Errorf("got %v", err)
	}
}
