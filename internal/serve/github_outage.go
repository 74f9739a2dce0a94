package serve

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// outage is a time in which GitHub cannot be read. Then one errand at a time asks, each
// request once, and the others wait for what it hears.
type outage struct {
	reason error // of the first failure; nil without an outage
	row    int   // failures in a row
	raised time.Time
	until  time.Time // nothing is asked before
}

const (
	quickAsks  = 3 // a failure may be about one request
	quickPause = 4 * time.Second
	slowPause  = time.Minute // the longest: jobs wait for the end of the outage
)

// fail takes in a failure to read what was asked for at a time. Others that were under way
// then tell nothing new.
func (o *outage) fail(err error, asked, at time.Time) {
	if o.reason != nil && asked.Before(o.raised) {
		return
	}
	o.row++
	o.reason, o.raised, o.until = err, at, at.Add(quickPause)
	if o.row > quickAsks {
		o.until = at.Add(min(ladder(o.row-quickAsks), slowPause))
	}
	if wait, says := github.Wait(err); says {
		o.until = latest(o.until, at.Add(min(wait, sweepEvery)))
	}
}

// read takes in how it ended to ask for something at a time. The caller holds the lock.
func (g *GitHub) read(err error, asked time.Time) {
	if g.work.Err() != nil {
		return // the loop ends
	}
	if err == nil {
		if g.outage.row > 0 && g.hold.kind == "unclear" { // it may take dispatches again
			g.hold.until = time.Time{}
		}
		g.outage = outage{}
		g.tell("outage", nil)
		return
	}
	changed := g.outage.reason == nil || github.Refused(g.outage.reason) != github.Refused(err)
	g.outage.fail(err, asked, g.offset.at(g.Clock.Now()))
	if changed {
		g.tell("outage", problem.WithHint(fmt.Errorf("GitHub cannot be read, so which jobs are due is not known: %w", err), problem.Hint(err)))
	}
}

// patient limits the time of an errand, which is tried again later anyway.
func (g *GitHub) patient(ctx context.Context, step string) (context.Context, context.CancelFunc) {
	return github.Within(github.Once(ctx), lookTimeout, step)
}

// readBranch asks for the default branch, and by that whether GitHub answers.
func (g *GitHub) readBranch(ctx context.Context) (string, error) {
	ctx, cancel := g.patient(ctx, "read the default branch")
	defer cancel()
	return g.Client.DefaultBranch(ctx)
}

// unable says why GitHub accepts no dispatches, cannot be read, or may not have got those of
// some jobs; nothing if all is well.
func (g *GitHub) unable() (why []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.hold.reason; err != nil {
		why = append(why, "GitHub accepts no dispatches: "+err.Error())
	}
	if err := g.outage.reason; err != nil {
		why = append(why, "GitHub cannot be read: "+err.Error())
	}
	for _, id := range slices.Sorted(maps.Keys(g.jobs)) {
		if r := g.jobs[id]; r.failure != nil && (r.phase == looking || r.phase == due || r.phase == sending) {
			why = append(why, fmt.Sprintf("%s: it is not known whether GitHub has started it: %v", problem.Show(id), r.failure))
		}
	}
	return why
}
