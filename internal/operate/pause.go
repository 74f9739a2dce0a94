package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/rescue"
)

// Switched is a job that was paused or resumed.
type Switched struct {
	Job     Job
	Was     string // the state before
	State   string // the state now, in GitHub's word; "paused" or "active" in the ledger
	Changed bool
	Local   bool  // the ledger has it
	Err     error // why it is not as it should be

	asked bool // GitHub was asked to change it
}

// Switch pauses the jobs, or resumes them, by the states of their workflows. Where nothing
// has to change, it sends no request that changes anything. The error is about all jobs: a
// *github.Denied, a *github.Failure, or the cause that ended ctx.
func (e *Engine) Switch(ctx context.Context, jobs []Job, resume bool) ([]Switched, error) {
	e.Step("reading the list of workflows")
	workflows, err := e.Client.Workflows(ctx)
	if err != nil {
		return nil, err
	}
	want := paused
	if resume {
		want = active
	}
	switched := make([]Switched, len(jobs))
	var stopped error
	asked := 0
	for i, job := range jobs {
		s := &switched[i]
		*s = Switched{Job: job, Was: stateOf(workflows, job)}
		s.State = s.Was
		switch {
		case s.Was == github.Unregistered || s.Was == "deleted":
			s.Err = Unstartable(job, s.Was)
			continue
		case s.Was == want:
			continue
		case e.DryRun:
			s.Changed = true
			continue
		case stopped != nil || ctx.Err() != nil:
			s.Err = fmt.Errorf("%s was not changed", problem.Show(job.ID))
			continue
		}
		if asked++; asked > rescue.Unpaced {
			e.wait(ctx, rescue.Pause)
		}
		e.Step(fmt.Sprintf("changing the workflow of %s", problem.Show(job.ID)))
		s.Err = e.set(ctx, job, resume)
		if _, denied := errors.AsType[*github.Denied](s.Err); denied || github.Limited(s.Err) {
			stopped, s.Err = s.Err, fmt.Errorf("%s was not changed", problem.Show(job.ID))
		}
		s.asked = true
	}
	if asked > 0 {
		err = e.confirm(context.WithoutCancel(ctx), switched, want)
	}
	return switched, errors.Join(cmp.Or(stopped, context.Cause(ctx)), err)
}

func (e *Engine) set(ctx context.Context, job Job, enabled bool) error {
	ctx, cancel := github.Within(ctx, perLook*time.Second, "change a workflow")
	defer cancel()
	return e.Client.SetWorkflow(ctx, job.File, enabled)
}

// confirm reads the states once more: only they say what became of the changes. One that
// GitHub has not made yet gets a little time.
func (e *Engine) confirm(ctx context.Context, switched []Switched, want string) error {
	e.Step("reading the list of workflows again")
	for _, pause := range append([]time.Duration{0}, looks[:2]...) {
		if pause > 0 {
			e.wait(ctx, pause)
		}
		workflows, err := e.Client.Workflows(ctx)
		if err != nil {
			return err
		}
		late := false
		for i := range switched {
			s := &switched[i]
			if !s.asked {
				continue
			}
			s.State = stateOf(workflows, s.Job)
			if s.Changed = s.State != s.Was; s.State == want {
				s.Err = nil // also where the answer to the change was lost
			}
			late = late || s.State != want && s.Err == nil
		}
		if !late {
			return nil
		}
	}
	for i := range switched {
		if s := &switched[i]; s.asked && s.State != want && s.Err == nil {
			s.Err = problem.New("run it again", "GitHub still has the workflow of %s as %s", problem.Show(s.Job.ID), s.State)
		}
	}
	return nil
}

func stateOf(workflows map[string]github.Workflow, job Job) string {
	if w, registered := workflows[job.File]; registered {
		return w.State
	}
	return github.Unregistered
}

// SwitchLocally pauses jobs, or resumes them, in the ledger of this machine.
func SwitchLocally(book *ledger.Ledger, jobs []Job, resume, dryRun bool, now time.Time) ([]Switched, error) {
	words := map[bool]string{true: "paused", false: active}
	var switched []Switched
	for _, job := range jobs {
		was, err := false, error(nil)
		if book != nil {
			was, err = book.Paused(job.ID)
		}
		s := Switched{Job: job, Was: words[was], State: words[was], Local: true, Changed: was == resume}
		switch {
		case err != nil || !s.Changed || dryRun:
		case resume:
			s.Changed, err = book.Resume(job.ID, now)
			s.State = active
		default:
			s.Changed, err = book.Pause(job.ID, now)
			s.State = words[true]
		}
		if err != nil {
			return switched, fmt.Errorf("%s: %w", problem.Show(job.ID), err)
		}
		switched = append(switched, s)
	}
	return switched, nil
}
