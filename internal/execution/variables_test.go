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

// A job is told its trigger as it is written, and an empty window if it has none.
func TestTriggers(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		spec schedule.Spec
		want string
		none bool
	}{
		{schedule.Spec{Every: "2 hours"}, "2 hours", false},
		{schedule.Spec{Cron: []string{"0 9 * * mon-fri", "H 18 * * *"}}, "0 9 * * mon-fri, H 18 * * *", false},
		{schedule.Spec{Timezone: "Europe/Berlin", RunAt: []schedule.Moment{{Time: now}, {Time: now.In(time.FixedZone("", 7200)), Offset: true}}}, "2026-11-21T12:00:00+01:00, 2026-11-21T14:00:00+02:00", false},
		{schedule.Spec{RunAt: []schedule.Moment{{Time: now}}, Except: []time.Time{now.Truncate(24 * time.Hour)}}, "2026-11-21T12:00:00Z", true},
	} {
		s, flaws := schedule.Parse(row.spec)
		if len(flaws) > 0 {
			t.Fatal(flaws)
		}
		environ := Variables{Window: s.Latest(now)}.environ(pyproject.Job{ID: "clean", Schedule: s}, 1)
		if !slices.Contains(environ, "SCHEDULED_EVERY="+row.want) {
			t.Errorf("want %s in %q", row.want, environ)
		}
		for _, name := range []string{"FOR", "WINDOW_START", "WINDOW_END"} {
			if slices.Contains(environ, "SCHEDULED_"+name+"=") != row.none {
				t.Errorf("%s: %q", name, environ)
			}
		}
		if slices.Contains(environ, "SCHEDULED_KEY=clean") != row.none {
			t.Errorf("key: %q", environ)
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
