package github

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// manyJobs returns n daily jobs, and the runs of four ticks a day of two days and more,
// of which the first executes.
func manyJobs(fake *ghtest.Server, n int) (queries []Query) {
	for i := range n {
		id := fmt.Sprintf("job-%d", i)
		q := Query{Workflow: "scheduled-" + id + ".yml", Job: id, DefaultBranch: "main", Schedule: schedule.New(schedule.Day, "demo", id)}
		queries = append(queries, q)
		slot := q.Schedule.Prev(noon).AddDate(0, 0, -2)
		for tick := range 12 {
			run := ghtest.Run{Workflow: q.Workflow, Created: slot.Add(time.Duration(6*tick)*time.Hour + time.Minute)}
			if run.Created.After(noon) {
				break
			}
			if tick%4 == 0 {
				run.Started = run.Created
			}
			fake.Add(run)
		}
	}
	return queries
}

// TestPastsRequests counts the requests for two windows of many jobs, with a token that
// jobs share or do not, and of which GitHub grants so many an hour, or does not say (-1).
// The current windows are asked about first, and what is not asked is unknown.
func TestPastsRequests(t *testing.T) {
	for _, row := range []struct{ jobs, limit, reserve, requests, confirmed int }{
		{1, 1000, 100, 1 + 2, 2}, {10, 1000, 100, 2 + 20, 20}, {100, 1000, 100, 10 + 200, 200}, {100, 300, 100, 100, 91}, {100, 300, 0, 150, 141}, {20, 0, 0, 3 + 40, 40},
		{300, 1000, 100, 450, 423}, {500, -1, 0, 900, 855}, {500, 5000, 0, 1045, 1000},
	} {
		if testing.Short() && row.jobs > 20 {
			continue
		}
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.SetLimit(max(0, row.limit))
		if row.limit < 0 {
			fake.Break(ghtest.Fault{Header: map[string]string{"X-RateLimit-Remaining": ""}})
		}
		queries := manyJobs(fake, row.jobs)
		pasts, err := newClient(t, fake.URL).Pasts(t.Context(), queries, schedule.Reach{Windows: 2}, row.reserve, func() {})
		if err != nil {
			t.Fatal(err)
		}
		confirmed, current, unasked := 0, 0, 0
		for i, past := range pasts {
			accounts := past.Accounts(schedule.Reach{Windows: 2}.From(queries[i].Schedule, past.Now), past.Now)
			for n, a := range accounts {
				if a.Served() {
					confirmed++
					if n == 0 {
						current++
					}
				} else if a.State != schedule.StateUnknown {
					t.Errorf("%d jobs: %+v", row.jobs, a)
				}
			}
			unasked += past.Unasked
		}
		requests := len(fake.Requests())
		t.Logf("%+v: %d requests, %d confirmed, %d of them current, %d unasked", row, requests, confirmed, current, unasked)
		if requests > row.requests || confirmed != row.confirmed || current != min(row.jobs, row.confirmed) || unasked != 2*row.jobs-row.confirmed {
			t.Errorf("%d requests, %d confirmed, %d of them current, %d unasked; want %+v", requests, confirmed, current, unasked, row)
		}
	}
}

// TestAllowance has clients that sent some requests of those that GitHub granted.
func TestAllowance(t *testing.T) {
	for _, row := range []struct{ sent, remaining, reserve, want int }{
		{0, -1, 0, 900}, {11, -1, 100, 889},
		{11, 989, 100, 439}, {11, 489, 100, 189}, {0, 100, 100, 0}, {0, 50, 100, -25}, {11, 14989, 100, 889},
		{11, 4989, 0, 2489}, {11, 3989, 0, 1989}, {11, 14989, 0, 2489}, {0, 1, 0, 0}, {0, 60, 0, 30},
	} {
		c := newClient(t, "http://127.0.0.1")
		c.sent.Store(int64(row.sent))
		c.limit.known, c.limit.remaining = row.remaining >= 0, row.remaining
		if got := c.allowance(row.reserve); got != row.want {
			t.Errorf("%+v: %d", row, got)
		}
	}
}

// TestPastsAgree reads the runs of jobs of all cadences, which ended in any way, together
// and one by one: the accounts are the same.
func TestPastsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	some := func(most time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(most))) }
	reach := schedule.Reach{Windows: 2}
	for range share(30) {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		var queries []Query
		for i := range 8 {
			id := fmt.Sprintf("job-%d", i)
			cadence := []schedule.Cadence{schedule.Hour, schedule.Day, schedule.Week, schedule.Month}[rng.IntN(4)]
			q := Query{Workflow: "scheduled-" + id + ".yml", Job: id, DefaultBranch: "main", Schedule: schedule.New(cadence, "demo", id)}
			queries = append(queries, q)
			last := q.Schedule.Window(noon)
			span := 3 * last.End.Sub(last.Start)
			var runs []ghtest.Run
			for range rng.IntN(40) {
				run := ghtest.Run{Workflow: q.Workflow, Created: noon.Add(-some(span)).Truncate(time.Second)}
				run.Conclusion = []string{"success", "success", "failure", "cancelled"}[rng.IntN(4)]
				if rng.IntN(4) == 0 {
					run.Started = run.Created.Add(some(min(span/50, 2*time.Hour))).Truncate(time.Second)
					if run.Started.After(noon) {
						run.Started = run.Created
					}
				}
				if rng.IntN(20) == 0 {
					run.Status, run.Conclusion, run.Started = "in_progress", "", time.Time{}
				}
				runs = append(runs, run)
			}
			slices.SortFunc(runs, func(a, b ghtest.Run) int { return a.Created.Compare(b.Created) }) // as they are numbered
			fake.Add(runs...)
		}
		for range rng.IntN(300) { // of other workflows
			fake.Add(ghtest.Run{Workflow: "ci.yml", Event: "push", Created: noon.Add(-some(48 * time.Hour)).Truncate(time.Second)})
		}
		client := newClient(t, fake.URL)
		together, err := client.Pasts(t.Context(), queries, reach, 0, func() {})
		if err != nil {
			t.Fatal(err)
		}
		requests := len(fake.Requests())
		for i, q := range queries {
			alone, err := client.Past(t.Context(), q, reach)
			if err != nil || together[i].Err != nil {
				t.Fatal(err, together[i].Err)
			}
			from := reach.From(q.Schedule, alone.Now)
			want, got := alone.Accounts(from, alone.Now), together[i].Accounts(from, together[i].Now)
			for n := range want {
				if len(got) != len(want) || got[n].State != want[n].State && !(got[n].Served() && want[n].Served()) { // the data has windows with several executions
					t.Errorf("%s, every %s:\nalone    %+v\ntogether %+v\n%+v\n%+v", q.Job, q.Schedule, want, got, fmt.Sprint(alone.Known, alone.Gaps, alone.Past.Unread, alone.Unasked), fmt.Sprint(together[i].Known, together[i].Gaps, together[i].Past.Unread, together[i].Unasked))
					break
				}
			}
		}
		if alone := len(fake.Requests()); requests > alone+2 {
			t.Errorf("%d requests together, %d alone", requests, alone)
		}
	}
}

// TestPastsDeep reads far back for jobs with many runs: the list of all runs has fewer pages
// than their own lists together, and it serves all of them alike.
func TestPastsDeep(t *testing.T) {
	const jobs, days = 30, 8
	fake := ghtest.New(t)
	fake.SetNow(noon)
	var queries []Query
	for i := range jobs {
		id := fmt.Sprintf("job-%d", i)
		q := Query{Workflow: "scheduled-" + id + ".yml", Job: id, DefaultBranch: "main", Schedule: schedule.New(schedule.Hour, "demo", id)}
		queries = append(queries, q)
		for hour := range 24 * days {
			created := noon.Add(-time.Duration(hour)*time.Hour - time.Duration(i+1)*time.Second)
			fake.Add(ghtest.Run{Workflow: q.Workflow, Created: created, Started: created})
		}
	}
	pasts, err := newClient(t, fake.URL).Pasts(t.Context(), queries, schedule.Reach{Windows: 24 * days}, 0, func() {})
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range fake.Requests() {
		if strings.Contains(request.Path, "/workflows/") {
			t.Fatalf("a list of one workflow is read: %s", request.Path)
		}
	}
	for i, past := range pasts {
		known := 0
		for _, a := range past.Accounts(noon.AddDate(0, 0, -days), noon) {
			if a.Served() {
				known++
			}
		}
		if known < 10 {
			t.Errorf("job %d: %d windows are known; the budget is for all jobs alike", i, known)
		}
	}
}
