package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// quarterly is a rescue of four ticks an hour.
var quarterly = []string{"7,22,37,52 * * * *"}

// project returns a project with so many jobs of each cadence.
func project(jobs int, rescue []string) Project {
	p := Project{Rescue: rescue, AtOnce: 60}
	for _, every := range schedule.Cadences[1:] {
		for i := range jobs {
			id := fmt.Sprint(every, "-", i)
			p.Jobs = append(p.Jobs, newJob(id, schedule.New(every, "acme", id), schedule.DefaultSpares(every)))
		}
	}
	return p
}

func newJob(id string, s schedule.Schedule, spares int) Job {
	job := Job{ID: id, Schedule: s}
	for _, c := range s.Crons(spares) {
		job.Crons = append(job.Crons, c.Expr)
	}
	return job
}

func regime(t *testing.T, name string) Regime {
	t.Helper()
	r, err := Parse(Regimes, name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// anyRegime returns a regime of random numbers.
func anyRegime(rng *rand.Rand) Regime {
	quantiles := func(most float64) Quantiles {
		low := rng.Float64() * most
		return Quantiles{{0, low}, {0.5, low + rng.Float64()*most}, {1, low + most + rng.Float64()*most}}
	}
	maybe := func(most float64) float64 { return most * rng.Float64() * float64(rng.IntN(2)) }
	r := Regime{Dropped: maybe(0.5), Doubled: maybe(0.3), Outage: maybe(48), Between: 5, Behind: 60 * rng.Float64(),
		Stale: maybe(0.3), Down: maybe(0.3), History: 1 + 89*rng.Float64(), Execution: quantiles(30)}
	if rng.IntN(2) == 0 {
		r.Failed, r.Lost, r.Cancelled = maybe(0.6), maybe(0.2), maybe(0.2)
	}
	if rng.IntN(2) == 0 {
		r.Delay = quantiles(400)
	}
	if rng.IntN(2) == 0 {
		r.Gaps = quantiles(120)
	}
	return r
}

// TestPromises plays random projects in random regimes and holds what is
// promised of decisions against the runs that there truly were.
func TestPromises(t *testing.T) {
	skips, doubts := 0, 0
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 0))
		r, p := anyRegime(rng), project(1, nil)
		if rng.IntN(3) > 0 {
			p.Rescue = quarterly
		}
		for i := range p.Jobs {
			p.Jobs[i].Patience = time.Duration(rng.IntN(2)) * time.Hour
			p.Jobs[i].Crons = p.Jobs[i].Crons[:1+rng.IntN(len(p.Jobs[i].Crons))]
		}
		g, lives := play(t, p, r, 100, seed)
		for _, l := range lives {
			name := fmt.Sprintf("seed %d, %s", seed, l.job.ID)
			skips += l.checkSkips(t, name)
			l.checkTally(t, name)
			l.checkGroup(t, name)
			if r.Failed+r.Lost+r.Cancelled == 0 {
				l.checkServed(t, name, g)
			}
			if r.Stale+r.Down == 0 && r.History > 40 {
				doubts += l.tally.needless
				l.checkCoalescing(t, name)
			}
		}
	}
	if skips < 10_000 || doubts > 0 {
		t.Errorf("%d skips, and %d needless executions although no list was stale", skips, doubts)
	}
}

// TestHistory holds what the history tells of each window against what truly
// became of it.
func TestHistory(t *testing.T) {
	told := map[schedule.State]int{}
	for _, name := range []string{"outage", "throttled+flaky", "starved+flaky"} {
		g, lives := play(t, project(2, quarterly), regime(t, name), 100, 11)
		for _, l := range lives {
			served := l.served()
			for _, a := range l.past().Accounts(Start, g.sky.to.Add(-1)) {
				w, ok := l.window(a.Window.Start)
				if !ok {
					continue // only a part of it was played
				}
				told[a.State]++
				at, tried := served[w.Start], l.tried(w)
				late := at.Sub(w.Start)
				switch {
				case a.Window != w || a.Served() == at.IsZero(),
					a.Served() && a.Lateness != late,
					a.State == schedule.StateConfirmed && !w.InTime(late) || a.State == schedule.StateLate && w.InTime(late),
					a.State == schedule.StateFailed && !tried || a.State == schedule.StateMissed && tried:
					t.Errorf("%s, %s: %v is %s, %v late; truly it was served %v, and tried %v", name, l.job.ID, w, a.State, a.Lateness, at, tried)
				}
			}
		}
	}
	for _, state := range []schedule.State{schedule.StateConfirmed, schedule.StateLate, schedule.StateRescued, schedule.StateFailed, schedule.StateMissed} {
		if told[state] < 10 {
			t.Errorf("only %d windows are %s", told[state], state)
		}
	}
}

// past returns all runs as GitHub shows them to those who ask for each step.
func (l *life) past() schedule.Past {
	past := schedule.Past{Schedule: l.job.Schedule, Since: Start}
	for _, r := range l.runs {
		shown := schedule.Run{ID: r.id, Attempt: 1, Created: r.created, Updated: r.ended, Success: r.success, Rescue: r.dispatched}
		if r.success {
			shown.Started = r.executed
		}
		past.Runs = append(past.Runs, shown)
	}
	return past
}

// tried reports whether a run was created in the window that did not succeed. (One
// that did may have begun in the next one, and then belongs there.)
func (l *life) tried(w schedule.Window) bool {
	return slices.ContainsFunc(l.runs, func(r run) bool { return w.Contains(r.created) && !r.success })
}

// TestBars holds the promised numbers in every built-in regime.
func TestBars(t *testing.T) {
	for _, name := range []string{"ideal", "late", "throttled", "starved", "outage",
		"ideal+flaky", "late+flaky", "throttled+flaky", "outage+flaky"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, lives := play(t, project(4, quarterly), regime(t, name), 365, 7)
			for _, l := range lives {
				l.checkBars(t, g, name)
			}
		})
	}
}

func (l *life) checkBars(t *testing.T, g *game, name string) {
	t.Helper()
	served, unserved := l.served(), 0
	for _, w := range l.windows {
		if served[w.Start].IsZero() && !l.swallowed(w, g) {
			unserved++
		}
	}
	if every := l.job.Schedule.Every(); every != schedule.Hour && unserved > 0 {
		t.Errorf("%s: %d windows are not served", l.job.ID, unserved)
	} else if name == "throttled" && unserved*100 > len(l.windows) {
		t.Errorf("%s: %d of %d windows are not served", l.job.ID, unserved, len(l.windows))
	}
	if !strings.Contains(name, "flaky") && l.tally.needless*1000 > l.tally.executions {
		t.Errorf("%s: %d of %d executions are needless", l.job.ID, l.tally.needless, l.tally.executions)
	}
}

// swallowed reports whether an outage left the window no tick with the time to
// execute the entrypoint and, where executions fail, to do so again.
func (l *life) swallowed(w schedule.Window, g *game) bool {
	if !slices.ContainsFunc(g.sky.outages, func(out schedule.Window) bool { return out.Start.Before(w.End) && w.Start.Before(out.End) }) {
		return false
	}
	enough := schedule.Window{Start: w.Start, End: w.End.Add(-l.job.longest(g.sky.regime))}
	tries := 0
	for _, at := range g.ticks {
		if enough.Contains(at) {
			tries++
		}
	}
	for _, r := range l.runs {
		if enough.Contains(r.created) && !r.dispatched {
			tries++
		}
	}
	return tries == 0 || g.sky.regime.Failed > 0 && tries < 12
}

func TestPlayIsDeterministic(t *testing.T) {
	p, r := project(2, quarterly), regime(t, "outage+flaky")
	first, err := Play(p, r, 60, 5)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Play(p, r, 60, 5)
	other, _ := Play(p, r, 60, 6)
	opts := cmp.AllowUnexported(Outcome{}, window{})
	if diff := cmp.Diff(first, again, opts); diff != "" {
		t.Errorf("the same seed (-first +again):\n%s", diff)
	}
	if cmp.Equal(first, other, opts) {
		t.Error("another seed gives the same")
	}
}

// TestJobsDoNotDisturbOneAnother: a job more leaves the others as they were.
func TestJobsDoNotDisturbOneAnother(t *testing.T) {
	p, r := project(2, nil), regime(t, "throttled+flaky")
	all, err := Play(p, r, 60, 5)
	if err != nil {
		t.Fatal(err)
	}
	p.Jobs = p.Jobs[1:]
	fewer, _ := Play(p, r, 60, 5)
	if diff := cmp.Diff(all.Jobs[1:], fewer.Jobs, cmp.AllowUnexported(Outcome{}, window{})); diff != "" {
		t.Errorf("without the first job (-want +got):\n%s", diff)
	}
}

func TestUnreadableCron(t *testing.T) {
	p := Project{Jobs: []Job{{ID: "a", Schedule: schedule.New(schedule.Day, "", "a"), Crons: []string{"nonsense"}}}}
	if _, err := Variants(p, regime(t, "ideal"), 1, 1); err == nil || !strings.Contains(err.Error(), `job "a"`) {
		t.Errorf("error %v does not name the job", err)
	}
}
