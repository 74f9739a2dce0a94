package serve

import (
	"context"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
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
	blind := g.outage.row > 0
	g.mu.Unlock()
	var report *rescue.Report
	var err error
	if branch == "" || blind || all { // it can be renamed
		branch, err = g.readBranch(ctx)
	}
	if err == nil { // dispatches need not wait for the look
		g.mu.Lock()
		g.Branch = branch
		g.mu.Unlock()
		g.wakeUp()
	}
	if err == nil && len(project.Jobs) > 0 && !scarce {
		report, err = rescue.Rescue{Client: g.Client, Branch: branch, Projects: []*rescue.Project{project}}.Look(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	for _, r := range g.learn(report, err, at, all) {
		g.ask(ctx, r)
	}
	g.mu.Lock()
	ids := make([]string, 0, len(g.jobs))
	for id := range g.jobs {
		ids = append(ids, id)
	}
	g.mu.Unlock()
	g.changed(ids...)
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
func (g *GitHub) learn(report *rescue.Report, err error, asked time.Time, all bool) (doubts []*remote) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.offset.at(g.Clock.Now())
	if g.read(err, asked); err != nil {
		g.swept = at
		return nil
	}
	g.swept = at.Add(sweepEvery)
	if report == nil {
		return nil
	}
	if all {
		g.sweptAll = at.Add(sweepAllEvery)
	}
	for _, result := range report.Jobs {
		if r := g.jobs[result.ID]; r != nil && g.apply(r, &result, report.Now, at) {
			doubts = append(doubts, r)
		}
	}
	for _, r := range g.jobs {
		if r.phase == unknown { // it came meanwhile
			g.swept = earliest(g.swept, at.Add(sweepPause))
		}
	}
	return doubts
}

// apply takes in what was found about a job at a time. It reports whether a run of it that was
// accepted is in no list. The caller holds the lock.
func (g *GitHub) apply(r *remote, result *rescue.Result, found, at time.Time) (doubt bool) {
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
	case r.phase == sending, found.Before(r.window.Start): // which has come since
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
	case at.Sub(r.last.Accepted) < listed: // then it shows whether that run executed anything
		r.phase = handled
		g.swept = earliest(g.swept, r.last.Accepted.Add(listed))
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
	r.phase, r.tries, r.again, r.failure = due, 0, time.Time{}, nil
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
