package serve

import (
	"context"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
)

const (
	peekEvery = time.Minute
	peekSoon  = 20 * time.Second // while a job may wait for another one
	peekBack  = 2 * time.Hour    // how old the runs are at most that are looked at
)

// peeks are the looks at the newest runs.
type peeks struct {
	next time.Time
	over map[int64]bool // the runs of the last look, and whether they were over; nil before the first
}

// peek looks at the newest runs, with one request, for what a sweep would find out minutes
// later: that somebody asked for a later slot, that a job has ended that others wait for,
// and that a run has failed. Then a sweep looks at these jobs at once.
func (g *GitHub) peek(ctx context.Context) {
	g.mu.Lock()
	at, branch, scarce := g.offset.at(g.Clock.Now()), g.Branch, g.scarce(g.offset.at(g.Clock.Now()))
	g.peeks.next = at.Add(g.peekPause())
	g.mu.Unlock()
	if scarce {
		return
	}
	patient, cancel := github.Within(ctx, lookTimeout, "read the newest runs")
	defer cancel()
	runs, _, _, err := g.Client.Newest(patient, branch, at.Add(-peekBack), 1)
	if err != nil {
		return // a sweep says it
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	byFile, news := map[string]*remote{}, false
	for _, r := range g.jobs {
		byFile[r.job.File()] = r
	}
	over := map[int64]bool{}
	for _, run := range runs {
		r := byFile[run.File]
		if r == nil {
			continue
		}
		over[run.ID] = run.Over()
		wasOver, known := g.peeks.over[run.ID]
		asks := !known && run.Dispatched && !run.Forced && run.Slot.After(at)
		ended := run.Over() && !wasOver && (!run.Succeeded() || g.needed(r))
		if g.peeks.over != nil && (asks || ended) {
			news = true
			if r.phase == settled {
				r.phase = handled // a sweep leaves out what is settled
			}
		}
	}
	g.peeks.over = over
	if news {
		g.swept = time.Time{}
	}
}

// peekPause returns the time until the next look. The caller holds the lock.
func (g *GitHub) peekPause() time.Duration {
	for _, r := range g.jobs {
		if len(r.job.Options.Needs) > 0 && r.phase == handled {
			return peekSoon
		}
	}
	return peekEvery
}

// needed reports whether another job waits for a job. The caller holds the lock.
func (g *GitHub) needed(r *remote) bool {
	for _, other := range g.jobs {
		if slices.Contains(other.job.Options.Needs, r.job.ID) {
			return true
		}
	}
	return false
}
