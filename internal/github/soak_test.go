package github

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// soak is a world in which GitHub drops, delays and doubles ticks, hides the
// newest runs, shuffles lists and fails; jobs take long and fail; people dispatch
// and re-run. It runs in a bubble, where months pass in seconds.
type soak struct {
	*testing.T
	*rand.Rand
	fake     *ghtest.Server
	client   *Client
	schedule schedule.Schedule

	runs            []ghtest.Run        // of the job, the oldest first
	named           map[int64]time.Time // the windows that dispatches named, by run
	firstID, lastID int64               // of all runs
	hidden          int                 // how many of the newest runs lists leave out
	order           uint64              // in which lists are shuffled; 0 is not at all
	free            time.Time           // when the last run is over

	skipped, executed, twice int
}

// TestSoak checks that nothing is ever skipped without an execution in its
// window, and that nothing runs twice unless GitHub hid the first run.
func TestSoak(t *testing.T) {
	for _, row := range []struct {
		name    string
		spec    schedule.Spec
		windows int
	}{
		{"hour", schedule.Spec{Every: "hour"}, share(60)},
		{"day", schedule.Spec{Every: "day"}, share(75)},
		{"week", schedule.Spec{Every: "week"}, share(26)},
		{"month", schedule.Spec{Every: "month"}, share(12)},
		{"day in Berlin", schedule.Spec{Every: "day", At: "02:23", Timezone: "Europe/Berlin"}, share(150)},
		{"expires", schedule.Spec{Every: "day", Expires: 12 * time.Hour}, share(75)},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
				s := &soak{T: t, Rand: rand.New(rand.NewPCG(7, uint64(row.windows))), fake: fake, client: client, named: map[int64]time.Time{}}
				row.spec.Project, row.spec.ID = "soak", "clean-files"
				s.schedule, _ = schedule.Parse(row.spec)
				fake.SetArrange(s.arrange)
				s.live(s.ticks(row.windows))
				t.Logf("%d executed, %d skipped, %d twice", s.executed, s.skipped, s.twice)
				if s.executed < row.windows/2 || s.skipped < row.windows/2 {
					t.Errorf("too quiet: %d windows, %d executed, %d skipped", row.windows, s.executed, s.skipped)
				}
			})
		})
	}
}

// ticks returns when runs are created: for some ticks never, mostly late,
// sometimes twice.
func (s *soak) ticks(windows int) (ticks []time.Time) {
	start := s.schedule.Next(time.Now())
	end := start
	for range windows {
		end = s.schedule.Next(end)
	}
	for _, entry := range s.schedule.Crons(s.schedule.DefaultSpares()) {
		due, err := cron.ParseStandard("CRON_TZ=" + entry.Zone + " " + entry.Expr)
		if err != nil {
			s.Fatal(err)
		}
		for at := due.Next(start.Add(-1)); at.Before(end); at = due.Next(at) {
			for range []int{0, 1, 1, 1, 1, 1, 2}[s.IntN(7)] {
				late := time.Duration(s.ExpFloat64() * float64(s.scale()))
				ticks = append(ticks, at.Add(late).Truncate(time.Second))
			}
		}
	}
	slices.SortFunc(ticks, time.Time.Compare)
	return ticks
}

// scale is how late a tick is on average, and half of the time a run may take.
func (s *soak) scale() time.Duration {
	window := s.schedule.Window(time.Now())
	return min(5*time.Hour, window.End.Sub(window.Start)/6)
}

// live goes through the ticks. As in a concurrency group, a run waits until the
// one before it is over, and is cancelled if a third is created meanwhile.
func (s *soak) live(ticks []time.Time) {
	for i, tick := range ticks {
		run := ghtest.Run{ID: s.id(), Created: tick, Updated: tick, Status: "in_progress"}
		if s.IntN(6) == 0 { // a rescue
			s.name(&run, s.schedule.Prev(tick))
		}
		if i+1 < len(ticks) && ticks[i+1].Before(s.free) {
			run.Status, run.Conclusion = "completed", "cancelled"
			s.keep(run)
			continue
		}
		s.noise(tick)
		if s.free.Before(tick) {
			s.free = tick
		}
		time.Sleep(time.Until(s.free.Add(10 * time.Second)))
		s.keep(run)
		s.tick(run)
		s.free = time.Now()
	}
}

// tick is one run: its check, and what follows from that.
func (s *soak) tick(run ghtest.Run) {
	began := time.Now()
	s.hidden, s.order = max(0, s.IntN(8)-5), uint64(max(0, s.IntN(8)-5))
	s.fake.Break(s.fault())
	decision, err := decide(s.T, s.client, query(s.schedule))
	now := decision.Now
	if now.IsZero() {
		now = began
	}
	proof := slices.ContainsFunc(s.runs, func(r ghtest.Run) bool { return s.proves(r, now) })
	run.Status = "completed"
	expires := s.schedule.Spec().Expires
	expired := expires > 0 && now.Sub(s.schedule.Prev(now)) > expires
	switch {
	case decision.Run && expired, decision.Reason == schedule.Expired && (!expired || proof && err == nil && s.hidden == 0):
		s.Errorf("%s at %v, expired %v, proof %v", decision.Reason, now, expired, proof)
	case !decision.Run && !proof && !expired:
		s.Errorf("skipped at %v without an execution in its window: %+v", now, decision.Evidence)
	case decision.Run && proof && err == nil && s.hidden == 0:
		s.Errorf("run again at %v: %+v", now, decision)
	case decision.Run && proof:
		s.twice++
	}
	if !decision.Run {
		s.skipped++
	} else {
		s.executed++
		s.execute(&run)
	}
	run.Updated = time.Now()
	s.keep(run)
}

// proves is the promise in its own words: the entrypoint succeeded, and started
// in the current window. Of a dispatch that names a window that window counts instead,
// and of a re-run the one in which the run was created. If a re-run failed, an attempt
// before it counts.
func (s *soak) proves(r ghtest.Run, now time.Time) bool {
	from, to := s.schedule.Prev(now), s.schedule.Next(now)
	inside := func(t time.Time) bool { return !t.Before(from) && t.Before(to) }
	slot, named := s.named[r.ID]
	if r.Started.IsZero() {
		for n, earlier := range r.Earlier {
			if !earlier.Started.IsZero() {
				return named && inside(slot) || !named && inside(r.Created) && (n > 0 || inside(earlier.Started))
			}
		}
		return false
	}
	switch {
	case named:
		return inside(slot)
	case r.Attempt > 1:
		return inside(r.Created)
	}
	return inside(r.Started)
}

// execute runs the entrypoint, which may fail and may take hours.
func (s *soak) execute(run *ghtest.Run) {
	time.Sleep(time.Duration(20+s.IntN(40)) * time.Second)
	started := time.Now()
	time.Sleep(time.Duration(s.IntN(int(2*s.scale()/time.Second)*max(0, s.IntN(4)-2)+60)) * time.Second)
	run.Status = "completed"
	switch s.IntN(12) {
	case 0, 1:
		run.Conclusion = "failure"
	case 2:
		run.Conclusion = "timed_out"
	case 3: // a step after the entrypoint failed
		run.Conclusion, run.Started = "failure", started
	default:
		run.Conclusion, run.Started = "success", started
	}
}

// noise is what else happens before a tick: runs that prove nothing for its
// window, and somebody who re-runs a failed one.
func (s *soak) noise(at time.Time) {
	other := ghtest.Run{ID: s.id(), Created: at, Started: at}
	switch s.IntN(12) {
	case 0:
		other.Event, other.Branch = "workflow_dispatch", "dev"
	case 1:
		other.Event = "push"
	case 2:
		other.Head = "mallory/app"
	case 3:
		other.Path = ".github/workflows/ci.yml"
	case 4, 5:
		s.again()
		return
	case 6:
		s.backfill(at)
		return
	default:
		return
	}
	s.fake.Add(other)
}

// backfill dispatches a forced run of the window before.
func (s *soak) backfill(at time.Time) {
	time.Sleep(time.Until(at))
	time.Sleep(time.Until(s.free))
	run := ghtest.Run{ID: s.id(), Created: at}
	s.name(&run, s.schedule.Prev(s.schedule.Prev(at).Add(-1)))
	s.execute(&run)
	run.Updated = time.Now()
	s.keep(run)
	s.free = run.Updated
}

// name makes a run a dispatch for a window.
func (s *soak) name(run *ghtest.Run, slot time.Time) {
	run.Event, run.Title = "workflow_dispatch", "clean-files: backfill "+slot.Format(time.RFC3339)
	s.named[run.ID] = slot
}

// again re-runs the last run that failed.
func (s *soak) again() {
	for _, run := range slices.Backward(s.runs) {
		if run.Conclusion == "failure" {
			time.Sleep(time.Until(s.free))
			if len(run.Earlier) == attempts {
				return // more are not asked
			}
			run.Earlier = append(slices.Clone(run.Earlier), ghtest.Run{Created: run.Created, Started: run.Started, Conclusion: run.Conclusion})
			run.Attempt, run.Started = max(run.Attempt, 1)+1, time.Time{}
			s.execute(&run)
			run.Updated = time.Now()
			s.keep(run)
			s.free = run.Updated
			return
		}
	}
}

// fault returns a fault, or mostly one that never strikes.
func (s *soak) fault() ghtest.Fault {
	faults := []ghtest.Fault{
		{Status: 500}, {Status: 403}, {Status: 429, Header: map[string]string{"Retry-After": "20"}},
		{Path: "/jobs", Status: 502}, {Path: "/jobs", Drop: true}, {Hang: true}, {Cut: true},
	}
	if i := s.IntN(4 * len(faults)); i < len(faults) {
		faults[i].Once = true
		return faults[i]
	}
	return ghtest.Fault{Path: "nothing"}
}

// arrange hides the newest runs, repeats some and may shuffle them; for each page
// in the same way.
func (s *soak) arrange(runs []ghtest.Run) (arranged []ghtest.Run) {
	order := rand.New(rand.NewPCG(s.order, s.order))
	for _, run := range runs[min(s.hidden, len(runs)):] {
		arranged = append(arranged, run)
		if order.IntN(10) == 0 {
			arranged = append(arranged, run)
		}
	}
	if s.order > 0 {
		order.Shuffle(len(arranged), func(i, j int) { arranged[i], arranged[j] = arranged[j], arranged[i] })
	}
	return arranged
}

func (s *soak) id() int64 {
	s.lastID++
	return s.lastID
}

// keep adds or replaces a run, and forgets those past the retention.
func (s *soak) keep(run ghtest.Run) {
	s.fake.Add(run)
	i := slices.IndexFunc(s.runs, func(r ghtest.Run) bool { return r.ID == run.ID })
	if i >= 0 {
		s.runs[i] = run
		return
	}
	s.runs = append(s.runs, run)
	if len(s.runs) > 24 {
		for s.firstID < s.runs[1].ID {
			s.fake.Remove(s.firstID)
			s.firstID++
		}
		s.runs = s.runs[1:]
	}
}
