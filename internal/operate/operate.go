// Package operate does what people ask of jobs: it starts runs of them now, for the past
// and for later, follows these runs, and pauses and resumes jobs. It returns what
// it did as data.
package operate

import (
	"context"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Engine starts and follows runs on GitHub.
type Engine struct {
	Client *github.Client
	Branch string       // the default branch; "" to ask GitHub
	DryRun bool         // change nothing
	Say    func(string) // receives what people should know at once
	Step   func(string) // receives what is being done

	// Wait pauses, and ends early when the context does; nil for a pause by the clock.
	Wait func(context.Context, time.Duration)

	workflows map[string]github.Workflow
	sent      int // dispatches
	lost      int // the latest ones in a row without a clear answer
}

// Job is a job to start.
type Job struct {
	ID       string
	File     string // name of its workflow file, without a folder
	Schedule schedule.Schedule
	Cancels  bool // a newer window cancels an older one
}

// begin reads which workflows there are, and the default branch.
func (e *Engine) begin(ctx context.Context) (err error) {
	e.Step("reading the list of workflows")
	if e.workflows, err = e.Client.Workflows(ctx); err == nil && e.Branch == "" {
		e.Branch, err = e.Client.DefaultBranch(ctx)
	}
	return err
}

// The states of a workflow that can be started, and of one that a person disabled.
const (
	active = "active"
	paused = "disabled_manually"
)

// startable returns why the workflow of a job cannot be started; nil if it can.
func (e *Engine) startable(job Job) error {
	w, registered := e.workflows[job.File]
	if !registered {
		w.State = github.Unregistered
	}
	return Unstartable(job, w.State)
}

// Unstartable returns why a job whose workflow has that state cannot be started; nil if it
// can.
func Unstartable(job Job, state string) error {
	name := problem.Show(job.ID)
	switch state {
	case active, "":
		return nil
	case paused:
		return problem.New(resume(job), "job %s is paused: its workflow %s is disabled", name, job.File)
	case github.Unregistered, "deleted":
		return problem.New("run `scheduled sync` and merge the file into the default branch", "GitHub has no workflow %s of job %s", job.File, name)
	}
	return problem.New(resume(job), "job %s cannot be started: GitHub has its workflow %s as %s", name, job.File, state)
}

// resume is the hint for a job that is paused.
func resume(job Job) string { return "run `" + problem.Command("scheduled resume", job.ID) + "` first" }

func (e *Engine) wait(ctx context.Context, d time.Duration) {
	if e.Wait != nil {
		e.Wait(ctx, d)
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Run is a run that was asked for.
type Run struct {
	Job    Job
	Window time.Time // the slot that it serves; zero for none
	Force  bool      // it executes even if the window is confirmed
	Slot   time.Time // the slot that its dispatch names; zero for the current window
	Inputs map[string]string

	ID         int64 // 0 if there is none, or GitHub does not say
	URL        string
	Conclusion string // "" until it is known
	Started    bool   // it was started
	Pending    bool   // it was there already, so none was started
	Left       bool   // it was left to another call
	Unsure     bool   // which of several like it is the one that was started is unknown
	Err        error  // why it was not started, or may not have been

	seen map[int64]bool // the runs of its workflow before
}

// Words says what became of the run, for people. One that is not forced only requests
// a later slot.
func (r *Run) Words() string {
	url, begun := r.URL, "started"
	switch {
	case r.ID == 0:
		url = "GitHub does not say which run it is"
	case r.URL == "":
		url = fmt.Sprintf("run %d in the local ledger", r.ID)
	}
	if !r.Force {
		begun = "requested"
	}
	switch {
	case r.Pending:
		return fmt.Sprintf("not %s: run %d of the same window is pending: %s", begun, r.ID, url)
	case !r.Started && r.Err != nil:
		return "not " + begun
	case !r.Started:
		return "would be " + begun
	case r.Conclusion != "":
		return fmt.Sprintf("%s: %s", r.Conclusion, url)
	}
	return begun + ": " + url
}

// take makes the run be the one that GitHub has.
func (r *Run) take(state github.RunState) {
	r.ID, r.URL, r.Conclusion = state.ID, state.URL, state.Conclusion
}

// serves returns the slot that a dispatched run serves, as far as its name and its creation
// say.
func (j Job) serves(run github.RunState) time.Time {
	switch {
	case run.Slot.IsZero(), !run.Forced && !run.Slot.After(run.Created):
		return j.Schedule.Latest(run.Created).Start
	case run.Forced && !j.Schedule.Window(run.Slot).IsZero():
		return j.Schedule.Window(run.Slot).Start
	}
	return run.Slot
}

// pending returns the dispatched run of the same window that is not over; the first one of
// several.
func (r *Run) pending(runs []github.RunState) (first github.RunState, found bool) {
	for _, run := range runs {
		if run.Dispatched && !run.Over() && r.Job.serves(run).Equal(r.Window) && (!found || run.ID < first.ID) {
			first, found = run, true
		}
	}
	return first, found
}

// born returns the runs that the dispatch may have become: those like it that were not there
// before, the newest first.
func (r *Run) born(runs []github.RunState) (alike []github.RunState) {
	for _, run := range runs {
		if run.Dispatched && !r.seen[run.ID] && run.Forced == r.Force && run.Slot.Equal(r.Slot) {
			alike = append(alike, run)
		}
	}
	return alike
}

// look reads the newest runs of the run's workflow.
func (e *Engine) look(ctx context.Context, r *Run) (runs []github.RunState, now time.Time, err error) {
	return e.Client.Latest(ctx, r.Job.File, e.Branch)
}

// Unheeded is the error of a pending run that may not have the inputs that were asked for.
func (r *Run) Unheeded() error {
	name := problem.Show(r.Job.ID)
	if r.Unsure {
		return problem.New("look at the inputs of that run, "+r.URL, "several calls have started %s at once: run %d has the --kwargs of one of them, and the others are cancelled", name, r.ID)
	}
	return problem.New("start it again once that run is over", "%s was not started with --kwargs: run %d of the same window is pending", name, r.ID)
}

// Errors returns what went wrong with runs, each with the name of its job.
func Errors(runs []*Run) (all []error) {
	for _, r := range runs {
		if r.Err != nil {
			all = append(all, r.Err)
		}
	}
	return all
}
