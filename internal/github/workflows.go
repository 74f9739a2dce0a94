package github

import (
	"context"
	"fmt"
	"path"
	"time"
)

// Workflow is a workflow of the repository, as GitHub registered it.
// https://docs.github.com/rest/actions/workflows#list-repository-workflows
type Workflow struct {
	Path    string    `json:"path"`       // of its file, from the repository's root
	State   string    `json:"state"`      // active, deleted, disabled_fork, disabled_inactivity or disabled_manually
	Created time.Time `json:"created_at"` // zero if GitHub does not say
}

// File returns the name of its file, without a folder.
func (w Workflow) File() string { return path.Base(w.Path) }

// Paused reports whether somebody disabled the workflow by hand.
func (w Workflow) Paused() bool { return w.State == "disabled_manually" }

// workflowList is one page of the workflows of a repository.
type workflowList struct {
	Total     int        `json:"total_count"`
	Workflows []Workflow `json:"workflows"`
}

func (workflowList) noun() string     { return "workflow list" }
func (l workflowList) complete() bool { return l.Workflows != nil }

// Workflows returns the workflows of the repository by the names of their files:
// a request a hundred. It waits for a rate limit as long as Past does. The error is a *Denied, a *Failure, or that of ctx.
func (c *Client) Workflows(ctx context.Context) (map[string]Workflow, error) {
	patient, cancel := context.WithTimeoutCause(ctx, longPatience, fmt.Errorf("no answer within %v", longPatience))
	defer cancel()
	workflows := map[string]Workflow{}
	for page, more := 1, true; more; page++ {
		list, err := get[workflowList](patient, c, fmt.Sprintf("actions/workflows?per_page=%d&page=%d", perPage, page))
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			return nil, denied(Actions, err)
		}
		for _, w := range list.value.Workflows {
			known, twice := workflows[w.File()]
			if path.Dir(w.Path) == ".github/workflows" && (!twice || known.State == "deleted") {
				workflows[w.File()] = w
			}
		}
		more = list.more && len(list.value.Workflows) > 0
	}
	return workflows, nil
}
