package workflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const rescuePath = Dir + "/scheduled-rescue.yml"

// oneJob is with a rescue.
const oneJob = `[tool.scheduled.a]
every = "day"
entrypoint = "app:a"
[tool.scheduled-actions]
rescue = "1h"
`

// keeperOf has init write its file for a default branch.
func keeperOf(branch string) func(fstest.MapFS) {
	return func(repo fstest.MapFS) {
		p, err := Keeper{Path: "pyproject.toml", Branch: branch, Token: NoToken, Action: release, Prefixes: []string{"scheduled-"}}.Plan(repo)
		if err != nil {
			panic(err)
		}
		apply(repo, p)
	}
}

// TestRescuePlan changes what the rescue follows from.
func TestRescuePlan(t *testing.T) {
	set := func(toml string) func(fstest.MapFS) {
		return func(repo fstest.MapFS) { repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(toml)} }
	}
	const kept = "keep scheduled-a.yml"
	rows := []struct {
		name   string
		change func(fstest.MapFS)
		want   string
	}{
		{"nothing", func(fstest.MapFS) {}, kept + ", keep scheduled-rescue.yml"},
		{"how often", set(strings.ReplaceAll(oneJob, `"1h"`, `"6h"`)), "update scheduled-rescue.yml, " + kept},
		{"issues", set(oneJob + "notify = \"issue\"\n"), "update scheduled-rescue.yml, " + kept},
		{"a pacemaker", set(oneJob + "pacemaker = \"environment\"\n"), "update scheduled-rescue.yml, " + kept},
		{"patience is no business of the workflow", set(oneJob + "patience = \"1h\"\n"), kept + ", keep scheduled-rescue.yml"},
		{"none", set(strings.ReplaceAll(oneJob, `"1h"`, "false")), "delete scheduled-rescue.yml, " + kept},
		{"no jobs", set("[tool.scheduled-actions]\nrescue = \"1h\"\n"), "delete scheduled-a.yml, delete scheduled-rescue.yml"},
		{"one more job", set(oneJob + strings.ReplaceAll(oneJob[:strings.Index(oneJob, "[tool.scheduled-")], "scheduled.a", "scheduled.b")),
			"create scheduled-b.yml, " + kept + ", keep scheduled-rescue.yml"},
		{"its meaning", func(repo fstest.MapFS) {
			repo[rescuePath] = &fstest.MapFile{Data: []byte(strings.Replace(string(repo[rescuePath].Data), "15\n", "16\n", 1))}
		}, "update scheduled-rescue.yml, " + kept},
		{"a newer pin", func(repo fstest.MapFS) {
			raise := strings.NewReplacer(checkout.Ref+" # v7.0.1", strings.Repeat("a", 40)+" # v99.0.0")
			repo[rescuePath] = &fstest.MapFile{Data: []byte(raise.Replace(string(repo[rescuePath].Data)))}
		}, kept + ", keep scheduled-rescue.yml"},
		{"the default branch has another name", keeperOf("dev"), "update scheduled-rescue.yml, " + kept},
		{"the default branch is as most are", keeperOf("main"), kept + ", keep scheduled-rescue.yml"},
		{"a file of others, and none wanted", func(repo fstest.MapFS) {
			set(strings.ReplaceAll(oneJob, `"1h"`, "false"))(repo)
			repo[rescuePath] = &fstest.MapFile{Data: []byte("on: push\n")}
		}, kept},
	}
	for _, row := range rows {
		repo := repository(oneJob)
		apply(repo, plan(t, repo, "pyproject.toml", release))
		row.change(repo)
		p := plan(t, repo, "pyproject.toml", release)
		if got := summary(p); got != row.want {
			t.Errorf("%s: %s; want %s", row.name, got, row.want)
		}
		for _, c := range append(p.Changes(), p.Unchanged...) {
			if (c.Path == rescuePath) != (c.Does == Rescues) {
				t.Errorf("%s: %s does %q", row.name, c.Path, c.Does)
			}
		}
	}
}

// TestRescueConflicts has files of others under the name of the rescue's.
func TestRescueConflicts(t *testing.T) {
	const sub = "services/billing/pyproject.toml"
	file := RescueFile(sub)
	rows := []struct {
		there string // the file's first line
		jobs  string
		want  string
	}{
		{"on: push", "", "a file that scheduled did not write has that name"},
		{markerOf(sub, "a"), "", `the file belongs to job "a"`},
		{markerOf("pyproject.toml", "a"), "", `the file belongs to job "a"`},
		{marker{Version: 1, Project: "pyproject.toml", Workflow: Rescues}.line(), "", "the file belongs to pyproject.toml"},
		{marker{Version: 1, Project: sub, Workflow: Keeps}.line(), "", `the file is our workflow "sync"`},
		{"", fmt.Sprintf("[tool.scheduled.%[1]q]\nevery = \"day\"\nentrypoint = \"app:a\"\n[tool.scheduled-actions.jobs.%[1]q]\nworkflow-prefix = \"scheduled-\"\n", strings.TrimSuffix(strings.TrimPrefix(file, "scheduled-"), ".yml")),
			fmt.Sprintf("job %q has that file", strings.TrimSuffix(strings.TrimPrefix(file, "scheduled-"), ".yml"))},
	}
	for _, row := range rows {
		repo := repository("")
		repo[sub] = &fstest.MapFile{Data: []byte(row.jobs + oneJob)}
		if row.there != "" {
			repo[Dir+"/"+file] = &fstest.MapFile{Data: []byte(row.there + "\n")}
		}
		_, err := Target{Project: load(t, repo, sub), Path: sub, Action: release}.Plan(repo)
		if !conflicts(err, Dir+"/"+file, "that rescues jobs", row.want) {
			t.Errorf("%q: %v", row.there, err)
		}
	}
}

// TestRescueFiles distinguishes the projects of a repository.
func TestRescueFiles(t *testing.T) {
	files := map[string]string{}
	for _, project := range []string{"pyproject.toml", "a/pyproject.toml", "A/pyproject.toml", "a-b/pyproject.toml", "a/b/pyproject.toml", "a_b/pyproject.toml"} {
		name := strings.ToLower(RescueFile(project))
		if other, taken := files[name]; taken {
			t.Errorf("%s and %s have the same file %s", project, other, name)
		}
		files[name] = project
	}
}

func TestRescueEffects(t *testing.T) {
	repo := repository(oneJob)
	apply(repo, plan(t, repo, "pyproject.toml", release))
	rows := []struct {
		toml          string
		want          Effect
		before, after int
	}{
		{strings.ReplaceAll(oneJob, `"1h"`, `"6h"`), Effect{Kind: "updated", Trigger: "6 hours",
			Was: "every hour at minute 56", Assigned: "every 6 hours from 05:56 UTC", Next: instants("2026-11-21 17:56", "2026-11-21 23:56", "2026-11-22 05:56")}, 240, 240},
		{strings.ReplaceAll(oneJob, "rescue = \"1h\"\n", ""), Effect{Kind: "updated", Trigger: "15 minutes",
			Was: "every hour at minute 56", Assigned: "every 15 minutes from minute 11", Next: instants("2026-11-21 12:11", "2026-11-21 12:26", "2026-11-21 12:41")}, 240, 240},
		{strings.ReplaceAll(oneJob, `"day"`, `"hour"`), Effect{Kind: "updated", Trigger: "hour",
			Was: "every hour at minute 56", Assigned: "every hour at minute 56", Next: instants("2026-11-21 12:56", "2026-11-21 13:56", "2026-11-21 14:56")}, 240, 2880},
		{strings.ReplaceAll(oneJob, `"1h"`, "false"), Effect{Kind: "deleted", Was: "every hour at minute 56"}, 240, 120},
	}
	for _, row := range rows {
		repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(row.toml)}
		target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}
		p, err := target.Plan(repo)
		if err != nil {
			t.Fatal(err)
		}
		row.want.Change = Change{Path: rescuePath, Does: Rescues}
		effects := slices.DeleteFunc(target.Effects(p, noon), func(e Effect) bool { return e.Does != Rescues })
		if diff := cmp.Diff([]Effect{row.want}, effects, cmpopts.IgnoreFields(Change{}, "Old", "New")); diff != "" {
			t.Errorf("effects (-want +got):\n%s", diff)
		}
		if before, after := target.Minutes(p); before != row.before || after != row.after {
			t.Errorf("%d minutes before, %d after; want %d, %d", before, after, row.before, row.after)
		}
	}
}

// TestNeeded checks that a private repository keeps the ticks that the shortest time
// for which a slot is owed needs.
func TestNeeded(t *testing.T) {
	for _, row := range []struct {
		job  string
		want int
	}{
		{`every = "week"`, 1},
		{`every = "day"`, 4},
		{`every = "6 hours"`, 24},
		{`every = "week"` + "\n" + `expires = "5h"`, 24},
		{`every = "week"` + "\n" + `expires = "1h"`, 25},
		{`every = "hour"` + "\n" + `enabled = false`, 1},
	} {
		repo := repository("[project]\nname = \"acme\"\n[tool.scheduled-actions.jobs.a]\nentrypoint = \"app:a\"\n" + row.job +
			"\n[tool.scheduled-actions.jobs.b]\nentrypoint = \"app:b\"\nevery = \"month\"\n")
		project := load(t, repo, "pyproject.toml")
		if got := len(needed(project, project.Rescue.Rounds)); got != row.want {
			t.Errorf("%s: %d ticks, want %d", row.job, got, row.want)
		}
	}
}
