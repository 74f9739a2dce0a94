package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// handing is how long GitHub takes from the end of a check to the start of a lane's turn.
const handing = 5 * time.Second

// queued is how many wait in a concurrency group with `queue: max`; a further one is
// cancelled. https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#concurrency
const queued = 100

// world is a project whose jobs have policies. What happens to one job depends on others,
// so it is played event by event.
type world struct {
	*game
	flows  []*flow
	groups map[string]*group
	ids    int64 // of the runs so far

	entering *launch // whose lane entered a group last, and perhaps cancelled what was there

	// These are only set in tests.
	watch  func(*flow, *lane)            // is called with every lane that ends
	judged func(*flow, schedule.Verdict) // and with every verdict of a rescue
}

// flow is the workflow of a job with policies.
type flow struct {
	*workflow
	runs   []*launch
	needs  []*flow
	listed []schedule.Run

	// These are only set in tests.
	poisoned func(slot time.Time) bool            // its executions always fail
	wish     func(end time.Time) (next time.Time) // what an execution asks for
}

// launch is a run of a flow: a check, and then the lanes that it found.
type launch struct {
	id      int64
	flow    *flow
	created time.Time
	asked   time.Time // the slot that it was dispatched for; zero for a tick
	rescue  bool      // a rescue or serve dispatched it
	began   time.Time // of its check; zero until that has its turn
	checked time.Time // zero until it has decided
	ended   time.Time // zero as long as it has not
	failed  bool
	settled schedule.Settled
	cancels bool              // its lanes cancel what executes there
	todo    []schedule.Window // without a lane so far
	lanes   []*lane
}

// lane is the job of a run that executes one slot; that of a workflow with one job too.
type lane struct {
	run             *launch
	slot            schedule.Window
	group           *group // nil for none
	turn            *turn
	executed, ended time.Time // as in run
	success, failed bool
	next            time.Time // when it asked to be run next; zero if it did not
	killer          *launch   // the run that cancelled it, its own where too many waited; nil for none
}

// group is a concurrency group: one has its turn, and others wait for theirs.
type group struct {
	running *turn
	waiting []*turn
}

// turn is a run or a lane in a group.
type turn struct{ begin, stop func() }

// enter gives a turn, or has it wait.
func (g *group) enter(t *turn, cancel bool) {
	if cancel && g.running != nil {
		for _, other := range append(slices.Clone(g.waiting), g.running) {
			other.stop()
		}
	}
	switch {
	case g.running == nil:
		g.running = t
		t.begin()
	case len(g.waiting) == queued:
		t.stop()
	default:
		g.waiting = append(g.waiting, t)
	}
}

// leave ends a turn.
func (g *group) leave(t *turn) {
	if g.running != t {
		g.waiting = slices.DeleteFunc(g.waiting, func(other *turn) bool { return other == t })
		return
	}
	if g.running = nil; len(g.waiting) > 0 {
		g.running, g.waiting = g.waiting[0], g.waiting[1:]
		g.running.begin()
	}
}

func newWorld(g *game) *world {
	w := &world{game: g, groups: map[string]*group{}}
	for _, f := range g.workflows {
		w.flows = append(w.flows, &flow{workflow: f})
	}
	for _, f := range w.flows {
		for _, other := range w.flows {
			if slices.Contains(f.job.Needs, other.job.ID) {
				f.needs = append(f.needs, other)
			}
		}
		for _, at := range f.ticks {
			w.at(at, func() { w.create(f, time.Time{}, byCron) })
		}
	}
	return w
}

// play plays the project to its end.
func (w *world) play() {
	for _, at := range w.ticks {
		w.at(at, w.rescue)
	}
	if w.project.Serve {
		w.serve()
	}
	if w.project.Pacemaker {
		w.at(w.delivery.from, w.rescue) // sync was merged, and a push starts a rescue
	}
	for w.happen(w.delivery.to) {
	}
}

// serve has the loop dispatch all jobs.
func (w *world) serve() {
	s := newServer(w.game)
	for _, f := range w.flows {
		s.serve(&served{job: f.job, look: func() (schedule.Verdict, bool) {
			watches, known := w.watches(append([]*flow{f}, f.needs...), s.rng)
			if !known {
				return schedule.Verdict{}, false
			}
			watch := watches[f]
			watch.Patience = 0
			watches[f] = watch
			return w.verdict(f, watches), true
		}, create: func(at, slot time.Time) {
			w.at(at, func() { w.create(f, slot, byServe) })
		}})
	}
}

// group returns the concurrency group of that name.
func (w *world) group(name string) *group {
	if w.groups[name] == nil {
		w.groups[name] = &group{}
	}
	return w.groups[name]
}

// create creates a run, which waits for those before it unless the job executes several
// windows at once, or cancels.
func (w *world) create(f *flow, asked time.Time, by origin) {
	r := &launch{id: w.ids, flow: f, created: w.now, asked: asked, rescue: by != byCron}
	w.ids++
	f.runs = append(f.runs, r)
	f.tally.arrived(w.now, by)
	if f.job.instances() > 1 || f.job.Cancel { // only the checks take turns
		in := w.group("check " + f.job.ID)
		t := &turn{}
		t.begin = func() { w.check(r, func() { in.leave(t) }, func() {}) }
		t.stop = func() { r.ended = w.now }
		in.enter(t, false)
		return
	}
	in := w.group("workflow " + f.job.ID)
	t := &turn{}
	t.begin = func() { w.check(r, func() {}, func() { in.leave(t) }) }
	t.stop = func() { r.ended = w.now }
	in.enter(t, false)
}

// after returns when something begins that waits for a runner.
func (w *world) after(rng *rand.Rand, average time.Duration) time.Time {
	at := w.now
	if out, is := w.delivery.outage(at); is {
		at = out.End
	}
	return at.Add(average/2 + time.Duration(rng.Int64N(int64(average))))
}

// check has a run decide, and then execute what it found.
func (w *world) check(r *launch, decided, over func()) {
	f := r.flow
	began := w.after(f.rng, queueing)
	r.began = began
	w.at(began.Add(checking), func() {
		r.checked = w.now
		d := w.decide(f, schedule.Tick{Slot: r.asked})
		r.settled, r.todo = d.Settled, d.Slots
		r.cancels = f.job.Cancel && d.Run && schedule.Cancels(d.Window, r.id, f.view(w.now))
		f.tally.billed(w.now.Sub(began))
		if d.Reason == schedule.Expired {
			f.tally.ended(run{checked: w.now, expired: true})
		}
		w.at(w.now.Add(handing), func() { w.proceed(r, over) })
		decided()
	})
}

// proceed gives lanes to the slots of a run, as many at once as the job allows.
func (w *world) proceed(r *launch, over func()) {
	active := 0
	for _, x := range r.lanes {
		if x.ended.IsZero() {
			active++
		}
	}
	for ; len(r.todo) > 0 && active < r.flow.job.instances(); active++ {
		x := &lane{run: r, slot: r.todo[0]}
		r.todo, r.lanes = r.todo[1:], append(r.lanes, x)
		w.enter(x, over)
	}
	if active == 0 && r.ended.IsZero() {
		r.ended = w.now
		over()
	}
}

// enter has a lane wait for its turn, and execute.
func (w *world) enter(x *lane, over func()) {
	f := x.run.flow
	name := ""
	switch {
	case f.job.Lock != "":
		name = "lock " + f.job.Lock
	case f.job.laned():
		name = "lane " + f.job.ID + string(rune('0'+f.job.Schedule.Lane(x.slot.Start, f.job.instances())))
	default:
		w.execute(x, over) // the check of a workflow with one job has decided
		return
	}
	x.group = w.group(name)
	x.turn = &turn{begin: func() { w.recheck(x, over) }, stop: func() {
		x.killer = w.entering
		w.end(x, over)
	}}
	w.entering = x.run
	x.group.enter(x.turn, x.run.cancels)
}

// recheck decides for the slot of a lane, once it is its turn.
func (w *world) recheck(x *lane, over func()) {
	w.at(w.after(x.run.flow.rng, queueing).Add(checking), func() {
		if !x.ended.IsZero() {
			return
		}
		if d := w.decide(x.run.flow, schedule.Tick{Slot: x.slot.Start, Lane: true}); !d.Run {
			x.success = true
			w.end(x, over)
			return
		}
		w.execute(x, over)
	})
}

// execute executes the entrypoint, unless the lane is cancelled meanwhile.
func (w *world) execute(x *lane, over func()) {
	f := x.run.flow
	w.at(w.now.Add(f.about(preparing)), func() {
		if !x.ended.IsZero() {
			return
		}
		x.executed = w.now
		end, failed := f.attempt(w.now)
		if f.poisoned != nil && f.poisoned(x.slot.Start) {
			failed = true
		}
		lost := f.chance(f.delivery.regime.Lost)
		if lost {
			end = end.Add(finding)
		}
		stopped := f.chance(f.delivery.regime.Cancelled)
		w.at(end, func() {
			if !x.ended.IsZero() {
				return
			}
			x.failed = failed || lost
			x.success = !x.failed && !stopped
			if x.success && f.wish != nil {
				x.next = f.wish(w.now)
			}
			w.end(x, over)
		})
	})
}

// end ends a lane, and lets the next one have its turn.
func (w *world) end(x *lane, over func()) {
	x.ended = w.now
	x.run.failed = x.run.failed || x.failed
	if w.watch != nil {
		w.watch(x.run.flow, x)
	}
	f := x.run.flow
	if !x.executed.IsZero() {
		f.tally.billed(w.now.Sub(x.executed))
		f.tally.executed(x.slot.Start, x.executed, x.success)
	}
	if x.group != nil {
		x.group.leave(x.turn)
	}
	w.proceed(x.run, over)
}

// decide does what a check does.
func (w *world) decide(f *flow, t schedule.Tick) schedule.Decision {
	t.Now, t.Attempt = w.now, 1
	t.Runs, t.Unknown = w.read(f, f.rng)
	for _, need := range f.needs {
		n := schedule.Need{ID: need.job.ID, Schedule: need.job.Schedule}
		n.Runs, n.Unknown = w.read(need, f.rng)
		t.Needs = append(t.Needs, n)
	}
	return schedule.Decide(f.job.Schedule, t)
}

// read returns the history of a job as GitHub answers now, if it does.
func (w *world) read(f *flow, rng *rand.Rand) (runs []schedule.Run, unknown bool) {
	if rng.Float64() < w.delivery.regime.Down {
		return nil, true
	}
	return f.view(w.delivery.seen(w.now, rng)), false
}

// watches returns what a rescue knows about jobs, if GitHub answers.
func (w *world) watches(flows []*flow, rng *rand.Rand) (watches map[*flow]schedule.Watch, known bool) {
	watches = map[*flow]schedule.Watch{}
	for _, f := range flows {
		runs, unknown := w.read(f, rng)
		if unknown {
			return nil, false
		}
		watches[f] = schedule.Watch{Schedule: f.job.Schedule, Patience: f.job.Patience, Since: w.delivery.from, Runs: runs,
			Needs: map[string]schedule.Watch{}, Parallel: f.job.instances() > 1 || f.job.Cancel}
	}
	return watches, true
}

// verdict says what a rescue does about a job, by what it knows about that and its needs.
func (w *world) verdict(f *flow, watches map[*flow]schedule.Watch) schedule.Verdict {
	watch := watches[f]
	for _, need := range f.needs {
		watch.Needs[need.job.ID] = watches[need]
	}
	return schedule.Rescue(watch, w.now)
}

// rescue plays the rescue of a tick.
func (w *world) rescue() {
	for _, f := range w.flows {
		f.tally.reached(w.now)
	}
	w.rescues++
	w.minutes++
	w.at(w.now.Add(queueing+looking), func() { w.look(func() { w.pace(w.pulse, 0) }) })
}

// pulse is a rescue of the pacemaker.
func (w *world) pulse(ended func()) {
	w.rescues++
	w.minutes++
	w.look(ended)
}

// look dispatches what is due, if GitHub answers, and then calls ended, unless the runner is
// lost.
func (w *world) look(ended func()) {
	if w.rng.Float64() < w.delivery.regime.Lost {
		return
	}
	watches, known := w.watches(w.flows, w.rng)
	if !known {
		ended()
		return
	}
	end, started := w.now, 0
	for _, f := range w.flows {
		v := w.verdict(f, watches)
		if w.judged != nil {
			w.judged(f, v)
		}
		if v.Dispatch && (w.project.AtOnce == 0 || started < w.project.AtOnce) {
			end, started = end.Add(dispatching), started+1
			if at, accepted := w.delivery.dispatch(end, w.rng); accepted {
				w.at(at, func() { w.create(f, v.Window.Start, byRescue) })
			}
		}
	}
	w.minutes += int(math.Ceil(end.Sub(w.now).Minutes()))
	w.at(end, ended)
}

// settling is how long before what a run calls settled the runs are read: one can wait so
// long that it serves a later slot.
const settling = 24 * time.Hour

// view returns the runs as GitHub lists them at a time, with what their jobs show, back to
// where one says that all is settled. The next call overwrites the result.
func (f *flow) view(seen time.Time) []schedule.Run {
	shown := f.listed[:0]
	oldest := seen.Add(-minutes(60 * 24 * f.delivery.regime.History))
	for i := len(f.runs) - 1; i >= 0 && !f.runs[i].created.Before(oldest); i-- {
		r := f.runs[i]
		if r.created.After(seen) {
			continue
		}
		over := !r.ended.IsZero() && !r.ended.After(seen)
		base := schedule.Run{ID: r.id, Attempt: 1, Created: r.created, Updated: r.created, Active: !over, Rescue: r.rescue}
		base.Undecided = !over && (r.began.IsZero() || r.began.After(seen))
		if !r.checked.IsZero() && !r.checked.After(seen) {
			base.Settled = r.settled
			if settled := r.settled.Before.Add(-settling); settled.After(oldest) {
				oldest = settled
			}
		}
		if !r.rescue {
			base.Asked = r.asked
		}
		if over {
			base.Updated, base.Success, base.Failed = r.ended, !r.failed, r.failed
		}
		lanes := 0
		for _, x := range r.lanes {
			s := base
			if s.Active = x.ended.IsZero() || x.ended.After(seen); !s.Active {
				s.Updated, s.Success, s.Failed = x.ended, x.success, x.failed
				if x.success {
					s.Started, s.Next = x.executed, x.next
				}
			}
			if f.job.laned() {
				s.Lane, s.Slot = true, x.slot.Start
			}
			shown = append(shown, s)
			lanes++
		}
		for _, slot := range r.todo { // GitHub lists the jobs of a matrix that are still to come
			s := base
			s.Active, s.Lane, s.Slot = true, true, slot.Start
			shown = append(shown, s)
			lanes++
		}
		if lanes == 0 {
			shown = append(shown, base)
		}
	}
	f.listed = shown
	return shown
}
