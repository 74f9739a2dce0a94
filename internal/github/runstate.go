package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// RunState is a run of a job's workflow, and how far it is.
type RunState struct {
	ID         int64
	URL        string // "" if GitHub does not say
	File       string // of its workflow, without a folder
	Created    time.Time
	Dispatched bool      // on the branch that was asked about; any other cannot serve the job by hand
	Forced     bool      // its name says that it executes even if its window is confirmed
	Slot       time.Time // the window that its name says; zero for none
	Status     string    // as GitHub words it: queued, in_progress, completed and others
	Conclusion string    // "" until it is completed
}

// Over reports whether the run has ended.
func (r RunState) Over() bool { return r.Status == "completed" }

// Succeeded reports whether it has ended well.
func (r RunState) Succeeded() bool { return r.Over() && r.Conclusion == "success" }

// Failed reports whether it has failed. One that was cancelled or skipped has not.
func (r RunState) Failed() bool { return r.Over() && badly(r.Conclusion) }

// statePages is the maximum number of pages of runs to read for those that are not over.
// "Up to 100 jobs or workflow runs can be pending in the concurrency group."
const statePages = 3

// Latest returns the newest runs of a workflow, the newest first, and GitHub's clock: a
// page of them, and more where that ends in runs that are not over. The error is a
// *Denied, a *Failure, or that of ctx.
func (c *Client) Latest(ctx context.Context, workflow, branch string) (runs []RunState, now time.Time, _ error) {
	ctx, cancel := Within(ctx, patience, "read runs")
	defer cancel()
	listed := map[int64]bool{}
	for page := 1; page <= statePages; page++ {
		list, err := get[runList](ctx, c, fmt.Sprintf("actions/workflows/%s/runs?per_page=%d&page=%d", url.PathEscape(workflow), perPage, page))
		if err == nil && page == 1 {
			if now, err = c.clock(list.header); err != nil {
				err = c.failure("read run list", nil, err)
			}
		}
		if err != nil {
			return nil, now, denied(Actions, err)
		}
		open := false
		for _, run := range list.value.Runs {
			if run.ID > 0 && !run.Created.IsZero() && !listed[run.ID] {
				listed[run.ID] = true
				runs = append(runs, c.state(run, branch))
				open = open || run.Status != "completed"
			}
		}
		if !open || !list.more {
			break
		}
	}
	slices.SortStableFunc(runs, func(a, b RunState) int { return b.Created.Compare(a.Created) })
	return runs, now, nil
}

// Newest returns the newest runs of all workflows, the newest first, and GitHub's clock: those
// that were created since a time, as far as so many pages have them. known is since when all
// of them are there. The error is a *Denied, a *Failure, or that of ctx.
func (c *Client) Newest(ctx context.Context, branch string, since time.Time, pages int) (runs []RunState, known, now time.Time, _ error) {
	ctx, cancel := Within(ctx, patience, "read runs")
	defer cancel()
	for page := 1; page <= pages; page++ {
		list, err := get[runList](ctx, c, fmt.Sprintf("actions/runs?per_page=%d&page=%d", perPage, page))
		if err == nil && page == 1 {
			if now, err = c.clock(list.header); err != nil {
				err = c.failure("read run list", nil, err)
			}
		}
		if err != nil {
			return nil, time.Time{}, now, denied(Actions, err)
		}
		for _, run := range list.value.Runs {
			if run.ID > 0 && !run.Created.IsZero() {
				runs = append(runs, c.state(run, branch))
			}
		}
		if known = list.value.oldest(); !list.more || len(list.value.Runs) == 0 {
			return runs, time.Time{}, now, nil
		}
		if known.Before(since) {
			break
		}
	}
	return runs, known, now, nil
}

// Began returns when the first job of a run was started by a runner; zero if none has
// been. The error is a *Denied, a *Failure, or that of ctx.
func (c *Client) Began(ctx context.Context, id int64) (began time.Time, _ error) {
	ctx, cancel := Within(ctx, patience, "read jobs")
	defer cancel()
	list, err := get[jobList](ctx, c, fmt.Sprintf("actions/runs/%d/jobs?per_page=%d", id, perPage))
	if err != nil {
		return began, denied(Actions, err)
	}
	for _, job := range list.value.Jobs {
		// One that waits for a runner has a started_at, too.
		runs := job.Status == "in_progress" || job.Status == "completed" && job.Conclusion != "skipped"
		if runs && !job.Started.IsZero() && (began.IsZero() || job.Started.Before(began)) {
			began = job.Started.UTC()
		}
	}
	return began, nil
}

// RunState returns one run. The error is a *Denied, a *Failure, or that of ctx.
// https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run
func (c *Client) RunState(ctx context.Context, id int64) (RunState, error) {
	ctx, cancel := Within(ctx, patience, "read run")
	defer cancel()
	run, err := get[workflowRun](ctx, c, fmt.Sprintf("actions/runs/%d", id))
	return c.state(run.value, run.value.Branch), denied(Actions, err)
}

func (workflowRun) noun() string     { return "run" }
func (r workflowRun) complete() bool { return r.ID > 0 && r.Status != "" }

func (c *Client) state(r workflowRun, branch string) RunState {
	state := RunState{ID: r.ID, URL: c.page(r.URL), File: r.file(), Created: r.Created.UTC(), Status: r.Status, Conclusion: r.Conclusion,
		Dispatched: r.Event == "workflow_dispatch" && r.Branch == branch}
	if named, ok := r.named(schedule.BackfillMark); ok {
		state.Forced = true
		state.Slot, _ = parseSlot(named)
	} else if named, ok := r.named(schedule.RescueMark); ok {
		state.Slot, _ = parseSlot(named)
	} else {
		state.Forced = !strings.Contains(r.Title, "not confirmed")
	}
	state.Slot = state.Slot.UTC()
	return state
}

// Cause says why a run failed, by the steps of its jobs: the outcome of the entrypoint, else
// the step that failed. It is "" if GitHub shows neither.
func (c *Client) Cause(ctx context.Context, id int64) (string, error) {
	ctx, cancel := Within(ctx, patience, "read jobs")
	defer cancel()
	list, err := get[jobList](ctx, c, fmt.Sprintf("actions/runs/%d/jobs?per_page=%d", id, perPage))
	if err != nil {
		return "", denied(Actions, err)
	}
	failed := ""
	for _, job := range list.value.Jobs {
		bad := badly(job.Conclusion) || job.Conclusion == "cancelled"
		for _, step := range job.Steps {
			outcome, told := strings.CutPrefix(step.Name, schedule.OutcomeMark)
			switch {
			case told && bad && step.Conclusion == "success":
				return c.oneLine(outcome), nil
			case failed == "" && badly(step.Conclusion):
				failed = c.oneLine(fmt.Sprintf("the step %q failed", step.Name))
			}
		}
	}
	return failed, nil
}

// Disabled reports whether GitHub refused to start a run because its workflow is disabled:
// "Cannot trigger a 'workflow_dispatch' on a disabled workflow".
func Disabled(err error) bool {
	failure, ok := errors.AsType[*Failure](err)
	return ok && (failure.status == http.StatusUnprocessableEntity || failure.status == http.StatusForbidden) && strings.Contains(failure.said, "disabled workflow")
}

// Buttonless reports whether GitHub did not start a workflow because it knows no
// workflow_dispatch of its file, as also happens for a while after the file was changed.
func Buttonless(err error) bool {
	failure, ok := errors.AsType[*Failure](err)
	return ok && failure.status == http.StatusUnprocessableEntity && strings.Contains(failure.said, "workflow_dispatch")
}
