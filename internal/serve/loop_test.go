package serve

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// world is a machine whose clock the test sets. It plays an executor: what it is told to
// start ends a while later, and package schedule decides on what is in its history.
type world struct {
	*Server
	now     time.Time
	rnd     *rand.Rand
	workers int
	lasts   time.Duration // how long an execution takes at most
	fails   float64       // share of the executions that fail

	started func() // is called at each start; nil for none

	keeps   int // runs of a job
	history map[string][]schedule.Run
	going   []*going
	starts  []begun
}

// going is an execution that goes on.
type going struct {
	job    pyproject.Job
	window schedule.Window
	began  time.Time
	left   time.Duration // by a clock that nobody sets
}

// begun is an execution as it began.
type begun struct {
	id   string
	slot time.Time
	at   time.Time
	true time.Duration // since the world began, by a clock that nobody sets
	ok   bool
}

func newWorld(t *testing.T, now time.Time, seed uint64, specs ...schedule.Spec) *world {
	t.Helper()
	w := &world{now: now, rnd: rand.New(rand.NewPCG(seed, 1)), workers: 1 << 20, keeps: 20, history: map[string][]schedule.Run{}}
	w.Server = &Server{File: filepath.Join(t.TempDir(), "pyproject.toml"), Log: slog.New(slog.DiscardHandler), tracks: map[string]*track{}, stale: map[string]bool{}, kick: make(chan struct{}, 1), executors: []executor{w}, board: board{jobs: map[string]*entry{}}}
	for i, spec := range specs {
		spec.Project, spec.ID = "world", fmt.Sprintf("job-%d", i)
		s, flaws := schedule.Parse(spec)
		if len(flaws) > 0 {
			t.Fatal(flaws)
		}
		w.tracks[spec.ID] = &track{Job: &pyproject.Job{ID: spec.ID, Schedule: s, Options: pyproject.Options{MaxInstances: 1}}, on: w, anew: true}
	}
	return w
}

func (w *world) wake(time.Time, bool)       {}
func (w *world) drain(context.Context) bool { return true }

func (w *world) owed(job pyproject.Job, now time.Time) (windows []schedule.Window, until time.Time) {
	runs := w.history[job.ID]
	d := schedule.Decide(job.Schedule, schedule.Tick{Now: now, Runs: runs})
	until = job.Schedule.Next(now)
	for _, x := range d.Slots {
		again := schedule.Retry(x, runs, now)
		switch {
		case again.After(now):
			if again.Before(until) {
				until = again
			}
		case !slices.ContainsFunc(w.going, func(g *going) bool { return g.job.ID == job.ID && g.window == x }):
			windows = append(windows, x)
		}
	}
	return windows, until
}

func (w *world) start(job pyproject.Job, x schedule.Window, now time.Time) bool {
	busy := slices.ContainsFunc(w.going, func(g *going) bool { return g.job.ID == job.ID })
	if busy || len(w.going) >= w.workers {
		return false
	}
	g := &going{job: job, window: x, began: now}
	if w.lasts > 0 {
		g.left = time.Duration(w.rnd.Int64N(int64(w.lasts)))
	}
	w.going = append(w.going, g)
	if w.started != nil {
		w.started()
	}
	return true
}

// pass lets true time pass: executions end in it, and wake the loop.
func (w *world) pass(d time.Duration, passed *time.Duration) {
	for d > 0 {
		step := d
		for _, g := range w.going {
			step = min(step, g.left)
		}
		w.now, *passed, d = w.now.Add(step), *passed+step, d-step
		ended := false
		w.going = slices.DeleteFunc(w.going, func(g *going) bool {
			if g.left -= step; g.left > 0 {
				return false
			}
			w.end(g, *passed)
			ended = true
			return true
		})
		if ended {
			return
		}
	}
}

// end writes an execution into the history.
func (w *world) end(g *going, passed time.Duration) {
	r := schedule.Run{ID: int64(len(w.starts) + 1), Attempt: 1, Created: g.began, Updated: w.now}
	r.Failed = w.rnd.Float64() < w.fails
	if r.Success = !r.Failed; r.Success {
		r.Started = g.began
	}
	if g.job.Schedule.Spec().CatchUp {
		r.Lane, r.Slot = true, g.window.Start
	}
	all := append(w.history[g.job.ID], r)
	w.history[g.job.ID] = all[max(0, len(all)-w.keeps):]
	w.starts = append(w.starts, begun{g.job.ID, g.window.Start, g.began, passed, r.Success})
	w.changed(g.job.ID)
}

// play runs the loop for that much true time. disturb may set the clock each time the loop
// sleeps.
func (w *world) play(length time.Duration, disturb func()) {
	for passed := time.Duration(0); passed < length; {
		next := w.Server.wake(w.now)
		w.pass(max(next.Sub(w.now), shortest), &passed)
		if disturb != nil {
			disturb()
		}
	}
}

// served returns the slots of the successful executions of a job, in the order in which
// they began.
func (w *world) served(id string) (slots []time.Time) {
	for _, b := range w.starts {
		if b.id == id && b.ok {
			slots = append(slots, b.slot)
		}
	}
	return slots
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// TestCalm plays a few weeks around each change of clocks with a clock that nobody sets:
// every slot is executed once, at its second.
func TestCalm(t *testing.T) {
	specs := []schedule.Spec{
		{Every: "hour"}, {Every: "day"}, {Every: "7 minutes"}, {Every: "36 hours"}, {Every: "week"}, {Every: "month"},
		{Every: "day", At: "02:30", Timezone: "Europe/Berlin"}, {Every: "day", At: "01:30", Timezone: "America/New_York"},
		{Cron: []string{"30 2 * * *"}, Timezone: "Europe/Berlin"}, {Cron: []string{"*/20 1-3 * * *"}, Timezone: "America/New_York"},
		{Cron: []string{"30 23 L * *"}, Timezone: "Pacific/Apia"}, {Cron: []string{"15 * * * *"}, Timezone: "Australia/Lord_Howe"},
		{Cron: []string{"0 12 29 2 *"}}, {RunAt: []schedule.Moment{{Time: at("2028-03-01T00:00:07Z"), Offset: true}}},
		{Every: "hour", Expires: time.Minute}, {Every: "day", CatchUp: true},
	}
	for _, from := range []string{"2027-03-12T00:00:00Z", "2027-10-25T00:00:00Z", "2028-02-20T00:00:00Z"} {
		const length = 20 * 24 * time.Hour
		w := newWorld(t, at(from), 1, specs...)
		w.play(length, nil)
		for i := range specs {
			id := fmt.Sprintf("job-%d", i)
			s := w.tracks[id].Schedule
			var want []time.Time
			if now := s.Window(at(from)); !now.IsZero() && !s.Expired(now, at(from)) {
				want = append(want, now.Start)
			}
			for slot := s.Next(at(from)); !slot.IsZero() && slot.Before(at(from).Add(length)); slot = s.Next(slot) {
				want = append(want, slot)
			}
			if got := w.served(id); !slices.EqualFunc(got, want, time.Time.Equal) {
				t.Errorf("%s, %s: executed %v, want %v", from, s, got, want)
			}
		}
		for _, b := range w.starts {
			if late := b.at.Sub(b.slot); b.slot.After(at(from)) && late > 2*shortest {
				t.Errorf("%s: the slot %v of %s began %v late", from, b.slot, b.id, late)
			}
		}
	}
}

// TestTenYears wakes at the slots alone, as a machine does that sleeps in between.
func TestTenYears(t *testing.T) {
	from := at("2026-11-29T12:00:00Z")
	w := newWorld(t, from, 1, schedule.Spec{Every: "day", At: "02:30", Timezone: "Europe/Berlin"}, schedule.Spec{Cron: []string{"0 12 29 2 *"}}, schedule.Spec{Every: "month"}, schedule.Spec{Cron: []string{"H H * * MON-FRI"}})
	end := from.AddDate(10, 0, 0)
	for w.now.Before(end) {
		w.Server.wake(w.now)
		var passed time.Duration
		w.pass(shortest, &passed)
		next := end
		for _, t := range w.tracks {
			if slot := t.Schedule.Next(w.now); slot.Before(next) {
				next = slot
			}
		}
		w.now = next
	}
	for id, track := range w.tracks {
		var want []time.Time
		for _, x := range track.Schedule.Windows(end, from, 0) {
			want = append(want, x.Start)
		}
		slices.Reverse(want)
		got := w.served(id)
		if len(got) < len(want) { // the first one, which took turns with other jobs, was over before its turn
			want = want[1:]
		}
		if len(want) < 2 || !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Errorf("%s: %d slots were executed, want %d", id, len(got), len(want))
		}
	}
}

// TestDisturbed sets the clock forward and back at random, stops the machine, and fails
// executions: no window has two successes. Afterwards the loop has not gone silent.
func TestDisturbed(t *testing.T) {
	specs := []schedule.Spec{{Every: "minute"}, {Every: "hour"}, {Every: "day"}, {Every: "90 minutes"}, {Every: "hour", CatchUp: true, Expires: 10 * time.Hour}, {Cron: []string{"*/5 * * * *"}}}
	sets := 0
	for seed := range uint64(12) {
		w := newWorld(t, at("2027-03-27T20:00:00Z"), seed, specs...)
		w.workers, w.lasts, w.fails, w.keeps = 1+int(seed%3), 20*time.Second, 0.2, 400
		w.play(4*time.Hour, func() {
			if w.rnd.IntN(300) > 0 {
				return
			}
			sets++
			d := time.Duration(w.rnd.Int64N(int64(2 * time.Hour)))
			if w.rnd.IntN(2) == 0 {
				d = -d
			}
			w.now = w.now.Add(d)
		})
		from := w.now
		w.fails = 0
		w.play(3*time.Hour, nil)
		for id := range w.tracks {
			seen := map[time.Time]int{}
			for _, slot := range w.served(id) {
				if seen[slot]++; seen[slot] == 2 {
					t.Errorf("seed %d: the window %v of %s was executed twice", seed, slot, id)
				}
			}
			for _, x := range w.tracks[id].Schedule.Windows(w.now, from, 0) {
				if whole := x.Start.After(from.Add(time.Minute)) && x.End.Before(w.now); whole && seen[x.Start] == 0 && x.End.Sub(x.Start) > time.Minute {
					t.Errorf("seed %d: the window %v of %s was not executed although the clock was right by then", seed, x.Start, id)
				}
			}
		}
	}
	if sets < 12 {
		t.Errorf("the clock was set %d times", sets)
	}
}

// TestResume stops the machine for hours: each job starts once, a second apart, the oldest
// window first, and a job that comes due meanwhile starts in time.
func TestResume(t *testing.T) {
	specs := []schedule.Spec{{Cron: []string{"40 * * * *"}}}
	for range 20 {
		specs = append(specs, schedule.Spec{Every: "hour"})
	}
	w := newWorld(t, at("2026-11-29T09:00:00Z"), 1, specs...)
	w.play(time.Hour, nil)
	w.starts, w.now = nil, at("2026-11-29T15:39:50Z") // in the suspend
	w.play(time.Minute, nil)
	var last begun
	started, inTime := map[string]bool{}, 0
	for _, b := range w.starts {
		started[b.id] = true
		switch {
		case b.slot.After(at("2026-11-29T15:39:50Z")):
			if inTime++; b.at.After(b.slot.Add(2 * shortest)) {
				t.Errorf("%s started at %v, not in time", b.id, b.at)
			}
			continue
		case b.at.Sub(last.at) < pace:
			t.Errorf("%s started %v after %s", b.id, b.at.Sub(last.at), last.id)
		case b.slot.Before(last.slot):
			t.Errorf("%s, of an older window, started after %s", b.id, last.id)
		}
		last = b
	}
	if len(started) != len(specs) || inTime == 0 {
		t.Errorf("%d jobs started, want %d; %d in time", len(started), len(specs), inTime)
	}
}

// TestQueue has a slot come while another job waits for a worker: it does not overtake that.
func TestQueue(t *testing.T) {
	w := newWorld(t, at("2026-11-29T12:29:50Z"), 1, schedule.Spec{Cron: []string{"* * * * *"}}, schedule.Spec{Cron: []string{"30 * * * *"}})
	for _, track := range w.tracks {
		track.anew = false // it is not about what was missed
	}
	w.workers = 0
	w.play(69*time.Second, nil)
	w.workers, w.now = 1, at("2026-11-29T12:31:00Z")
	w.play(2*shortest, nil)
	if len(w.starts) == 0 || w.starts[0].id != "job-1" {
		t.Errorf("started %+v", w.starts)
	}
}

// TestEndAmong has the end asked for while the loop starts what is due.
func TestEndAmong(t *testing.T) {
	w := newWorld(t, noon, 1, schedule.Spec{Every: "hour"}, schedule.Spec{Every: "hour"}, schedule.Spec{Every: "hour"})
	for _, track := range w.tracks {
		track.anew = false // they do not take turns
	}
	ends := make(chan struct{})
	w.ends, w.started = ends, sync.OnceFunc(func() { close(ends) })
	w.Server.wake(w.now)
	if len(w.going) != 1 {
		t.Errorf("%d were started, want 1", len(w.going))
	}
}
