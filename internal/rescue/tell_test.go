package rescue

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/webhook"
)

// chat is a server that counts what is posted to it.
type chat struct {
	*httptest.Server
	mu     sync.Mutex
	events []webhook.Event
}

func newChat(t *testing.T) *chat {
	c := new(chat)
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var post struct{ Event webhook.Event }
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &post); err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		c.events = append(c.events, post.Event)
		c.mu.Unlock()
	}))
	t.Cleanup(c.Close)
	return c
}

// heard returns the kinds of the events since the last call.
func (c *chat) heard() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var kinds []string
	for _, e := range c.events {
		kind := string(e.Kind)
		if e.Paused {
			kind += " paused"
		}
		kinds = append(kinds, kind)
	}
	c.events = nil
	return strings.Join(kinds, ", ")
}

// telling has a rescue of one job post to a chat, and keep its memory in a folder.
func (r one) telling(t *testing.T, c *chat, dir string) one {
	t.Helper()
	hook, err := webhook.New(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	r.Project = new(*r.Project)
	r.Projects = []*Project{r.Project}
	r.Notify, r.Hooks = true, map[string]*webhook.Hook{"CHAT": hook}
	r.Memory = &webhook.Memory{Folder: func() (*os.Root, error) { return os.OpenRoot(dir) }}
	return r
}

// daily is due at 10:37.
func daily(t *testing.T) schedule.Schedule {
	t.Helper()
	s, flaws := schedule.Parse(schedule.Spec{Every: "day", At: "10:37"})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	return s
}

// TestMonth has days on which a job fails, at random, and two rescues at a time that look
// twice a day, in one folder or in two: each row of bad days, from notify-after on,
// has one issue, and is posted once, and so is its end.
func TestMonth(t *testing.T) {
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 1))
		after := 1 + int(seed)%3
		fake, r := newRescue(t, 1)
		r.Jobs[0].Schedule, r.Jobs[0].Webhook = daily(t), "CHAT"
		r.Jobs[0].Tells = schedule.Telling{On: []schedule.Event{schedule.JobFailed, schedule.JobRecovered}, After: after}
		c, dir := newChat(t), t.TempDir()
		var want, got []string
		row, raised := 0, 0
		for day := range 30 {
			slot := time.Date(2026, 11, 1+day, 10, 37, 0, 0, time.UTC)
			bad := random.IntN(5) < 3
			run := ghtest.Run{Workflow: r.Jobs[0].File, Created: slot.Add(time.Minute), Started: slot.Add(time.Minute)}
			if bad {
				run.Conclusion, run.Started = "failure", time.Time{}
				if row++; row == after {
					want, raised = append(want, "failed"), raised+1
				}
			} else {
				if row >= after {
					want = append(want, "recovered")
				}
				row = 0
			}
			fake.Add(run)
			for look := range 2 {
				fake.SetNow(slot.Add(time.Duration(2+8*look) * time.Hour))
				var group sync.WaitGroup
				for range 2 {
					group.Go(func() {
						if report, err := r.telling(t, c, dir).Run(t.Context()); err != nil || report.Unposted != nil {
							t.Error(err, report)
						}
					})
				}
				group.Wait()
				for _, d := range fake.Dispatches() {
					fake.Finish("failure", d.Run)
				}
			}
			if heard := c.heard(); heard != "" {
				got = append(got, heard)
			}
		}
		open, issues := 0, fake.Issues()
		for _, i := range issues {
			if i.Reason == "not_planned" {
				raised++ // two were opened at the same time
			}
			if i.State == "open" {
				open++
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || len(issues) != raised || open > 1 || (open == 1) != (row >= after) {
			t.Errorf("seed %d, after %d: posted %v, want %v; %d issues, %d open, want %d", seed, after, got, want, len(issues), open, raised)
		}
	}
}

// TestClaims has a rescue that races with one in another folder: the one whose issue stays
// posts. A memory that is lost does not make it post again.
func TestClaims(t *testing.T) {
	for round := range 5 {
		fake, r := newRescue(t, 1)
		r.Jobs[0].Schedule, r.Jobs[0].Webhook = daily(t), "CHAT"
		r.Jobs[0].Tells, r.Jobs[0].Patience = schedule.Telling{On: []schedule.Event{schedule.JobFailed}, After: 1}, 6*time.Hour // nothing is started
		fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: noon.Add(-time.Hour), Conclusion: "failure"})
		c := newChat(t)
		var group sync.WaitGroup
		for range 2 + round%2 {
			group.Go(func() { _, _ = r.telling(t, c, t.TempDir()).Run(t.Context()) })
		}
		group.Wait()
		_, _ = r.telling(t, c, t.TempDir()).Run(t.Context())
		if got := c.heard(); got != "failed" {
			t.Errorf("round %d: posted %q", round, got)
		}
	}
}

// TestKinds has a job for each kind of event, with the next look: it is told once, and
// closed once.
func TestKinds(t *testing.T) {
	day := 24 * time.Hour
	slot := time.Date(2026, 11, 21, 10, 37, 0, 0, time.UTC)
	ran := func(at time.Time) ghtest.Run { return ghtest.Run{Created: at, Started: at} }
	failed := func(at time.Time) ghtest.Run { return ghtest.Run{Created: at, Conclusion: "failure"} }
	on := func(kinds ...schedule.Event) schedule.Telling { return schedule.Telling{On: kinds, After: 1} }
	rows := []struct {
		name  string
		tells schedule.Telling
		runs  []ghtest.Run
		first string // what is posted
		next  []ghtest.Run
		then  string // and the day after
	}{
		{"missed twice", on(schedule.JobMissed, schedule.JobRecovered), []ghtest.Run{ran(slot.Add(-2 * day))}, "missed", []ghtest.Run{ran(slot.Add(day + time.Minute))}, "recovered"},
		{"missed, and served since", on(schedule.JobMissed, schedule.JobRecovered), []ghtest.Run{ran(slot.Add(-2 * day)), ran(slot.Add(time.Minute))}, "missed", []ghtest.Run{ran(slot.Add(day + time.Minute))}, "recovered"},
		{"missed, and not told", on(schedule.JobFailed, schedule.JobRecovered), []ghtest.Run{ran(slot.Add(-2 * day))}, "", nil, ""},
		{"skipped is missed", on(schedule.JobMissed), []ghtest.Run{ran(slot.Add(-2 * day)), {Created: slot.Add(-day + time.Hour)}}, "missed", nil, ""},
		{"not missed", on(schedule.JobMissed), []ghtest.Run{ran(slot.Add(-day + time.Hour))}, "", []ghtest.Run{ran(slot.Add(time.Minute))}, ""},
		{"late", on(schedule.JobLate, schedule.JobRecovered), []ghtest.Run{ran(slot.Add(-day + 4*time.Hour))}, "late", []ghtest.Run{ran(slot.Add(day + time.Minute))}, ""},
		{"in time", on(schedule.JobLate), []ghtest.Run{ran(slot.Add(-day + 2*time.Hour))}, "", nil, ""},
		{"late twice", on(schedule.JobLate), []ghtest.Run{ran(slot.Add(-day + 4*time.Hour))}, "late", []ghtest.Run{ran(slot.Add(4 * time.Hour))}, "late"},
		{"only the end", on(schedule.JobRecovered), []ghtest.Run{failed(slot.Add(time.Minute))}, "", []ghtest.Run{ran(slot.Add(day + time.Minute))}, "recovered"},
		{"not the end", on(schedule.JobFailed), []ghtest.Run{failed(slot.Add(time.Minute))}, "failed", []ghtest.Run{ran(slot.Add(day + time.Minute))}, ""},
	}
	for _, row := range rows {
		fake, r := newRescue(t, 1)
		r.Jobs[0].Schedule, r.Jobs[0].Webhook, r.Jobs[0].Tells, r.Jobs[0].Patience = daily(t), "CHAT", row.tells, 23*time.Hour
		c, dir := newChat(t), t.TempDir()
		look := func(runs []ghtest.Run, now time.Time) string {
			for _, run := range runs {
				run.Workflow = r.Jobs[0].File
				fake.Add(run)
			}
			fake.SetNow(now)
			for range 3 {
				if _, err := r.telling(t, c, dir).run(t); err != nil {
					t.Error(err)
				}
			}
			return c.heard()
		}
		first := look(row.runs, noon)
		if row.name == "missed, and served since" {
			row.first = "missed, recovered" // by the next looks
			row.then = ""
		}
		if first != row.first {
			t.Errorf("%s: posted %q, want %q", row.name, first, row.first)
		}
		if then := look(row.next, noon.Add(day)); then != row.then {
			t.Errorf("%s: then posted %q, want %q", row.name, then, row.then)
		}
		for _, issue := range fake.Issues() {
			if closed := issue.State == "closed"; closed != (row.next != nil && row.name != "late twice") {
				t.Errorf("%s: %s %s", row.name, issue.State, issue.Title)
			}
		}
	}
}

// TestCause has the outcome of the failing run in the issue and in the post, safe for
// Markdown.
func TestCause(t *testing.T) {
	fake, r := newRescue(t, 1)
	r.Jobs[0].Schedule, r.Jobs[0].Webhook = daily(t), "CHAT"
	steps := []ghtest.Step{{Name: "Run entrypoint", Conclusion: "failure", Started: noon}, {Name: "Outcome: failed: ValueError: `<b>` @all", Conclusion: "success", Started: noon}}
	fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: noon.Add(-time.Hour), Conclusion: "failure", Steps: steps})
	c := newChat(t)
	if report, err := r.telling(t, c, t.TempDir()).run(t); err != nil || report.Unposted != nil {
		t.Fatal(err, report.Unposted)
	}
	if issues := fake.Issues(); len(issues) == 0 || !strings.Contains(issues[0].Body, "\n- Cause: ``ValueError: `<b>` @all``\n") {
		t.Errorf("%+v", issues)
	}
	if len(c.events) == 0 || c.events[0].Cause != "ValueError: `<b>` @all" {
		t.Errorf("%+v", c.events)
	}
}

// TestEndsOnce has a job recover, and three rescues that share no folder close its issue at
// once: one of them posts it.
func TestEndsOnce(t *testing.T) {
	fake, r := newRescue(t, 1)
	r.Jobs[0].Schedule, r.Jobs[0].Webhook = daily(t), "CHAT"
	r.Jobs[0].Tells = schedule.Telling{On: []schedule.Event{schedule.JobFailed, schedule.JobRecovered}, After: 1}
	c := newChat(t)
	dirs := []string{t.TempDir(), t.TempDir(), t.TempDir()}
	look := func(at time.Time) {
		fake.SetNow(at)
		var group sync.WaitGroup
		for _, dir := range dirs {
			group.Go(func() {
				if report, err := r.telling(t, c, dir).Run(t.Context()); err != nil || report.Unposted != nil {
					t.Error(err, report)
				}
			})
		}
		group.Wait()
	}
	slot := time.Date(2026, 11, 20, 10, 37, 0, 0, time.UTC)
	fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: slot, Conclusion: "failure"})
	look(slot.Add(time.Hour))
	if heard := c.heard(); heard != "failed" {
		t.Fatal(heard)
	}
	fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: slot.Add(24 * time.Hour), Started: slot.Add(24 * time.Hour)})
	for n, want := range []string{"recovered", ""} {
		look(slot.Add(time.Duration(25+n) * time.Hour))
		if heard := c.heard(); heard != want {
			t.Errorf("%q, want %q", heard, want)
		}
	}
}

// TestUnset has a webhook whose URL is missing when the job fails: the event is posted once
// it is there, and so is a failure that another rescue hears of later.
func TestUnset(t *testing.T) {
	fake, r := newRescue(t, 1)
	r.Jobs[0].Schedule, r.Jobs[0].Webhook, r.Jobs[0].Patience = daily(t), "CHAT", 23*time.Hour
	r.Jobs[0].Tells = schedule.Telling{On: []schedule.Event{schedule.JobFailed, schedule.JobRecovered}, After: 1}
	fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: noon.Add(-time.Hour), Conclusion: "failure"})
	c, dir := newChat(t), t.TempDir()
	for n, want := range []string{"", "", "failed", ""} {
		with := r.telling(t, c, dir)
		if n < 2 {
			with.Hooks = nil
			_ = with.Hook(func(string) string { return "" }, func(int) *webhook.Memory { return with.Memory })
		}
		if report, err := with.run(t); err != nil || report.Unposted != nil {
			t.Error(err, report.Unposted)
		}
		if heard := c.heard(); heard != want {
			t.Errorf("look %d: %q, want %q", n, heard, want)
		}
	}
}

// TestEndsLater has three rescues without a common folder look one after the other: the
// first one posts the end.
func TestEndsLater(t *testing.T) {
	fake, r := newRescue(t, 1)
	r.Jobs[0].Schedule, r.Jobs[0].Webhook = daily(t), "CHAT"
	r.Jobs[0].Tells = schedule.Telling{On: []schedule.Event{schedule.JobFailed, schedule.JobRecovered}, After: 1}
	c := newChat(t)
	dirs := []string{t.TempDir(), t.TempDir(), t.TempDir()}
	slot := time.Date(2026, 11, 20, 10, 37, 0, 0, time.UTC)
	fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: slot, Conclusion: "failure"})
	for n, want := range []string{"failed", "recovered", ""} {
		fake.SetNow(slot.Add(time.Duration(1+24*n) * time.Hour))
		for _, dir := range dirs {
			if _, err := r.telling(t, c, dir).Run(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if heard := c.heard(); heard != want {
			t.Errorf("day %d: %q, want %q", n, heard, want)
		}
		at := slot.Add(time.Duration(24*(n+1)) * time.Hour)
		fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: at, Started: at})
	}
}

// TestMissedRow has a job miss its windows, day after day: the issue names the first and the
// last, and its command runs them all.
func TestMissedRow(t *testing.T) {
	for _, after := range []int{1, 2} {
		fake, r := newRescue(t, 1)
		r.Jobs[0].Schedule, r.Jobs[0].Webhook, r.Jobs[0].Patience = daily(t), "CHAT", 23*time.Hour
		r.Jobs[0].Tells = schedule.Telling{On: []schedule.Event{schedule.JobMissed}, After: after}
		c, dir := newChat(t), t.TempDir()
		slot := time.Date(2026, 11, 20, 10, 37, 0, 0, time.UTC)
		fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Created: slot.Add(-24 * time.Hour), Started: slot.Add(-24 * time.Hour)})
		var heard []string
		for day := range 4 {
			fake.SetNow(slot.Add(time.Duration(1+24*day) * time.Hour))
			if _, err := r.telling(t, c, dir).run(t); err != nil {
				t.Error(err)
			}
			heard = append(heard, c.heard())
		}
		want := []string{"", "missed", "", ""}
		if after == 2 {
			want = []string{"", "", "missed", ""}
		}
		if fmt.Sprint(heard) != fmt.Sprint(want) {
			t.Errorf("after %d: %q", after, heard)
		}
		issues := fake.Issues()
		if len(issues) != 1 || !strings.Contains(issues[0].Body, "in the window from 2026-11-22 10:37 UTC to 2026-11-23 10:37 UTC, which is over. The first such window began on 2026-11-20 10:37 UTC.") ||
			!strings.Contains(issues[0].Body, "--from 2026-11-20T10:37:00Z --to 2026-11-22T10:37:00Z") {
			t.Errorf("after %d: %+v", after, issues)
		}
	}
}

// TestAgain says how to run a job again, from the root of the repository, and what it said
// when it recovered.
func TestAgain(t *testing.T) {
	failed, missed := schedule.Alarm{Kind: schedule.JobFailed}, schedule.Alarm{Kind: schedule.JobMissed, Window: schedule.Window{Start: noon}}
	for _, row := range []struct {
		project, id string
		pausing     int
		alarm       schedule.Alarm
		want        string
	}{
		{"pyproject.toml", "a b", 2, failed, "scheduled resume 'a b' && scheduled trigger 'a b'"},
		{"pyproject.toml", "--all", 0, failed, "scheduled trigger -- --all"},
		{"services/billing/pyproject.toml", "clean", 0, failed, "scheduled --project services/billing trigger clean"},
		{"services/billing/pyproject.toml", "clean", 2, failed, "scheduled --project services/billing resume clean && scheduled --project services/billing trigger clean"},
		{"-my app/pyproject.toml", "-x", 0, missed, "scheduled --project './-my app' backfill --from 2026-11-21T12:00:00Z --to 2026-11-21T12:00:00Z -- -x"},
	} {
		job := &Result{Job: Job{ID: row.id}, Project: &Project{Path: row.project}, Pausing: row.pausing}
		if got := again(job, row.alarm); got != row.want {
			t.Errorf("%s; want %s", got, row.want)
		}
	}
	job := &Result{Job: Job{ID: "a"}, Project: &Project{Path: "mail/pyproject.toml"}}
	if got := recovered(job, schedule.Run{Outcome: "ok: `all` fine"}); !strings.Contains(got, "- Message: ``ok: `all` fine``\n") || !strings.HasPrefix(got, "The job `a of mail` works again") {
		t.Error(got)
	}
}
