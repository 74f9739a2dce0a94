package github

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/google/go-github/v60/github"
)

// Workflow is a workflow of the repository, as GitHub registered it.
// https://docs.github.com/rest/actions/workflows#list-repository-workflows
type Workflow struct {
	Path    string    // of its file, from the repository's root
	State   string    // active, deleted, disabled_fork, disabled_inactivity or disabled_manually
	Created time.Time // zero if GitHub does not say
	Changed time.Time // when it was last enabled, disabled or renamed; zero if GitHub does not say
}

// Unregistered is the state that a workflow has if GitHub does not list it.
const Unregistered = "missing"

// File returns the name of its file, without a folder.
func (w Workflow) File() string { return path.Base(w.Path) }

// Paused reports whether a person disabled the workflow.
func (w Workflow) Paused() bool { return w.State == "disabled_manually" }

// Enabled returns when an active workflow was enabled; zero if it never was disabled.
// GitHub's updated_at changes when a workflow is enabled, and when its name does.
func (w Workflow) Enabled() time.Time {
	if w.State == "active" && w.Changed.After(w.Created) {
		return w.Changed
	}
	return time.Time{}
}

// workflowPages is the maximum number of pages to read of the list of workflows.
const workflowPages = 100

// Workflows returns the workflows of the repository by the names of their files, with
// one request per hundred. It waits for a rate limit as long as Past does. The error is
// a *Denied, a *Failure, or that of ctx, or says that there are too many.
func (c *Client) Workflows(ctx context.Context) (map[string]Workflow, error) {
	patient, cancel := context.WithTimeoutCause(ctx, longPatience, fmt.Errorf("no answer within %v", longPatience))
	defer cancel()
	workflows := map[string]Workflow{}
	listed := map[int64]bool{}
	for page := 1; page <= workflowPages; page++ {
		list, resp, err := call(patient, c, "read workflow list", func(ctx context.Context) (*github.Workflows, *github.Response, error) {
			return c.api.Actions.ListWorkflows(ctx, c.owner(), c.name(), &github.ListOptions{PerPage: perPage, Page: page})
		})
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			return nil, denied(Actions, err)
		}
		before := len(listed)
		for _, registered := range list.Workflows {
			listed[registered.GetID()] = true
			w := Workflow{registered.GetPath(), registered.GetState(), registered.GetCreatedAt().Time, registered.GetUpdatedAt().Time}
			known, twice := workflows[w.File()]
			if path.Dir(w.Path) == ".github/workflows" && (!twice || known.State == "deleted") {
				workflows[w.File()] = w
			}
		}
		if resp.NextPage == 0 || len(listed) == before { // a list that repeats itself has no end
			return workflows, nil
		}
	}
	return nil, fmt.Errorf("read workflow list of %s: more than %d workflows", c.Repository(), workflowPages*perPage)
}
