// Package simulate simulates scheduled jobs on an unreliable GitHub, which delays,
// drops and doubles ticks, loses runners and forgets runs. Only GitHub is made up: the
// windows, the crons, and the decisions of runs and rescues come from package
// schedule. It is deterministic: the same arguments give the same result.
package simulate

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Project is what is simulated.
type Project struct {
	Jobs   []Job
	Rescue []schedule.Cron // none: there is no rescue
	AtOnce int             // maximum number of dispatches of one rescue

	Serve     bool // a resident `scheduled serve` dispatches the jobs at their slots
	Pacemaker bool // the rescue dispatches itself behind wait timers, and has no patience

	From time.Time // when the simulation begins; zero for Start
}

// Job is a job of a project. No two have the same ID.
type Job struct {
	ID       string
	Schedule schedule.Schedule
	Crons    []schedule.Cron // of its workflow, primary and spares
	Patience time.Duration   // of the rescue
	Attempts int             // of an execution; 0 is 1
	Backoff  time.Duration   // the longest wait before the second attempt; it doubles

	Instances int      // how many windows execute at once; 0 is 1
	Cancel    bool     // a new window cancels an execution of an older one
	Lock      string   // jobs with the same one never execute at once; "" for none
	Needs     []string // ids of the jobs that a window waits for
}

func (j Job) instances() int { return max(1, j.Instances) }

// laned reports whether each slot has a lane of its own.
func (j Job) laned() bool {
	return j.Schedule.Spec().CatchUp || j.instances() > 1 || j.Cancel || j.Lock != ""
}

// plain reports whether the job has no policies.
func (j Job) plain() bool { return !j.laned() && len(j.Needs) == 0 }

// Result is what became of a project.
type Result struct {
	Jobs   []Outcome `json:"jobs"`
	Total  Outcome   `json:"total"` // its minutes are those of the jobs and of the rescue
	Rescue Rescue    `json:"rescue"`
}

// Outcome is what became of a job, or of several. Served windows are those in
// which an execution of the entrypoint began that succeeded.
type Outcome struct {
	ID         string  `json:"id"`
	Schedule   string  `json:"schedule"` // in words; "" of several jobs
	Windows    int     `json:"windows"`
	Unreached  int     `json:"unreached"` // windows in which GitHub delivered no tick, of the job or of the rescue: they cannot be served
	Expired    int     `json:"expired"`   // windows not served whose slot was too old when a run came
	Served     int     `json:"served"`
	InTime     int     `json:"served_in_time"` // within an eighth of the window
	Lateness           // of those served
	Executions int     `json:"executions"`
	Needless   int     `json:"needless_executions"` // that began in a window already served
	Ticks      int     `json:"ticks"`               // that started a run
	Dispatches int     `json:"dispatches"`          // by the rescue
	Serves     int     `json:"serve_dispatches"`    // by serve
	Minutes    float64 `json:"minutes_a_month"`     // billed by GitHub, in 30 days, without those of the rescue itself

	windows []window
}

// Rescue is what became of the rescue itself.
type Rescue struct {
	Ticks   int     `json:"ticks"`
	Minutes float64 `json:"minutes_a_month"`
}

// Start is when a simulation begins, unless the project says otherwise: on a fixed day,
// so that its result does not depend on today.
var Start = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Play simulates a project for a number of days. The error names a cron that cannot
// be read.
func Play(p Project, r Regime, days int, seed uint64) (Result, error) {
	g, err := newGame(p, r, days, seed)
	if err != nil {
		return Result{}, err
	}
	if slices.ContainsFunc(p.Jobs, func(j Job) bool { return !j.plain() }) {
		newWorld(g).play()
	} else {
		g.play()
	}
	result := Result{Rescue: Rescue{Ticks: g.rescues, Minutes: g.monthly(g.minutes)}}
	for _, w := range g.workflows {
		result.Jobs = append(result.Jobs, g.outcome(w))
	}
	result.Total = Sum("total", result.Jobs)
	result.Total.Minutes = tenths(result.Total.Minutes + result.Rescue.Minutes)
	return result, nil
}

// Variant is what becomes of a project with or without its spares and rescue, and with or
// without what dispatches its jobs on time.
type Variant struct {
	Spares    bool `json:"spares"`
	Rescue    bool `json:"rescue"`
	Serve     bool `json:"serve"`
	Pacemaker bool `json:"pacemaker"`
	Result    `json:"result"`
}

// Variants simulates a project as it is, which comes first; without its rescue, without its
// spare ticks, and without both, as far as it has them; and with serve or the pacemaker.
func Variants(p Project, r Regime, days int, seed uint64) ([]Variant, error) {
	spares := slices.ContainsFunc(p.Jobs, func(j Job) bool { return slices.ContainsFunc(j.Crons, isSpare) })
	rescue := len(p.Rescue) > 0
	variants := []Variant{{Spares: spares, Rescue: rescue, Serve: p.Serve, Pacemaker: p.Pacemaker && rescue}}
	for _, v := range []Variant{{Spares: true, Rescue: true}, {Spares: true}, {Rescue: true}, {},
		{Spares: spares, Rescue: rescue, Serve: true}, {Spares: spares, Rescue: true, Pacemaker: true}} {
		if (spares || !v.Spares) && (rescue || !v.Rescue) && !v.same(variants[0]) {
			variants = append(variants, v)
		}
	}
	errs := make([]error, len(variants))
	var wait sync.WaitGroup
	for i := range variants {
		wait.Go(func() {
			v := &variants[i]
			v.Result, errs[i] = Play(p.as(*v), r, days, seed)
		})
	}
	wait.Wait()
	return variants, errs[0]
}

// same reports whether two variants, not yet simulated, have the same parts.
func (v Variant) same(other Variant) bool {
	return v.Spares == other.Spares && v.Rescue == other.Rescue && v.Serve == other.Serve && v.Pacemaker == other.Pacemaker
}

// as returns the project with the parts of a variant, which has no spares and no rescue
// that the project lacks.
func (p Project) as(v Variant) Project {
	p.Serve, p.Pacemaker = v.Serve, v.Pacemaker
	if !v.Rescue {
		p.Rescue = nil
	}
	p.Jobs = slices.Clone(p.Jobs)
	for i, job := range p.Jobs {
		if v.Pacemaker {
			p.Jobs[i].Patience = 0
		}
		if !v.Spares {
			p.Jobs[i].Crons = slices.DeleteFunc(slices.Clone(job.Crons), isSpare)
		}
	}
	return p
}

func isSpare(c schedule.Cron) bool { return c.Spare }

// game is a project being simulated.
type game struct {
	project   Project
	seed      uint64
	delivery  delivery
	workflows []*workflow
	ticks     []time.Time // of the rescue
	rng       *rand.Rand  // for its runs
	rescues   int
	minutes   int

	events  events
	now     time.Time
	busy    bool  // a rescue has begun and not ended
	pending bool  // another one waits for it
	chain   chain // of rescues that dispatch each other
}

func newGame(p Project, r Regime, days int, seed uint64) (*game, error) {
	from := p.From
	if from.IsZero() {
		from = Start
	}
	to := from.AddDate(0, 0, days)
	g := &game{project: p, seed: seed, chain: chain{rng: source(seed, "pacemaker"), coming: make([]time.Time, len(p.Jobs))}, delivery: newDelivery(r, from, to, source(seed, "outages")), rng: source(seed, "rescue")}
	var err error
	if g.ticks, err = g.delivery.deliver(p.Rescue, source(seed, "ticks of the rescue")); err != nil {
		return nil, fmt.Errorf("rescue: %w", err)
	}
	for _, job := range p.Jobs {
		ticks, err := g.delivery.deliver(job.Crons, source(seed, "ticks of "+job.ID))
		if err != nil {
			return nil, fmt.Errorf("job %q: %w", job.ID, err)
		}
		g.workflows = append(g.workflows, &workflow{job: job, delivery: g.delivery, rng: source(seed, "runs of "+job.ID),
			tally: newTally(job.Schedule, from, to), ticks: ticks, running: none, pending: none})
	}
	return g, nil
}

// source returns separate random numbers for each name, so that one job does not
// depend on the others.
func source(seed uint64, name string) *rand.Rand {
	hash := fnv.New64a()
	hash.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, hash.Sum64()))
}

func (g *game) play() {
	for _, at := range g.ticks {
		g.at(at, g.arrive)
	}
	if g.project.Serve {
		g.serve()
	}
	if g.project.Pacemaker {
		g.at(g.delivery.from, g.arrive) // sync was merged, and a push starts a rescue
	}
	for end := g.delivery.to.Add(24 * time.Hour); g.happen(end); { // what began before the end ends after it
	}
	for _, w := range g.workflows {
		w.advance(g.delivery.to)
	}
}

// serve has the loop dispatch all jobs.
func (g *game) serve() {
	s := newServer(g)
	for _, w := range g.workflows {
		s.serve(&served{job: w.job, look: func() (schedule.Verdict, bool) {
			seen, known := g.read(s.rng)
			return w.verdict(seen, g.now, 0), known
		}, create: func(at, slot time.Time) { w.dispatch(at, slot, byServe) }})
	}
}

// arrive has a rescue begin, unless another has not ended: then it waits, and takes the
// place of one that waits already.
func (g *game) arrive() {
	for _, w := range g.workflows {
		w.tally.reached(g.now)
	}
	if g.busy {
		g.pending = true
		return
	}
	g.begin()
}

func (g *game) begin() {
	g.busy, g.pending = true, false
	g.at(g.now.Add(queueing+looking), func() {
		end, whole := g.rescue(g.now)
		g.at(end, func() {
			g.busy = false
			if whole {
				g.pace(g.pulse, 0)
			}
			if g.pending {
				g.begin()
			}
		})
	})
}

// pulse is a rescue of the pacemaker.
func (g *game) pulse(ended func()) {
	if end, whole := g.rescue(g.now); whole {
		g.at(end, ended)
	}
}

// How long a rescue takes.
const (
	looking     = 20 * time.Second // until it has the list of runs
	dispatching = time.Second      // for each dispatch: "make requests serially, wait at least one second between each"
)

// rescue simulates a run of the rescue, which has the list of runs now. It returns when it
// ends, and false if its runner was lost.
func (g *game) rescue(now time.Time) (end time.Time, whole bool) {
	down, lost := g.rng.Float64() < g.delivery.regime.Down, g.rng.Float64() < g.delivery.regime.Lost
	seen := g.delivery.seen(now, g.rng)
	end, whole = now, !lost
	if !down && !lost {
		for _, c := range g.due(now, seen) {
			end = end.Add(dispatching)
			if created, accepted := g.delivery.dispatch(end, g.rng); accepted {
				c.workflow.dispatch(created, c.slot, byRescue)
			}
		}
	}
	g.rescues++
	g.minutes += int(math.Ceil(end.Sub(now.Add(-looking)).Minutes()))
	return end, whole
}

// read returns the time of the runs that GitHub lists now, if it answers.
func (g *game) read(rng *rand.Rand) (seen time.Time, known bool) {
	known = rng.Float64() >= g.delivery.regime.Down
	return g.delivery.seen(g.now, rng), known
}

// call is a workflow to dispatch, and the slot that it is for.
type call struct {
	workflow *workflow
	slot     time.Time
}

// due returns the workflows to dispatch, the oldest window first.
func (g *game) due(now, seen time.Time) []call {
	var due []call
	for _, w := range g.workflows {
		if v := w.verdict(seen, now, w.job.Patience); v.Dispatch {
			due = append(due, call{w, v.Window.Start})
		}
	}
	slices.SortStableFunc(due, func(a, b call) int { return a.slot.Compare(b.slot) })
	return due[:min(len(due), cmp.Or(g.project.AtOnce, len(due)))]
}

// monthly returns the share of 30 days in a number of the whole simulation.
func (g *game) monthly(n int) float64 {
	days := g.delivery.to.Sub(g.delivery.from).Hours() / 24
	return tenths(float64(n) * 30 / days)
}

func (g *game) outcome(w *workflow) Outcome {
	t := w.tally
	return Outcome{ID: w.job.ID, Schedule: w.job.Schedule.String(), Executions: t.executions, Needless: t.needless, Ticks: t.ticks,
		Dispatches: t.dispatches, Serves: t.serves, Minutes: g.monthly(t.minutes), windows: t.windows}.counted()
}
