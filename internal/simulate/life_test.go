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
	windows []schedule.Window // walked
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
		l := &life{job: w.job, tally: w.tally}
		slots := slots(w.job.Crons[0].Expr, days)
		for i := 1; i < len(slots); i++ {
			l.windows = append(l.windows, schedule.Window{Start: slots[i-1], End: slots[i]})
		}
		w.tally.watch = func(r run) { l.runs = append(l.runs, r) }
		lives = append(lives, l)
	}
	return g, lives
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
// same window, with success, and was over.
func (l *life) checkSkips(t *testing.T, name string) (skips int) {
	t.Helper()
	served := l.served()
	for _, r := range l.runs {
		w, ok := l.window(r.checked)
		if !ok || !r.executed.IsZero() {
			continue
		}
		skips++
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
		got[i].reached = false
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
		if w.Contains(r.created.Add(longest)) && served[w.Start].executed.IsZero() {
			t.Errorf("%s: %v is not served, although a tick arrived %v", name, w, r.created)
		}
	}
	if g.delivery.regime.Stale+g.delivery.regime.Down > 0 || l.job.Patience > 0 {
		return
	}
	for _, at := range g.ticks {
		w, ok := l.window(at)
		if _, out := g.delivery.outage(at.Add(2 * longest)); ok && !out && w.Contains(at.Add(2*longest)) && served[w.Start].executed.IsZero() {
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
