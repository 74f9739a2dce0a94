package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestDocsEvents checks that each event of notify-on has its row.
func TestDocsEvents(t *testing.T) {
	page := pages(t)["docs/alerts.md"]
	for _, event := range schedule.Events {
		if strings.Count(page, "\n| `"+string(event)+"` |") != 1 {
			t.Errorf("no row for %s", event)
		}
	}
}

// allProjectsPart lists the commands that take all projects.
func allProjectsPart(*testing.T) string {
	var b strings.Builder
	b.WriteString("| command | does |\n|---|---|\n")
	for _, cmd := range new(Program).root().Commands() {
		if cmd.Flag("all-projects") != nil {
			fmt.Fprintf(&b, "| `scheduled %s --all-projects` | %s |\n", cmd.Name(), cmd.Short)
		}
	}
	return b.String()
}

// policies are the keys that say what a late, doubled or failing job does, and where GitHub
// and the local ledger differ in it.
var policies = []struct{ key, means, github, here string }{
	{"`catch-up = \"latest\"`", "one run stands for all windows that passed; `SCHEDULED_MISSED` counts them", "", ""},
	{"`catch-up = \"all\"`", "every slot that was missed has a run of its own, the oldest first, until it expires",
		"slots since the workflow's first run, at most 24 in one run; of more than 24, those that failed come last",
		"slots since the first run in the ledger; a call of `run` tries a failing one once"},
	{"`overlap = \"wait\"`", "a new window waits for the execution that is still running",
		"up to 100 runs can wait",
		"the second `run` waits"},
	{"`overlap = \"cancel\"`", "a new window cancels it: the entrypoint gets the signal and ten seconds to end",
		"once a check has found the new window; only one can wait, so backfill such a job one slot at a time",
		"once another `run` has found the new window"},
	{"`max-instances = 3`", "up to three windows execute at once, each in a lane of its own",
		"slot number modulo three is the lane; slots in the same lane wait for each other",
		"one `run` executes its windows in turn, and other processes of `run` take other lanes"},
	{"`lock = \"database\"`", "jobs with this lock never execute at once",
		"all jobs of the repository, of all its projects",
		"the jobs of one project on this machine; GitHub and this machine do not see each other's locks"},
	{"`needs = [\"fetch\"]`", "a window runs once each needed job is confirmed for its own window that holds the slot, or a later one served it",
		"the run that is too early ends as `waiting`; a later tick or the [rescue](rescue.md) starts the job, usually within 15 minutes",
		"`run` ends as `waiting`; `run --all` runs needed jobs first"},
	{"`next`, [returned](returns.md#a-later-run)", "slots until that time are left out, and that time is one more slot",
		"the rescue starts it: some minutes late, or not before the next tick if `rescue` is off",
		"the first `run` after that time executes it"},
}

func policiesPart(t *testing.T) string {
	options := pyproject.OptionsReference()
	var b strings.Builder
	b.WriteString("| key | means | on GitHub | on a machine of your own |\n|---|---|---|---|\n")
	for _, p := range policies {
		name, _, set := strings.Cut(strings.Trim(p.key, "`"), " = ")
		if set && !strings.Contains(options, "\n### `"+name+"`\n") {
			t.Errorf("no option %s", name)
		}
		if p.github == "" {
			p.github, p.here = "the same", "the same"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.key, p.means, p.github, p.here)
	}
	return b.String()
}

// reasonsPart has a check give each of its answers, in the order of the rows.
func reasonsPart(t *testing.T) string {
	slot := noon.Add(-6 * time.Hour)
	ran := schedule.Run{ID: 7, Created: slot, Started: slot, Success: true}
	asked := ran
	asked.Created, asked.Started, asked.Next = slot.AddDate(0, 0, -1), slot.AddDate(0, 0, -1), noon.Add(3*time.Hour)
	link := func(schedule.Run) string { return "run 7" }
	var b strings.Builder
	var told []schedule.Reason
	b.WriteString("| reason | runs | in words |\n|---|---|---|\n")
	for _, row := range []struct {
		declared string
		tick     schedule.Tick
	}{
		{"", schedule.Tick{Forced: true}},
		{"", schedule.Tick{Attempt: 2}},
		{"enabled = false", schedule.Tick{}},
		{"start = 2026-12-01", schedule.Tick{}},
		{"until = 2026-11-01", schedule.Tick{}},
		{"", schedule.Tick{Slot: noon.Add(18 * time.Hour)}},
		{"", schedule.Tick{Runs: []schedule.Run{ran}}},
		{"", schedule.Tick{Runs: []schedule.Run{asked}}},
		{`expires = "3h"`, schedule.Tick{}},
		{"", schedule.Tick{Needs: []schedule.Need{{ID: "fetch"}}}},
		{"", schedule.Tick{Unknown: true}},
		{"", schedule.Tick{}},
	} {
		job := daily(t, row.declared)
		row.tick.Now = noon
		for i := range row.tick.Needs {
			row.tick.Needs[i].Schedule = job.Schedule
		}
		d := schedule.Decide(job.Schedule, row.tick)
		runs := map[bool]string{true: "yes", false: "no"}[d.Run]
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", d.Reason, runs, execution.Describe(job.Schedule, d, link))
		told = append(told, d.Reason)
	}
	want := []schedule.Reason{schedule.Forced, schedule.Rerun, schedule.Disabled, schedule.NotStarted, schedule.Ended, schedule.NotDue, schedule.Confirmed,
		schedule.Rescheduled, schedule.Expired, schedule.Waiting, schedule.HistoryUnknown, schedule.Unconfirmed}
	if !slices.Equal(told, want) {
		t.Errorf("the reasons are %q", told)
	}
	return b.String()
}

// daily is a job that is due at six.
func daily(t *testing.T, declared string) pyproject.Job {
	t.Helper()
	content := "[tool.scheduled-actions.jobs.daily]\nevery = \"day\"\nat = \"06:00\"\nentrypoint = \"app:run\"\n" + declared + "\n"
	project, err := pyproject.Load(fstest.MapFS{"pyproject.toml": {Data: []byte(content)}}, "pyproject.toml", "pyproject.toml")
	if err != nil {
		t.Fatal(err)
	}
	return project.Jobs[0]
}
