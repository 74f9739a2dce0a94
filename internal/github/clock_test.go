package github

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestImplausibleClock has evidence for the window, and an answer whose time may be
// wrong: then it is unknown which window is the current one.
func TestImplausibleClock(t *testing.T) {
	known, unknown := schedule.Confirmed, schedule.HistoryUnknown
	date := func(t time.Time) map[string]string { return map[string]string{"Date": t.Format(http.TimeFormat)} }
	rows := []struct {
		name    string
		machine time.Time // zero for no comparison
		header  map[string]string
		want    schedule.Reason
	}{
		{"right", noon, nil, known},
		{"no clock to compare with", time.Time{}, nil, known},
		{"this machine is in another time zone", noon.Add(-14 * time.Hour), nil, known},
		{"this machine is a day late", noon.Add(-24 * time.Hour), nil, known},
		{"this machine is more than a day late", noon.Add(-24*time.Hour - time.Second), nil, unknown},
		{"this machine is days ahead", noon.AddDate(0, 0, 3), nil, unknown},
		{"this machine began in 1970", time.Unix(0, 0), nil, unknown},
		{"dated days ago", noon, date(noon.AddDate(0, 0, -3)), unknown},
		{"dated a week ahead", noon, date(noon.AddDate(0, 0, 7)), unknown},
		{"dated in 9999", noon, date(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)), unknown},
		{"dated in 9999, and nothing to compare with", time.Time{}, date(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)), unknown},
		{"dated in 1970, and nothing to compare with", time.Time{}, date(time.Unix(0, 0).UTC()), unknown},
		{"dated in the year 1", noon, date(time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)), unknown},
		{"no Date", noon, map[string]string{"Date": ""}, unknown},
		{"a Date that is none", noon, map[string]string{"Date": "yesterday"}, unknown},

		// Kept by a cache: https://www.rfc-editor.org/rfc/rfc9111#section-5.1
		{"fresh", noon, map[string]string{"Age": "0"}, known},
		{"a minute old", noon, map[string]string{"Age": "60"}, known},
		{"an hour old", noon, map[string]string{"Age": "3600"}, unknown},
		{"an hour old, and nothing to compare with", time.Time{}, map[string]string{"Age": "3600"}, unknown},
		{"ages old", noon, map[string]string{"Age": "9223372036854775807"}, unknown},
		{"older than any number", noon, map[string]string{"Age": "99999999999999999999999"}, unknown},
		{"younger than now", noon, map[string]string{"Age": "-60"}, unknown},
		{"an age that is none", noon, map[string]string{"Age": "soon"}, unknown},
	}
	for _, row := range rows {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.Add(executed("21 10:40"))
		fake.Break(ghtest.Fault{Path: "/workflows/", Header: row.header})
		client := newClient(t, fake.URL)
		if !row.machine.IsZero() {
			client.machine = func() time.Time { return row.machine }
		}
		decision, err := decide(t, client, query(daily))
		if decision.Reason != row.want || decision.Run != (row.want == unknown) {
			t.Errorf("%s: %s, %v; want %s", row.name, decision.Reason, err, row.want)
		}
		if err != nil && !strings.HasPrefix(err.(*Failure).Hint(), "check this machine's clock") {
			t.Errorf("%s: hint %q", row.name, err.(*Failure).Hint())
		}
		failure, failed := errors.AsType[*Failure](err)
		if failed != (row.want == unknown) || failed && !failure.Now.IsZero() {
			t.Errorf("%s: %+v; want a failure without a time: %v", row.name, failure, row.want == unknown)
		}
		if _, err := client.Watch(t.Context(), "main", 0, []Watch{{Workflow: ghtest.Workflow, Watch: schedule.Watch{Schedule: daily}}}, nil); row.header == nil && (err != nil) != (row.want == unknown) {
			t.Errorf("%s: to a rescue, %v", row.name, err)
		}
	}
}

// TestNoDate says what is missing.
func TestNoDate(t *testing.T) {
	fake := ghtest.New(t)
	fake.Break(ghtest.Fault{Path: "/workflows/", Header: map[string]string{"Date": ""}})
	_, err := decide(t, newClient(t, fake.URL), query(daily))
	checkFailure(t, err, "read run list of octo/app: the answer has no Date", "check this machine's clock")
}

// TestAge adds the time that a cache kept an answer: 10:36, and two minutes.
func TestAge(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(at("21 10:36"))
	fake.Add(executed("20 11:00"))
	fake.Break(ghtest.Fault{Header: map[string]string{"Age": "120"}})
	decision, err := decide(t, newClient(t, fake.URL), query(daily))
	if err != nil || !decision.Run || decision.Window.Start != at("21 10:37") {
		t.Errorf("%+v, %v", decision, err)
	}
}

// TestImplausibleRuns has runs whose times cannot be right.
func TestImplausibleRuns(t *testing.T) {
	run, skip, unknown := schedule.Unconfirmed, schedule.Confirmed, schedule.HistoryUnknown
	year9999 := time.Date(9999, 11, 21, 11, 0, 0, 0, time.UTC)
	created := func(stamp string) ghtest.Run {
		return odd(map[string]any{"created_at": stamp})
	}
	rows := []struct {
		name string
		runs []ghtest.Run
		want schedule.Reason
	}{
		{"started later than now", all(ghtest.Run{Created: at("21 11:00"), Started: noon.Add(time.Second)}), run},
		{"started in the window, tomorrow", all(ghtest.Run{Created: at("21 11:00"), Started: at("22 10:00")}), run},
		{"started in 9999", all(ghtest.Run{Created: at("21 11:00"), Started: year9999}), run},
		{"one that started later than now, and one that did not", all(ghtest.Run{Created: at("21 10:50"), Started: at("22 10:00")}, executed("21 11:00")), skip},
		{"a re-run that started later than now", all(ghtest.Run{Attempt: 2, Created: at("21 11:00"), Started: at("22 10:00")}), run},
		{"a backfill that started later than now", all(ghtest.Run{Event: "workflow_dispatch", Title: "x: backfill 2026-11-21T10:37:00Z", Created: at("21 11:00"), Started: at("22 10:00")}), run},

		// A run of the future says that the answer's Date is of the past.
		{"created a minute from now", all(running("21 12:01"), executed("21 10:40")), skip},
		{"created an hour from now", all(running("21 13:00"), executed("21 10:40")), unknown},
		{"created and executed an hour from now", all(executed("21 13:00")), unknown},
		{"created tomorrow, on another branch", all(ghtest.Run{Branch: "dev", Created: at("22 12:00")}, executed("21 10:40")), unknown},

		// Unless nothing explains its time.
		{"created in 9999", all(ghtest.Run{Created: year9999, Started: year9999}), run},
		{"created in 9999, started in the window", all(ghtest.Run{Created: year9999, Started: at("21 11:00")}), run},
		{"one of 9999, and one of today", all(ghtest.Run{Created: year9999, Started: year9999}, executed("21 10:40")), skip},
		{"waited for two months", all(ghtest.Run{Created: at("21 11:00").AddDate(0, -2, 0), Started: at("21 11:00")}), skip},
		{"waited for three months", all(ghtest.Run{Created: at("21 11:00").AddDate(0, -3, 0), Started: at("21 11:00")}), run},
		{"created in the year 0", all(created("0000-01-01T00:00:00Z")), run},
		{"created before our era", all(created("-0044-03-15T12:00:00Z")), unknown},
		{"created on no day", all(created("2026-02-30T10:40:00Z")), unknown},
		{"created in a year of five digits", all(created("12026-11-21T10:40:00Z")), unknown},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
				fake.SetNow(noon)
				fake.Add(row.runs...)
				if decision, err := decide(t, client, query(daily)); decision.Reason != row.want || decision.Run != (row.want != skip) {
					t.Errorf("%s, %v; want %s", decision.Reason, err, row.want)
				}
			})
		})
	}
}

// TestEvidence has all kinds of jobs and steps that a file which people change by
// hand can have.
func TestEvidence(t *testing.T) {
	step := func(name, conclusion string) string {
		return fmt.Sprintf(`{"name":%q,"conclusion":%q,"started_at":"2026-11-21T10:41:00Z"}`, name, conclusion)
	}
	job := func(name string, steps ...string) string {
		return fmt.Sprintf(`{"name":%q,"run_attempt":1,"steps":[%s]}`, name, strings.Join(steps, ","))
	}
	done, skipped := step("Run entrypoint", "success"), step("Run entrypoint", "skipped")
	rows := []struct {
		name string
		jobs []string
		want bool // it confirms the window
	}{
		{"ours", []string{job("clean-files", step("Check window", "success"), done)}, true},
		{"the only one, without a name", []string{`{"steps":[` + done + `]}`}, true},
		{"no job", nil, false},
		{"ours, and another", []string{job("clean-files", done), job("lint", step("Lint", "success"))}, true},
		{"another, and ours", []string{job("lint", skipped), job("clean-files", done)}, true},
		{"another one's step", []string{job("clean-files", skipped), job("lint", done)}, false},
		{"another one's step first", []string{job("lint", done), job("clean-files", skipped)}, false},
		{"another one's step, and ours has none", []string{job("lint", done), job("clean-files")}, false},
		{"two others", []string{job("lint", done), job("test", done)}, false},
		{"two of that name", []string{job("clean-files", skipped), job("clean-files", done)}, false},
		{"one of a matrix", []string{job("clean-files (3.12)", done), job("clean-files (3.13)", skipped)}, false},
		{"one in other letters", []string{job("Clean-Files", done), job("clean-files", skipped)}, false},
		{"one of a called workflow", []string{job("clean-files / run", done), job("clean-files", skipped)}, false},

		{"skipped, then done", []string{job("clean-files", skipped, done)}, false},
		{"done, then skipped", []string{job("clean-files", done, skipped)}, false},
		{"done twice", []string{job("clean-files", done, done)}, false},
		{"done, then failed", []string{job("clean-files", done, step("Run entrypoint", "failure"))}, false},
		{"neutral", []string{job("clean-files", step("Run entrypoint", "neutral"))}, false},
		{"with a blank", []string{job("clean-files", step("Run entrypoint ", "success"))}, false},
		{"no steps", []string{`{"name":"clean-files","steps":null}`}, false},
	}
	for _, row := range rows {
		for _, total := range []int{len(row.jobs), 101} { // of 101 jobs the first page has 100
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.Add(executed("21 10:40"))
			fake.Break(ghtest.Fault{Path: "/jobs", Body: fmt.Sprintf(`{"total_count":%d,"jobs":[%s]}`, total, strings.Join(row.jobs, ","))})
			want := row.want && (total == len(row.jobs) || row.name != "the only one, without a name")
			if decision, err := decide(t, newClient(t, fake.URL), query(daily)); err != nil || decision.Run == want {
				t.Errorf("%s, of %d jobs: %s, %v", row.name, total, decision.Reason, err)
			}
		}
	}
}
