package execution

import (
	"slices"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// A re-run counts on from the highest number that the run before could reach.
func TestAttemptNumbers(t *testing.T) {
	for _, row := range []struct {
		runAttempt, attempts, n int
		want                    string
	}{
		{1, 1, 1, "1"},
		{2, 1, 1, "2"},
		{1, 3, 1, "1"},
		{1, 3, 3, "3"},
		{2, 3, 1, "4"},
		{2, 3, 3, "6"},
		{5, 10, 10, "50"},
	} {
		job := pyproject.Job{Options: pyproject.Options{Attempts: row.attempts}}
		environ := Variables{RunAttempt: row.runAttempt}.environ(job, row.n)
		if !slices.Contains(environ, "SCHEDULED_ATTEMPT="+row.want) {
			t.Errorf("%+v: %v", row, environ)
		}
	}
}

// What only imports a module is told of the current window.
func TestVariablesOfImport(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	job := pyproject.Job{ID: "clean", Schedule: schedule.New("day", "acme", "clean")}
	window := job.Schedule.Window(now)
	environ := Job{Job: job, Now: func() time.Time { return now }}.importing(python.Launcher{}).Env
	for _, want := range []string{
		"SCHEDULED_WINDOW_START=" + window.Start.Format(time.RFC3339), "SCHEDULED_KEY=" + window.Key("clean"),
		"SCHEDULED_ATTEMPT=1", "SCHEDULED_TRIGGER=local", "SCHEDULED_MISSED=0",
	} {
		if !slices.Contains(environ, want) {
			t.Errorf("no %s in %q", want, environ)
		}
	}
}
