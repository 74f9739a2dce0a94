package github

import (
	"fmt"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestWatchMany counts the requests for many jobs, a day into their life. Every
// hundredth has no run in its window: that one is due, and costs no request. A rescue
// looks at as many of the others as it may, and leaves the rest to the next ones.
func TestWatchMany(t *testing.T) {
	for _, row := range []struct{ jobs, lists, asked int }{{10, 1, 9}, {100, 4 + 1, 99}, {1000, 40 + 1, watchEvidence}} {
		if testing.Short() && row.jobs > 10 {
			continue
		}
		fake := ghtest.New(t)
		fake.SetNow(noon)
		var watches []Watch
		due := 0
		for i := range row.jobs {
			s := schedule.New(schedule.Day, "demo", fmt.Sprint("job-", i))
			file := fmt.Sprintf("scheduled-job-%d.yml", i)
			watches = append(watches, Watch{Workflow: file, Watch: schedule.Watch{Schedule: s}})
			// Four ticks a day, some hours late; the first executes, the others check.
			slot := s.Prev(noon)
			for n := range 4 {
				run := ghtest.Run{Workflow: file, Created: slot.AddDate(0, 0, -1).Add(time.Duration(6*n) * time.Hour)}
				if fake.Add(run); i%100 == 0 {
					continue
				}
				if run.Created = slot.Add(time.Duration(n) * 6 * time.Hour); n == 0 {
					run.Started = run.Created
				}
				if run.Created.Before(noon) {
					fake.Add(run)
				}
			}
			if i%100 == 0 {
				due++
			}
		}
		clock, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, watches, nil)
		if err != nil {
			t.Fatal(err)
		}
		requests := len(fake.Requests())
		seen := map[schedule.Why]int{}
		for i, w := range watches {
			v := schedule.Rescue(w.Watch, clock)
			if seen[v.Why]++; v.Dispatch != (i%100 == 0) {
				t.Errorf("job %d of %d: %+v", i, row.jobs, v)
			}
		}
		t.Logf("%d jobs, %d due: %d requests", row.jobs, due, requests)
		if requests > row.lists+row.asked || seen[schedule.Fulfilled] != row.asked || seen[schedule.Unchecked] != row.jobs-due-row.asked {
			t.Errorf("%d jobs: %d requests, %v; want %d confirmed", row.jobs, requests, seen, row.asked)
		}
	}
}

// TestWatchTurns has more jobs than one rescue may ask, and more so if each takes
// several requests: each has its turn soon, however often a rescue comes.
func TestWatchTurns(t *testing.T) {
	for _, row := range []struct {
		jobs, takes int
		every       time.Duration
		rounds      int // until all jobs were asked
	}{
		{100, 1, 15 * time.Minute, 1}, {151, 1, 15 * time.Minute, 5}, {0, 1, 15 * time.Minute, 0},
		{1000, 1, 15 * time.Minute, 13}, {1000, 1, time.Hour, 13}, {1000, 1, 6 * time.Hour, 13},
		{1000, 3, 15 * time.Minute, 60}, {1000, 3, time.Hour, 60}, {1000, 3, 6 * time.Hour, 60},
	} {
		all := make([]question, row.jobs)
		for i := range all {
			all[i].watch = &Watch{Job: fmt.Sprint(i)}
		}
		worst := 0
		for begin := range 20 {
			now := noon.Add(time.Duration(begin) * 35 * time.Minute)
			asked := map[string]bool{}
			rounds := 0
			for ; len(asked) < row.jobs && rounds < 100; rounds++ {
				for _, q := range turned(all, watchEvidence, now)[:min(row.jobs, watchEvidence/row.takes)] {
					asked[q.watch.Job] = true
				}
				now = now.Add(row.every)
			}
			worst = max(worst, rounds)
		}
		if t.Logf("%d jobs of %d requests, every %v: %d rounds", row.jobs, row.takes, row.every, worst); worst > row.rounds {
			t.Errorf("%d jobs of %d requests, every %v: all are asked after %d rounds, at most %d", row.jobs, row.takes, row.every, worst, row.rounds)
		}
	}
	if all := turned(make([]question, 3), 0, noon); len(all) != 3 {
		t.Errorf("%d of 3 questions are left, without requests", len(all))
	}
}

// TestWatchLost has GitHub fail to tell what the runs of some jobs did: these jobs are
// started, and look for themselves. If it tells nothing, or a rate limit is used up, no
// more are asked, and the others are left to the next rescue.
func TestWatchLost(t *testing.T) {
	limit := map[string]string{"X-RateLimit-Remaining": "0"}
	for _, row := range []struct {
		name      string
		lost      int
		fault     ghtest.Fault
		confirmed int
		unread    [2]int // at least and at most
		err       bool
	}{
		{"none", 0, ghtest.Fault{}, 40, [2]int{0, 0}, false},
		{"one is gone", 1, ghtest.Fault{Status: 404}, 39, [2]int{0, 0}, false},
		{"one cannot be told", 1, ghtest.Fault{Status: 410}, 39, [2]int{1, 1}, false},
		{"three", 3, ghtest.Fault{Status: 500, Header: map[string]string{"Retry-After": "0"}}, 37, [2]int{3, 3}, false},
		{"all", 40, ghtest.Fault{Status: 410}, 0, [2]int{atOnce + 1, 2 * atOnce}, false},
		{"the limit", 40, ghtest.Fault{Status: 403, Header: limit}, 0, [2]int{0, atOnce}, false},
		{"the right", 40, ghtest.Fault{Status: 403, Body: `{"message":"Resource not accessible by integration"}`}, 0, [2]int{0, atOnce}, true},
	} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		var watches []Watch
		for i := range 40 {
			file := fmt.Sprintf("scheduled-%d.yml", i)
			id := fake.Add(ghtest.Run{Workflow: file, Created: at("21 11:00"), Started: at("21 11:00")})
			if i < row.lost {
				fault := row.fault
				fault.Path = fmt.Sprintf("/runs/%d/jobs", id)
				fake.Break(fault)
			}
			watches = append(watches, Watch{Workflow: file, Watch: schedule.Watch{Schedule: daily}})
		}
		now, err := newClient(t, fake.URL).Watch(t.Context(), "main", 0, watches, nil)
		seen := map[schedule.Why]int{}
		for _, w := range watches {
			seen[schedule.Rescue(w.Watch, now).Why]++
		}
		unread := seen[schedule.Unread]
		if (err != nil) != row.err || seen[schedule.Fulfilled] != row.confirmed || unread < row.unread[0] || unread > row.unread[1] {
			t.Errorf("%s: %v, %v", row.name, seen, err)
		}
		if due := 40 - seen[schedule.Fulfilled] - unread - seen[schedule.Unchecked]; due != seen[schedule.Due] || due > 0 && row.fault.Status != 404 {
			t.Errorf("%s: %v", row.name, seen)
		}
	}
}

// TestWatchLeavesRequests has a rate limit that is nearly used up: a quarter of what is
// left above the reserve is spent on evidence.
func TestWatchLeavesRequests(t *testing.T) {
	for _, row := range []struct{ remaining, asked int }{{50, 0}, {100, 0}, {103, 0}, {104, 1}, {140, 10}, {900, 20}, {-1, 20}} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		header := map[string]string{"X-RateLimit-Remaining": fmt.Sprint(row.remaining)}
		if row.remaining < 0 {
			header["X-RateLimit-Remaining"] = ""
		}
		fake.Break(ghtest.Fault{Header: header})
		var watches []Watch
		for i := range 20 {
			file := fmt.Sprintf("scheduled-%d.yml", i)
			fake.Add(ghtest.Run{Workflow: file, Created: at("21 11:00"), Started: at("21 11:00")})
			watches = append(watches, Watch{Workflow: file, Watch: schedule.Watch{Schedule: daily}})
		}
		now, err := newClient(t, fake.URL).Watch(t.Context(), "main", 100, watches, nil)
		seen := map[schedule.Why]int{}
		for _, w := range watches {
			seen[schedule.Rescue(w.Watch, now).Why]++
		}
		if err != nil || len(fake.Requests()) != 1+row.asked || seen[schedule.Fulfilled] != row.asked || seen[schedule.Unchecked] != 20-row.asked {
			t.Errorf("%d remain: %v, %v", row.remaining, seen, err)
		}
	}
}
