package serve

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestTelling writes runs into the ledger, and looks at the job after each.
func TestTelling(t *testing.T) {
	var posts []string
	refusing := false
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refusing {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var post struct {
			Event struct {
				Kind     string
				Cause    string
				Failed   int
				Paused   bool
				RunAgain string `json:"run_again"`
			}
		}
		if err := json.Unmarshal(body, &post); err != nil {
			t.Error(err)
		}
		e := post.Event
		posts = append(posts, strings.TrimSpace(fmt.Sprintf("%s %s %d %v %s", e.Kind, e.Cause, e.Failed, e.Paused, e.RunAgain)))
	}))
	defer hook.Close()
	hourly, flaws := schedule.Parse(schedule.Spec{Cron: []string{"0 * * * *"}})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	job := pyproject.Job{ID: "a b", Schedule: hourly, Options: pyproject.Options{Webhook: "CHAT", MaxInstances: 1, NotifyAfter: 1, PauseAfter: 3,
		NotifyOn: []schedule.Event{schedule.JobFailed, schedule.JobMissed, schedule.JobRecovered}}}
	l := &Local{Server: &Server{File: filepath.Join(t.TempDir(), "pyproject.toml"), Log: slog.New(slog.DiscardHandler)}, Webhooks: func(string) string { return hook.URL }}
	l.board.ids = []string{job.ID}
	l.teller.Local = l
	book, err := ledger.Open(l.File, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	const retry = "'a b' --force"
	for _, step := range []struct {
		at     time.Duration
		run    string // how a run ends: "" for none
		refuse bool
		want   []string
		left   int
	}{
		{0, "ok", false, nil, 0},
		{time.Hour, "bad", false, nil, 0}, // it is tried again at once
		{time.Hour + time.Second, "bad", true, nil, 1},
		{time.Hour + time.Minute, "", false, []string{"failed bad 1 false scheduled run " + retry}, 0},
		{time.Hour + 2*time.Minute, "worse", false, nil, 0},
		{time.Hour + 3*time.Minute, "ok", false, []string{"recovered  0 false"}, 0},
		{4 * time.Hour, "ok", false, []string{"missed  0 false scheduled backfill 'a b' --from 2026-11-29T14:00:00Z --to 2026-11-29T15:00:00Z", "recovered  0 false"}, 0},
		{5 * time.Hour, "bad", false, nil, 0},
		{6 * time.Hour, "", false, []string{"failed bad 1 false scheduled run " + retry}, 0},
		{6*time.Hour + time.Second, "bad", false, nil, 0},
		{7 * time.Hour, "bad", false, nil, 0},
		{7*time.Hour + time.Second, "bad", false, []string{"failed bad 3 true scheduled resume 'a b' && scheduled run " + retry}, 0},
	} {
		posts, refusing = nil, step.refuse
		at := noon.Add(step.at)
		if step.run != "" {
			e, err := book.Start(job.ID, at, hourly.Window(at))
			if err == nil {
				err = e.Finish(at, step.run == "ok", step.run)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // each event once
			if left := l.teller.look([]pyproject.Job{job}, at); len(left) != step.left {
				t.Errorf("after %v: %d left", step.at, len(left))
			}
		}
		slices.Sort(posts)
		if diff := cmp.Diff(step.want, posts); diff != "" {
			t.Errorf("after %v: %s", step.at, diff)
		}
	}
	if paused, err := book.Paused(job.ID); !paused || err != nil {
		t.Errorf("paused %v, %v", paused, err)
	}
}

// TestToldAtTheEnd ends a loop while an event is posted: it waits for the answer.
func TestToldAtTheEnd(t *testing.T) {
	var answered atomic.Bool
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		time.Sleep(100 * time.Millisecond)
		answered.Store(true)
	}))
	defer hook.Close()
	job := daily(t, "a", "a")
	job.Options.Webhook, job.Options.NotifyAfter, job.Options.NotifyOn = "CHAT", 1, []schedule.Event{schedule.JobMissed}
	l := &Local{Webhooks: func(string) string { return hook.URL },
		Server: &Server{Clock: &still{noon}, File: filepath.Join(t.TempDir(), "pyproject.toml"), Log: slog.New(slog.DiscardHandler)}}
	l.begin(l.Server)
	l.board.ids = []string{job.ID}
	book, err := ledger.Open(l.File, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	before := noon.AddDate(0, 0, -5)
	e, err := book.Start(job.ID, before, job.Schedule.Window(before))
	if err == nil {
		err = e.Finish(before, true, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	l.tell(job)
	if !l.drain(t.Context()) || !answered.Load() {
		t.Error("the loop has ended before the event was posted")
	}
}
