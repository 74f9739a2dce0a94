package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/spf13/cobra"
)

const (
	rescuePatience = 12 * time.Minute // for all of it: GitHub cancels its job after 15

	// maxDispatches is how many jobs one rescue starts. For 1,000 jobs it reads 10
	// pages of workflows and, at most, 120 of runs; each job that it starts costs its
	// dispatch and the requests of its run. Of the 1,000 requests an hour of
	// GITHUB_TOKEN that leaves 1000 - 130 - 240 * 3 = 150, more than the reserve. The
	// rescues of the rest of the hour start what the reserve lets them.
	maxDispatches = 240
	runRequests   = 2                 // of a run that looks for evidence
	reserve       = 100               // requests that are left to the ticks of jobs
	maxRefused    = maxDispatches / 2 // dispatches that GitHub may refuse: they take nobody's place, and a second each
	maxLost       = 10                // dispatches in a row that may have been served or not: then it is GitHub that is in trouble

	// dispatchPause comes between two dispatches after the first few. "No more than
	// 80 content-generating requests per minute", and "If you are making a large
	// number of POST, PATCH, PUT, or DELETE requests, wait at least one second
	// between each request":
	// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
	dispatchPause = time.Second
	unpaced       = 10
)

// rescueFlags are the flags of rescue.
type rescueFlags struct {
	dryRun bool
	asJSON bool
	token  string
}

func (p *Program) rescueCommand() *cobra.Command {
	var flags rescueFlags
	cmd := &cobra.Command{
		Use:   "rescue",
		Short: "Start the jobs that are due and whose window nobody confirmed",
		Long: `rescue looks for jobs whose window has begun and has no success yet, none of whose
runs is queued or in progress, and starts their workflows. A run that it starts
looks for itself before it executes anything. A job that fails is started again at
once, then at ever longer intervals, of 15, 30, 60 minutes and so on, at most a
twelfth of the window.

It is what the workflow scheduled-rescue.yml does. It reads the list of workflows
and the list of runs, and sends a request for each job that it starts: at most
` + strconv.Itoa(maxDispatches) + `, those first whose window began first, and no more than GitHub's rate limit
allows with ` + strconv.Itoa(reserve) + ` requests to spare; the next rescue starts the rest. Where the list of
runs is too long, jobs are unread: they are started last. A workflow that somebody
disabled is paused, and stays so.

The repository is $GITHUB_REPOSITORY, else that of the git remote origin. The token
needs actions: write, and issues: write where the option notify is "issue".

--json prints {"now", "left", "jobs": [{"job", "state", "window": {"start", "end"},
"dispatched", "failed", "again"}]}. left counts the jobs that are left to the next
rescue. state is due, unread, confirmed, running, young (its workflow is younger
than the window), patience, backoff, paused, missing, disabled_inactivity,
disabled_fork or deleted; failed counts the runs that failed in the window; again
is when the job is next due, with patience and backoff.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			project, err := p.openHosted()
			if err != nil {
				return err
			}
			ctx, stop := withSignals()
			defer stop()
			ctx, cancel := context.WithTimeoutCause(ctx, rescuePatience, fmt.Errorf("not done within %v", rescuePatience))
			defer cancel()
			r := rescue{Program: p, project: project, dryRun: flags.dryRun, pause: dispatchPause}
			if err := r.begin(ctx, flags.token); err != nil {
				return r.explain(err)
			}
			return r.explain(r.run(ctx, flags.asJSON))
		},
	}
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "start nothing, and open no issue")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.token, "token", "", "token that may write Actions (default: $INPUT_TOKEN, then $GITHUB_TOKEN)")
	return cmd
}

// rescue is a rescue at work.
type rescue struct {
	*Program
	project *project
	dryRun  bool
	pause   time.Duration // between dispatches

	origin origin
	client *github.Client
	branch string // the default branch
	now    time.Time
	jobs   []rescued
	bound  string // what kept it from starting more jobs; "" if nothing did
	issues []github.Alarmed
}

// rescued is a job that a rescue looked after.
type rescued struct {
	job      pyproject.Job
	workflow string           // the state of its workflow; "active", if it can be started
	watch    schedule.Watch   // zero if its workflow cannot be started
	verdict  schedule.Verdict // and this one, too
	started  bool
	failed   error // why GitHub did not start it, or may not have
}

// begin finds out where to look.
func (r *rescue) begin(ctx context.Context, token string) (err error) {
	if r.origin = r.Program.origin(ctx, r.project.dir, token); r.origin.repository == "" {
		return &exitError{exitUsage, errors.New("rescue: no repository on GitHub"), "set GITHUB_REPOSITORY to owner/name, or give the clone a remote origin"}
	}
	if r.origin.token == "" {
		return &exitError{exitDenied, errors.New("rescue: no token"), "set GITHUB_TOKEN, or log in with `gh auth login`. Starting jobs takes the permission `actions: write`"}
	}
	if r.client, err = r.Program.client(r.origin, r.Stderr, r.Stderr); err != nil {
		return &exitError{exitUsage, err, "set GITHUB_REPOSITORY to owner/name"}
	}
	return nil
}

func (r *rescue) run(ctx context.Context, asJSON bool) error {
	if err := r.look(ctx); err != nil {
		return err
	}
	var dispatching, alarming error
	if !r.dryRun {
		dispatching = r.dispatch(ctx)
		if r.project.Rescue.Notify {
			alarming = r.alarm(ctx)
		}
	}
	r.remark()
	telling := r.tell(asJSON)
	return errors.Join(dispatching, alarming, r.failures(), telling)
}

// look reads how the jobs stand.
func (r *rescue) look(ctx context.Context) error {
	workflows, err := r.client.Workflows(ctx)
	if err != nil {
		return err
	}
	trigger, err := r.runner(r.Stderr).Trigger()
	r.warn(r.runner(r.Stderr), err)
	if r.branch = trigger.DefaultBranch; r.branch == "" {
		if r.branch, err = r.client.DefaultBranch(ctx); err != nil {
			return err
		}
	}
	var watches []github.Watch
	for _, job := range r.project.Jobs {
		workflow, registered := workflows[job.File()]
		if !registered {
			workflow.State = notRegistered
		}
		r.jobs = append(r.jobs, rescued{job: job, workflow: workflow.State})
		if workflow.State == active {
			watches = append(watches, github.Watch{Workflow: job.File(), Watch: schedule.Watch{
				Schedule: job.Schedule, Patience: job.Options.Patience, Since: workflow.Created,
			}})
		}
	}
	if r.now, err = r.client.Watch(ctx, r.branch, watches); err != nil {
		return err
	}
	for i := range r.jobs {
		if job := &r.jobs[i]; job.workflow == active {
			job.watch, job.verdict = watches[0].Watch, schedule.Rescue(watches[0].Watch, r.now)
			watches = watches[1:]
		}
	}
	return nil
}

// active is the state of a workflow that can be started.
const active = "active"

// due returns the jobs to start, those first whose window began first, and last
// those that may have been confirmed unread.
func (r *rescue) due() (due []*rescued) {
	for i := range r.jobs {
		if r.jobs[i].verdict.Dispatch {
			due = append(due, &r.jobs[i])
		}
	}
	ranks := map[schedule.Why]int{schedule.Due: 0, schedule.Unread: 1}
	slices.SortStableFunc(due, func(a, b *rescued) int {
		return cmp.Or(ranks[a.verdict.Why]-ranks[b.verdict.Why], a.verdict.Window.Start.Compare(b.verdict.Window.Start))
	})
	return due
}

// dispatch starts the jobs that are due, as many as one rescue may. What goes wrong
// with one of them is kept with it; the error is about all.
func (r *rescue) dispatch(ctx context.Context) error {
	var started, refused, lost int
	for i, job := range r.due() {
		if r.bound = r.bounded(started, refused, lost); r.bound != "" {
			return nil
		}
		if i >= unpaced {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(r.pause):
			}
		}
		err := r.client.Dispatch(ctx, job.job.File(), r.branch, job.verdict.Window.Start)
		_, denied := errors.AsType[*github.Denied](err)
		switch {
		case err == nil:
			job.started = true
			started, lost = started+1, 0
			continue
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case denied || github.Limited(err):
			return err // it would be the same with the others; the next rescue goes on
		case github.Refused(err):
			refused, lost = refused+1, 0
		default:
			lost++
		}
		job.failed = err
	}
	return nil
}

// bounded says what keeps a rescue from starting one more job; "" if nothing does.
// lost are the latest requests, if GitHub may have served them or not.
func (r *rescue) bounded(started, refused, lost int) string {
	remaining := r.client.Remaining()
	switch {
	case started == maxDispatches:
		return fmt.Sprintf("one rescue starts %d", started)
	case refused == maxRefused:
		return fmt.Sprintf("GitHub refused to start %d", refused)
	case lost == maxLost:
		return fmt.Sprintf("GitHub had trouble with %d in a row", lost)
	case remaining >= 0 && remaining-started*runRequests < reserve:
		return fmt.Sprintf("GitHub's rate limit has %s left, which the runs of jobs need", problem.Count(remaining, "request"))
	}
	return ""
}

// left counts the jobs that are left to the next rescue.
func (r *rescue) left() (left int) {
	for _, job := range r.jobs {
		if job.verdict.Dispatch && !job.started && job.failed == nil && !r.dryRun {
			left++
		}
	}
	return left
}

// failures is the error of jobs that GitHub did not start, or may not have, each for
// a reason of its own.
func (r *rescue) failures() error {
	var failures []error
	hidden := true // from a classic token that lacks the right, GitHub hides what is there
	for _, job := range r.jobs {
		if job.failed != nil {
			failures = append(failures, fmt.Errorf("start %s: %w", problem.Show(job.job.ID), job.failed))
		}
		hidden = hidden && !job.started && (job.failed == nil || github.Missing(job.failed))
	}
	if len(failures) > 0 && hidden {
		return &exitError{exitDenied, errors.Join(failures...), cannotStart}
	}
	return errors.Join(failures...)
}

// remark warns of what people have to do something about.
func (r *rescue) remark() {
	a := archive{origin: r.origin, client: r.client, retention: r.retention()}
	var remarks []error
	for _, job := range r.jobs {
		state := job.workflow
		if state == "disabled_manually" {
			state = "" // as somebody wants it
		}
		window := schedule.Account{Window: job.job.Schedule.Window(r.now)}
		for _, remark := range a.remarks(past{job: job.job, workflow: state, accounts: []schedule.Account{window}}) {
			remarks = append(remarks, errors.New(remark))
		}
	}
	if left := r.left(); left > 0 {
		remark := fmt.Sprintf("%s left to the next rescue", problem.Count(left, "due job"))
		if r.bound != "" {
			remark += ": " + r.bound
		}
		remarks = append(remarks, errors.New(remark))
	}
	r.warn(r.runner(r.Stderr), errors.Join(remarks...)) // one annotation: GitHub shows ten
}

// cannotStart is the remedy for a token that may not start workflows.
const cannotStart = "the token may not start workflows: add `actions: write` to the `permissions:` of the rescue's job, as `scheduled sync` writes them; " +
	"a fine-grained token needs Actions: read and write, a classic one the scope repo"

// explain gives the error of a token that lacks a right its exit code and says what
// to do.
func (r *rescue) explain(err error) error {
	d, ok := errors.AsType[*github.Denied](err)
	if !ok {
		return err
	}
	hint := map[github.Right]string{
		github.Valid:       "the token is not valid, or has expired",
		github.Actions:     "the token may not read runs: it needs the permission `actions: read`, and `actions: write` to start jobs",
		github.Dispatching: cannotStart,
		github.Issues:      "the token may not write issues: add `issues: write` to the `permissions:` of the rescue's job, as `scheduled sync` writes them; or set notify = \"none\"",
		github.Tracker:     "the repository has no issues: turn them on in Settings > General, or set notify = \"none\"",
	}[d.Lacks]
	return &exitError{exitDenied, err, hint}
}
