package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Watch is a job that a rescue looks after.
type Watch struct {
	Workflow string // name of its file
	schedule.Watch
}

// The requests of one Watch. GITHUB_TOKEN has 1,000 an hour, in which a rescue
// may tick four times, and the jobs check their windows.
const (
	watchPages    = 20  // of the list of all runs, before jobs are asked for one by one if that takes fewer
	watchRequests = 120 // in all
)

// Watch reads into each job of watches its latest runs on a branch, as far back as
// they can change what schedule.Rescue says, from the list of all runs of the
// repository. Where that list is long, and few jobs are left, it asks for their own
// ones. What is beyond watchRequests is left out, and then a job may look as if
// nobody confirmed it. It returns GitHub's clock, UTC. The error is a *Denied, a
// *Failure, or that of ctx.
func (c *Client) Watch(ctx context.Context, branch string, watches []Watch) (now time.Time, _ error) {
	patient, cancel := context.WithTimeoutCause(ctx, longPatience, fmt.Errorf("no answer within %v", longPatience))
	defer cancel()
	w := watching{client: c, branch: branch, watches: watches, files: map[string]int{}}
	for i := range watches {
		w.files[watches[i].Workflow] = i
		w.open = append(w.open, i)
	}
	err := w.read(patient)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return w.now, denied(Actions, err)
}

// watching is a Watch at work.
type watching struct {
	client  *Client
	branch  string
	watches []Watch
	files   map[string]int // which of watches has which file

	now      time.Time
	oldest   time.Time // creation of the oldest run on a page of all runs so far
	open     []int     // those of watches that runs not seen yet can change
	requests int
}

func (w *watching) read(ctx context.Context) error {
	more := true
	for page := 1; more && (page == 1 || len(w.open) > 0); page++ {
		if page > watchPages && page > len(w.open) || w.requests == watchRequests {
			break
		}
		list, err := w.get(ctx, fmt.Sprintf("actions/runs?per_page=%d&page=%d", perPage, page))
		if err != nil {
			return err
		}
		more = (list.more || page*perPage < list.value.Total) && len(list.value.Runs) > 0
		for _, run := range list.value.Runs {
			if !run.Created.IsZero() && (w.oldest.IsZero() || run.Created.Before(w.oldest)) {
				w.oldest = run.Created
			}
		}
		w.add(list.value.Runs)
	}
	if !more {
		return nil
	}
	for _, i := range slices.Clone(w.open) {
		if w.requests == watchRequests {
			break
		}
		list, err := w.get(ctx, fmt.Sprintf("actions/workflows/%s/runs?per_page=%d", url.PathEscape(w.watches[i].Workflow), perPage))
		if err != nil && !Missing(err) {
			return err
		}
		w.add(list.value.Runs)
	}
	return nil
}

func (w *watching) get(ctx context.Context, path string) (answer[runList], error) {
	w.requests++
	list, err := get[runList](ctx, w.client, path)
	if err == nil && w.now.IsZero() {
		if w.now = list.now.UTC(); list.now.IsZero() {
			err = w.client.failure(http.MethodGet, runList{}.noun(), nil, errors.New("the answer has no Date"))
		}
	}
	return list, err
}

// add gives the runs of a page to their jobs, and drops those jobs from w.open that
// no older run can change.
func (w *watching) add(runs []workflowRun) {
	for _, listed := range runs {
		file, _, _ := strings.Cut(path.Base(listed.Path), "@") // a ref may follow
		i, watched := w.files[file]
		if !watched || !listed.counts(w.client.repository, file, w.branch) {
			continue
		}
		run, known := listed.run(), &w.watches[i].Runs
		at := slices.IndexFunc(*known, func(r schedule.Run) bool { return r.ID == run.ID })
		if at < 0 {
			*known = append(*known, run)
		} else if byAge((*known)[at], run) < 0 {
			(*known)[at] = run // it changed between two pages
		}
	}
	w.open = slices.DeleteFunc(w.open, func(i int) bool {
		v := schedule.Rescue(w.watches[i].Watch, w.now)
		settled := v.Why == schedule.Fulfilled || v.Why == schedule.Running || v.Why == schedule.Young
		return settled || !w.oldest.IsZero() && w.oldest.Before(v.Window.Start)
	})
}

// newRun is the answer to a dispatch, which says nothing.
type newRun struct{}

func (newRun) noun() string   { return "run" }
func (newRun) complete() bool { return true }

// Dispatch starts a run of a workflow on a branch, to serve the window of that slot
// or, if it takes longer to begin, the one that holds then; unless the window is
// confirmed. The error is a *Denied, or a *Failure, which Refused tells about.
// https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event
func (c *Client) Dispatch(ctx context.Context, workflow, branch string, slot time.Time) error {
	_, err := do[newRun](ctx, c, request{http.MethodPost, "actions/workflows/" + url.PathEscape(workflow) + "/dispatches", map[string]any{
		"ref":    branch,
		"inputs": map[string]string{"force": "false", "window": slot.UTC().Format(time.RFC3339)},
	}})
	if status(err) == http.StatusNotFound {
		return err // it may be just this workflow that is gone
	}
	return denied(Dispatching, err)
}

// Refused reports whether GitHub understood the request that failed, and turned it
// down.
func Refused(err error) bool {
	failure, ok := errors.AsType[*Failure](err)
	return ok && failure.refused()
}
