package simulate

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// steady is a regime in which nothing goes wrong, and all executions take ten
// minutes.
func steady() Regime { return Regime{Execution: Quantiles{{0, 10}, {1, 10}}, History: 90} }

// gameOf returns a game with a job of each of these cadences, and no tick.
func gameOf(t *testing.T, r Regime, cadences ...schedule.Cadence) *game {
	t.Helper()
	p := Project{}
	for i, every := range cadences {
		id := string(rune('a' + i))
		p.Jobs = append(p.Jobs, Job{ID: id, Schedule: schedule.New(every, "acme", id)})
	}
	g, err := newGame(p, r, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// ticked returns the workflow of a job with ticks so long after its first slot.
func ticked(t *testing.T, r Regime, every schedule.Cadence, ticks ...time.Duration) (w *workflow, slot time.Time) {
	t.Helper()
	w = gameOf(t, r, every).workflows[0]
	slot = w.job.Schedule.Next(Start)
	for _, after := range ticks {
		w.ticks = append(w.ticks, slot.Add(after))
	}
	return w, slot
}

// kinds says of each run what became of it.
func kinds(runs []run) (kinds []string) {
	for _, r := range runs {
		switch {
		case r.ended.IsZero():
			kinds = append(kinds, "not over")
		case r.checked.IsZero() && !r.success && !r.failed:
			kinds = append(kinds, "displaced")
		case r.success && r.executed.IsZero():
			kinds = append(kinds, "skipped")
		case r.success:
			kinds = append(kinds, "executed")
		case r.failed:
			kinds = append(kinds, "failed")
		default:
			kinds = append(kinds, "cancelled")
		}
	}
	return kinds
}

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

// TestRuns has what becomes of runs, by the ticks that start them.
func TestRuns(t *testing.T) {
	with := func(change func(*Regime)) Regime { r := steady(); change(&r); return r }
	rows := []struct {
		name     string
		regime   Regime
		every    schedule.Cadence
		ticks    []time.Duration
		want     []string
		needless int
		served   bool
	}{
		{"the second skips", steady(), schedule.Day, []time.Duration{0, hour}, []string{"executed", "skipped"}, 0, true},
		{"a pending run is displaced", steady(), schedule.Day, []time.Duration{0, minute, 2 * minute}, []string{"executed", "displaced", "skipped"}, 0, true},
		{"a lost runner is a failure", with(func(r *Regime) { r.Lost = 1 }), schedule.Day, []time.Duration{0, hour}, []string{"failed", "failed"}, 0, false},
		{"executions fail", with(func(r *Regime) { r.Failed = 1 }), schedule.Day, []time.Duration{0, hour}, []string{"failed", "failed"}, 0, false},
		{"executions are cancelled", with(func(r *Regime) { r.Cancelled = 1 }), schedule.Day, []time.Duration{0, hour}, []string{"cancelled", "cancelled"}, 0, false},
		{"the API is down", with(func(r *Regime) { r.Down = 1 }), schedule.Day, []time.Duration{0, hour}, []string{"executed", "executed"}, 1, true},
		{"the list is behind", with(func(r *Regime) { r.Stale, r.Behind = 1, 120 }), schedule.Day, []time.Duration{0, hour}, []string{"executed", "executed"}, 1, true},
		{"the evidence is kept", with(func(r *Regime) { r.History = 20 }), schedule.Month, []time.Duration{0, 10 * day}, []string{"executed", "skipped"}, 0, true},
		{"the evidence has expired", with(func(r *Regime) { r.History = 5 }), schedule.Month, []time.Duration{0, 10 * day}, []string{"executed", "executed"}, 1, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			w, slot := ticked(t, row.regime, row.every, row.ticks...)
			w.advance(slot.AddDate(0, 0, 20))
			if diff := cmp.Diff(row.want, kinds(w.runs)); diff != "" {
				t.Errorf("runs (-want +got):\n%s", diff)
			}
			if served := w.tally.at(slot).served; served != row.served || w.tally.needless != row.needless {
				t.Errorf("served %v, %d needless; want %v, %d", served, w.tally.needless, row.served, row.needless)
			}
		})
	}
}

// TestExpired: a run that comes later than `expires` does not execute, and its window is
// counted as expired unless an earlier run served it.
func TestExpired(t *testing.T) {
	for _, row := range []struct {
		ticks           []time.Duration
		want            []string
		served, expired int
	}{
		{[]time.Duration{30 * minute, 3 * hour}, []string{"executed", "skipped"}, 1, 0},
		{[]time.Duration{3 * hour, 5 * hour}, []string{"skipped", "skipped"}, 0, 1},
		{nil, nil, 0, 0},
	} {
		w, slot := ticked(t, steady(), schedule.Day, row.ticks...)
		w.job.Schedule = parse(t, schedule.Spec{ID: "a", Project: "acme", Every: "day", Expires: hour})
		w.advance(slot.AddDate(0, 0, 1))
		o := Outcome{windows: w.tally.windows}.counted()
		if diff := cmp.Diff(row.want, kinds(w.runs)); diff != "" || o.Served != row.served || o.Expired != row.expired {
			t.Errorf("ticks after %v: %d served, %d expired; runs (-want +got):\n%s", row.ticks, o.Served, o.Expired, diff)
		}
	}
}

func parse(t *testing.T, spec schedule.Spec) schedule.Schedule {
	t.Helper()
	s, flaws := schedule.Parse(spec)
	if len(flaws) > 0 {
		t.Fatalf("%+v: %v", spec, flaws)
	}
	return s
}

// TestDisplacedRunIsShown: a run that had to make room is over, and has not failed.
func TestDisplacedRunIsShown(t *testing.T) {
	w, slot := ticked(t, steady(), schedule.Day, 0, minute, 2*minute)
	w.advance(slot.Add(5 * minute))
	var shown []string
	for _, r := range w.list(slot.Add(5*minute), w.job.Schedule.Window(slot)) {
		switch {
		case r.Active:
			shown = append(shown, "active")
		case !r.Success && !r.Failed:
			shown = append(shown, "cancelled")
		}
	}
	if diff := cmp.Diff([]string{"active", "cancelled", "active"}, shown); diff != "" {
		t.Errorf("runs, newest first (-want +got):\n%s", diff)
	}
}

// TestNothingStartsInAnOutage: what waits when it begins waits until it ends.
func TestNothingStartsInAnOutage(t *testing.T) {
	w, slot := ticked(t, steady(), schedule.Day, 0, minute)
	end := slot.Add(5 * hour)
	w.delivery.outages = []schedule.Window{{Start: slot.Add(5 * minute), End: end}}
	w.advance(slot.Add(10 * hour))
	if first, second := w.runs[0], w.runs[1]; !first.checked.Before(slot.Add(5*minute)) || !second.checked.After(end) {
		t.Errorf("the outage ended %v, and the runs decided %v and %v", end, first.checked, second.checked)
	}
}

// dispatched simulates one rescue, and returns the jobs that it starts.
func dispatched(g *game, at time.Time) (jobs []string) {
	g.rescue(at)
	for _, w := range g.workflows {
		for range w.dispatches {
			jobs = append(jobs, w.job.ID)
		}
	}
	return jobs
}

// TestOneRescue has jobs a, b and c of a day, a week and a month, the windows of
// which began in that order, the newest first.
func TestOneRescue(t *testing.T) {
	at := Start.AddDate(0, 2, 0)
	rows := []struct {
		name   string
		change func(*Regime)
		atOnce int
		want   []string
	}{
		{"all are due", func(*Regime) {}, 10, []string{"a", "b", "c"}},
		{"no cap", func(*Regime) {}, 0, []string{"a", "b", "c"}},
		{"the cap takes the oldest windows", func(*Regime) {}, 2, []string{"b", "c"}},
		{"the API is down", func(r *Regime) { r.Down = 1 }, 10, nil},
		{"its runner is lost", func(r *Regime) { r.Lost = 1 }, 10, nil},
	}
	for _, row := range rows {
		r := steady()
		row.change(&r)
		g := gameOf(t, r, schedule.Day, schedule.Week, schedule.Month)
		g.project.AtOnce = row.atOnce
		if diff := cmp.Diff(row.want, dispatched(g, at)); diff != "" {
			t.Errorf("%s: dispatched (-want +got):\n%s", row.name, diff)
		}
	}
}

// TestRescueLeavesActiveRunsAlone: it dispatches nothing while a run is active, and
// does again once that has failed.
func TestRescueLeavesActiveRunsAlone(t *testing.T) {
	r := steady()
	r.Failed = 1
	g := gameOf(t, r, schedule.Day)
	w := g.workflows[0]
	slot := w.job.Schedule.Next(Start)
	w.ticks = []time.Time{slot}
	if jobs := dispatched(g, slot.Add(5*minute)); jobs != nil {
		t.Errorf("dispatched %v while a run is active", jobs)
	}
	if jobs := dispatched(g, slot.Add(15*minute)); len(jobs) != 1 {
		t.Errorf("dispatched %v after the run has failed", jobs)
	}
}

// TestAttempts: an execution that fails is tried again within its run, which is as
// much longer.
func TestAttempts(t *testing.T) {
	for _, row := range []struct {
		attempts int
		failed   float64
		takes    time.Duration
	}{
		{0, 1, 10 * time.Minute}, {1, 1, 10 * time.Minute}, {3, 1, 30*time.Minute + 45*time.Second}, {3, 0, 10 * time.Minute},
	} {
		r := steady()
		r.Failed = row.failed
		w, slot := ticked(t, r, schedule.Day)
		w.job.Attempts, w.job.Backoff = row.attempts, 30*time.Second
		if end, failed := w.attempt(slot); end.Sub(slot) != row.takes || failed != (row.failed > 0) {
			t.Errorf("%d attempts, of which %v fail: %v, failed %v", row.attempts, row.failed, end.Sub(slot), failed)
		}
	}
}
