package past

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// newArchive returns the archive of n daily jobs on a fake GitHub.
func newArchive(t *testing.T, n int) (*ghtest.Server, *Archive, []Job) {
	t.Helper()
	fake := ghtest.New(t)
	fake.SetNow(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	client, err := github.New(github.Config{APIURL: fake.URL, Repository: ghtest.Repository, Token: "s3cret-t0ken"})
	if err != nil {
		t.Fatal(err)
	}
	var jobs []Job
	for i := range n {
		id := fmt.Sprintf("job-%d", i)
		jobs = append(jobs, Job{ID: id, File: "scheduled-" + id + ".yml", Schedule: schedule.New(schedule.Day, "", id)})
	}
	return fake, &Archive{Repository: ghtest.Repository, Client: client}, jobs
}

// readAll reads two windows of each job.
func (a *Archive) readAll(ctx context.Context, t *testing.T, jobs []Job) ([]History, error) {
	t.Helper()
	if err := a.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a.ReadAll(ctx, jobs, schedule.Reach{Windows: 2}, func() {})
}

// ranAll gives each job that many executed runs within the last two hours.
func ranAll(fake *ghtest.Server, jobs []Job, runs int) {
	for _, job := range jobs {
		fake.Register(ghtest.Registered{File: job.File})
	}
	for n := range runs {
		for i, job := range jobs {
			at := time.Date(2026, 11, 21, 11, 59, 0, 0, time.UTC).Add(-time.Duration(n*len(jobs)+i) * 2 * time.Hour / time.Duration(runs*len(jobs)))
			fake.Add(ghtest.Run{Workflow: job.File, Created: at, Started: at})
		}
	}
}

// TestReadAllEndsInVain has 100 jobs, and a GitHub that answers nothing about their
// runs, or nothing but lists of them: few of them are asked for.
func TestReadAllEndsInVain(t *testing.T) {
	const tries, atOnce = 4, 8
	rows := []struct {
		path         string
		status, skip int
		requests     int // at most
		unread       int // at least
		message      string
	}{
		{"/runs", 500, 0, 2 + tries, 0, "read run list of octo/app: 500 "},
		{"/runs", 403, 0, 2 + 1, 0, "read run list of octo/app: 403 "},
		{"/jobs", 500, 0, 2 + 2 + (2*atOnce+1)*tries, 60, "unknown here: job-"},
		{"/jobs", 403, 0, 2 + 2 + 2*atOnce, 60, "unknown here: job-"},
		{"/jobs", 500, 30, 2 + 2 + 30 + (4*atOnce+1)*tries, 30, "unknown here: job-"},
		{"/jobs", 403, 30, 2 + 2 + 30 + 4*atOnce, 30, "unknown here: job-"},
	}
	for _, row := range rows {
		fake, archive, jobs := newArchive(t, 100)
		ranAll(fake, jobs, 1)
		fault := ghtest.Fault{Path: row.path, Skip: row.skip, Status: row.status}
		if row.status == 500 { // a 403 that has it is about a rate limit
			fault.Header = map[string]string{"Retry-After": "0"}
		}
		fake.Break(fault)
		histories, err := archive.readAll(t.Context(), t, jobs)
		if err == nil {
			err = Unread(histories)
		}
		unread := countUnread(histories)
		if requests := len(fake.Requests()); requests > row.requests || unread < row.unread || err == nil || !strings.HasPrefix(err.Error(), row.message) {
			t.Errorf("%s, %d from %d on: %d requests, %d jobs unread, error %v", row.path, row.status, row.skip, requests, unread, err)
		}
	}
}

func countUnread(histories []History) (unread int) {
	for _, h := range histories {
		if h.Unread != nil && len(h.Accounts) == 2 && h.Accounts[0].State == schedule.StateUnknown {
			unread++
		}
	}
	return unread
}

// TestReadAllLeavesRequests has a rate limit that is nearly used up after some pages of
// the list: the jobs with older windows are unknown, and the error says why.
func TestReadAllLeavesRequests(t *testing.T) {
	fake, archive, jobs := newArchive(t, 40)
	archive.Reserve = 100
	ranAll(fake, jobs, 20)
	fake.Break(ghtest.Fault{Path: "/runs", Skip: 3, Header: map[string]string{"X-RateLimit-Remaining": "99"}})
	histories, err := archive.readAll(t.Context(), t, jobs)
	if err != nil {
		t.Fatal(err)
	}
	if requests := len(fake.Requests()); requests != 2+4 || countUnread(histories) < 30 {
		t.Errorf("%d requests, %d jobs unread", requests, countUnread(histories))
	}
	if err := Unread(histories); err == nil || !strings.Contains(err.Error(), "more: not read: GitHub's rate limit has 99 requests left") {
		t.Error(err)
	}
}

// TestReadAllEndsInTime has the time be up after some jobs, or the caller give up.
func TestReadAllEndsInTime(t *testing.T) {
	fake, archive, jobs := newArchive(t, 40)
	ranAll(fake, jobs, 1)
	if err := archive.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	up := errors.New("read runs: not done within 5m0s")
	timed, end := context.WithCancelCause(t.Context())
	fake.On(12, func() { end(up) })
	histories, err := archive.readAllUntil(t.Context(), timed, jobs, schedule.Reach{Windows: 2}, func() {})
	if unread := countUnread(histories); err != nil || unread < 20 || unread == 40 || !errors.Is(Unread(histories), up) {
		t.Errorf("%d unread, %v; %v", unread, err, Unread(histories))
	}
	stopped, stop := context.WithCancel(t.Context())
	fake.On(12, stop)
	if _, err := archive.ReadAll(stopped, jobs, schedule.Reach{Windows: 2}, func() {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestUnasked has more windows than one ReadAll asks about: one remark says so.
func TestUnasked(t *testing.T) {
	fake, archive, jobs := newArchive(t, 250)
	ranAll(fake, jobs, 1)
	fake.SetLimit(420)
	histories, err := archive.readAll(t.Context(), t, jobs)
	if err != nil || Unread(histories) != nil {
		t.Fatal(err, Unread(histories))
	}
	requests := len(fake.Requests())
	states := map[schedule.State]int{}
	for _, h := range histories {
		current, _ := h.Current()
		states[current.State]++
		if remarks := archive.Remarks(h); len(remarks) > 0 {
			t.Errorf("%q", remarks)
		}
	}
	remarks := Unasked(histories...)
	if len(remarks) != 1 || !strings.HasSuffix(remarks[0], " jobs unknown here: not checked, because that would take too many requests; `scheduled history` checks more of one job") {
		t.Errorf("%q", remarks)
	}
	if requests > 220 || states[schedule.StateUnknown] < 30 {
		t.Errorf("%d requests, %v", requests, states)
	}
}
