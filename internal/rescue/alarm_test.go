package rescue

import (
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestStanding has a job of each kind that owes no run: none is started, and all are
// counted.
func TestStanding(t *testing.T) {
	day := func(d int) *schedule.Moment {
		return &schedule.Moment{Time: time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC)}
	}
	daily := schedule.Spec{Every: "day", At: "10:37"}
	with := func(change func(*schedule.Spec)) schedule.Spec { s := daily; change(&s); return s }
	rows := []struct {
		spec  schedule.Spec
		state string
		words string
	}{
		{with(func(s *schedule.Spec) { s.Disabled = true }), "disabled", "disabled"},
		{with(func(s *schedule.Spec) { s.Start = day(24) }), "not-started", "not started: first run 2026-11-24 10:37 UTC"},
		{with(func(s *schedule.Spec) { s.Until = day(20) }), "ended", "ended 2026-11-20 10:37 UTC without a confirmed run"},
		{with(func(s *schedule.Spec) { s.Until = day(10) }), "ended", "ended"},
		{with(func(s *schedule.Spec) { s.Expires = time.Hour }), "expired", "expired 2026-11-21 11:37 UTC without a confirmed run"},
		{daily, "due", "started: it had no confirmed run"},
	}
	fake, r := newRescue(t, len(rows))
	for i, row := range rows {
		s, flaws := schedule.Parse(row.spec)
		if len(flaws) > 0 {
			t.Fatal(flaws)
		}
		r.Jobs[i].Schedule = s
		fake.Add(ghtest.Run{Workflow: r.Jobs[i].File, Created: noon.AddDate(0, 0, -5), Started: noon.AddDate(0, 0, -5)})
	}
	r.Notify = true
	report, err := r.run(t)
	if err != nil || report.Due() != 1 || len(fake.Dispatches()) != 1 {
		t.Errorf("%d due, %v", report.Due(), err)
	}
	for i, row := range rows {
		if job := report.Jobs[i]; job.State() != row.state || report.Words(job) != row.words {
			t.Errorf("%s: %s", job.State(), report.Words(job))
		}
	}
	if sum, want := report.Sum(), "6 jobs, 0 confirmed, 1 expired, 1 disabled, 1 not started, 2 ended, 1 started, issue #1 created, issue #2 created, issue #3 created"; sum != want {
		t.Errorf("%s; want %s", sum, want)
	}
	if row := "| `job-1` |  | not started: first run 2026-11-24 10:37 UTC |  | 2026-11-24 10:37 |\n"; !strings.Contains(report.Summary(), row) {
		t.Errorf("no %s in %s", row, report.Summary())
	}
}

// TestYoung has a workflow that came after the slot: of a job that is due again, and of
// one that is not, which is owed all the same.
func TestYoung(t *testing.T) {
	slot := schedule.Moment{Time: noon.Add(-time.Hour), Offset: true}
	until := schedule.Moment{Time: noon, Offset: true}
	for _, row := range []struct {
		spec  schedule.Spec
		words string
	}{
		{schedule.Spec{Every: "day", At: "11:00"}, "its workflow is younger than the window: first due 2026-11-22 11:00 UTC"},
		{schedule.Spec{Every: "day", At: "11:00", Until: &until}, "due: left to the next rescue"},
		{schedule.Spec{RunAt: []schedule.Moment{slot}}, "due: left to the next rescue"},
	} {
		s, flaws := schedule.Parse(row.spec)
		if len(flaws) > 0 {
			t.Fatal(flaws)
		}
		job := Result{Job: Job{Schedule: s}, Workflow: active, Verdict: schedule.Rescue(schedule.Watch{Schedule: s, Since: noon.Add(-time.Minute)}, noon)}
		if words := (&Report{Now: noon}).Words(job); words != row.words {
			t.Errorf("%+v: %s", row.spec, words)
		}
	}
}

// TestExpiredUnread has an expired job that did run, which GitHub does not say: it may
// not be called a job without a confirmed run, and has no issue.
func TestExpiredUnread(t *testing.T) {
	fake, r := newRescue(t, 1)
	s, flaws := schedule.Parse(schedule.Spec{Every: "day", At: "10:37", Expires: time.Hour})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	r.Jobs[0].Schedule, r.Notify = s, true
	for _, ago := range []time.Duration{time.Hour, 25 * time.Hour} {
		fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: noon.Add(-ago), Started: noon.Add(-ago)})
	}
	fake.Break(ghtest.Fault{Path: "/jobs", Status: 502, Header: map[string]string{"Retry-After": "0"}})
	report, err := r.run(t)
	if err != nil {
		t.Fatal(err)
	}
	want := "expired 2026-11-21 11:37 UTC, and its runs were not read"
	if words := report.Words(report.Jobs[0]); words != want || len(fake.Issues()) != 0 || len(fake.Dispatches()) != 0 {
		t.Errorf("%s, %d issues, %d dispatches", words, len(fake.Issues()), len(fake.Dispatches()))
	}
}

// TestRedEvidence has a job whose window before was served by runs that failed after the
// execution, in a step of clean-up: it has no issue, also where GitHub does not say it.
// One that failed in the execution has.
func TestRedEvidence(t *testing.T) {
	for _, row := range []struct {
		name   string
		run    ghtest.Run
		fault  int
		issues int
	}{
		{"executed", ghtest.Run{Conclusion: "failure", Started: noon.Add(-25 * time.Hour)}, 0, 0},
		{"no answer", ghtest.Run{Conclusion: "failure", Started: noon.Add(-25 * time.Hour)}, 502, 0},
		{"failed", ghtest.Run{Conclusion: "failure"}, 0, 1},
	} {
		fake, r := newRescue(t, 1)
		s, flaws := schedule.Parse(schedule.Spec{Every: "day", At: "10:37"})
		if len(flaws) > 0 {
			t.Fatal(flaws)
		}
		r.Jobs[0].Schedule, r.Notify = s, true
		row.run.Workflow, row.run.Created = r.Jobs[0].File, noon.Add(-25*time.Hour)
		fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: noon.Add(-48 * time.Hour), Started: noon.Add(-48 * time.Hour)})
		fake.Add(row.run)
		if row.fault != 0 {
			fake.Break(ghtest.Fault{Path: "/jobs", Status: row.fault, Header: map[string]string{"Retry-After": "0"}})
		}
		if report, err := r.run(t); err != nil || len(fake.Issues()) != row.issues || report.Started() != 1 {
			t.Errorf("%s: %d issues, %s, %v", row.name, len(fake.Issues()), report.Sum(), err)
		}
	}
}

// TestExpired has a job whose slot became too old to be run: it has an issue, which a
// confirmed window closes.
func TestExpired(t *testing.T) {
	fake, r := newRescue(t, 1)
	s, flaws := schedule.Parse(schedule.Spec{Every: "day", At: "10:37", Expires: time.Hour})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	r.Jobs[0].Schedule, r.Notify = s, true
	file := r.Jobs[0].File
	fake.Add(ghtest.Run{Workflow: file, Created: noon.Add(-20 * time.Minute)}) // which skipped, as expired
	for range 2 {
		if _, err := r.run(t); err != nil {
			t.Fatal(err)
		}
	}
	issues := fake.Issues()
	if len(issues) != 1 || issues[0].Title != "Scheduled job job-0 expired without a run" || issues[0].State != "open" ||
		!strings.Contains(issues[0].Body, "from 2026-11-21 10:37 UTC to 2026-11-22 10:37 UTC expired at 2026-11-21 11:37 UTC without a confirmed run") {
		t.Errorf("%+v", issues)
	}
	fake.SetNow(noon.AddDate(0, 0, 1))
	fake.Add(ghtest.Run{Workflow: file, Created: noon.Add(23 * time.Hour), Started: noon.Add(23 * time.Hour)})
	if _, err := r.run(t); err != nil {
		t.Fatal(err)
	}
	if issues := fake.Issues(); len(issues) != 1 || issues[0].State != "closed" {
		t.Errorf("%+v", issues)
	}
}

// TestLapsed has a job that is due once. Nothing runs in time, so it has an issue, until
// a person runs it, it is disabled, or it is removed.
func TestLapsed(t *testing.T) {
	slot := time.Date(2026, 11, 21, 10, 37, 0, 0, time.UTC)
	once := schedule.Spec{RunAt: []schedule.Moment{{Time: slot, Offset: true}}, Expires: time.Hour}
	day := func(spec schedule.Spec) schedule.Schedule {
		s, flaws := schedule.Parse(spec)
		if len(flaws) > 0 {
			t.Fatal(flaws)
		}
		return s
	}
	ran := func(title string) func(*ghtest.Server, *one) {
		return func(fake *ghtest.Server, r *one) {
			at := noon.Add(time.Hour)
			fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Event: "workflow_dispatch", Title: title, Created: at, Started: at})
			fake.SetNow(at.Add(time.Hour))
		}
	}
	disabled := once
	disabled.Disabled = true
	again := once
	again.RunAt = []schedule.Moment{{Time: slot.AddDate(0, 0, 3), Offset: true}}
	rows := []struct {
		name   string
		change func(*ghtest.Server, *one)
		state  string
		body   string
	}{
		{"nothing", func(*ghtest.Server, *one) {}, "open", "The last window of the job `job-0`, from 2026-11-21 10:37 UTC to 2026-11-21 11:37 UTC, has no confirmed run.\n\n- To run it again: `scheduled backfill job-0 --from 2026-11-21T10:37:00Z --to 2026-11-21T10:37:00Z`"},
		{"run by hand", ran("job-0: by hand"), "closed", "works again"},
		{"backfilled", ran("job-0: backfill 2026-11-21T10:37:00Z"), "closed", "works again"},
		{"another window backfilled", ran("job-0: backfill 2026-11-05T10:37:00Z"), "open", "has no confirmed run"},
		{"disabled", func(_ *ghtest.Server, r *one) { r.Jobs[0].Schedule = day(disabled) }, "closed", "is disabled"},
		{"declared again", func(_ *ghtest.Server, r *one) { r.Jobs[0].Schedule = day(again) }, "closed", "has not started yet"},
		{"paused", func(fake *ghtest.Server, r *one) {
			fake.Register(ghtest.Registered{File: r.Jobs[0].File, State: "disabled_manually"})
		}, "closed", "is paused"},
		{"removed", func(_ *ghtest.Server, r *one) { r.Jobs = r.Jobs[1:] }, "closed", "does not run on GitHub any more"},
		{"broken", func(_ *ghtest.Server, r *one) { r.Jobs, r.Others = r.Jobs[1:], []string{r.Jobs[0].ID} }, "open", "has no confirmed run"},
		{"a week later", func(fake *ghtest.Server, _ *one) { fake.SetNow(noon.AddDate(0, 0, 7)) }, "closed", "has ended"},
	}
	for _, row := range rows {
		fake, r := newRescue(t, 2)
		r.Jobs[0].Schedule, r.Jobs[1].Schedule, r.Notify = day(once), day(disabled), true
		if report, err := r.run(t); err != nil || report.Jobs[0].State() != "expired" {
			t.Fatal(report.Sum(), err)
		}
		row.change(fake, &r)
		if _, err := r.run(t); err != nil {
			t.Fatal(err)
		}
		if issues := fake.Issues(); len(issues) != 1 || issues[0].Title != "Scheduled job job-0 expired without a run" || issues[0].State != row.state || !strings.Contains(issues[0].Body, row.body) {
			t.Errorf("%s: %+v", row.name, issues)
		}
	}
}

// TestLastCosts counts the requests for a job that has ended: one for evidence of its
// last window, and after a week none.
func TestLastCosts(t *testing.T) {
	slot := noon.Add(-24 * time.Hour)
	once, flaws := schedule.Parse(schedule.Spec{RunAt: []schedule.Moment{{Time: slot, Offset: true}}, Expires: time.Hour})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	for days, want := range map[int]int{0: 3, 7: 2} {
		fake, r := newRescue(t, 1)
		r.Jobs[0].Schedule = once
		fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: slot.Add(time.Minute), Started: slot.Add(time.Minute)})
		fake.SetNow(noon.AddDate(0, 0, days))
		report, err := r.run(t)
		if got := len(fake.Requests()); err != nil || got != want || report.Words(report.Jobs[0]) != "ended" {
			t.Errorf("after %d days: %d requests, want %d; %s, %v", days, got, want, report.Words(report.Jobs[0]), err)
		}
	}
}
