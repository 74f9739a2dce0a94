package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Watch is a job that a rescue checks.
type Watch struct {
	Workflow string // name of its file
	Job      string // its id, which is the name of the workflow's one job
	schedule.Watch
}

// Chain is what the lists of runs show of a pacemaker.
type Chain struct {
	Workflow string        // the file of the rescue
	Active   bool          // a link waits, or looks
	Link     schedule.Link // the newest of those
}

// watchRequests is the maximum number of requests of one Watch for lists of runs. The
// list of all runs of 1,000 jobs with four ticks a day is 40 pages a day.
const watchRequests = 120

// Watch fills in the latest runs of each job on a branch, as far back as they matter
// to schedule.Rescue and schedule.Alarms, and sets Known to how far that is. It stops
// after watchRequests, perhaps before the start of a window. It reads the list of all runs
// of the repository, and then the lists of single jobs once that takes fewer requests.
// Then it looks for older runs that asked for a later time: see readAsked. Then it looks
// for evidence of the current windows in the runs: see confirm. reserve is the
// number of requests to leave to others. It fills in chain, unless that is nil, and the runs
// that something outside GitHub started. It returns GitHub's clock, UTC. The error is a
// *Denied, a *Failure, or that of ctx.
func (c *Client) Watch(ctx context.Context, branch string, reserve int, watches []Watch, chain *Chain) (now time.Time, _ error) {
	patient, cancel := context.WithTimeoutCause(ctx, longPatience, fmt.Errorf("no answer within %v", longPatience))
	defer cancel()
	w := watching{listing: listing{client: c, requests: watchRequests}, branch: branch, watches: watches, chain: chain, files: map[string]int{}}
	w.add, w.file = w.deal, func(i int) string { return watches[i].Workflow }
	w.start = func(i int) time.Time { return watches[i].Reach(schedule.Rescue(watches[i].Watch, w.now), w.now) }
	for i := range watches {
		w.files[watches[i].Workflow] = i
		w.open = append(w.open, i)
	}
	err := w.read(patient)
	if err == nil {
		w.readAsked(patient)
		err = w.confirm(patient, reserve)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return w.now, denied(Actions, err)
}

// watching is the work of Watch.
type watching struct {
	listing
	branch  string
	watches []Watch
	files   map[string]int // which of watches has which file
	chain   *Chain         // nil for none
}

// deal gives the runs of a page to their jobs. The page was read for some of the
// watches: their runs since known are now complete. Those that no older run can
// change are no longer open.
func (w *watching) deal(runs []workflowRun, known time.Time, readFor []int) {
	w.hand(runs, func(schedule.Run) bool { return true })
	w.follow(runs)
	for _, i := range readFor {
		w.watches[i].Known = known
	}
	w.open = slices.DeleteFunc(w.open, func(i int) bool {
		v := schedule.Rescue(w.watches[i].Watch, w.now)
		settled := v.Window.IsZero() || v.Why == schedule.Running || v.Why == schedule.Young
		return settled || w.watches[i].Known.Before(w.watches[i].Reach(v, w.now))
	})
}

// hand gives runs to their jobs, as far as they are wanted.
func (w *watching) hand(runs []workflowRun, wanted func(schedule.Run) bool) {
	for _, listed := range runs {
		file := listed.file()
		i, watched := w.files[file]
		if !watched || !listed.counts(w.client.Repository(), file, w.branch) || listed.Created.Sub(w.now) > maxLead {
			continue
		}
		if slot, outside := listed.outside(); outside {
			w.watches[i].Outside = append(w.watches[i].Outside, schedule.Outside{Slot: slot, Created: listed.Created})
		}
		run, runs := listed.run(w.watches[i].Schedule), &w.watches[i].Runs
		if run.URL = w.client.page(run.URL); !wanted(run) {
			continue
		}
		at := slices.IndexFunc(*runs, func(r schedule.Run) bool { return r.ID == run.ID })
		if at < 0 {
			*runs = append(*runs, run)
		} else if byAge((*runs)[at], run) < 0 {
			(*runs)[at] = run // it changed since the other page
		}
	}
}

// follow looks for the links of the pacemaker that have not ended.
func (w *watching) follow(runs []workflowRun) {
	if w.chain == nil {
		return
	}
	for _, listed := range runs {
		link, named := schedule.LinkNamed(listed.Title)
		if !named || listed.Status == "completed" || listed.file() != w.chain.Workflow || !listed.counts(w.client.Repository(), w.chain.Workflow, w.branch) {
			continue
		}
		if !w.chain.Active || link.Asked.After(w.chain.Link.Asked) {
			w.chain.Active, w.chain.Link = true, link
		}
	}
}

const (
	askedPages = 3                                // of dispatches, to find those that asked for a later time
	askedAge   = schedule.MaxAhead + 24*time.Hour // of the oldest of them
)

// readAsked reads the dispatches that the lists did not reach back to, and takes those
// that asked for a later time: its slot may be now. If GitHub does not answer, there are
// none: the next rescue asks again.
func (w *watching) readAsked(ctx context.Context) {
	since := w.now.Add(-askedAge)
	if len(w.watches) == 0 || !slices.ContainsFunc(w.watches, func(watch Watch) bool { return watch.Known.After(since) }) || w.total <= w.pages {
		return
	}
	for page := 1; page <= askedPages && w.sent < w.requests; page++ {
		list, err := w.get(ctx, fmt.Sprintf("actions/runs?event=workflow_dispatch&per_page=%d&page=%d", perPage, page))
		if err != nil {
			return
		}
		w.hand(list.value.Runs, func(run schedule.Run) bool { return !run.Asked.IsZero() })
		if !list.more || list.value.oldest().Before(since) {
			return
		}
	}
}

// Refused reports whether GitHub understood a request and refused it.
func Refused(err error) bool {
	failure, ok := errors.AsType[*Failure](err)
	return ok && failure.refused()
}

// Limited reports whether a rate limit made a request fail.
func Limited(err error) bool {
	failure, ok := errors.AsType[*Failure](err)
	return ok && failure.limited
}

// Wait returns how long GitHub asks to wait after a request that it did not serve; ok is
// false if it does not say.
func Wait(err error) (wait time.Duration, ok bool) {
	failure, failed := errors.AsType[*Failure](err)
	if !failed || failure.wait < 0 {
		return 0, false
	}
	return failure.wait, true
}
