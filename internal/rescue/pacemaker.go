package rescue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Pacemaker has each rescue start the next one, which waits for the next slot of any job
// without a runner: the links of a chain. Before the slot itself it holds one, for two minutes
// at most, and so for a few slots in a row. A link goes on with the chain. Any other rescue begins a new one, unless a link waits
// or looks.
type Pacemaker struct {
	Workflow    string                          // the file of the rescue
	Environment func(wait time.Duration) string // whose timer waits that long
	Link        *schedule.Link                  // that this rescue is; nil for none
}

// Pace says how the chain stands, in one word.
type Pace string

const (
	Paced   Pace = "started"  // the next link waits; Planned in a dry run
	Pending Pace = "waiting"  // another link does already
	Idle    Pace = "idle"     // no job has a next slot
	Untimed Pace = "no-timer" // the environment has none: the chain stops
	Lost    Pace = "failed"   // GitHub refused to start the next link, or gave no clear answer
)

// Beat is what a rescue did about the chain.
type Beat struct {
	Pace Pace
	Link schedule.Link // the next one; zero where none waits
	Why  error         // of Untimed and Lost
}

// stopped is the error of a chain that ends here, or for which the token lacks a right.
type stopped struct{ error }

func (e stopped) Unwrap() error { return e.error }

const (
	pacePatience = 45 * time.Second // for the next link

	// With fewer requests left of GitHub's rate limit than that, the next rescue waits at
	// least as long as one does without a pacemaker: it asks again what this one asked.
	busy      = 3 * Reserve
	usualWait = 15 * time.Minute

	quick     = 2 * time.Minute // a rescue that took no longer has the time to look again
	clockStep = time.Second     // of GitHub's Date
)

// pace starts the next link; nil if there is no pacemaker, or nothing is known. Where the next
// slot is too near for a wait, it first stays for it and looks again. The report is blind where
// nothing else could be read.
func (r Rescue) pace(ctx context.Context, report *Report) (*Report, *Beat) {
	p := r.Pacemaker
	if p == nil || ctx.Err() != nil {
		return report, nil
	}
	if p.Link == nil && report.chain.Active { // it would ask for the environments for nothing
		return report, r.beat(report, nil, report.Now)
	}
	timed, cancel := github.Within(ctx, pacePatience, "read the environments of the pacemaker")
	timers, unread := r.Client.Timers(timed)
	cancel()
	if unread != nil {
		timers.ByName = nil
	}
	now, blind := cmp.Or(timers.Now, report.Now), report.Now.IsZero()
	report.Now = cmp.Or(report.Now, now)
	if now.IsZero() {
		return report, nil
	}
	beat := r.beat(report, timers.ByName, now)
	for range schedule.PacemakerMostStays {
		if beat.Pace != Paced || r.DryRun || blind || now.Sub(report.Now) >= quick || !schedule.PacemakerStays(now, report.next()) {
			break
		}
		before := report
		report = r.stay(ctx, report, report.next().Sub(now))
		now = report.Now
		beat = r.beat(report, timers.ByName, now)
		if report == before { // nothing could be read
			break
		}
	}
	switch {
	case beat.Pace != Paced:
	case r.DryRun:
		beat.Pace = Pace(Planned)
	default:
		timed, cancel := github.Within(ctx, pacePatience, "start the next link of the pacemaker")
		defer cancel()
		if err := r.Client.DispatchLink(timed, p.Workflow, report.branch, beat.Link); err != nil {
			return report, &Beat{Pace: Lost, Why: p.lost(err)}
		}
	}
	return report, beat
}

// beat says what is to become of the chain, and of which link, given the timers of the
// environments; nil if they could not be read: then the wait itself tells.
func (r Rescue) beat(report *Report, timers map[string]time.Duration, now time.Time) *Beat {
	p, next := r.Pacemaker, report.next()
	if p.Link == nil && report.chain.Active {
		return &Beat{Pace: Pending, Link: report.chain.Link}
	}
	if p.Link != nil && p.Link.Short(report.Now) {
		return &Beat{Pace: Untimed, Why: stopped{p.short(report.Now)}}
	}
	if next.IsZero() {
		return &Beat{Pace: Idle}
	}
	wait := schedule.PacemakerWait(now, next)
	if left := r.Client.Remaining(); 0 <= left && left < busy {
		wait = max(wait, usualWait)
	}
	name := p.Environment(wait)
	if timer, found := timers[name]; timers != nil && timer != wait {
		return &Beat{Pace: Untimed, Why: unfit(name, timer, wait, found)}
	}
	return &Beat{Pace: Paced, Link: schedule.Link{Wait: wait, Asked: now}}
}

// stay waits for a slot, and starts what is due then. It returns the report of both rounds.
func (r Rescue) stay(ctx context.Context, before *Report, left time.Duration) *Report {
	r.wait(ctx, left+clockStep)
	report, err := r.Look(ctx)
	if err != nil {
		return before // the next link tells
	}
	_ = r.dispatch(ctx, report) // what it leaves, the next link starts
	for i, job := range before.Jobs {
		if (job.Started || job.Failed != nil) && !report.Jobs[i].Verdict.Dispatch {
			report.Jobs[i] = job
		}
	}
	return report
}

// blind is the report of a link that could read nothing. One failure of GitHub should not end
// the chain, so all jobs count.
func (r Rescue) blind() *Report {
	report := &Report{branch: r.Branch}
	for _, project := range r.Projects {
		for _, job := range project.Jobs {
			report.Jobs = append(report.Jobs, Result{Job: job, Project: project, Workflow: active})
		}
	}
	return report
}

// short is the error of a link that came too early.
func (p *Pacemaker) short(now time.Time) error {
	return problem.New(timerHint, "the pacemaker stops: environment %s let the run wait %v of %v, so it has no wait timer",
		p.Environment(p.Link.Wait), max(0, now.Sub(p.Link.Asked)).Round(time.Second), p.Link.Wait)
}

// lost is the error of a link that did not start. GitHub takes no dispatch for up to half an hour
// after a workflow has changed, so a chain that does not begin yet is no failure.
func (p *Pacemaker) lost(err error) error {
	_, denied := errors.AsType[*github.Denied](err)
	err = fmt.Errorf("start the next link of the pacemaker: %w", err)
	if p.Link != nil || denied {
		return stopped{err}
	}
	return err
}

// unfit is the error of an environment that would not let a link wait as long as it should.
func unfit(name string, timer, wait time.Duration, found bool) error {
	has := "has no wait timer"
	if !found {
		has = "does not exist"
	} else if timer > 0 {
		has = fmt.Sprintf("has a wait timer of %s", problem.Count(int(timer/time.Minute), "minute"))
	}
	return problem.New(timerHint, "the pacemaker stands still: environment %s %s, and should wait %s", name, has, problem.Count(int(wait/time.Minute), "minute"))
}

const timerHint = "run `scheduled init --pacemaker`, which makes the environments; private repositories have wait timers only with GitHub Enterprise"

// next returns the first slot of an active job after what the report is about; zero without
// one. It may have come meanwhile.
func (r *Report) next() (next time.Time) {
	for _, job := range r.Jobs {
		if job.Workflow != active || job.Pausing > 0 || job.Schedule.Standing(r.Now) == schedule.Disabled {
			continue
		}
		if slot := job.Schedule.Next(r.Now); next.IsZero() || !slot.IsZero() && slot.Before(next) {
			next = slot
		}
	}
	return next
}

// words says how the chain stands.
func (b *Beat) words(now time.Time) string {
	switch b.Pace {
	case Paced, Pace(Planned):
		verb := "waits"
		if b.Pace != Paced {
			verb = "would wait"
		}
		return fmt.Sprintf("the next rescue %s %s, until %s", verb, problem.Count(int(b.Link.Wait/time.Minute), "minute"), problem.Clock(b.Link.Until()))
	case Pending:
		until := b.Link.Until()
		switch {
		case until.IsZero():
			return "another rescue waits already"
		case until.Before(now):
			return "another rescue has waited until " + problem.Clock(until)
		}
		return "another rescue waits already, until " + problem.Clock(until)
	case Idle:
		return "no rescue waits, because no job has a next slot"
	}
	return b.Why.Error()
}

// Warning is why no rescue waits, where that is no error; else nil.
func (b *Beat) Warning() error {
	if b == nil || b.wrong() != nil {
		return nil
	}
	return b.Why
}

// wrong is the error of a chain that ends here; nil where one does not begin, which is only said:
// else every tick of the rescue would fail.
func (b *Beat) wrong() error {
	if b == nil {
		return nil
	}
	if _, ends := errors.AsType[stopped](b.Why); ends {
		return b.Why
	}
	return nil
}
