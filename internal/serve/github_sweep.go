package serve

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	sweepEvery    = 5 * time.Minute
	sweepAllEvery = 30 * time.Minute // of the jobs whose window is confirmed, too
	sweepPause    = 2 * time.Second  // between two at least

	// listed is how long GitHub may take to list a run that it has accepted.
	listed = time.Minute
)

// sweep looks at GitHub as a rescue does: which jobs owe their current window. A job whose
// window is confirmed is not looked at each time.
func (g *GitHub) sweep(ctx context.Context) {
	g.mu.Lock()
	at, branch := g.offset.at(g.Clock.Now()), g.Branch
	all := !at.Before(g.sweptAll)
	project := g.asks(all)
	scarce := !g.sweptAll.IsZero() && g.scarce(at)
	g.mu.Unlock()
	var report *rescue.Report
	var err error
	if branch == "" {
		patient, cancel := github.Within(ctx, lookTimeout, "read the default branch")
		branch, err = g.Client.DefaultBranch(patient)
		cancel()
	}
	if err == nil && len(project.Jobs) > 0 && !scarce {
		report, err = rescue.Rescue{Client: g.Client, Branch: branch, Projects: []*rescue.Project{project}}.Look(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	for _, r := range g.learn(report, err, branch, all) {
		g.ask(ctx, r)
	}
	g.mu.Lock()
	ids := make([]string, 0, len(g.jobs))
	for id := range g.jobs {
		ids = append(ids, id)
	}
	g.mu.Unlock()
	for _, id := range ids {
		g.changed(id)
	}
}

// asks returns the jobs to look at, and those that they wait for. The caller holds the lock.
func (g *GitHub) asks(all bool) *rescue.Project {
	wanted := map[string]bool{}
	for id, r := range g.jobs {
		if all || r.phase != settled {
			wanted[id] = true
			for _, need := range r.job.Options.Needs {
				wanted[need] = true
			}
		}
	}
	project := &rescue.Project{}
	for id := range wanted {
		if r := g.jobs[id]; r != nil {
			o := r.job.Options
			project.Jobs = append(project.Jobs, rescue.Job{ID: id, File: r.job.File(), Schedule: r.job.Schedule, Needs: o.Needs, Parallel: o.MaxInstances > 1 || o.Cancel})
		}
	}
	return project
}

// scarce reports whether so few requests are left that only dispatches may take them.
func (g *GitHub) scarce(at time.Time) bool {
	const most = 3 * rescue.Reserve
	remaining := g.Client.Remaining()
	return remaining >= 0 && remaining < most && at.Before(g.Client.Reset())
}

// learn takes in what a sweep has found. It returns the jobs with a run that was accepted,
// and is in no list.
func (g *GitHub) learn(report *rescue.Report, err error, branch string, all bool) (doubts []*remote) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.offset.at(g.Clock.Now())
	g.trouble = err
	if err != nil {
		g.blind++
		g.swept = at.Add(min(ladder(g.blind), sweepEvery))
		g.tell("sweep", problem.WithHint(fmt.Errorf("cannot find out which jobs are due on GitHub: %w", err), problem.Hint(err)))
		return nil
	}
	g.tell("sweep", nil)
	g.Branch, g.blind, g.swept = branch, 0, at.Add(sweepEvery)
	if report == nil {
		return nil
	}
	if all {
		g.sweptAll = at.Add(sweepAllEvery)
	}
	for _, result := range report.Jobs {
		if r := g.jobs[result.ID]; r != nil && g.apply(r, &result, at) {
			doubts = append(doubts, r)
		}
	}
	for _, r := range g.jobs {
		switch {
		case r.phase == unknown: // it came meanwhile
			g.swept = earliest(g.swept, at.Add(sweepPause))
		case r.phase == due && r.barred && r.tries <= maxTries:
			r.tries++
			g.swept = earliest(g.swept, at.Add(ladder(r.tries)))
		}
	}
	return doubts
}

// maxTries is how often a sweep comes early for a workflow that was just disabled. Then the
// ladder is as long as the time between sweeps.
const maxTries = 5

// apply takes in what was found about a job. It reports whether a run of it that was
// accepted is in no list. The caller holds the lock.
func (g *GitHub) apply(r *remote, result *rescue.Result, at time.Time) (doubt bool) {
	if g.bar(r, result.Workflow); r.barred {
		if r.shut = true; r.phase == unknown {
			r.phase = handled
		}
		return false
	}
	if r.shut {
		g.free(r)
	}
	r.adjusted = result.Schedule
	v := result.Verdict
	same := v.Window.Start.Equal(r.window.Start)
	switch {
	case r.phase == sending, !same && v.Window.Start.Before(r.window.Start) && !v.Window.IsZero():
	case !same:
		r.phase = handled // until its window has come here, too
		if v.Window.IsZero() {
			r.phase = settled
		}
	case r.phase == looking && v.Why != schedule.Running && v.Why != schedule.Fulfilled:
	case !v.Dispatch:
		r.phase = handled
		if slices.Contains([]schedule.Why{schedule.Fulfilled, schedule.Young, schedule.Why(schedule.Expired)}, v.Why) {
			r.phase = settled
		}
	case r.phase == due:
	case !r.last.Slot.Equal(v.Window.Start) || r.last.Accepted.IsZero():
		r.due(at)
	case at.Sub(r.last.Accepted) < listed:
		r.phase = handled
	default:
		r.phase = handled
		switch run, found := result.Latest(); {
		case !found && r.last.Run != 0:
			return true
		case run.Success && (v.Why == schedule.Unread || r.doubted != run.ID): // what it executed may not have been read
			r.doubted = run.ID
			g.swept = earliest(g.swept, at.Add(ladder(1)))
		default:
			r.due(at)
		}
	}
	return false
}

// due makes a job owe its window since before.
func (r *remote) due(at time.Time) {
	r.phase, r.tries, r.again = due, 0, time.Time{}
	r.late = at.Sub(r.window.Start) > grace
}

// ask asks for a run that was accepted, and is in no list: while it may still execute, its
// window is not owed.
func (g *GitHub) ask(ctx context.Context, r *remote) {
	g.mu.Lock()
	last := r.last
	g.mu.Unlock()
	run, err := g.Client.RunState(ctx, last.Run)
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.phase == handled && r.last == last && (github.Missing(err) || err == nil && run.Over() && !run.Succeeded()) {
		r.due(g.offset.at(g.Clock.Now()))
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
	r.shut, r.tries, r.again = false, 0, time.Time{}
	g.tell("workflow of "+r.job.ID, nil)
	g.board.refuse(r.job.ID, nil)
}
