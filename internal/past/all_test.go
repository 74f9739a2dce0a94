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

// TestReadAllEndsInVain has 100 jobs, and a GitHub that answers nothing about their
// runs: few of them are asked for.
func TestReadAllEndsInVain(t *testing.T) {
	const tries = 4
	rows := []struct {
		status, skip int
		requests     int // at most
		unread       int // at least
		message      string
	}{
		{500, 0, 2 + (2*atOnce+1)*tries, 0, "read run list of octo/app: 500 "},
		{403, 0, 2 + 2*atOnce, 0, "read run list of octo/app: 403 "},
		{500, 50, 2 + 50 + (4*atOnce+1)*tries, 30, "unknown here: job-"},
		{403, 50, 2 + 50 + 4*atOnce, 30, "unknown here: job-"},
	}
	for _, row := range rows {
		fake, archive, jobs := newArchive(t, 100)
		fault := ghtest.Fault{Path: "/runs", Skip: row.skip, Status: row.status}
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
			t.Errorf("%d from %d on: %d requests, %d jobs unread, error %v", row.status, row.skip, requests, unread, err)
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

// TestReadAllLeavesRequests has a rate limit that is nearly used up after some jobs:
// the other jobs are unknown, and the error says why.
func TestReadAllLeavesRequests(t *testing.T) {
	fake, archive, jobs := newArchive(t, 40)
	archive.Reserve = 100
	fake.Break(ghtest.Fault{Path: "/runs", Skip: 10, Header: map[string]string{"X-RateLimit-Remaining": "99"}})
	histories, err := archive.readAll(t.Context(), t, jobs)
	if err != nil {
		t.Fatal(err)
	}
	if requests := len(fake.Requests()); requests > 2+11+atOnce || countUnread(histories) < 40-11-atOnce {
		t.Errorf("%d requests, %d jobs unread", requests, countUnread(histories))
	}
	if err := Unread(histories); err == nil || !strings.Contains(err.Error(), "more: not read: GitHub's rate limit has 99 requests left") {
		t.Error(err)
	}
}

// TestReadAllEndsInTime has the time be up after some jobs, or the caller give up.
func TestReadAllEndsInTime(t *testing.T) {
	fake, archive, jobs := newArchive(t, 40)
	if err := archive.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	up := errors.New("read runs: not done within 5m0s")
	timed, end := context.WithCancelCause(t.Context())
	fake.On(20, func() { end(up) })
	histories, err := archive.readAllUntil(t.Context(), timed, jobs, schedule.Reach{Windows: 2}, func() {})
	if unread := countUnread(histories); err != nil || unread < 20 || unread == 40 || !errors.Is(Unread(histories), up) {
		t.Errorf("%d unread, %v; %v", unread, err, Unread(histories))
	}
	stopped, stop := context.WithCancel(t.Context())
	fake.On(20, stop)
	if _, err := archive.ReadAll(stopped, jobs, schedule.Reach{Windows: 2}, func() {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestSpent ends a ReadAll by the number of its requests.
func TestSpent(t *testing.T) {
	for _, row := range []struct {
		sent, remaining int
		want            string
	}{
		{0, -1, ""}, {maxRequests - 1, 100, ""},
		{0, 99, "not read: GitHub's rate limit has 99 requests left, which the runs of jobs need"},
		{maxRequests, -1, "not read: one call sends at most 4000 requests"},
	} {
		if err := (&Archive{Reserve: 100}).spent(row.sent, row.remaining); err == nil != (row.want == "") || err != nil && err.Error() != row.want {
			t.Errorf("%+v: %v", row, err)
		}
	}
	fake, archive, jobs := newArchive(t, 3)
	if _, err := archive.readAll(t.Context(), t, jobs); err != nil || archive.Client.Sent() != len(fake.Requests()) {
		t.Errorf("%d requests counted, %v", archive.Client.Sent(), err)
	}
}
