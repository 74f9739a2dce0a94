package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// hub is a fake GitHub with a loop that dispatches to it, in a bubble with its own time.
type hub struct {
	*ghtest.Server
	t    *testing.T
	file string // the project file
	jobs []pyproject.Job
	log  lockedBuffer
	step atomic.Int64 // how far the machine's clock was set forward, in ns
	on   *GitHub      // of the loop

	transport *http.Transport
	begun     time.Time
	late      []time.Duration
	counted   uint64          // in the metrics
	accepted  []time.Duration // since begun
}

// stepped is the machine's clock, which can be set.
type stepped struct{ *hub }

func (s stepped) Now() time.Time { return Wall{}.Now().Add(time.Duration(s.step.Load())) }

func (s stepped) Sleep(ctx context.Context, d time.Duration, woken <-chan struct{}) {
	Wall{}.Sleep(ctx, d, woken)
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// onHub runs f with a fake GitHub that has the workflows of some jobs. Their runs begin after
// three seconds, and succeed five seconds later.
func onHub(t *testing.T, jobs []pyproject.Job, f func(h *hub)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pyproject.toml")
	synctest.Test(t, func(t *testing.T) {
		network := ghtest.NewNetwork()
		h := &hub{Server: ghtest.Serve(network), t: t, file: file, jobs: jobs, transport: &http.Transport{DialContext: network.Dial}}
		defer func(usual http.RoundTripper) { http.DefaultTransport = usual }(http.DefaultTransport)
		http.DefaultTransport = h.transport
		defer h.Close()
		defer h.transport.CloseIdleConnections()
		time.Sleep(30 * 24 * time.Hour) // so that there is a past
		h.begun = time.Now()
		for _, job := range jobs {
			h.Register(ghtest.Registered{File: job.File(), Created: h.begun.Add(-100 * 24 * time.Hour)})
		}
		f(h)
		for _, violation := range h.Violations() {
			t.Errorf("fake GitHub: %s", violation)
		}
	})
}

// jobsOf returns n jobs of a cadence.
func jobsOf(n int, cadence schedule.Cadence) (jobs []pyproject.Job) {
	for i := range n {
		job := pyproject.Job{ID: fmt.Sprintf("job-%d", i), Slug: fmt.Sprintf("job-%d", i)}
		job.Options.WorkflowPrefix = "scheduled-"
		job.Schedule = schedule.New(cadence, "", job.ID)
		jobs = append(jobs, job)
	}
	return jobs
}

// atOnceJobs returns n hourly jobs that are due at the same second.
func atOnceJobs(t *testing.T, n int) []pyproject.Job {
	t.Helper()
	jobs := jobsOf(n, schedule.Hour)
	for i := range jobs {
		s, flaws := schedule.Parse(schedule.Spec{Cron: []string{"30 * * * *"}})
		if len(flaws) > 0 {
			t.Fatal(flaws)
		}
		jobs[i].Schedule = s
	}
	return jobs
}

// serve runs a loop for a while, and reports what it has dispatched.
func (h *hub) serve(d time.Duration) (dispatches []ghtest.Dispatch) {
	h.t.Helper()
	client, err := github.New(github.Config{APIURL: h.URL, Repository: ghtest.Repository, Token: "s3cret-t0ken"})
	if err != nil {
		h.t.Fatal(err)
	}
	server := &Server{
		Clock: stepped{h}, Log: slog.New(slog.NewTextHandler(&h.log, nil)), File: h.file, Drain: time.Minute,
		Load:   func() (*Project, error) { return &Project{Jobs: h.jobs}, nil },
		Local:  &Local{Workers: 1, Output: NewLines(io.Discard)},
		GitHub: &GitHub{Client: client},
	}
	h.on = server.GitHub
	ctx, cancel := context.WithTimeout(h.t.Context(), d)
	defer cancel()
	playing := make(chan struct{})
	go func() {
		defer close(playing)
		dispatches = h.play(ctx)
	}()
	if whole, err := server.Run(ctx); err != nil || !whole {
		h.t.Fatal(whole, err)
	}
	<-playing
	families, err := server.metrics.Gather()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "scheduled_lateness_seconds" {
			h.counted = family.GetMetric()[0].GetHistogram().GetSampleCount()
		}
	}
	book, err := ledger.Open(h.file, func(remark string) { h.t.Error(remark) })
	if err != nil {
		h.t.Fatal(err)
	}
	records, err := book.Dispatches()
	if err != nil {
		h.t.Fatal(err)
	}
	h.late, h.accepted = nil, nil
	for _, d := range records {
		if !d.Accepted.IsZero() {
			h.late, h.accepted = append(h.late, d.Accepted.Sub(d.Slot)), append(h.accepted, d.Accepted.Sub(h.begun))
		}
	}
	return append(dispatches, h.Dispatches()...)
}

// after has f called after some time.
func (h *hub) after(d time.Duration, f func()) { time.AfterFunc(d, f) }

// said counts the lines of the log that contain a text.
func (h *hub) said(text string) int {
	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	return strings.Count(h.log.String(), text)
}

// posts counts the dispatches that were sent.
func (h *hub) posts() (n int) {
	for _, r := range h.Requests() {
		if r.Method == http.MethodPost {
			n++
		}
	}
	return n
}

// play plays the runners.
func (h *hub) play(ctx context.Context) (dispatches []ghtest.Dispatch) {
	ends := map[time.Time][]int64{}
	for ctx.Err() == nil {
		time.Sleep(time.Second)
		now := time.Now().Truncate(time.Second)
		for _, d := range h.Dispatches() {
			dispatches = append(dispatches, d)
			ends[now.Add(8*time.Second)] = append(ends[now.Add(8*time.Second)], d.Run)
		}
		h.Finish("success", ends[now]...)
	}
	return dispatches
}

// windows counts the dispatches of each window of each job.
func windows(dispatches []ghtest.Dispatch) map[string]int {
	counts := map[string]int{}
	for _, d := range dispatches {
		counts[d.File+" "+d.Inputs["window"]]++
	}
	return counts
}

// owed returns the windows that are current in a time.
func (h *hub) owed(d time.Duration) map[string]int {
	counts := map[string]int{}
	for _, job := range h.jobs {
		for at := job.Schedule.Window(h.begun).Start; at.Before(h.begun.Add(d)); at = job.Schedule.Next(at) {
			counts[job.File()+" "+at.UTC().Format(time.RFC3339)] = 1
		}
	}
	return counts
}

// expect compares the dispatches with what was owed.
func (h *hub) expect(name string, got, want map[string]int) {
	h.t.Helper()
	wrong := []string{}
	for window := range want {
		if got[window] != want[window] {
			wrong = append(wrong, fmt.Sprintf("%s: %d", window, got[window]))
		}
	}
	for window := range got {
		if want[window] == 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %d, and was not owed", window, got[window]))
		}
	}
	if len(wrong) > 0 {
		h.t.Errorf("%s: %s\n%s", name, strings.Join(wrong, ", "), h.log.String())
	}
}

// TestDispatched dispatches the current windows once, one a second, and then each window at
// its slot.
func TestDispatched(t *testing.T) {
	onHub(t, jobsOf(5, schedule.Hour), func(h *hub) {
		const d = 3*time.Hour + 59*time.Minute
		h.expect("all", windows(h.serve(d)), h.owed(d))
		if h.counted != uint64(len(h.late)) {
			t.Errorf("the metrics have %d of %d dispatches", h.counted, len(h.late))
		}
		for i, late := range h.late {
			if i >= len(h.jobs) && late > exact+50*time.Millisecond {
				t.Errorf("dispatch %d was late by %v", i, late)
			}
		}
		requests := h.Requests()
		if len(requests) > 20*12*4 {
			t.Errorf("%d requests", len(requests))
		}
	})
}

// TestRecords records dispatches that are answered at once, the first ones of a ledger: none
// is lost.
func TestRecords(t *testing.T) {
	const n = 30
	for range 20 {
		g := &GitHub{Server: &Server{Log: slog.New(slog.DiscardHandler), File: filepath.Join(t.TempDir(), "pyproject.toml")}, records: map[string]ledger.Dispatch{}, told: map[string]string{}}
		var recording sync.WaitGroup
		for i := range n {
			recording.Go(func() { g.record(ledger.Dispatch{Job: fmt.Sprint(i), Slot: time.Unix(60, 0), Sent: time.Unix(61, 0)}) })
		}
		recording.Wait()
		book, err := ledger.Open(g.File, func(remark string) { t.Error(remark) })
		if err != nil {
			t.Fatal(err)
		}
		if known, err := book.Dispatches(); err != nil || len(known) != n || len(g.told["ledger"]) > 0 {
			t.Fatalf("%d dispatches, %v, %v", len(known), err, g.told)
		}
	}
}
