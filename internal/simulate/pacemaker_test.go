package simulate

import (
	"testing"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestOnTime holds the goals of what starts jobs on time: every hour is served, and of the
// days 19 of 20 within two minutes, however GitHub treats crons.
func TestOnTime(t *testing.T) {
	p := project(5, schedule.NewRounds("acme", schedule.RoundsEvery[0]).Crons())
	p.Jobs = p.Jobs[:10] // of an hour and a day
	for _, name := range []string{"ideal", "late", "throttled", "starved", "starved-file", "silent"} {
		for _, v := range []Variant{{Spares: true, Rescue: true, Serve: true}, {Spares: true, Rescue: true, Pacemaker: true}} {
			result, err := Play(p.as(v), regime(t, name), 40, 5)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range result.Jobs {
				if o.Served != o.Windows || *o.P50 >= 2 || *o.P95 >= 2 || o.Needless > 0 {
					t.Errorf("%s, serve %v, pacemaker %v, %s: %d of %d windows are served, %.1f and %.1f minutes late; %d needless executions",
						name, v.Serve, v.Pacemaker, o.ID, o.Served, o.Windows, *o.P50, *o.P95, o.Needless)
				}
			}
		}
	}
}

// TestChain has rescues get lost: a tick of a cron restarts the chain. Without ticks it
// stays broken.
func TestChain(t *testing.T) {
	for _, row := range []struct {
		name       string
		change     func(*Regime)
		min, below float64 // minutes late, of 19 in 20
		least      int     // percent of the windows served
	}{
		{"no rescue is lost", func(*Regime) {}, 0, 2, 100},
		{"some get lost, and runs of the jobs too", func(r *Regime) { r.Dropped, r.Lost = 0, 0.1 }, 2, 32, 99},
		{"some dispatches are refused", func(r *Regime) { r.Dropped, r.Refused = 0, 0.1 }, 2, 32, 99},
		{"waits are ten minutes too long", func(r *Regime) { r.Overrun = Quantiles{{0, 10}, {1, 10}} }, 2, 12, 100},
	} {
		r := brief(t, "silent")
		row.change(&r)
		p := Project{Jobs: hourly(2), Rescue: quarterly, Pacemaker: true}
		for i, job := range p.Jobs {
			p.Jobs[i].Crons = job.Crons[:0]
		}
		result, err := Play(p, r, 30, 3)
		if err != nil {
			t.Fatal(err)
		}
		o := result.Total
		if p95 := *o.P95; 100*o.Served < row.least*o.Windows || p95 < row.min || p95 >= row.below {
			t.Errorf("%s: %d of %d windows are served, %.1f minutes late", row.name, o.Served, o.Windows, p95)
		}
	}
	r := brief(t, "silent")
	r.Lost = 0.1
	broken, err := Play(Project{Jobs: hourly(2), Rescue: quarterly, Pacemaker: true}, r, 30, 3)
	if err != nil || broken.Total.Served > broken.Total.Windows/10 {
		t.Errorf("without ticks a broken chain serves %d of %d windows, error %v", broken.Total.Served, broken.Total.Windows, err)
	}
}
