package workflow

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// TestOrigin changes one thing, and wants its line.
func TestOrigin(t *testing.T) {
	const project = `[project]
name = "demo"

[tool.scheduled.a]
every = "day"
entrypoint = "app:a"

[tool.scheduled-actions]
runs-on = "ubuntu-22.04"

[tool.scheduled-actions.jobs.a]
timeout = "5m"
python = "3.12"
spares = 1
env = { A = "1" }
secrets = ["B"]
before = ["make"]
environment = "x"
container = "python:3.13"
permissions = { issues = "read" }
services.db = { image = "postgres:17" }
vars = ["V"]
setup-secrets = ["S"]
token = false
prepare = ["x"]
after = ["y"]
artifacts = ["z"]
cache = ["c"]
checkout = { lfs = true }
commit = ["d"]
[project.optional-dependencies]
x = []
`
	rows := []struct {
		name, old, new string
		line           int
	}{
		{"cadence", `"day"`, `"week"`, 5},
		{"name", `"demo"`, `"other"`, 2},
		{"seed", "spares = 1", "spares = 1\nseed = \"x\"", 15},
		{"seed of the project", `runs-on = "ubuntu-22.04"`, "runs-on = \"ubuntu-22.04\"\nseed = \"x\"", 10},
		{"option of the project", "22.04", "24.04", 9},
		{"option of the job", `"5m"`, `"6m"`, 12},
		{"python", "3.12", "3.13", 13},
		{"spares", "spares = 1", "spares = 2", 14},
		{"env", `A = "1"`, `A = "2"`, 15},
		{"a variable is gone", `A = "1"`, "", 15},
		{"secrets", `["B"]`, `["B", "C"]`, 16},
		{"own steps", `["make"]`, `["make all"]`, 17},
		{"more steps", `["make"]`, `["make", { name = "x", run = "y" }]`, 17},
		{"environment", `"x"`, `"y"`, 18},
		{"container", "3.13\"", "3.14\"", 19},
		{"permissions", `"read"`, `"write"`, 20},
		{"services", ":17", ":18", 21},
		{"vars", `["V"]`, `["W"]`, 22},
		{"set-up secrets", `["S"]`, `["T"]`, 23},
		{"token", "token = false", "token = true", 24},
		{"prepare", `["x"]`, `["x1"]`, 25},
		{"after", `["y"]`, `["y1"]`, 26},
		{"more after", `["y"]`, `["y", { run = "z" }]`, 26},
		{"artifacts", `["z"]`, `["z1"]`, 27},
		{"cache", `["c"]`, `["c1"]`, 28},
		{"checkout", "lfs = true", "lfs = false", 29},
		{"no commit", `["d"]`, "[]", 30},
		{"commit always", `["d"]`, `{ paths = ["d"], when = "always" }`, 30},
		{"commit by pull request", `["d"]`, `{ paths = ["d"], pull-request = true }`, 20},
		{"extras", "spares = 1", "spares = 1\nextras = [\"x\"]", 15},
		{"installer", "spares = 1", "spares = 1\ninstaller = \"project\"", 15},
		{"another file", "spares = 1", "workflow-prefix = \"my-\"\nspares = 1", 14},
		{"an option that is gone", "timeout = \"5m\"\n", "", 4},
		{"rescue", `runs-on = "ubuntu-22.04"`, "runs-on = \"ubuntu-22.04\"\nrescue = \"1h\"", 10},
		{"a new job", "scheduled.a]", "scheduled.b]", 4},
		{"no job", project, "", 1},
	}
	for _, row := range rows {
		repo := repository(project)
		apply(repo, plan(t, repo, "pyproject.toml", release))
		repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(strings.Replace(project, row.old, row.new, 1))}
		if row.name == "a new job" {
			repo["pyproject.toml"].Data = []byte(strings.ReplaceAll(string(repo["pyproject.toml"].Data), "jobs.a]", "jobs.b]"))
		}
		target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}
		p, err := target.Plan(repo)
		if err != nil {
			t.Fatal(err)
		}
		effects := target.Effects(p, time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
		if len(effects) == 0 {
			t.Errorf("%s: no change", row.name)
			continue
		}
		for _, e := range effects {
			if (e.Does == Rescues) != (row.name == "rescue") {
				continue
			}
			if got := target.Origin(e); got != row.line && (row.name != "a new job" || e.Job == "b") {
				t.Errorf("%s: want line %d, got %d for %s", row.name, row.line, got, e.Path)
			}
		}
	}
}

// TestOriginOfSchedule changes one thing about when a job runs, and wants its line.
func TestOriginOfSchedule(t *testing.T) {
	const project = `[project]
name = "demo"

[tool.scheduled-actions.jobs.a]
every = "2 days"
entrypoint = "app:a"
at = "09:33"
timezone = "Europe/Berlin"

[tool.scheduled-actions.jobs.b]
cron = "33 9 * * 1-5"
entrypoint = "app:b"

[tool.scheduled-actions.jobs.c]
run-at = 2026-12-24T18:03:00Z
entrypoint = "app:c"
enabled = true

[tool.scheduled.d]
every = "week"
entrypoint = "app:d"

[tool.scheduled-actions]
rescue = false
`
	rows := []struct {
		name, old, new string
		line           int // 0 where no file changes
	}{
		{"every", `"2 days"`, `"monday"`, 5},
		{"every, with the same ticks", `"2 days"`, `"3 days"`, 5},
		{"the trigger of another kind", "every = \"2 days\"\nentrypoint = \"app:a\"\nat = \"09:33\"", "entrypoint = \"app:a\"\ncron = \"3 3 1 * *\"", 6},
		{"at", `"09:33"`, `"10:43"`, 7},
		{"at and the time zone", "at = \"09:33\"\ntimezone = \"Europe/Berlin\"", "at = \"10:43\"", 7},
		{"time zone", "Europe/Berlin", "Europe/Rome", 8},
		{"time zone of the project", "timezone = \"Europe/Berlin\"\n", "", 4},
		{"spares", `at = "09:33"`, "at = \"09:33\"\nspares = 1", 8},
		{"cron", "1-5", "1-4", 11},
		{"crons", `"33 9 * * 1-5"`, `["33 9 * * 1-5", "33 9 * * 0"]`, 11},
		{"spares of a cron", "entrypoint = \"app:b\"", "entrypoint = \"app:b\"\nspares = 1", 13},
		{"run-at", "18:03", "19:03", 15},
		{"disabled", "enabled = true", "enabled = false", 17},
		{"at of a job of the spec", "[tool.scheduled-actions]\n", "[tool.scheduled-actions.jobs.d]\nat = \"01:02\"\n[tool.scheduled-actions]\n", 24},
		{"except", "enabled = true", "enabled = true\nexcept = [2026-12-24]", 0},
		{"start and count", `at = "09:33"`, "at = \"09:33\"\nstart = 2026-01-01\ncount = 3", 0},
		{"expires", `at = "09:33"`, "at = \"09:33\"\nexpires = \"8h\"", 8},
		{"until", "[tool.scheduled-actions]\n", "[tool.scheduled-actions.jobs.d]\nuntil = 2030-01-01\n[tool.scheduled-actions]\n", 0},
		{"served elsewhere", "enabled = true", "executor = \"serve\"", 17},
	}
	for _, row := range rows {
		repo := repository(project)
		apply(repo, plan(t, repo, "pyproject.toml", release))
		repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(strings.Replace(project, row.old, row.new, 1))}
		target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}
		p, err := target.Plan(repo)
		if err = errors.Join(err, target.Project.Problems()); err != nil {
			t.Fatal(err)
		}
		if len(p.Changes()) != min(row.line, 1) {
			t.Errorf("%s: %s", row.name, summary(p))
		}
		for _, e := range target.Effects(p, noon) {
			if got := target.Origin(e); got != row.line {
				t.Errorf("%s: want line %d, got %d for %s", row.name, row.line, got, e.Path)
			}
		}
	}
}

// TestOriginOfLanes changes the policies of a job, and wants their lines.
func TestOriginOfLanes(t *testing.T) {
	project := func(options string) string {
		return "[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"app:a\"\n[tool.scheduled-actions]\nrescue = false\n[tool.scheduled-actions.jobs.a]\nspares = 1\n" + options
	}
	const three, lock, all, cancel = "max-instances = 3\n", "lock = \"x\"\n", "catch-up = \"all\"\n", "overlap = \"cancel\"\n"
	for _, row := range []struct {
		was, now string
		line     int
	}{
		{"", three, 8},
		{"", lock, 8},
		{"", all, 8},
		{"", cancel, 8},
		{three, "", 1}, // nothing is left to point to
		{three, "max-instances = 4\n", 8},
		{three, three + cancel, 9},
		{three, three + lock, 9},
		{lock, "lock = \"y\"\n", 8},
		{lock, lock + all, 9},
		{three, three + "timeout = \"9m\"\n", 9},
		{three, three + "artifacts = [\"x\"]\n", 9},
	} {
		repo := repository(project(row.was))
		apply(repo, plan(t, repo, "pyproject.toml", release))
		repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(project(row.now))}
		target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}
		p, err := target.Plan(repo)
		if err != nil {
			t.Fatal(err)
		}
		effects := target.Effects(p, noon)
		if len(effects) != 1 {
			t.Fatalf("%q to %q: %s", row.was, row.now, summary(p))
		}
		if got := target.Origin(effects[0]); got != row.line {
			t.Errorf("%q to %q: want line %d, got %d", row.was, row.now, row.line, got)
		}
	}
}
