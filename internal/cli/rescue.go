package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/spf13/cobra"
)

const (
	rescuePatience = 12 * time.Minute // for all of it: GitHub cancels its job after 15

	// maxDispatches is for one rescue. With four an hour, and what they read, that
	// leaves the jobs a good part of the 1,000 requests an hour of GITHUB_TOKEN.
	maxDispatches = 60
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
once, then after 15, 30, 60 minutes and so on, at most 12 hours.

It is what the workflow scheduled-rescue.yml does. It reads the list of workflows
and the list of runs, and sends a request for each job that it starts: at most
` + strconv.Itoa(maxDispatches) + `, those first whose window began first; the next rescue starts the rest. A
workflow that somebody disabled is paused, and stays so.

The repository is $GITHUB_REPOSITORY, else that of the git remote origin. The token
needs actions: write, and issues: write where the option notify is "issue".

--json prints {"now", "jobs": [{"job", "state", "window": {"start", "end"},
"dispatched", "failed", "again"}]}. state is due, confirmed, running, young (its
workflow is younger than the window), patience, backoff, paused, missing,
disabled_inactivity, disabled_fork or deleted; failed counts the runs that failed
in the window; again is when the job is next due, with patience and backoff.`,
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
	issues []github.Alarmed
}

// rescued is a job that a rescue looked after.
type rescued struct {
	job      pyproject.Job
	workflow string // the state of its workflow; "active", if it can be started
	runs     []schedule.Run
	verdict  schedule.Verdict // zero if its workflow cannot be started
	started  bool
	refused  error // why GitHub did not start it
}

// begin finds out where to look.
func (r *rescue) begin(ctx context.Context, token string) (err error) {
	if r.origin = r.Program.origin(ctx, r.project.dir, token); r.origin.repository == "" {
		return &exitError{exitUsage, errors.New("rescue: no repository on GitHub"), "set GITHUB_REPOSITORY to owner/name, or give the clone a remote origin"}
	}
	if r.client, err = r.Program.client(r.origin, &shared{w: r.Stderr}); err != nil {
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
	return errors.Join(dispatching, alarming, r.refusals(), telling)
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
			job.runs, job.verdict = watches[0].Runs, schedule.Rescue(watches[0].Watch, r.now)
			watches = watches[1:]
		}
	}
	return nil
}

// active is the state of a workflow that can be started.
const active = "active"

// due returns the jobs to start, those first whose window began first.
func (r *rescue) due() (due []*rescued) {
	for i := range r.jobs {
		if r.jobs[i].verdict.Dispatch {
			due = append(due, &r.jobs[i])
		}
	}
	slices.SortStableFunc(due, func(a, b *rescued) int { return a.verdict.Window.Start.Compare(b.verdict.Window.Start) })
	return due
}

// dispatch starts the jobs that are due, as many as one rescue may.
func (r *rescue) dispatch(ctx context.Context) error {
	due := r.due()
	for i, job := range due[:min(len(due), maxDispatches)] {
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
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case denied || !github.Refused(err):
			return err // it would be the same with the others; the next rescue goes on
		default:
			job.refused = err
		}
	}
	return nil
}

// refusals is the error of jobs that GitHub did not start, each for a reason of its
// own.
func (r *rescue) refusals() error {
	var refused []error
	hidden := true // from a classic token that lacks the right, GitHub hides what is there
	for _, job := range r.jobs {
		if job.refused != nil {
			refused = append(refused, fmt.Errorf("start %s: %w", show(job.job.ID), job.refused))
		}
		hidden = hidden && !job.started && (job.refused == nil || github.Missing(job.refused))
	}
	if len(refused) > 0 && hidden {
		return &exitError{exitDenied, errors.Join(refused...), cannotStart}
	}
	return errors.Join(refused...)
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
		github.Valid:       lacks[github.Valid],
		github.Actions:     "the token may not read runs: it needs the permission `actions: read`, and `actions: write` to start jobs",
		github.Dispatching: cannotStart,
		github.Issues:      "the token may not write issues: add `issues: write` to the `permissions:` of the rescue's job, as `scheduled sync` writes them; or set notify = \"none\"",
		github.Tracker:     "the repository has no issues: turn them on in Settings > General, or set notify = \"none\"",
	}[d.Lacks]
	if r.origin.token == "" {
		hint = "there is no token: set GITHUB_TOKEN, or log in with `gh auth login`. Starting jobs takes the permission `actions: write`"
	}
	return &exitError{exitDenied, err, hint}
}
