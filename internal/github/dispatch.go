package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Dispatch is a run of a job's workflow to start.
type Dispatch struct {
	Workflow string            // its file
	Branch   string            // that it runs on
	Slot     time.Time         // the window that it serves; zero for the current one
	Force    bool              // it executes even if the window is confirmed
	Inputs   map[string]string // those of the job
	Details  bool              // ask which run it is
}

// Dispatched is the run that was started. It is zero if GitHub does not say.
type Dispatched struct {
	ID  int64  `json:"workflow_run_id"`
	URL string `json:"html_url"`
}

// Dispatch starts a run. One that begins after its window, and is not forced, serves the
// window that is then current. GitHub answers with nothing, or with the run; any other
// answer, such as a page of a proxy, proves nothing. The error is a *Denied or a *Failure;
// see Refused.
// https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event
func (c *Client) Dispatch(ctx context.Context, d Dispatch) (run Dispatched, err error) {
	inputs := map[string]string{"force": fmt.Sprint(d.Force)}
	maps.Copy(inputs, d.Inputs)
	if !d.Slot.IsZero() {
		inputs["window"] = d.Slot.UTC().Format(time.RFC3339)
	}
	ask := map[string]any{"ref": d.Branch, "inputs": inputs}
	d.Details = d.Details && !c.silent.Load()
	if d.Details {
		ask["return_run_details"] = true
	}
	run, err = c.createRun(ctx, d.Workflow, ask)
	failure, failed := errors.AsType[*Failure](err)
	switch {
	case failed && d.Details && (failure.status == http.StatusBadRequest || failure.status == http.StatusUnprocessableEntity) && strings.Contains(failure.said, "return_run_details"):
		c.silent.Store(true) // an older GitHub Enterprise Server does not know that field
		return c.Dispatch(ctx, d)
	case failed && (failure.status == http.StatusNotFound || Disabled(err)):
		return Dispatched{}, err // perhaps only this workflow is missing or disabled
	}
	if run.URL = c.page(run.URL); run.URL == "" && run.ID != 0 {
		run.URL = c.RunPage(run.ID)
	}
	return run, denied(Dispatching, err)
}

// DispatchLink starts a link of a pacemaker: the workflow of a rescue, which then waits. Its
// error is that of Dispatch.
func (c *Client) DispatchLink(ctx context.Context, workflow, branch string, link schedule.Link) error {
	_, err := c.createRun(ctx, workflow, map[string]any{"ref": branch, "inputs": link.Inputs()})
	return denied(Dispatching, err)
}

// Publish starts the workflow that publishes the page. Its error is that of Dispatch.
func (c *Client) Publish(ctx context.Context, workflow, branch string) error {
	_, err := c.createRun(ctx, workflow, map[string]any{"ref": branch})
	return denied(Dispatching, err)
}

// createRun dispatches a workflow.
func (c *Client) createRun(ctx context.Context, workflow string, ask map[string]any) (run Dispatched, _ error) {
	path := fmt.Sprintf("repos/%s/actions/workflows/%s/dispatches", c.Repository(), url.PathEscape(workflow))
	_, _, err := call(ctx, c, "create run", func(ctx context.Context) (any, *github.Response, error) {
		req, err := c.api.NewRequest(http.MethodPost, path, ask)
		if err != nil {
			return nil, nil, err
		}
		resp, err := c.api.Do(ctx, req, &run)
		return nil, resp, err
	})
	return run, err
}

// Page returns the address of the repository's page.
func (c *Client) Page() string { return c.server.JoinPath(c.Repository()).String() }

// RunPage returns the address of a run's page.
func (c *Client) RunPage(id int64) string {
	return c.server.JoinPath(c.Repository(), "actions/runs", fmt.Sprint(id)).String()
}
