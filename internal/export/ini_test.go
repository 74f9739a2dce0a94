package export

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/migrate"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// reimported returns the jobs of a project after an export to ini and an import from it.
func reimported(t *testing.T, p Project, zone string) *pyproject.Project {
	t.Helper()
	text := exported(t, "ini", p)["jobs.ini"]
	file := migrate.File{Path: "jobs.ini", Text: []byte(text)}
	if format := migrate.Guess(file); format != "ini" {
		t.Fatalf("it looks like %q", format)
	}
	imported, err := migrate.Read(t.Context(), migrate.Request{Files: []migrate.File{file}, Zone: zone})
	if err != nil || len(imported.Skipped) > 0 || imported.Lost() {
		t.Fatalf("%v, skipped %v, %+v\n%s", err, imported.Skipped, imported.Jobs, text)
	}
	toml := fmt.Sprintf("[project]\nname = %q\n", p.Name)
	for _, job := range imported.Jobs {
		toml += job.TOML()
	}
	return project(t, toml).Project
}

// TestINISlots has the same slots after an import, or tells why not.
func TestINISlots(t *testing.T) {
	p := loaded(t, "testdata/kinds.toml")
	result, err := Make("ini", p)
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(result.Notes, "\n")
	for _, zone := range []string{"UTC", "Europe/Berlin", "Australia/Lord_Howe"} {
		back := reimported(t, p, zone)
		for _, job := range p.Jobs {
			again, _, found := back.Job(job.ID)
			told := strings.Contains(notes, job.ID)
			switch {
			case !found && !told:
				t.Errorf("%s is not there", job.ID)
			case !found || job.Schedule.Zone() != zone && job.Schedule.Zone() != "UTC":
				continue
			case again.Schedule.Spec().Disabled != job.Schedule.Spec().Disabled:
				t.Errorf("%s: disabled %v", job.ID, again.Schedule.Spec().Disabled)
			}
			slot, same := now, true
			for range 50 {
				next := job.Schedule.Next(slot)
				same = same && again.Schedule.Next(slot).Equal(next)
				slot = next
			}
			if bounded := slices.Contains(strings.Fields("days-10 months-end bounded counted except ended day-assigned-berlin"), job.ID); same == bounded && zone == job.Schedule.Zone() {
				t.Errorf("%s: same slots %v: %v, before %v", job.ID, same, again.Schedule, job.Schedule)
			}
		}
	}
}

// configParser prints the sections of an ini as Python reads them.
const configParser = `import configparser, json, sys
c = configparser.ConfigParser()
c.read_file(open(0, encoding="utf-8"))
print(json.dumps({s: {"description": "", **c[s]} for s in c.sections()}))`

// TestINIWords keeps ids, texts and arguments of any kind, or tells which are not there.
func TestINIWords(t *testing.T) {
	p := project(t, `[project]
name = "app"
[tool.scheduled-actions.jobs]
"a]b; # 50% [c" = { every = "day", entrypoint = "App.jobs:clean", description = "100% = of; it: # all" }
"größe" = { every = "monday", at = "09:05", entrypoint = "app.jobs:Cleaner.clean.now", description = "[x]" }
" spaced " = { every = "hour", entrypoint = "app.jobs:nested.clean", enabled = false }
"DEFAULT " = { every = "hour", entrypoint = "ä.b:c" }
[tool.scheduled-actions.jobs.args]
every = "day"
entrypoint = "app:Main"
kwargs = { s = "a = b: %(c)s %d", empty = "", h = "# c", n = -12, big = 999999999999999999, f = 1e3, g = -0.25, yes = true, no = false, path = 'C:\new' }
[tool.scheduled-actions.jobs.odd]
every = "day"
entrypoint = "app:main"
kwargs = { on = "ON", int = "12", float = "1.50", huge = 1234567890123456789, inf = inf, list = [1], table = { a = 1 }, date = 2026-01-01, lines = "a\nb", space = " a", Upper = 1, call = 1, active = 1 }
`)
	result, err := Make("ini", p)
	if err != nil {
		t.Fatal(err)
	}
	notes := result.Notes[0]
	read := map[string]map[string]string{}
	python := exec.Command("python3", "-I", "-c", configParser)
	python.Stdin = strings.NewReader(result.Files[0].Content)
	if out, err := python.Output(); err != nil || json.Unmarshal(out, &read) != nil {
		t.Fatal(err, string(out))
	}
	if got := read["args"]["s"]; got != "a = b: %(c)s %d" {
		t.Errorf("Python reads the argument %q", got)
	}
	back := reimported(t, p, "UTC")
	if len(back.Jobs) != len(p.Jobs) {
		t.Errorf("%d jobs of %d", len(back.Jobs), len(p.Jobs))
	}
	for i, job := range back.Jobs {
		was := p.Jobs[i]
		if job.Entrypoint != was.Entrypoint || job.Options.Description != was.Options.Description {
			t.Errorf("%s %q, before %s %q", job.Entrypoint, job.Options.Description, was.Entrypoint, was.Options.Description)
		}
		if renamed := i < 4; renamed != (job.ID != was.ID) || renamed != strings.Contains(notes, problem.Show(was.ID)) {
			t.Errorf("job %q is %q: %s", was.ID, job.ID, notes)
		}
		if read[was.ID]["call"] == "" || read[was.ID]["description"] != was.Options.Description {
			t.Errorf("Python reads %q of %q", read[was.ID], was.ID)
		}
		if was.ID == "args" && !reflect.DeepEqual(job.Options.Kwargs, was.Options.Kwargs) {
			t.Errorf("arguments %v, before %v", job.Options.Kwargs, was.Options.Kwargs)
		}
		if was.ID == "odd" && len(job.Options.Kwargs) > 0 {
			t.Errorf("arguments %v", job.Options.Kwargs)
		}
	}
	for _, arg := range p.Jobs[len(p.Jobs)-1].Options.Kwargs {
		if !strings.Contains(strings.Join(result.Notes, "\n"), "odd: without the argument "+arg.Name+", because") {
			t.Errorf("nothing is said about %s: %q", arg.Name, result.Notes)
		}
	}
}
