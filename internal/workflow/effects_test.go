package workflow

import (
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// instants reads times of UTC.
func instants(texts ...string) (times []time.Time) {
	for _, text := range texts {
		at, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			panic(err)
		}
		times = append(times, at)
	}
	return times
}

func TestEffects(t *testing.T) {
	repo := repository(twoJobs)
	apply(repo, plan(t, repo, "pyproject.toml", release))
	// Job a has another cadence, b is gone, c is new, and d's file has another name.
	repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(`[tool.scheduled.c]
every = "month"
entrypoint = "app:c"
[tool.scheduled.a]
every = "hour"
entrypoint = "app:a"
[tool.scheduled.d]
every = "day"
entrypoint = "app:d"
`)}
	repo[Dir+"/old-d.yml"] = &fstest.MapFile{Data: []byte(markerOf("pyproject.toml", "d") + "\nname: d (every day at 01:02 UTC)\n")}
	target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}
	p, err := target.Plan(repo)
	if err != nil {
		t.Fatal(err)
	}
	want := []Effect{
		{Change: Change{Path: Dir + "/old-d.yml", Job: "d"}, Kind: "deleted", Was: "every day at 01:02 UTC"},
		{Change: Change{Path: Dir + "/scheduled-a.yml", Job: "a"}, Kind: "updated", Trigger: "hour",
			Was: "every day at 21:57 UTC", Assigned: "every hour at minute 57",
			Next: instants("2026-11-21 12:57", "2026-11-21 13:57", "2026-11-21 14:57")},
		{Change: Change{Path: Dir + "/scheduled-b.yml", Job: "b"}, Kind: "deleted", Was: "every Sunday at 03:34 UTC"},
		{Change: Change{Path: Dir + "/scheduled-c.yml", Job: "c"}, Kind: "created", Trigger: "month",
			Assigned: "every month on the 8th at 16:55 UTC",
			Next:     instants("2026-12-08 16:55", "2027-01-08 16:55", "2027-02-08 16:55")},
		{Change: Change{Path: Dir + "/scheduled-d.yml", Job: "d"}, Kind: "created", Trigger: "day",
			Assigned: "every day at 09:33 UTC",
			Next:     instants("2026-11-22 09:33", "2026-11-23 09:33", "2026-11-24 09:33")},
		{Change: Change{Path: Dir + "/scheduled-rescue.yml", Does: Rescues}, Kind: "created", Trigger: "15 minutes",
			Assigned: "every 15 minutes from minute 11", Next: instants("2026-11-21 12:11", "2026-11-21 12:26", "2026-11-21 12:41")},
	}
	got := target.Effects(p, noon)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Change{}, "Old", "New")); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// TestWas reads the assigned time from what an old file may contain.
func TestWas(t *testing.T) {
	rows := []struct{ file, id, want string }{
		{`name: "a (every day at 10:37 UTC)"`, "a", "every day at 10:37 UTC"},
		{`name: a (every day at 10:37 UTC)`, "a", "every day at 10:37 UTC"},
		{"name: 'a (every day at 10:37 UTC)' # mine\r\njobs: [", "a", "every day at 10:37 UTC"},
		{`name: "\U0001F680 (x) (every hour at minute 7)"`, "🚀 (x)", "every hour at minute 7"},
		{`name: "\"\" (every hour at minute 7)"`, "", "every hour at minute 7"},
		{"", "a", ""},
		{"on: push", "a", ""},
		{"jobs:\n  name: a (every day at 10:37 UTC)", "a", ""},
		{`name: "a (every day at 10:37 UTC)`, "a", ""},
		{`name: [a]`, "a", ""},
		{`name: "b (every day at 10:37 UTC)"`, "a", ""},
		{`name: "a (nightly)"`, "a", "nightly"},
		{`name: "a (37 9 * * 1-5 Europe/Berlin)"`, "a", "37 9 * * 1-5 Europe/Berlin"},
		{`name: "a (disabled)"`, "a", "disabled"},
		{`name: "a (` + strings.Repeat("x", 101) + `)"`, "a", strings.Repeat("x", 99) + "…"},
		{`name: "a ()"`, "a", ""},
		{`name: "a (every day at 10:37 UTC"`, "a", ""},
		{`name: "a"`, "a", ""},
		{`name: "a (every\n# heading)"`, "a", ""},
		{`name: "a (every ${{ github.token }})"`, "a", ""},
		{`name: "a (every \u202e)"`, "a", ""},
	}
	for _, row := range rows {
		if got := assigned([]byte(row.file), display(row.id)); got != row.want {
			t.Errorf("%q: was %q, want %q", row.file, got, row.want)
		}
	}
	// in a subfolder, whose name earlier releases left out
	target := Target{Path: "a (b)/pyproject.toml"}
	for _, title := range []string{"clean of a (b)", "clean"} {
		e := Effect{Change: Change{Job: "clean", Old: []byte("name: " + title + " (every day at 10:37 UTC)\n")}}
		if target.jobEffect(&e, pyproject.Job{}, noon); e.Was != "every day at 10:37 UTC" {
			t.Errorf("%s: was %q", title, e.Was)
		}
	}
	for _, c := range plan(t, hostileRepository(), "pyproject.toml", release).Created {
		if got := assigned(c.New, display(c.Job)); !strings.HasPrefix(got, "every day at ") {
			t.Errorf("of job %q: was %q", c.Job, got)
		}
	}
}

// FuzzOldFile reads files that somebody else may have written.
func FuzzOldFile(f *testing.F) {
	f.Add([]byte("name: \"a (every day at 10:37 UTC)\"\non:\n  schedule:\n    - cron: \"1 2 * * *\"\n"))
	f.Add([]byte("on: {schedule: [{cron: 'TZ=x'}, {cron: '*/5 0-23/2 1,15 JAN MON-FRI'}]}"))
	f.Add([]byte("on: &a [*a]"))
	f.Add([]byte("on: {schedule: &a [{cron: *a}, *a, x, [y, z]]}\njobs: {run: {strategy: 1, concurrency: {cancel-in-progress: {a: 1}}}}"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if was := assigned(file, "a"); pyproject.Forbidden(was) != "" || utf8.RuneCountInString(was) > mostWords {
			t.Errorf("was %q", was)
		}
		if minutes := minutesOfFile(file); !(minutes >= 0) || math.IsInf(minutes, 0) {
			t.Errorf("%f minutes", minutes)
		}
		if in := readInputs(file); in != nil {
			in.key(in, pyproject.Options{})
		}
	})
}
