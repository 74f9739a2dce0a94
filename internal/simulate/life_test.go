package simulate

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// slots walks minute by minute through the simulated time and returns the minutes in
// which the cron fires. It reads numbers and stars, and knows nothing of package
// schedule. Many cases share a walk.
func slots(expr string, days int) []time.Time {
	type key struct {
		expr string
		days int
	}
	walk, _ := walks.LoadOrStore(key{expr, days}, sync.OnceValue(func() []time.Time { return walkSlots(expr, days) }))
	return walk.(func() []time.Time)()
}

var walks sync.Map

func walkSlots(expr string, days int) (slots []time.Time) {
	fields := strings.Fields(expr)
	fires := func(field, value int) bool { return fields[field] == "*" || fields[field] == strconv.Itoa(value) }
	for minute := range days * 24 * 60 {
		if !fires(0, minute%60) {
			continue
		}
		at := time.Unix(Start.Unix()+int64(minute)*60, 0).UTC()
		if fires(1, at.Hour()) && fires(2, at.Day()) && fires(3, int(at.Month())) && fires(4, int(at.Weekday())) {
			slots = append(slots, at)
		}
	}
	return slots
}

// life is what truly became of a job, told by the runs alone.
type life struct {
	job     Job
	windows []schedule.Window // whole ones
	runs    []run             // all that ended, in the order in which they decided
	tally   *tally
}

// begin returns a game, and the lives that it will fill.
func begin(t *testing.T, p Project, r Regime, days int, seed uint64) (*game, []*life) {
	t.Helper()
	g, err := newGame(p, r, days, seed)
	if err != nil {
		t.Fatal(err)
	}
	var lives []*life
	for _, w := range g.workflows {
		l := &life{job: w.job, windows: windows(w.job, days), tally: w.tally}
		w.tally.watch = func(r run) { l.runs = append(l.runs, r) }
		lives = append(lives, l)
	}
	return g, lives
}

// windows returns the whole windows of a job in the simulated time: walked for the
// cadences of the public format, else those that package schedule says, which its own
// tests hold to an oracle.
func windows(job Job, days int) (windows []schedule.Window) {
	spec := job.Schedule.Spec()
	cadence := schedule.Spec{Project: spec.Project, ID: spec.ID, Every: spec.Every}
	if slices.Contains(schedule.Cadences, job.Schedule.Every()) && cmp.Equal(spec, cadence) {
		slots := slots(job.Crons[0].Expr, days)
		for i := 1; i < len(slots); i++ {
			windows = append(windows, schedule.Window{Start: slots[i-1], End: slots[i]})
		}
		return windows
	}
	if spec.Disabled {
		return nil
	}
	end := Start.AddDate(0, 0, days)
	windows = job.Schedule.Windows(end, Start, 0)
	slices.Reverse(windows)
	return slices.DeleteFunc(windows, func(w schedule.Window) bool { return w.Start.Before(Start) || w.End.After(end) })
}

func play(t *testing.T, p Project, r Regime, days int, seed uint64) (*game, []*life) {
	t.Helper()
	g, lives := begin(t, p, r, days, seed)
	g.play()
	sorted(lives)
	return g, lives
}

// sorted brings the runs in the order in which they decided.
func sorted(lives []*life) {
	for _, l := range lives {
		slices.SortStableFunc(l.runs, func(a, b run) int { return a.checked.Compare(b.checked) })
	}
}

// window returns the walked window that contains a time; false outside of them.
func (l *life) window(at time.Time) (schedule.Window, bool) {
	i, _ := slices.BinarySearchFunc(l.windows, at, func(w schedule.Window, at time.Time) int {
		if w.Contains(at) {
			return 0
		}
		return w.Start.Compare(at)
	})
	if i == len(l.windows) || !l.windows[i].Contains(at) {
		return schedule.Window{}, false
	}
	return l.windows[i], true
}

// served returns the run that served each window.
func (l *life) served() map[time.Time]run {
	served := map[time.Time]run{}
	for _, r := range l.runs {
		if w, ok := l.window(r.executed); ok && r.success && served[w.Start].executed.IsZero() {
			served[w.Start] = r
		}
	}
	return served
}

// checkSkips: no run skips unless another one had executed the entrypoint in the
// same window, with success, and was over, or the slot was too old.
func (l *life) checkSkips(t *testing.T, name string) (skips int) {
	t.Helper()
	served := l.served()
	for _, r := range l.runs {
		w, ok := l.window(r.checked)
		if !ok || !r.executed.IsZero() {
			continue
		}
		skips++
		if r.expired && r.checked.After(l.job.Schedule.Expires(w)) {
			continue
		}
		if at := served[w.Start].executed; at.IsZero() || !at.Before(r.checked) {
			t.Errorf("%s: the run that decided %v skipped, and the window was served %v", name, r.checked, at)
		}
	}
	return skips
}

// checkTally: the numbers are those that the runs give.
func (l *life) checkTally(t *testing.T, name string) {
	t.Helper()
	served, needless := l.served(), 0
	var want []window
	for _, w := range l.windows {
		at := served[w.Start].executed
		wanted := window{Window: w, served: !at.IsZero()}
		if wanted.served {
			wanted.late = at.Sub(w.Start)
		}
		want = append(want, wanted)
	}
	for _, r := range l.runs {
		if w, ok := l.window(r.executed); ok && served[w.Start].executed.Before(r.executed) && !served[w.Start].executed.IsZero() {
			needless++
		}
	}
	got := slices.Clone(l.tally.windows)
	for i := range got {
		got[i].reached, got[i].expired = false, false
	}
	if !slices.Equal(want, got) || needless != l.tally.needless {
		t.Errorf("%s: %d needless, counted %d; windows (-want +got):\n%s", name, needless, l.tally.needless, cmp.Diff(want, got, cmp.AllowUnexported(window{})))
	}
}

// checkGroup: no run decides before the one that decided before it is over, and
// none that had to make room ever began.
func (l *life) checkGroup(t *testing.T, name string) {
	t.Helper()
	for i := 1; i < len(l.runs); i++ {
		if before, r := l.runs[i-1], l.runs[i]; !before.checked.IsZero() && !before.ended.Before(r.checked) {
			t.Errorf("%s: the run of %v decided %v, while that of %v ran until %v", name, r.created, r.checked, before.created, before.ended)
		}
	}
}

// checkServed: a window in which a tick arrived, of the job or else of a rescue
// that could see, is served if the entrypoint works and there is the time for it.
func (l *life) checkServed(t *testing.T, name string, g *game) {
	t.Helper()
	served := l.served()
	longest := l.job.longest(g.delivery.regime)
	for _, r := range l.runs {
		w, ok := l.window(r.created)
		if _, out := g.delivery.outage(r.created.Add(longest)); !ok || out {
			continue
		}
		if r.created.Add(longest).Before(l.job.Schedule.Expires(w)) && served[w.Start].executed.IsZero() {
			t.Errorf("%s: %v is not served, although a tick arrived %v", name, w, r.created)
		}
	}
	if g.delivery.regime.Stale+g.delivery.regime.Down > 0 || l.job.Patience > 0 {
		return
	}
	for _, at := range g.ticks {
		w, ok := l.window(at)
		if _, out := g.delivery.outage(at.Add(2 * longest)); ok && !out && at.Add(2*longest).Before(l.job.Schedule.Expires(w)) && served[w.Start].executed.IsZero() {
			t.Errorf("%s: %v is not served, although a rescue came %v", name, w, at)
		}
	}
}

// longest returns the longest that a run can take from its creation until it has
// executed the entrypoint: the time of another before it, and its own.
func (Job) longest(r Regime) time.Duration {
	execution := r.Execution[len(r.Execution)-1][1]
	return 2 * (minutes(execution) + 3*time.Minute)
}

// checkPromises checks all of these that the regime allows.
func (l *life) checkPromises(t *testing.T, name string, g *game) (skips int) {
	t.Helper()
	skips = l.checkSkips(t, name)
	l.checkTally(t, name)
	l.checkGroup(t, name)
	r := g.delivery.regime
	if r.Failed+r.Lost+r.Cancelled == 0 {
		l.checkServed(t, name, g)
	}
	if r.Stale+r.Down == 0 && minutes(60*24*r.History) > l.roomiest()+9*day {
		l.checkCoalescing(t, name)
		if n := l.tally.needless; n > 0 {
			t.Errorf("%s: %d needless executions although no list was stale", name, n)
		}
	}
	return skips
}

// roomiest returns the length of the longest window.
func (l *life) roomiest() (length time.Duration) {
	for _, w := range l.windows {
		length = max(length, w.End.Sub(w.Start))
	}
	return length
}

// checkCoalescing: one execution that succeeds discharges all windows before, so
// no window has two.
func (l *life) checkCoalescing(t *testing.T, name string) {
	t.Helper()
	last := schedule.Window{}
	for _, r := range l.runs {
		w, ok := l.window(r.executed)
		if !ok || !r.success {
			continue
		}
		if w == last {
			t.Errorf("%s: a second execution in %v, begun %v", name, w, r.executed)
		}
		last = w
	}
}
