//go:build unix

package execution

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// A new window stops the execution of an older one, and never that of its own.
func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	s, flaws := schedule.Parse(schedule.Spec{Every: "1 hours"})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	slot := s.Window(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)).Start
	// A request of a clock that was ahead.
	book, err := ledger.Open(filepath.Join(dir, "pyproject.toml"), func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Cancel("clean", ledger.Lane{Number: 0, Of: 1}, slot.AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	results := make(chan Result, 3)
	var warnings atomic.Int32
	run := func(at time.Time, command string) {
		options := pyproject.Options{Command: []string{command}, Cancel: true, Attempts: 1, MaxInstances: 1, Timeout: time.Minute}
		job := Job{
			Job:     pyproject.Job{ID: "clean", Schedule: s, Options: options},
			Place:   pyproject.Place{Root: dir, Dir: dir, Path: "pyproject.toml"},
			Environ: os.Environ(),
			Now:     func() time.Time { return at },
			Say:     func(string) {},
			Warn: func(err error) {
				if err != nil {
					warnings.Add(1)
				}
			},
			Found:  func(python.Launcher) {},
			Output: func(Variables) (stdout, stderr io.Writer, end func()) { return io.Discard, io.Discard, func() {} },
		}
		told := Told{func(schedule.Decision) {}, func(r Result) { results <- r }}
		if err := job.RunLocally(t.Context(), Wish{}, told); err != nil {
			t.Error(err)
		}
	}
	go run(slot.Add(time.Minute), "touch began; exec sleep 30")
	for _, err := os.Stat(filepath.Join(dir, "began")); err != nil; _, err = os.Stat(filepath.Join(dir, "began")) {
		time.Sleep(10 * time.Millisecond)
	}
	go run(slot.Add(2*time.Minute), "true") // a spare tick: it waits
	time.Sleep(3 * watching)
	if len(results) > 0 {
		t.Fatalf("a spare tick ended the execution: %+v", <-results)
	}
	run(slot.Add(61*time.Minute), "true")
	served := map[string]int{}
	for range 3 {
		select {
		case r := <-results:
			switch {
			case strings.HasPrefix(r.Cause, ErrCancelled.Error()) && r.Window.Start.Equal(slot):
				served["cancelled"]++
			case r.OK && r.Window.Start.Equal(slot.Add(time.Hour)):
				served["new"]++
			case r.OK || r.Skipped: // the spare tick may come before the new window
				served["spare"]++
			default:
				t.Errorf("got %+v", r)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("only %v", served)
		}
	}
	if served["cancelled"] < 1 || served["new"] != 1 || warnings.Load() > 0 {
		t.Error(served, warnings.Load())
	}

	// A request that cannot be made is told once, however long the wait.
	logs, err := filepath.Glob(filepath.Join(dir, ".scheduled", "*", "clean-*.log"))
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	request := strings.TrimSuffix(logs[0], ".log") + ".cancel"
	if err := errors.Join(os.RemoveAll(request), os.Remove(filepath.Join(dir, "began")), os.Mkdir(request, 0o700)); err != nil {
		t.Fatal(err)
	}
	go run(slot.Add(121*time.Minute), "touch began; sleep 1")
	for _, err := os.Stat(filepath.Join(dir, "began")); err != nil; _, err = os.Stat(filepath.Join(dir, "began")) {
		time.Sleep(10 * time.Millisecond)
	}
	if run(slot.Add(181*time.Minute), "true"); warnings.Load() != 1 {
		t.Errorf("%d warnings", warnings.Load())
	}
	<-results
	<-results
}
