package workflow

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

func TestTicksOfCron(t *testing.T) {
	rows := []struct {
		expr string
		want float64
	}{
		{"7 * * * *", 720},
		{"*/5 * * * *", 8640},
		{"7 3 * * *", 30},
		{"7,37 3-5 * * *", 180},
		{"7 3 * * 1", 30. / 7},
		{"7 3 * * MON-FRI", 150. / 7},
		{"7 3 5 * *", 1},
		{"7 3 5,20 * *", 2},
		{"7 3 1-31 * *", 30},
		{"7 3 5 1,7 *", 1. / 6},
		{"7 3 15 * 1", 1 + 30./7 - 1./7},

		{"", 0},
		{"7 3 * *", 0},
		{"7 3 * * * *", 0},
		{"60 3 * * *", 0},
		{"@daily", 0},
		{"TZ=x", 0},
		{"TZ=x\t1\t1\t1\t1", 0},
		{"CRON_TZ=UTC 7 3 * * *", 0},
		{"${{ x }}", 0},
	}
	for _, row := range rows {
		if got := ticksOfCron(row.expr); math.Abs(got-row.want) > 1e-9 {
			t.Errorf("%q: %f ticks, want %f", row.expr, got, row.want)
		}
	}
}

// TestTicks counts the ticks of each cadence once by the job, once by its file.
func TestTicks(t *testing.T) {
	for _, every := range schedule.Cadences[1:] {
		for spares := range schedule.MaxSpares + 1 {
			repo := repository(fmt.Sprintf("[tool.scheduled-actions]\nspares = %d\n[tool.scheduled.a]\nevery = %q\nentrypoint = \"app:a\"\n", spares, every))
			job := load(t, repo, "pyproject.toml").Jobs[0]
			got, want := ticksOf(plan(t, repo, "pyproject.toml", release).Created[0].New), ticks(job)
			if math.Abs(got-want) > 1e-9 || want == 0 {
				t.Errorf("every %s, %d spares: %f ticks by the file, %f by the job", every, spares, got, want)
			}
		}
	}
}

func TestMinutes(t *testing.T) {
	const a, b = Dir + "/scheduled-a.yml", Dir + "/scheduled-b.yml" // 4 ticks a day, 7 a week
	set := func(path, content string) func(fstest.MapFS) {
		return func(repo fstest.MapFS) { repo[path] = &fstest.MapFile{Data: []byte(content)} }
	}
	rows := []struct {
		name          string
		change        func(fstest.MapFS)
		before, after int
	}{
		{"nothing", func(fstest.MapFS) {}, 150, 150},
		{"nothing there yet", func(repo fstest.MapFS) { delete(repo, a); delete(repo, b) }, 0, 150},
		{"created", func(repo fstest.MapFS) { delete(repo, b) }, 120, 150},
		{"updated", set("pyproject.toml", strings.ReplaceAll(twoJobs, `"day"`, `"hour"`)), 150, 2190},
		{"deleted", set("pyproject.toml", twoJobs[:strings.Index(twoJobs, "[tool.scheduled.b]")]), 150, 120},
		{"all deleted", set("pyproject.toml", ""), 150, 0},
		{"broken", set(b, markerOf("pyproject.toml", "b")+"\non: ["), 120, 150},
		{"no schedule", set(b, markerOf("pyproject.toml", "b")+"\non: push\n"), 120, 150},
		{"by hand", set(b, markerOf("pyproject.toml", "b")+"\non:\n  schedule: [{cron: '*/30 * * * *'}, {cron: none}]\n"), 1560, 150},
	}
	for _, row := range rows {
		repo := repository(twoJobs)
		apply(repo, plan(t, repo, "pyproject.toml", release))
		row.change(repo)
		target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}
		p, err := target.Plan(repo)
		if err != nil {
			t.Fatal(err)
		}
		if before, after := target.Minutes(p); before != row.before || after != row.after {
			t.Errorf("%s: %d before, %d after; want %d, %d", row.name, before, after, row.before, row.after)
		}
	}
}
