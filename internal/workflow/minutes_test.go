package workflow

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestMinutesOfFile counts the minutes of files, as a private repository pays for them.
func TestMinutesOfFile(t *testing.T) {
	rows := []struct {
		file string
		want float64
	}{
		{`on: {schedule: [{cron: "7 3 * * *"}, {cron: "7 * * * *"}]}`, 750},
		{`on: {schedule: [{cron: "7 3 * * *", timezone: Europe/Berlin}]}`, 30},
		{`on: {schedule: [{cron: "7 3 * * *", timezone: Europe/Bonn}, {cron: "7 4 * * *"}]}`, 30},
		{`on: {schedule: [{cron: "7 3 * * *"}, {cron: "7 * * * *"}]}
jobs: {rescue: {if: "x` + onlyNeeded([]schedule.Cron{{Expr: "7 3 * * *"}}, make([]schedule.Cron, 2)) + `"}}`, 30},
		{`on: {schedule: [{cron: "7 3 * * *"}, {cron: "7 * * * *"}]}
jobs: {rescue: {if: x}}`, 750},
		{"on:\n  schedule:\n    - cron: 7 3 * * *\n    - cron: 7 9 * * * # spare: at 9\n    - cron: 7 15 * * *\njobs: {run: {strategy: {matrix: x}}}", 150},
		{`on: push`, 0},
		{`on: [`, 0},
	}
	for _, row := range rows {
		row.file = strings.ReplaceAll(row.file, `["7 3 * * *"]`, `[\"7 3 * * *\"]`)
		if got := minutesOfFile([]byte(row.file)); math.Abs(got-row.want) > 1e-9 {
			t.Errorf("%s: %f minutes, want %f", row.file, got, row.want)
		}
	}
}

// TestMinutesOfJob counts the minutes of each cadence once by the job, once by its file:
// in the second shape, one more for each primary tick.
func TestMinutesOfJob(t *testing.T) {
	for _, every := range schedule.Cadences[1:] {
		for spares := range schedule.MaxSpares + 1 {
			for _, lock := range []string{"", "lock = \"x\"\n"} {
				repo := repository(fmt.Sprintf("[tool.scheduled-actions]\nspares = %d\n%s[tool.scheduled.a]\nevery = %q\nentrypoint = \"app:a\"\n", spares, lock, every))
				job := load(t, repo, "pyproject.toml").Jobs[0]
				got, want := minutesOfFile(plan(t, repo, "pyproject.toml", release).Created[0].New), ticks(job.Schedule.Crons(job.Options.Spares))
				if lock != "" {
					want += ticks(job.Schedule.Crons(0))
				}
				if by := minutesOf(job); math.Abs(got-want) > 1e-9 || math.Abs(by-want) > 1e-9 || want == 0 {
					t.Errorf("every %s, %d spares, %q: %f minutes by the file, %f by the job, want %f", every, spares, lock, got, by, want)
				}
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
