package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// play is what testdata/worker.mjs does with a Worker.
type play struct {
	Script   string     `json:"script"`
	Spans    [][2]int64 `json:"spans"`              // the first minute, in seconds since 1970, and how many
	Faults   []fault    `json:"faults"`             // of GitHub
	Slow     int        `json:"slow"`               // how many seconds GitHub takes for a dispatch
	Late     int        `json:"late"`               // how many seconds late Cloudflare starts each minute
	Together int        `json:"together,omitempty"` // so many minutes it starts at once, with the last one
	Skipped  []int      `json:"skipped"`            // minutes that Cloudflare leaves out
	Cold     bool       `json:"cold"`               // each minute has an isolate of its own
}

// fault is how GitHub answers for a while.
type fault struct {
	From    int64             `json:"from"`
	Until   int64             `json:"until"`
	What    string            `json:"what"` // "runs" or "dispatches"; "" for all
	Status  int               `json:"status"`
	Created bool              `json:"created"` // the run is made nevertheless
	Headers map[string]string `json:"headers"`
}

type request struct {
	At                                     int64
	Method, What, File, Window, Ref, Force string
	Status                                 int
}

type played struct {
	Requests         []request
	Failed, Warnings int
}

// dispatched returns the dispatches, all of them or those that GitHub has accepted.
func (p played) dispatched(all bool) (list []request) {
	for _, r := range p.Requests {
		if r.What == "dispatches" && (all || r.Status == 200) {
			list = append(list, r)
		}
	}
	return list
}

// run runs plays under Node, each with the Worker of a project.
func run(t *testing.T, p Project, plays ...play) (results []played) {
	t.Helper()
	script := filepath.Join(t.TempDir(), "worker.mjs")
	if err := os.WriteFile(script, []byte(exported(t, "cloudflare-worker", p)["worker.js"]), 0o644); err != nil {
		t.Fatal(err)
	}
	for i := range plays {
		plays[i].Script = script
	}
	asked, err := json.Marshal(plays)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "testdata/worker.mjs")
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(asked), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, &stderr)
	}
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	return results
}

// allKinds are schedules of all kinds, whose slots the Worker has to have.
var allKinds = []string{
	`every = "7 minutes"`, `every = "hour"`, `every = "90 minutes"`, `every = "5 hours"`, `every = "36 hours"`,
	`every = "day"`, "every = \"day\"\nat = \"02:30\"\ntimezone = \"Europe/Berlin\"", "every = \"3 days\"\nat = \"00:15\"\ntimezone = \"Australia/Lord_Howe\"",
	`every = "week"`, "every = \"sunday\"\nat = \"02:30\"\ntimezone = \"America/New_York\"", `every = "2 weeks"`, `every = "month"`, "every = \"month\"\nat = \"00:00\"\ntimezone = \"Pacific/Apia\"",
	`cron = "*/5 9-17 * * MON-FRI"`, "cron = \"*/10 2 * * *\"\ntimezone = \"Europe/Berlin\"", "cron = \"30 1,2,3 * * *\"\ntimezone = \"America/New_York\"",
	`cron = "H H * * *"`, `cron = "H/15 * * * *"`, `cron = "0 5 L * *"`, `cron = "0 5 * * MON#2,FRI#5"`, `cron = "0 5 13 * FRI"`, `cron = ["0 9 * * 1-5", "30 2 * * 6,7"]`,
	`run-at = [2026-11-30T03:04:05Z, 2026-11-30T03:14:35Z, 2026-12-02T00:00:00Z]`,
	"every = \"45 minutes\"\nstart = 2026-11-29T20:00:59Z\ncount = 20", "every = \"day\"\nat = \"08:00\"\nexcept = [2026-11-30, 2026-12-25]", "every = \"hour\"\nuntil = 2026-12-01T00:00:00Z",
	"every = \"hour\"\nexpires = \"15m\"", "every = \"day\"\nenabled = false",
}

func kindsProject(t *testing.T) Project {
	text := "[project]\nname = \"app\"\n"
	for i, kind := range allKinds {
		text += fmt.Sprintf("[tool.scheduled-actions.jobs.job-%d]\n%s\nentrypoint = \"app:run\"\n", i, kind)
	}
	return project(t, text).synced(t)
}

// TestWorkerSlots plays the Worker through days of each season and the last of its table,
// and holds what it dispatches against the schedules: each slot once, within its second.
func TestWorkerSlots(t *testing.T) {
	p := kindsProject(t)
	minute := p.Now.Truncate(time.Minute).Add(time.Minute)
	what := play{Spans: [][2]int64{
		{minute.Unix(), 4 * 1440},
		{time.Date(2027, 3, 13, 20, 0, 0, 0, time.UTC).Unix(), 1440},
		{time.Date(2027, 3, 27, 20, 0, 0, 0, time.UTC).Unix(), 1440},
		{time.Date(2027, 10, 30, 20, 0, 0, 0, time.UTC).Unix(), 1440},
		{time.Date(2028, 1, 2, 0, 0, 0, 0, time.UTC).Unix(), 1440 + 10},
	}}
	result := run(t, p, what)[0]
	got := map[string]int{}
	for _, r := range result.dispatched(true) {
		slot, err := time.Parse(time.RFC3339, r.Window)
		if slices.ContainsFunc(what.Spans, func(span [2]int64) bool { return slot.Unix() < span[0] && span[0] <= r.At && r.At < span[0]+3600 }) {
			continue // a window that began before
		}
		if err != nil || r.At != slot.Unix() || r.Ref != "trunk" || r.Force != "false" || r.Status != 200 {
			t.Errorf("%+v, %v", r, err)
		}
		got[r.File+" "+r.Window]++
	}
	want := 0
	for _, job := range p.Jobs {
		if job.Schedule.Spec().Disabled {
			continue
		}
		for _, span := range what.Spans {
			from := time.Unix(span[0], 0).UTC()
			for slot := job.Schedule.Next(from.Add(-time.Second)); !slot.IsZero() && slot.Before(from.Add(time.Duration(span[1])*time.Minute)); slot = job.Schedule.Next(slot) {
				if !slot.Before(time.Date(2028, 1, 3, 0, 0, 0, 0, time.UTC)) {
					break // the table has ended
				}
				want++
				if n := got[job.File()+" "+slot.Format(time.RFC3339)]; n != 1 {
					t.Errorf("%s, %v: %v is dispatched %d times", job.ID, job.Schedule, slot, n)
				}
			}
		}
	}
	if len(got) != want || want < 3000 {
		t.Errorf("%d slots are dispatched, %d are wanted", len(got), want)
	}
	if result.Failed != 10 || result.Warnings == 0 {
		t.Errorf("%d minutes after the end of the table failed, %d warnings before", result.Failed, result.Warnings)
	}
}

// hourly is a project with a job that has a slot at 13:07 and each hour after it.
func hourly(t *testing.T, more string) (p Project, slot int64) {
	p = project(t, "[project]\nname = \"app\"\n[tool.scheduled-actions.jobs.hourly]\ncron = \"7 * * * *\"\nentrypoint = \"app:run\"\n"+more).synced(t)
	return p, time.Date(2026, 11, 29, 13, 7, 0, 0, time.UTC).Unix()
}

// TestWorkerFaults plays an hour with one slot through what can go wrong. accepted are the
// minutes after the slot in which GitHub takes a dispatch, tried how many are sent.
func TestWorkerFaults(t *testing.T) {
	p, slot := hourly(t, "")
	during := func(minutes int64, f fault) []fault {
		f.From, f.Until = slot, slot+60*minutes
		return []fault{f}
	}
	tests := []struct {
		name     string
		play     play
		accepted []int64
		tried    int
	}{
		{"fine", play{}, []int64{0}, 1},
		{"fine, cold", play{Cold: true}, []int64{0}, 1},
		{"20 s late", play{Late: 20}, []int64{0}, 1},
		{"six minutes at once", play{Together: 6, Slow: 5}, []int64{4}, 1},
		{"a minute left out", play{Skipped: []int{7}}, []int64{1}, 1},
		{"a minute left out, cold", play{Skipped: []int{7}, Cold: true}, []int64{1}, 1},
		{"ten minutes left out", play{Skipped: []int{7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}, []int64{15}, 1},
		{"503", play{Faults: during(3, fault{Status: 503})}, []int64{4}, 1},
		{"503, cold", play{Faults: during(3, fault{Status: 503}), Cold: true}, []int64{4}, 1},
		{"503 of dispatches, cold", play{Faults: during(3, fault{Status: 503, What: "dispatches"}), Cold: true}, []int64{4}, 4},
		{"no answer", play{Faults: during(1, fault{Status: 0, What: "dispatches"})}, []int64{1}, 2},
		{"no answer, but a run", play{Faults: during(1, fault{Status: 0, What: "dispatches", Created: true})}, nil, 1},
		{"502, but a run, cold", play{Faults: during(1, fault{Status: 502, What: "dispatches", Created: true}), Cold: true}, nil, 1},
		{"the list has no answer", play{Faults: append(during(3, fault{Status: 503, What: "runs"}), during(1, fault{Status: 503, What: "dispatches"})...)}, []int64{1}, 2},
		{"401", play{Faults: during(52, fault{Status: 401})}, nil, 0},
		{"401 of dispatches", play{Faults: during(52, fault{Status: 401, What: "dispatches"})}, nil, 5},
		{"404", play{Faults: during(52, fault{Status: 404, What: "dispatches"})}, nil, 5},
		{"422, cold", play{Faults: during(52, fault{Status: 422, What: "dispatches"}), Cold: true}, nil, 7},
		{"403 for three minutes", play{Faults: during(3, fault{Status: 403, What: "dispatches"})}, []int64{4}, 3},
		{"429 with a time", play{Faults: during(1, fault{Status: 429, What: "dispatches", Headers: map[string]string{"retry-after": "600"}})}, []int64{15}, 2},
		{"403, the limit is used up", play{Faults: during(1, fault{Status: 403, What: "dispatches", Headers: map[string]string{"x-ratelimit-remaining": "0"}})}, []int64{1}, 2},
		{"an old GitHub without runs", play{Faults: during(52, fault{Status: 404, What: "runs"})}, []int64{0}, 1},
	}
	var plays []play
	for _, test := range tests {
		test.play.Spans = [][2]int64{{slot - 7*60, 60}}
		plays = append(plays, test.play)
	}
	for i, result := range run(t, p, plays...) {
		test := tests[i]
		var accepted []int64
		for _, r := range result.dispatched(false) {
			accepted = append(accepted, (r.At-slot)/60)
		}
		if tried := result.dispatched(true); !slices.Equal(accepted, test.accepted) || len(tried) != test.tried || result.Failed != 0 {
			t.Errorf("%s: accepted after minutes %v, want %v; tried %d times, want %d; %d failed\n%+v", test.name, accepted, test.accepted, len(tried), test.tried, result.Failed, tried)
		}
		if len(result.Requests) > 21 {
			t.Errorf("%s: %d requests for one slot", test.name, len(result.Requests))
		}
	}
}

// TestWorkerExpires holds that a slot is not tried once it is too old, or the next one is
// there.
func TestWorkerExpires(t *testing.T) {
	p, slot := hourly(t, "expires = \"15m\"\n[tool.scheduled-actions.jobs.often]\ncron = \"*/5 * * * *\"\nentrypoint = \"app:run\"\n")
	what := play{Spans: [][2]int64{{slot, 40}}, Faults: []fault{{From: slot, Until: slot + 9*60, Status: 500, What: "dispatches"}}}
	tried := map[string][]int64{}
	for _, r := range run(t, p, what)[0].dispatched(true) {
		window, err := time.Parse(time.RFC3339, r.Window)
		if err != nil {
			t.Fatal(err)
		}
		tried[r.File] = append(tried[r.File], (window.Unix()-slot)/60, (r.At-slot)/60)
	}
	if got, want := tried["scheduled-hourly.yml"], []int64{0, 0, 0, 1, 0, 2, 0, 4, 0, 8}; !slices.Equal(got, want) {
		t.Errorf("hourly: slots and minutes %v, want %v", got, want)
	}
	if got, want := tried["scheduled-often.yml"][:10], []int64{-2, 0, -2, 2, 3, 3, 3, 4, 3, 5}; !slices.Equal(got, want) {
		t.Errorf("often: slots and minutes %v, want %v", got, want)
	}
}

// TestWorkerMany starts 100 jobs in one minute: no more requests than a minute may have, and
// each job once in the end.
func TestWorkerMany(t *testing.T) {
	text := "[project]\nname = \"app\"\n"
	for i := range 100 {
		text += fmt.Sprintf("[tool.scheduled-actions.jobs.job-%d]\ncron = \"7 * * * *\"\nentrypoint = \"app:run\"\n", i)
	}
	_, slot := hourly(t, "")
	spans := [][2]int64{{slot, 40}}
	for i, result := range run(t, project(t, text).synced(t), play{Spans: spans}, play{Spans: spans, Cold: true}) {
		cold := i == 1
		perMinute, done := map[int64]int{}, map[string]int{}
		for _, r := range result.Requests {
			perMinute[r.At/60]++
		}
		for _, r := range result.dispatched(false) {
			done[r.File]++
		}
		for minute, n := range perMinute {
			if n > 50 { // "Subrequests 50/request": https://developers.cloudflare.com/workers/platform/limits/
				t.Errorf("cold %v: %d requests in minute %d", cold, n, minute)
			}
		}
		if len(done) != 100 {
			t.Errorf("cold %v: %d jobs are dispatched, want 100", cold, len(done))
		}
		for file, n := range done {
			if n != 1 {
				t.Errorf("cold %v: %s is dispatched %d times", cold, file, n)
			}
		}
	}
}

// TestWorkerManyRefused holds that what GitHub refuses for a minute is late by a minute, also
// where several requests are refused at once.
func TestWorkerManyRefused(t *testing.T) {
	text := "[project]\nname = \"app\"\n"
	for i := range 20 {
		text += fmt.Sprintf("[tool.scheduled-actions.jobs.job-%d]\ncron = \"7 * * * *\"\nentrypoint = \"app:run\"\n", i)
	}
	_, slot := hourly(t, "")
	limited := fault{From: slot, Until: slot + 60, Status: 429, What: "dispatches"}
	result := run(t, project(t, text).synced(t), play{Spans: [][2]int64{{slot, 10}}, Faults: []fault{limited}, Slow: 2})[0]
	for _, r := range result.dispatched(false) {
		if r.At/60 != slot/60+1 {
			t.Errorf("%s is dispatched %d minutes late", r.File, (r.At-slot)/60)
		}
	}
	if n := len(result.dispatched(false)); n != 20 {
		t.Errorf("%d jobs are dispatched, want 20", n)
	}
}

// TestWorkerRefused checks what no Worker can be made of.
func TestWorkerRefused(t *testing.T) {
	unknown := project(t, quick)
	unknown.Repository = ""
	for name, p := range map[string]Project{
		"no repository": unknown,
		"no job":        project(t, quick+"[tool.scheduled-actions.jobs.clean-files]\nexecutor = \"serve\"\n"),
	} {
		if _, err := Make("cloudflare-worker", p); err == nil || problem.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWorkerSettings reads wrangler.toml.
func TestWorkerSettings(t *testing.T) {
	p := project(t, quick)
	p.APIURL = "https://github.example.com/api/v3/"
	var got struct {
		Name, Main string
		Triggers   struct{ Crons []string }
		Vars       map[string]string
	}
	text := exported(t, "cloudflare-worker", p)["wrangler.toml"]
	if _, err := toml.Decode(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "scheduled-app" || got.Main != "worker.js" || fmt.Sprint(got.Triggers.Crons) != "[* * * * *]" || fmt.Sprint(got.Vars) != "map[API:https://github.example.com/api/v3 REPOSITORY:owner/app]" {
		t.Errorf("%+v", got)
	}
}

// TestPacked unpacks what packed writes.
func TestPacked(t *testing.T) {
	for _, times := range [][]int64{nil, {5}, {5, 6}, {5, 6, 8}, {1, 3, 5, 6, 7, 20}} {
		var got []int64
		for runs, last := packed(times), int64(0); len(runs) > 0; runs = runs[3:] {
			for i := range runs[2] {
				got = append(got, last+runs[0]+i*runs[1])
			}
			last = got[len(got)-1]
		}
		if !slices.Equal(got, times) {
			t.Errorf("%v becomes %v", times, got)
		}
	}
}

// TestWorkerTable measures a table, and shortens one that is too large.
func TestWorkerTable(t *testing.T) {
	parsed, flaws := schedule.Parse(schedule.Spec{Project: "app", ID: "job", Cron: []string{"17 6 * * 1-5"}})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	p := project(t, quick)
	job := p.Jobs[0]
	job.Schedule = parsed
	jobs := slices.Repeat([]pyproject.Job{job}, 1000)
	for _, test := range []struct{ most, days int }{{maxTable, workerDays}, {500_000, workerDays / 2}} {
		table, end, err := workerTable(jobs, p.Now, test.most)
		if days := int(end.Sub(p.Now.Truncate(24*time.Hour)).Hours() / 24); err != nil || days != test.days || strings.Count(table, "\n") != len(jobs) {
			t.Errorf("%d days in %d bytes, %v, want %d days", days, len(table), err, test.days)
		}
	}
	if _, _, err := workerTable(jobs, p.Now, 10_000); problem.Hint(err) == "" {
		t.Errorf("a table too large for any Worker: %v", err)
	}
}
