package github

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// deadline bounds a test's requests.
func deadline(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), time.Minute)
}

func failing(job, body string) Alarm {
	key := AlarmKey{"pyproject.toml", job, schedule.JobFailed}
	return Alarm{AlarmKey: key, Failing: true, Title: job + " fails", Sign: body, Body: func(context.Context, time.Time) string { return body }}
}

// none says that no job was removed.
func none(AlarmKey) string { return "" }

func fine(job string) Alarm {
	return Alarm{AlarmKey: AlarmKey{"pyproject.toml", job, schedule.JobFailed}, Over: true, End: "works"}
}

// alarmed calls Alarm and returns what changed, as "created #1".
func alarmed(t *testing.T, fake *ghtest.Server, alarms ...Alarm) string {
	t.Helper()
	done, err := newClient(t, fake.URL).Alarm(t.Context(), alarms, none, false)
	if err != nil || done.Left > 0 {
		t.Fatalf("%d left, %v", done.Left, err)
	}
	var said []string
	for _, c := range done.Changed {
		said = append(said, fmt.Sprintf("%s #%d", c.Operation, c.Number))
		if want := fmt.Sprintf("https://github.com/octo/app/issues/%d", c.Number); c.URL != want {
			t.Errorf("url %s, want %s", c.URL, want)
		}
	}
	return strings.Join(said, ", ")
}

// open returns the numbers of the open issues.
func open(fake *ghtest.Server) (numbers []int) {
	for _, i := range fake.Issues() {
		if i.State == "open" {
			numbers = append(numbers, i.Number)
		}
	}
	return numbers
}

// TestAlarm plays the life of issues, a step a row.
func TestAlarm(t *testing.T) {
	fake := ghtest.New(t)
	person := func(number int, change func(*ghtest.Issue)) func() {
		return func() { fake.EditIssue(number, change) }
	}
	nobody := func() {}
	other := failing("a", "once")
	other.Project = "services/pyproject.toml"
	steps := []struct {
		name     string
		before   func()
		alarms   []Alarm
		want     string
		requests int
	}{
		{"all is well", nobody, []Alarm{fine("a"), fine("b")}, "", 2},
		{"one fails", nobody, []Alarm{failing("a", "once"), fine("b")}, "created #1", 4},
		{"it still does", nobody, []Alarm{failing("a", "once"), fine("b")}, "", 2},
		{"once more", nobody, []Alarm{failing("a", "twice"), fine("b")}, "updated #1", 3},
		{"GitHub gives the body back with CRLF", person(1, func(i *ghtest.Issue) { i.Body = strings.ReplaceAll(i.Body, "\n", "\r\n") }), []Alarm{failing("a", "twice")}, "", 2},
		{"nobody asked", nobody, nil, "", 2},
		{"the other one, too", nobody, []Alarm{failing("a", "twice"), failing("b", "once")}, "created #2", 4},
		{"it recovers", nobody, []Alarm{fine("a"), failing("b", "once")}, "closed #1", 3},
		{"it is well", nobody, []Alarm{fine("a"), failing("b", "once")}, "", 2},
		{"it fails again", nobody, []Alarm{failing("a", "once"), failing("b", "once")}, "created #3", 4},
		{"a person closes it", person(3, func(i *ghtest.Issue) { i.State = "closed" }), []Alarm{failing("a", "twice"), failing("b", "once")}, "", 2},
		{"and it recovers", nobody, []Alarm{fine("a"), failing("b", "once")}, "closed #3", 3},
		{"and fails again", nobody, []Alarm{failing("a", "once"), failing("b", "once")}, "created #4", 4},
		{"a job of that id in another project", nobody, []Alarm{other}, "created #5", 4},
		{"a person writes above and below", person(4, func(i *ghtest.Issue) { i.Body = "Mine!\n" + i.Body + "\nMine!" }), []Alarm{failing("a", "once")}, "updated #4", 3},
		{"hostile ids", nobody, []Alarm{failing("<!-- scheduled: {\"job\":\"b\"} -->", "once"), failing("", "once")}, "created #6, created #7", 5},
		{"and again", nobody, []Alarm{failing("<!-- scheduled: {\"job\":\"b\"} -->", "once"), failing("", "once")}, "", 2},
	}
	for _, step := range steps {
		step.before()
		got := alarmed(t, fake, step.alarms...)
		if requests := len(fake.Requests()); got != step.want || requests != step.requests {
			t.Fatalf("%s: %s, %d requests; want %s, %d", step.name, got, requests, step.want, step.requests)
		}
	}
	if diff := cmp.Diff([]int{2, 4, 5, 6, 7}, open(fake)); diff != "" {
		t.Errorf("open issues (-want +got):\n%s", diff)
	}
	for _, i := range fake.Issues() {
		if diff := cmp.Diff([]string{"scheduled-failure"}, i.Labels); diff != "" {
			t.Errorf("labels of #%d: %s", i.Number, diff)
		}
	}
}

// TestAlarmRace has rescues sound the same alarm at the same time. One issue
// remains, whatever their order, and the next call finds it.
func TestAlarmRace(t *testing.T) {
	for round := range 10 {
		fake := ghtest.New(t)
		var group sync.WaitGroup
		for range 2 + round%3 {
			group.Go(func() {
				if _, err := newClient(t, fake.URL).Alarm(t.Context(), []Alarm{failing("a", "once")}, none, false); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if left := open(fake); len(left) != 1 {
			t.Fatalf("round %d: open issues %v", round, left)
		}
		if got := alarmed(t, fake, failing("a", "once")); got != "" {
			t.Errorf("round %d: then %s", round, got)
		}
		if got := alarmed(t, fake, fine("a")); !strings.HasPrefix(got, "closed #") {
			t.Errorf("round %d: then %s", round, got)
		}
		if got := alarmed(t, fake, failing("a", "once")); !strings.HasPrefix(got, "created #") {
			t.Errorf("round %d: then %s", round, got)
		}
	}
}

// TestAlarmStale has a list that does not show the issue there is: what is opened
// beside it is closed as soon as it does.
func TestAlarmStale(t *testing.T) {
	for _, stale := range []int{1, 2} { // lists in a row
		fake := ghtest.New(t)
		if got := alarmed(t, fake, failing("a", "once")); got != "created #1" {
			t.Fatal(got)
		}
		for n := range stale {
			fake.Break(ghtest.Fault{Number: 1 + 3*n, Body: "[]"}) // the open ones, the closed ones, a creation, the open ones
		}
		alarmed(t, fake, failing("a", "once"))
		alarmed(t, fake, failing("a", "once"))
		if diff := cmp.Diff([]int{1}, open(fake)); diff != "" {
			t.Errorf("%d stale lists: open issues (-want +got):\n%s", stale, diff)
		}
		duplicate := fake.Issues()[1]
		if duplicate.Reason != "not_planned" || !strings.Contains(duplicate.Body, "#1") {
			t.Errorf("duplicate: %+v", duplicate)
		}
		if got := alarmed(t, fake, fine("a")) + ", " + alarmed(t, fake, failing("a", "once")); got != "closed #1, created #3" {
			t.Errorf("%d stale lists: then %s", stale, got)
		}
	}
}

// TestAlarmTwice has a list with the same issue twice, which is no duplicate.
func TestAlarmTwice(t *testing.T) {
	fake := ghtest.New(t)
	alarmed(t, fake, failing("a", "once"))
	one := fmt.Sprintf(`{"number":1,"state":"open","body":%q}`, fake.Issues()[0].Body)
	fake.Break(ghtest.Fault{Number: 1, Body: "[" + one + "," + one + "]"})
	if got := alarmed(t, fake, failing("a", "once")); got != "" || len(open(fake)) != 1 {
		t.Errorf("%s; open issues %v", got, open(fake))
	}
}

// TestAlarmMany leaves to the next call what is too much for one.
func TestAlarmMany(t *testing.T) {
	fake := ghtest.New(t)
	var alarms []Alarm
	for i := range 50 {
		alarms = append(alarms, failing(fmt.Sprint("job-", i), "once"))
	}
	for _, want := range []struct{ changed, left, requests int }{{20, 30, 23}, {20, 10, 23}, {10, 0, 13}, {0, 0, 2}} {
		done, err := newClient(t, fake.URL).Alarm(t.Context(), alarms, none, false)
		changed, left := done.Changed, done.Left
		if requests := len(fake.Requests()); err != nil || len(changed) != want.changed || left != want.left || requests != want.requests {
			t.Errorf("%d changed, %d left, %d requests, %v; want %+v", len(changed), left, requests, err, want)
		}
	}
}

// TestAlarmNewFirst has more issues than one call writes, and all of them changed: those that
// are not opened yet come first.
func TestAlarmNewFirst(t *testing.T) {
	fake := ghtest.New(t)
	fail := func(sign string) (alarms []Alarm) {
		for n := range alarmWrites + 5 {
			alarms = append(alarms, failing(fmt.Sprint("job-", n), sign))
		}
		return alarms
	}
	for _, sign := range []string{"once", "twice"} {
		if _, err := newClient(t, fake.URL).Alarm(t.Context(), fail(sign), none, false); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(open(fake)); n != alarmWrites+5 {
		t.Errorf("%d open issues", n)
	}
}

// TestAlarmCrowd has more closed issues than are read, changed later than the one
// that is open: it is still found.
func TestAlarmCrowd(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	alarmed(t, fake, failing("a", "once"))
	var crowd []ghtest.Issue
	for i := range closedPages*perPage + 1 {
		crowd = append(crowd, ghtest.Issue{State: "closed", Title: fmt.Sprint("closed ", i), Labels: []string{alarmLabel}})
	}
	fake.SetNow(noon.Add(time.Hour))
	fake.Track(crowd...)
	if got := alarmed(t, fake, failing("a", "twice")); got != "updated #1" {
		t.Errorf("%s, of %d closed issues and one that is open", got, len(crowd))
	}
}

// TestAlarmCut has more open issues than are read: none is opened beside them, and
// those that are known are updated.
func TestAlarmCut(t *testing.T) {
	fake := ghtest.New(t)
	alarmed(t, fake, failing("a", "once"))
	next := `<` + fake.URL + `/repos/octo/app/issues?page=2>; rel="next"`
	fake.Requests()
	for n := range openPages {
		fake.Break(ghtest.Fault{Number: 1 + n, Body: fmt.Sprintf(`[{"number":1,"state":"open","body":%q}]`, fake.Issues()[0].Body), Header: map[string]string{"Link": next}})
	}
	done, err := newClient(t, fake.URL).Alarm(t.Context(), []Alarm{failing("a", "twice"), failing("b", "once")}, none, false)
	changed, left := done.Changed, done.Left
	if len(changed) != 1 || changed[0].Number != 1 || left != 0 || err == nil || !strings.Contains(err.Error(), "more than 5000 open issues") {
		t.Errorf("changed %+v, %d left, %v", changed, left, err)
	}
	if requests := len(fake.Requests()); requests != openPages+2 {
		t.Errorf("%d requests", requests)
	}
}

// TestAlarmRefused has all that GitHub may answer instead.
func TestAlarmRefused(t *testing.T) {
	rows := []struct {
		change func(*ghtest.Server)
		want   string
		lacks  Right // "" for another error
	}{
		{func(s *ghtest.Server) { s.SetRights(ghtest.Rights{NoIssues: true}) }, "create issue of octo/app: 403 Forbidden: Resource not accessible by integration", Issues},
		{func(s *ghtest.Server) { s.SetRights(ghtest.Rights{NoIssues: true, Token: ghtest.FineGrained}) }, "403 Forbidden: Resource not accessible by personal access token", Issues},
		{func(s *ghtest.Server) { s.SetRights(ghtest.Rights{NoIssues: true, Token: ghtest.Classic}) }, "404 Not Found", Issues},
		{func(s *ghtest.Server) { s.SetRights(ghtest.Rights{NoTracker: true}) }, "410 Gone: Issues are disabled for this repo", Tracker},
		{func(s *ghtest.Server) { s.SetToken("another") }, "read issues of octo/app: 401 Unauthorized: Bad credentials", Valid},
		{func(s *ghtest.Server) { s.Break(ghtest.Fault{Number: 3, Status: 502}) }, "create issue of octo/app: 502", ""},
		{func(s *ghtest.Server) { s.Break(ghtest.Fault{Number: 3, Drop: true, Late: true}) }, "EOF", ""},
		{func(s *ghtest.Server) {
			s.Break(ghtest.Fault{Body: `{}`, Header: map[string]string{"Retry-After": "0"}})
		}, "decode answer", ""},
	}
	for _, row := range rows {
		fake := ghtest.New(t)
		row.change(fake)
		_, err := newClient(t, fake.URL).Alarm(t.Context(), []Alarm{failing("a", "once")}, none, false)
		d, denied := errors.AsType[*Denied](err)
		if err == nil || !strings.Contains(err.Error(), row.want) || denied != (row.lacks != "") || denied && d.Lacks != row.lacks {
			t.Errorf("want %s, got %v", row.want, err)
		}
		fake.SetRights(ghtest.Rights{})
		fake.SetToken("")
		if row.lacks == "" && row.want != "decode answer" {
			alarmed(t, fake, failing("a", "once"))
			if len(open(fake)) != 1 {
				t.Errorf("%s: then open issues %v", row.want, open(fake))
			}
		}
	}
}
