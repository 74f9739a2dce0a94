package serve

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// errand is what the executor asks GitHub beside dispatches, one of each at a time.
type errand int

const (
	watching  errand = iota // whether dispatches without a clear answer have become runs
	sweeping                // what is owed
	knocking                // whether workflows that were not active are
	following               // when runs start
	peeking                 // whether there is news of runs
	reading                 // what became of windows, for the page
	narrowing               // how far the clocks are apart
	errands
)

// when returns when an errand is due; zero: not at all, or it is under way. The caller holds
// the lock.
func (g *GitHub) when(e errand) (when time.Time) {
	if g.busy[e] || g.outage.row > 0 && slices.Contains(slices.Collect(maps.Values(g.busy)), true) {
		return when
	}
	switch e {
	case sweeping:
		if when = g.swept; when.IsZero() {
			when = time.Unix(1, 0) // at once
		}
	case watching:
		for _, r := range g.jobs {
			if r.phase == looking {
				when = earliest(when, r.unclear.next)
			}
		}
	case knocking:
		for _, r := range g.jobs {
			if r.barred {
				when = earliest(when, r.knock)
			}
		}
	case following:
		when = g.follows.when()
	case narrowing:
		when = g.offset.when(g.Clock.Now())
	case reading:
		if g.Branch == "" || !g.pasts.wanted {
			return when
		}
		if when = g.pasts.next; when.IsZero() {
			when = time.Unix(1, 0)
		}
	case peeking:
		if g.Branch == "" {
			return when // the first sweep comes first
		}
		if when = g.peeks.next; when.IsZero() {
			when = time.Unix(1, 0)
		}
	}
	if when.IsZero() {
		return when
	}
	if g.hold.silent {
		when = latest(when, g.hold.until)
	}
	return latest(when, g.outage.until)
}

// run runs an errand. The caller holds the lock.
func (g *GitHub) run(e errand) {
	g.busy[e] = true
	do := [errands]func(context.Context){watching: g.look, sweeping: g.sweep, knocking: g.knock, following: g.follow, peeking: g.peek, reading: g.readPast, narrowing: g.narrow}[e]
	g.ended.Go(func() {
		do(g.work)
		g.mu.Lock()
		g.busy[e] = false
		g.mu.Unlock()
		g.wakeUp()
	})
}

// looks are the times of the looks for the run of a dispatch without a clear answer, after
// that. GitHub lists a run after a moment, so it is looked for for more than ten seconds.
var looks = []time.Duration{time.Second, 3 * time.Second, 6 * time.Second, 11 * time.Second}

const (
	lookPages   = 3 // of the list of runs
	lookTimeout = 20 * time.Second

	// maxBlind is how long a dispatch waits for a list of runs that cannot be read; in a short
	// window half of that. The window is not to be lost.
	maxBlind = 30 * time.Minute

	// early is how much before a dispatch its run may have been created, as far as the
	// offset of the clocks is known.
	early = 3 * time.Second
)

// unclear is a dispatch that may have become a run.
type unclear struct {
	since time.Time
	next  time.Time // when to look
	last  time.Time // a look from then on decides
	blind time.Time // from then on, a look that fails decides as well
	count int       // looks
}

func newUnclear(at time.Time, tries int, w schedule.Window) unclear {
	wait := looks[len(looks)-1]
	if tries > 1 {
		wait = ladder(tries)
	}
	last := at.Add(wait)
	blind := at.Add(min(maxBlind, w.End.Sub(w.Start)/2))
	if blind.Before(last) {
		blind = last
	}
	return unclear{since: at, next: at.Add(looks[0]), last: last, blind: blind}
}

// step goes on to the next look, after one at that time.
func (u *unclear) step(at time.Time) {
	u.count++
	u.next = u.last
	if u.count < len(looks) {
		u.next = earliest(u.next, u.since.Add(looks[u.count]))
	}
	if !u.next.After(at) { // the last one failed
		u.next = at.Add(looks[1])
	}
}

// look looks for the runs of all dispatches without a clear answer, with one list.
func (g *GitHub) look(ctx context.Context) {
	g.mu.Lock()
	at := g.offset.at(g.Clock.Now())
	since, branch := at, g.Branch
	for _, r := range g.jobs {
		if r.phase == looking {
			since = earliest(since, r.last.Sent.Add(-early))
		}
	}
	g.mu.Unlock()
	ctx, cancel := g.patient(ctx, "look for runs")
	runs, known, _, err := g.Client.Newest(ctx, branch, since, lookPages)
	cancel()
	g.mu.Lock()
	g.read(err, at)
	var decided []ledger.Dispatch
	for _, r := range g.jobs {
		if r.phase == looking && !r.last.Sent.After(at) {
			if g.decide(r, runs, err == nil && !known.After(r.last.Sent.Add(-early)), at) {
				decided = append(decided, r.last)
			}
		}
	}
	g.mu.Unlock()
	var ids []string
	for _, d := range decided {
		g.record(d)
		ids = append(ids, d.Job)
	}
	g.changed(ids...)
}

// decide takes in the runs that were listed at a time. read says that the one of the
// dispatch must be among them. It reports whether it is known now whether there is one. The
// caller holds the lock.
func (g *GitHub) decide(r *remote, runs []github.RunState, read bool, at time.Time) bool {
	i := slices.IndexFunc(runs, func(run github.RunState) bool {
		return run.File == r.job.File() && run.Dispatched && !run.Forced && run.Slot.Equal(r.last.Slot) && !run.Created.Before(r.last.Sent.Add(-early))
	})
	switch {
	case i >= 0:
		d := r.last
		d.Run, d.Created, d.Accepted = runs[i].ID, runs[i].Created, runs[i].Created
		g.accepted(r, &d, runs[i].URL)
	case read && !at.Before(r.unclear.last), !read && !at.Before(r.unclear.blind):
		r.phase, r.again, r.last.Void = due, at, true
	default:
		r.unclear.step(at)
		return false
	}
	return true
}
