package rescue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/webhook"
)

// Told is an event that people were told, or one that they could not be told.
type Told struct {
	Project   string // path of its pyproject.toml
	Job       string
	Kind      schedule.Event
	Operation github.Operation // Created, Updated or Closed: of the issue, or of what a webhook was told
	Issue     *github.Alarmed  // nil without one
	Webhook   string           // Posted, Planned, Unposted, or "" without one
}

// What became of a post.
const (
	Posted   = "posted"
	Planned  = "planned" // in a dry run
	Unposted = "failed"
)

func (t Told) words(dry bool) string {
	would, posted := "", ""
	if dry {
		would = "would be "
	}
	about := named(t.Project, t.Job) + " " + string(t.Kind)
	if t.Webhook == Posted || t.Webhook == Planned {
		posted = " and posted"
	}
	switch {
	case t.Issue != nil && t.Issue.Number > 0:
		return fmt.Sprintf("issue #%d %s%s%s", t.Issue.Number, would, t.Operation, posted)
	case t.Issue != nil:
		return fmt.Sprintf("an issue %s%s%s: %s", would, t.Operation, posted, about)
	case posted != "":
		return fmt.Sprintf("%sposted: %s", would, about)
	}
	return ""
}

// tell tells people what happened to jobs: first by issues, then by webhooks. An issue
// says as well whether another rescue tells the same. What goes wrong with webhooks is in
// the report.
func (r Rescue) tell(ctx context.Context, report *Report) error {
	facts := &facts{rescue: r, report: report, causes: map[int64]string{}}
	var sounded github.Sounded
	var err error
	if slices.ContainsFunc(r.Projects, func(p *Project) bool { return p.Notify }) {
		sounded, err = r.alarm(ctx, report, facts)
	}
	posting, cancel := github.Within(ctx, postPatience, "post to webhooks")
	defer cancel()
	down := map[string]error{} // hooks that did not take an event: the others can wait
	for _, project := range r.Projects {
		if project.Memory != nil && ctx.Err() == nil {
			report.Unposted = errors.Join(report.Unposted, r.post(posting, report, project, facts, sounded, down))
		}
	}
	return err
}

// alarm writes the issues of the jobs that fail and of those that work again.
func (r Rescue) alarm(ctx context.Context, report *Report, facts *facts) (github.Sounded, error) {
	ctx, cancel := github.Within(ctx, alarmPatience, "write issues")
	defer cancel()
	var alarms []github.Alarm
	declared := map[string][]string{} // by project
	for _, project := range r.Projects {
		if project.Notify {
			declared[project.Path] = project.ids()
		}
	}
	for i := range report.Jobs {
		if job := &report.Jobs[i]; job.Project.Notify {
			alarms = append(alarms, job.alarmsOf(facts)...)
		}
	}
	removed := func(key github.AlarmKey) string {
		if ids, notify := declared[key.Project]; !notify || slices.Contains(ids, key.Job) {
			return ""
		}
		return over(key.Project, key.Job, "does not run on GitHub any more")
	}
	sounded, err := r.Client.Alarm(ctx, alarms, removed, r.DryRun)
	for _, changed := range sounded.Changed {
		report.Told = append(report.Told, Told{changed.Project, changed.Job, changed.Kind, changed.Operation, &changed, ""})
	}
	report.IssuesLeft = sounded.Left
	return sounded, err
}

// ids returns those of all jobs that are declared.
func (p *Project) ids() []string {
	ids := append([]string{}, p.Others...)
	for _, job := range p.Jobs {
		ids = append(ids, job.ID)
	}
	return ids
}

// post posts the events of a project's jobs to their webhooks, each once. The error is
// about those that are left to the next rescue.
func (r Rescue) post(ctx context.Context, report *Report, project *Project, facts *facts, sounded github.Sounded, down map[string]error) error {
	news, about := report.news(project, sounded)
	memory := project.Memory
	memory.Jobs, memory.Now = project.ids(), report.Now
	claim := memory.Claim
	if r.DryRun {
		claim = memory.Plan
	}
	claims, err := claim(news)
	if err != nil {
		return err
	}
	done, events := make([]bool, len(claims)), make([]*webhook.Event, len(claims))
	var failures []error
	for i, c := range claims {
		job, alarm := about[c.News].job, about[c.News].alarm
		err := down[job.Webhook]
		if !r.DryRun {
			if events[i] = c.Event; c.Event == nil {
				events[i] = facts.event(ctx, job, alarm, c.Kind)
			}
		}
		if err == nil && !r.DryRun {
			if err = project.Hooks[job.Webhook].Post(ctx, *events[i]); err != nil {
				failures = append(failures, problem.New("the next rescue posts again", "cannot post to the webhook %s: %w", job.Webhook, err))
				down[job.Webhook] = err
			}
		}
		done[i] = err == nil
		report.posted(job, c.Kind, err == nil)
	}
	if r.DryRun {
		return nil
	}
	return errors.Join(errors.Join(failures...), memory.Settle(news, claims, done, events))
}

// posted adds to what was told that an event was posted, or not.
func (r *Report) posted(job *Result, kind schedule.Event, done bool) {
	state, operation := Unposted, github.Created
	if done {
		state = Posted
	}
	if r.DryRun {
		state = Planned
	}
	if kind == schedule.JobRecovered {
		operation = github.Closed
	}
	for i := range r.Told {
		told := &r.Told[i]
		if told.Project == job.Project.Path && told.Job == job.ID && told.Webhook == "" && (told.Kind == kind || operation == github.Closed && told.Operation == operation) {
			told.Webhook = state
			return
		}
	}
	r.Told = append(r.Told, Told{job.Project.Path, job.ID, kind, operation, nil, state})
}

// subject is what a piece of news is about.
type subject struct {
	job   *Result
	alarm schedule.Alarm
}

// news returns what is known about the jobs of a project that have a webhook.
func (r *Report) news(project *Project, sounded github.Sounded) (news []webhook.News, about []subject) {
	operations := map[github.AlarmKey]github.Operation{}
	for _, changed := range sounded.Changed {
		operations[changed.AlarmKey] = changed.Operation
	}
	for i := range r.Jobs {
		job := &r.Jobs[i]
		if job.Project != project || job.Webhook == "" {
			continue
		}
		gone := job.gone()
		for _, a := range job.known() {
			n, wanted := webhook.About(job.ID, job.Tells, a)
			if !wanted {
				continue
			}
			key := github.AlarmKey{Project: project.Path, Job: job.ID, Kind: a.Kind}
			n.Raised, n.Over, n.Unset = n.Raised && gone == "", n.Over && gone == "", project.Hooks[job.Webhook] == nil
			n.Gone, n.Held = gone != "" && job.State() != Paused, gone != "" && job.State() == Paused
			n.Paused = job.halted() && a.Kind == schedule.JobFailed
			n.Heard, n.Mine, n.Elsewhere, n.Ends = sounded.Heard[key], operations[key] == github.Created, sounded.Lost[key], operations[key] == github.Closed
			news, about = append(news, n), append(about, subject{job, a})
		}
	}
	return news, about
}

// facts finds out what is said about an event, with as few requests as possible: where an
// event is told, and not for each that might be.
type facts struct {
	rescue Rescue
	report *Report
	causes map[int64]string
}

// cause says why the run of an event failed; "" if that is not known.
func (f *facts) cause(ctx context.Context, a schedule.Alarm) string {
	if a.Kind != schedule.JobFailed || a.Last.ID == 0 {
		return ""
	}
	cause, known := f.causes[a.Last.ID]
	if !known && a.Last.Outcome != "" {
		cause, known = a.Last.Outcome, true
	}
	if !known && f.affordable() {
		cause, _ = f.rescue.Client.Cause(ctx, a.Last.ID)
	}
	f.causes[a.Last.ID] = cause
	return untitled(cause)
}

// success returns the last execution of the job that is known to have succeeded; zero if
// none is.
func (f *facts) success(ctx context.Context, job *Result) (last schedule.Run) {
	for _, run := range job.watch.Runs {
		if run.Started.After(last.Started) {
			last = run
		}
	}
	if last.Started.IsZero() && f.affordable() {
		last = f.rescue.Client.LastSuccess(ctx, job.ID, job.watch, f.report.Now)
	}
	return last
}

// affordable reports whether there are requests for what is good to know.
func (f *facts) affordable() bool {
	remaining := f.rescue.Client.Remaining()
	return !f.rescue.DryRun && (remaining < 0 || remaining > Reserve)
}

// event returns what is posted about an alarm, or about its end.
func (f *facts) event(ctx context.Context, job *Result, a schedule.Alarm, kind schedule.Event) *webhook.Event {
	e := &webhook.Event{
		Kind: kind, Repository: f.rescue.Client.Repository(), Project: job.Project.Path, Job: job.ID, Group: job.Group, Description: job.Description,
		Time: f.report.Now.UTC().Truncate(time.Second),
	}
	run, window := a.Last, a.Window
	if kind == schedule.JobRecovered {
		run, window = a.Evidence, job.Verdict.Window
		e.Message = a.Evidence.Outcome
	} else {
		e.Cause, e.RunAgain = f.cause(ctx, a), again(job, a)
	}
	if kind == schedule.JobFailed {
		e.Failed, e.Paused = a.InARow, job.halted()
	}
	if !window.IsZero() {
		e.Window = &window
	}
	if run.ID != 0 {
		e.RunID, e.URL = &run.ID, run.URL
	}
	if last := f.success(ctx, job); !last.Started.IsZero() {
		e.LastSuccess = &webhook.Success{RunID: last.ID, URL: last.URL, StartedAt: last.Started}
	}
	return e
}
