//go:build unix

package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// hands is a clock that goes on only while the loop sleeps and nothing executes.
type hands struct {
	mu    sync.Mutex
	now   time.Time
	slept time.Duration
	local *Local
	stop  time.Duration // time after which the loop ends
	end   context.CancelFunc
	set   map[time.Duration]func(*hands) // what happens once that much time was slept
}

func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) Sleep(_ context.Context, d time.Duration, woken <-chan struct{}) {
	h.local.ended.Wait()
	select {
	case <-woken:
		return
	default:
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now, h.slept = h.now.Add(d), h.slept+d
	for at, do := range h.set {
		if h.slept >= at {
			delete(h.set, at)
			do(h)
		}
	}
	if h.slept >= h.stop {
		h.end()
	}
}

// forward and back set the clock.
func forward(d time.Duration) func(*hands) { return func(h *hands) { h.now = h.now.Add(d) } }
func back(d time.Duration) func(*hands)    { return forward(-d) }

// play serves a project with a real ledger and real commands from noon on.
func play(t *testing.T, toml string, stop time.Duration, set map[time.Duration]func(*hands)) *ledger.Ledger {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pyproject.toml")
	if err := os.WriteFile(file, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	return playAt(t, file, func() error { return nil }, stop, set)
}

// playAt is play for a project file. install installs the packages of a job.
func playAt(t *testing.T, file string, install func() error, stop time.Duration, set map[time.Duration]func(*hands)) *ledger.Ledger {
	t.Helper()
	place, err := pyproject.Find(file, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	l := &Local{Workers: 4, Output: NewLines(io.Discard)}
	h := &hands{now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC), local: l, stop: stop, end: end, set: set}
	s := &Server{Clock: h, Log: slog.New(slog.DiscardHandler), File: file, Drain: time.Minute, Local: l}
	s.Load = func() (*Project, error) {
		loaded, err := place.Load()
		if err == nil {
			err = loaded.Problems()
		}
		if err != nil {
			return nil, err
		}
		return &Project{
			Jobs: loaded.Jobs,
			Engine: func(job pyproject.Job) execution.Job {
				return execution.Job{Job: job, Place: place, Environ: []string{"PATH=" + os.Getenv("PATH")}, Needs: execution.Needed(job, loaded.Jobs)}
			},
			Install: func(*execution.Job) error { return install() },
		}, nil
	}
	if whole, err := s.Run(ctx); !whole || err != nil {
		t.Fatalf("%v, %v", whole, err)
	}
	book, err := ledger.Open(file, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// starts returns when the runs of a job began, after noon, with "!" for each that failed.
func starts(t *testing.T, book *ledger.Ledger, id string) (all []string) {
	t.Helper()
	runs, err := book.Runs(id)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		text := strings.TrimPrefix(r.Created.Truncate(time.Second).Format("02 15:04:05"), "29 ")
		if !r.Success {
			text += "!"
		}
		all = append(all, text)
	}
	return all
}

func TestPolicies(t *testing.T) {
	const failing = `command = 'echo >>"$SCHEDULED_JOB_ID"; [ $(wc -l <"$SCHEDULED_JOB_ID") -ge %d ]'`
	job := func(id, options, command string) string {
		return "[tool.scheduled-actions.jobs." + id + "]\nexecutor = 'serve'\n" + options + "\n" + command + "\n"
	}
	run := `command = "true"`
	for _, test := range []struct {
		name, toml string
		stop       time.Duration
		set        map[time.Duration]func(*hands)
		want       map[string][]string
	}{
		{"a failure is tried again at once, then after 15, 30, 60 seconds, and not in the next window", job("a", "cron = '5 * * * *'", fmt.Sprintf(failing, 6)), 2 * time.Hour, nil,
			map[string][]string{"a": {"12:00:00!", "12:00:00!", "12:00:15!", "12:00:45!", "12:01:45!", "12:03:45", "12:05:00", "13:05:00"}}},
		{"attempts are of one run", job("a", "cron = '5 * * * *'\nattempts = 3\nbackoff = '1s'", fmt.Sprintf(failing, 3)), time.Minute, nil,
			map[string][]string{"a": {"12:00:00"}}},
		{"needs", job("a", "cron = '5 * * * *'", fmt.Sprintf(failing, 3)) + job("b", "cron = '5 * * * *'\nneeds = ['a']", run), time.Hour, nil,
			map[string][]string{"b": {"12:00:15", "12:05:00"}}},
		{"a clock set forward makes one run", job("a", "cron = '5 * * * *'", run), time.Hour, map[time.Duration]func(*hands){time.Minute: forward(50 * time.Hour)},
			map[string][]string{"a": {"12:00:00", "01 14:01:00", "01 14:05:00"}}},
		{"or all that are owed, one a second, the oldest first", job("a", "cron = '5 * * * *'\ncatch-up = 'all'", run), 10 * time.Minute, map[time.Duration]func(*hands){time.Minute: forward(3 * time.Hour)},
			map[string][]string{"a": {"12:00:00", "15:01:00", "15:01:01", "15:01:02", "15:05:00"}}},
		{"what has expired is not run", job("a", "cron = '5 * * * *'\nexpires = '30m'", run), time.Hour, map[time.Duration]func(*hands){10 * time.Minute: forward(50 * time.Minute)},
			map[string][]string{"a": {"12:05:00", "13:05:00"}}},
		{"a clock set back runs nothing twice", job("a", "cron = '5 * * * *'", run), 5 * time.Hour, map[time.Duration]func(*hands){2 * time.Hour: back(90 * time.Minute)},
			map[string][]string{"a": {"12:00:00", "12:05:00", "13:05:00", "14:05:00", "15:05:00"}}},
		{"the hour that comes twice, and the one that does not come", job("a", "cron = '30 2 * * *'\ntimezone = 'Europe/Berlin'", run), 3 * time.Minute,
			map[time.Duration]func(*hands){time.Minute: func(h *hands) { h.now = time.Date(2027, 3, 28, 0, 59, 30, 0, time.UTC) }},
			map[string][]string{"a": {"12:00:00", "28 00:59:30", "28 01:00:00"}}},
		{"one lock, one lane", job("a", "cron = '5 * * * *'\nlock = 'x'", "command = 'mkdir busy; sleep 0.1; rmdir busy'") + job("b", "cron = '5 * * * *'\nlock = 'x'", "command = 'mkdir busy; sleep 0.1; rmdir busy'"), 10 * time.Minute, nil,
			map[string][]string{"a": {"12:00:00", "12:05:00"}, "b": {"12:00:01", "12:05:00"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := play(t, test.toml, test.stop, test.set)
			for id, want := range test.want {
				if diff := cmp.Diff(want, starts(t, book, id)); diff != "" {
					t.Errorf("job %s: %s", id, diff)
				}
			}
		})
	}
}

// TestWithoutLedger has a file where the folder of the ledger should be. A job runs once in a
// window all the same.
func TestWithoutLedger(t *testing.T) {
	dir := t.TempDir()
	toml := "[tool.scheduled-actions.jobs.a]\ncron = '5 * * * *'\ncommand = 'echo $SCHEDULED_KEY >>done; [ $(wc -l <done) -gt 3 ]'\n"
	for name, content := range map[string]string{"pyproject.toml": toml, ".scheduled": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	playAt(t, filepath.Join(dir, "pyproject.toml"), func() error { return nil }, 2*time.Hour, nil)
	done, err := os.ReadFile(filepath.Join(dir, "done"))
	if err != nil {
		t.Fatal(err)
	}
	slot := func(at string, times int) string { return strings.Repeat("a@2026-11-29T"+at+":00Z\n", times) }
	if diff := cmp.Diff(slot("11:05", 4)+slot("12:05", 1)+slot("13:05", 1), string(done)); diff != "" {
		t.Error(diff)
	}
}

// TestUnreadLedger takes away the history of a job after it has succeeded. It does not run again
// in that window.
func TestUnreadLedger(t *testing.T) {
	dir := t.TempDir()
	toml := "[tool.scheduled-actions.jobs.a]\ncron = '5 * * * *'\ncommand = 'echo $SCHEDULED_KEY >>done'\n" +
		"[tool.scheduled-actions.jobs.b]\ncron = '20 13 * * *'\ncommand = 'for f in .scheduled/*/a-*.log; do rm $f; mkdir $f; done'\n"
	file := filepath.Join(dir, "pyproject.toml")
	if err := os.WriteFile(file, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	playAt(t, file, func() error { return nil }, 3*time.Hour, nil)
	done, err := os.ReadFile(filepath.Join(dir, "done"))
	if err != nil {
		t.Fatal(err)
	}
	for slot, times := range map[string]int{"11:05": 1, "12:05": 1, "13:05": 1, "14:05": 1} {
		if n := strings.Count(string(done), "a@2026-11-29T"+slot+":00Z"); n != times {
			t.Errorf("%s ran %d times, want %d:\n%s", slot, n, times, done)
		}
	}
}

// TestCannotBeRun has a job that cannot be run for a minute. It is tried every 15 seconds.
func TestCannotBeRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pyproject.toml")
	if err := os.WriteFile(file, []byte("[tool.scheduled-actions.jobs.a]\ncron = '5 * * * *'\ncommand = 'true'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tries := 0
	book := playAt(t, file, func() error {
		if tries++; tries <= 4 {
			return errors.New("no packages")
		}
		return nil
	}, 4*time.Minute, nil)
	if diff := cmp.Diff([]string{"12:01:00"}, starts(t, book, "a")); diff != "" || tries != 5 {
		t.Errorf("%d tries: %s", tries, diff)
	}
}
