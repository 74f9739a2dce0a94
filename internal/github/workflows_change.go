package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/go-github/v60/github"
)

// SetWorkflow enables or disables the workflow of that file, which GitHub then words as
// active or disabled_manually. Doing it twice does no harm, so an answer that was lost
// says nothing: see Workflows. The error is a *Denied or a *Failure.
// https://docs.github.com/rest/actions/workflows#disable-a-workflow
func (c *Client) SetWorkflow(ctx context.Context, file string, enabled bool) error {
	verb := "disable"
	if enabled {
		verb = "enable"
	}
	return c.change(ctx, verb+" workflow", http.MethodPut, fmt.Sprintf("actions/workflows/%s/%s", url.PathEscape(file), verb))
}

// CancelRun cancels a run, unless it is over, which GitHub answers with a conflict.
// https://docs.github.com/rest/actions/workflow-runs#cancel-a-workflow-run
func (c *Client) CancelRun(ctx context.Context, id int64) error {
	err := c.change(ctx, "cancel run", http.MethodPost, fmt.Sprintf("actions/runs/%d/cancel", id))
	if status(err) == http.StatusConflict {
		return nil
	}
	return err
}

// change sends a request without a body that needs the right to write Actions.
func (c *Client) change(ctx context.Context, what, method, path string) error {
	_, _, err := call(ctx, c, what, func(ctx context.Context) (any, *github.Response, error) {
		req, err := c.api.NewRequest(method, "repos/"+c.Repository()+"/"+path, nil)
		if err != nil {
			return nil, nil, err
		}
		resp, err := c.api.Do(ctx, req, nil)
		return nil, resp, err
	})
	if status(err) == http.StatusAccepted { // it will be done
		return nil
	}
	return denied(Dispatching, err)
}
