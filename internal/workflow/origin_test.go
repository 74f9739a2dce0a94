package workflow

import (
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
