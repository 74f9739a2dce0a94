package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// calm is a GitHub that drops and delays ticks, and always tells the truth.
var calm = Regime{Dropped: 0.3, Doubled: 0.3, Delay: Quantiles{{0, 0}, {0.5, 5}, {1, 90}}, History: 90, Execution: Quantiles{{0, 1}, {0.5, 10}, {1, 100}}}

// policied is a job with policies.
func policied(spec schedule.Spec, id string) Job {
	spec.Project, spec.ID = "acme", id
	s, flaws := schedule.Parse(spec)
	if len(flaws) > 0 {
		panic(fmt.Sprint(flaws))
	}
	return Job{ID: id, Schedule: s, Crons: s.Crons(s.DefaultSpares()), Patience: 30 * time.Minute}
}

// played is what the lanes of a world did, in the order in which they ended.
type played struct {
	*world
	lanes    []*lane
	verdicts map[string]map[schedule.Why]int
}

// playWorld plays a project after changing its flows, and checks what must hold whatever
// happens.
func playWorld(t *testing.T, p Project, r Regime, days int, seed uint64, change func(*flow)) played {
	t.Helper()
	g, err := newGame(p, r, days, seed)
	if err != nil {
		t.Fatal(err)
	}
	w := played{world: newWorld(g), verdicts: map[string]map[schedule.Why]int{}}
	w.watch = func(_ *flow, x *lane) { w.lanes = append(w.lanes, x) }
	w.judged = func(f *flow, v schedule.Verdict) {
		if w.verdicts[f.job.ID] == nil {
			w.verdicts[f.job.ID] = map[schedule.Why]int{}
		}
		w.verdicts[f.job.ID][v.Why]++
	}
	for _, f := range w.flows {
		if change != nil {
			change(f)
		}
	}
	w.play()
	w.checkAtOnce(t, seed)
	w.checkKilled(t, seed)
	return w
}

// executions returns the lanes that executed, in the order in which they did; only those
// of a job unless that is "".
func (w played) executions(id string) (all []*lane) {
	for _, x := range w.lanes {
		if !x.executed.IsZero() && (id == "" || x.run.flow.job.ID == id) {
			all = append(all, x)
		}
	}
	slices.SortStableFunc(all, func(a, b *lane) int { return a.executed.Compare(b.executed) })
	return all
}

// checkAtOnce: no window executes twice at once, no lock is held twice, and no more
// windows execute at once than the job allows.
func (w played) checkAtOnce(t *testing.T, seed uint64) {
	t.Helper()
	var active []*lane
	for _, x := range w.executions("") {
		active = slices.DeleteFunc(active, func(y *lane) bool { return !y.ended.After(x.executed) })
		same := 0
		for _, y := range active {
			a, b := x.run.flow.job, y.run.flow.job
			if a.ID == b.ID {
				same++
			}
			if a.ID == b.ID && x.slot == y.slot || a.Lock != "" && a.Lock == b.Lock {
				t.Fatalf("seed %d: %s %v and %s %v execute at once", seed, a.ID, x.slot.Start, b.ID, y.slot.Start)
			}
		}
		if same >= x.run.flow.job.instances() {
			t.Fatalf("seed %d: %s executes %d windows at once", seed, x.run.flow.job.ID, same+1)
		}
		active = append(active, x)
	}
}

// checkKilled: nothing is cancelled but by a later window.
func (w played) checkKilled(t *testing.T, seed uint64) {
	t.Helper()
	for _, x := range w.lanes {
		if x.killer == nil || x.killer == x.run || x.executed.IsZero() {
			continue
		}
		if !x.run.flow.job.Cancel {
			t.Fatalf("seed %d: %s was cancelled", seed, x.run.flow.job.ID)
		}
		for _, y := range x.killer.lanes {
			if !x.slot.Start.Before(y.slot.Start) {
				t.Fatalf("seed %d: the execution of %v was cancelled for %v", seed, x.slot.Start, y.slot.Start)
			}
		}
	}
}

func seeds(t *testing.T, many int) int {
	if testing.Short() {
		return max(3, many/20)
	}
	return many
}

// TestAnyPolicies plays projects of all policies under any regime.
func TestAnyPolicies(t *testing.T) {
	for seed := range uint64(seeds(t, 60)) {
		rng := rand.New(rand.NewPCG(seed, 7))
		p := Project{Rescue: quarterly, AtOnce: 60, Serve: rng.IntN(3) == 0, Pacemaker: rng.IntN(3) == 0}
		for i := range 2 + rng.IntN(4) {
			spec := schedule.Spec{Every: []string{"hour", "2 hours", "6 hours", "day"}[rng.IntN(4)], CatchUp: rng.IntN(3) == 0}
			if rng.IntN(3) == 0 {
				spec.Expires = []time.Duration{30 * time.Minute, 5 * time.Hour, 50 * time.Hour}[rng.IntN(3)]
			}
			job := policied(spec, fmt.Sprint("job-", i))
			job.Instances = 1 + rng.IntN(3)*rng.IntN(2)
			switch rng.IntN(4) {
			case 0:
				job.Lock = "database"
			case 1:
				job.Cancel = !spec.CatchUp
			}
			if i > 0 && rng.IntN(3) == 0 {
				job.Needs = []string{fmt.Sprint("job-", rng.IntN(i))}
			}
			p.Jobs = append(p.Jobs, job)
		}
		r := anyRegime(rng)
		if rng.IntN(2) == 0 {
			r.Execution = Quantiles{{0, 1}, {0.5, 60}, {1, 400}}
		}
		playWorld(t, p, r, 4, seed, func(f *flow) {
			if rng.IntN(4) == 0 {
				f.wish = func(end time.Time) time.Time {
					return end.Add(time.Duration(1+f.rng.IntN(2000)) * time.Minute).Truncate(time.Second)
				}
			}
		})
	}
}

// TestOverlap: an execution that is too long is cancelled, by a later window alone.
func TestOverlap(t *testing.T) {
	for seed := range uint64(seeds(t, 40)) {
		job := policied(schedule.Spec{Every: "3 hours"}, "job")
		job.Cancel = true
		r := calm
		r.Execution = Quantiles{{0, 1}, {0.5, 100}, {1, 900}}
		w := playWorld(t, Project{Jobs: []Job{job}, Rescue: quarterly}, r, 6, seed, nil)
		cancelled := 0
		for _, x := range w.executions("job") {
			if x.killer != nil {
				cancelled++
			}
		}
		if cancelled == 0 {
			t.Errorf("seed %d: nothing was cancelled", seed)
		}
	}
}

// TestCatchUp: each slot from the first run on is executed with success once, the oldest
// first, and those that always fail hold up nobody.
func TestCatchUp(t *testing.T) {
	for seed := range uint64(seeds(t, 40)) {
		rng := rand.New(rand.NewPCG(seed, 8))
		r := calm
		r.Outage, r.Between = 30*rng.Float64(), 3
		r.Failed = 0.3 * float64(rng.IntN(2))
		r.Execution = Quantiles{{0, 1}, {1, 10}}
		job := policied(schedule.Spec{Every: []string{"hour", "3 hours", "day"}[rng.IntN(3)], CatchUp: true}, "job")
		job.Instances = 1 + rng.IntN(4)
		bad := map[time.Time]bool{}
		share := rng.IntN(2) * rng.IntN(5)
		w := playWorld(t, Project{Jobs: []Job{job}, Rescue: quarterly}, r, 8, seed, func(f *flow) {
			f.poisoned = func(slot time.Time) bool {
				if _, known := bad[slot]; !known {
					bad[slot] = rng.IntN(10) < share
				}
				return bad[slot]
			}
		})
		done := map[time.Time]int{}
		var newest time.Time // of the slots tried so far
		tried := map[time.Time]bool{}
		for _, x := range w.executions("job") {
			if x.success {
				done[x.slot.Start]++
			}
			if slot := x.slot.Start; !tried[slot] {
				if job.instances() == 1 && slot.Before(newest) {
					t.Fatalf("seed %d: %v was tried before %v", seed, newest, slot)
				}
				newest, tried[slot] = slot, true
			}
		}
		first := w.flows[0].runs[0].created
		for slot := job.Schedule.Prev(first); slot.Before(w.delivery.to.Add(-48 * time.Hour)); slot = job.Schedule.Next(slot) {
			if want := 1; done[slot] != want && !bad[slot] || !tried[slot] {
				t.Fatalf("seed %d: %v, bad %v, was executed with success %d times", seed, slot, bad[slot], done[slot])
			}
		}
	}
}

// TestNeeds: a window executes after those that it needs, and where they fail it waits, is
// told as waiting, and expires; nothing is stuck afterwards.
func TestNeeds(t *testing.T) {
	for seed := range uint64(seeds(t, 25)) {
		rng := rand.New(rand.NewPCG(seed, 9))
		var p Project
		p.Rescue = quarterly
		for i := range 3 {
			job := policied(schedule.Spec{Every: []string{"3 hours", "day"}[rng.IntN(2)], CatchUp: i == 2 && rng.IntN(2) == 0}, fmt.Sprint("job-", i))
			if i > 0 {
				job.Needs = []string{fmt.Sprint("job-", i-1)}
			}
			p.Jobs = append(p.Jobs, job)
		}
		half := Start.AddDate(0, 0, 4)
		r := calm
		r.Execution = Quantiles{{0, 1}, {1, 10}}
		w := playWorld(t, p, r, 8, seed, func(f *flow) {
			if f.job.ID == "job-0" {
				f.poisoned = func(slot time.Time) bool { return slot.Before(half) }
			}
		})
		for i, job := range p.Jobs[1:] {
			need := p.Jobs[i]
			late := 0
			for _, x := range w.executions(job.ID) {
				window := need.Schedule.Serving(need.Schedule.Window(x.slot.Start))
				if !slices.ContainsFunc(w.executions(need.ID), func(y *lane) bool {
					return y.success && (window.Contains(y.executed) || y.run.flow.job.laned() && window.Contains(y.slot.Start)) && !y.ended.After(x.executed)
				}) {
					t.Fatalf("seed %d: %s executes %v before %s did", seed, job.ID, x.slot.Start, need.ID)
				}
				if x.success && x.slot.Start.After(half) {
					late++
				}
			}
			if w.verdicts[job.ID][schedule.Why(schedule.Waiting)] == 0 || late == 0 {
				t.Errorf("seed %d: %s was told as waiting %d times, and executed %d times afterwards", seed, job.ID, w.verdicts[job.ID][schedule.Why(schedule.Waiting)], late)
			}
		}
	}
}

// TestWishes: no slot is executed between an execution and the time that it asked for, and
// that time is.
func TestWishes(t *testing.T) {
	for seed := range uint64(seeds(t, 40)) {
		rng := rand.New(rand.NewPCG(seed, 10))
		job := policied(schedule.Spec{Every: []string{"hour", "6 hours", "day"}[rng.IntN(3)]}, "job")
		if rng.IntN(2) == 0 {
			job.Lock = "database" // so that it has lanes
		} else {
			job.Needs = []string{"none"} // so that it has policies
		}
		r := calm
		r.Execution = Quantiles{{0, 1}, {1, 10}}
		w := playWorld(t, Project{Jobs: []Job{job}, Rescue: quarterly}, r, 12, seed, func(f *flow) {
			f.wish = func(end time.Time) time.Time {
				return end.Add(time.Duration(10+f.rng.IntN(4000)) * time.Minute).Truncate(time.Second)
			}
		})
		all := w.executions("job")
		on := 0
		for i, x := range all[:len(all)-1] {
			next := all[i+1]
			if next.slot.Start.Equal(x.next) {
				on++
			}
			if x.success && next.slot.Start.Before(x.next) {
				t.Fatalf("seed %d: after %v asked for %v, %v is executed at %v", seed, x.slot.Start, x.next, next.slot.Start, next.executed)
			}
		}
		if last := all[len(all)-1]; len(all) < 3 || on < len(all)/2 && job.Schedule.Spec().Every != "hour" || last.success && last.next.Before(w.delivery.to.Add(-24*time.Hour)) {
			t.Errorf("seed %d: %d executions, %d when asked for, and the last asked for %v", seed, len(all), on, last.next)
		}
	}
}
