package rescue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// MaxDispatches is how many jobs one rescue starts. For 1,000 jobs it reads 10 pages
// of workflows and, at most, 120 of runs, and takes up to 150 for evidence, if there are
// jobs to confirm; each job that it starts costs its dispatch and the requests of its
// run. Of the 1,000 requests an hour of GITHUB_TOKEN that leaves 1000 - 130 - 240 * 3 =
// 150 where all jobs are due, more than the Reserve. Otherwise, and in the other rescues
// of that hour, it starts as many as the Reserve allows.
const MaxDispatches = 240

// Reserve is the number of requests that a rescue leaves to the ticks of jobs.
const Reserve = 100

const (
	runRequests = 2                 // of a run that looks for evidence
	maxRefused  = MaxDispatches / 2 // dispatches that GitHub may refuse: they do not count as started, but take a second each
	maxLost     = 10                // dispatches in a row without a clear answer: then GitHub is in trouble

	// Pause comes between two dispatches after the first few. "No more than 80
	// content-generating requests per minute", and "If you are making a large number
	// of POST, PATCH, PUT, or DELETE requests, wait at least one second between each
	// request":
	// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
	Pause   = time.Second
	Unpaced = 10
)

// dispatch starts the due jobs, up to the bounds of one rescue. An error about one
// job is kept in its Result; the returned error is about all of them.
func (r Rescue) dispatch(ctx context.Context, report *Report) error {
	timed, cancel := context.WithTimeout(ctx, dispatchPatience)
	defer cancel()
	return r.dispatchUntil(ctx, timed, report)
}

// dispatchUntil is dispatch until timed ends, which says that the time is up, or ctx
// ends, which is an error.
func (r Rescue) dispatchUntil(ctx, timed context.Context, report *Report) error {
	var n tally
	for i, job := range report.due() {
		if i >= Unpaced {
			r.wait(timed, Pause)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if report.Bound = n.bound(timed, r.Client.Remaining()); report.Bound != "" {
			return nil
		}
		_, err := r.Client.Dispatch(timed, github.Dispatch{Workflow: job.File, Branch: report.branch, Slot: job.Verdict.Window.Start})
		_, denied := errors.AsType[*github.Denied](err)
		switch {
		case err == nil:
			job.Started = true
			n.started, n.lost = n.started+1, 0
			continue
		case denied || github.Limited(err):
			return err // the other jobs would get the same answer; the next rescue goes on
		case github.Refused(err):
			n.refused, n.lost = n.refused+1, 0
		default:
			n.lost++
		}
		job.Failed = err
	}
	return nil
}

func (r Rescue) wait(ctx context.Context, d time.Duration) {
	if r.Wait != nil {
		r.Wait(ctx, d)
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// tally counts the dispatches of one rescue.
type tally struct {
	started, refused int
	lost             int // the latest ones in a row without a clear answer
}

// bound says why a rescue may not start another job; "" if it may. remaining is the
// number of requests that GitHub still grants, negative if unknown.
func (n tally) bound(ctx context.Context, remaining int) string {
	switch {
	case n.started == MaxDispatches:
		return fmt.Sprintf("one rescue starts at most %d", n.started)
	case n.refused == maxRefused:
		return fmt.Sprintf("GitHub refused to start %d", n.refused)
	case n.lost == maxLost:
		return fmt.Sprintf("GitHub gave no clear answer to %d in a row", n.lost)
	case remaining >= 0 && remaining-n.started*runRequests < Reserve:
		return fmt.Sprintf("GitHub's rate limit has %s left, which the runs of jobs need", problem.Count(remaining, "request"))
	case ctx.Err() != nil:
		return fmt.Sprintf("one rescue starts jobs for at most %v", dispatchPatience)
	}
	return ""
}
