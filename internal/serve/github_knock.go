package serve

import (
	"context"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// maxKnocks is how often it is asked, after a workflow was found to be missing or disabled,
// whether it is active now. Then the ladder is as long as the time between sweeps.
const maxKnocks = 5

// knock asks for the states of all workflows, with a request for a hundred. If one that was
// not active is, a sweep finds out what its job owes.
func (g *GitHub) knock(ctx context.Context) {
	g.mu.Lock()
	asked := g.offset.at(g.Clock.Now())
	for _, r := range g.jobs {
		if r.barred && !r.knock.IsZero() && !asked.Before(r.knock) {
			r.climb(asked)
		}
	}
	g.mu.Unlock()
	ctx, cancel := g.patient(ctx, "read the states of workflows")
	workflows, err := g.Client.Workflows(ctx)
	cancel()
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		g.read(err, asked)
		return
	}
	for _, r := range g.jobs {
		if !r.barred {
			continue
		}
		state := github.Unregistered
		if workflow, registered := workflows[r.job.File()]; registered {
			state = workflow.State
		}
		switch g.bar(r, state); {
		case r.barred:
			r.shut = true
		case r.shut: // else a dispatch was refused, so it is not tried at once
			g.free(r)
			g.swept = time.Time{}
		}
	}
}

// climb goes on to the next knock.
func (r *remote) climb(at time.Time) {
	r.knocks++
	r.knock = time.Time{}
	if r.knocks <= maxKnocks {
		r.knock = at.Add(ladder(r.knocks))
	}
}

// bar takes in the state of a job's workflow. The caller holds the lock.
func (g *GitHub) bar(r *remote, state string) {
	var err error
	switch state {
	case "active":
	case github.Unregistered, "deleted":
		err = problem.New("run `scheduled sync`, and push the workflow to the default branch", "%s is not started: GitHub has no workflow %s", problem.Show(r.job.ID), r.job.File())
	default:
		err = problem.New("run `"+problem.Command("scheduled resume", r.job.ID)+"`", "%s is not started: its workflow is disabled", problem.Show(r.job.ID))
	}
	if err != nil && !r.barred {
		r.knocks = 0
		r.climb(g.offset.at(g.Clock.Now()))
	}
	r.barred = err != nil
	paused := state == "disabled_manually"
	g.board.pause(r.job.ID, paused)
	if r.barred {
		g.tell("workflow of "+r.job.ID, err)
		if paused {
			err = nil // as a person wants it
		}
		g.board.refuse(r.job.ID, err)
	}
}

// free takes in that the workflow of a job is active, after it was not. The caller holds the
// lock.
func (g *GitHub) free(r *remote) {
	r.shut, r.tries, r.again, r.waited = false, 0, time.Time{}, true
	g.tell("workflow of "+r.job.ID, nil)
	g.board.refuse(r.job.ID, nil)
}
