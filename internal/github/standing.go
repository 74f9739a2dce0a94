package github

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"
)

// Standing is what GitHub says about the repository itself.
// https://docs.github.com/rest/repos/repos#get-a-repository
type Standing struct {
	Branch   string    `json:"default_branch"`
	Private  bool      `json:"private"`
	Fork     bool      `json:"fork"`
	Archived bool      `json:"archived"`
	Disabled bool      `json:"disabled"`
	Issues   *bool     `json:"has_issues"` // nil if GitHub does not say
	Pushed   time.Time `json:"pushed_at"`
	Rights   *struct { // nil if GitHub does not say
		Admin bool `json:"admin"`
		Push  bool `json:"push"`
		Pull  bool `json:"pull"`
	} `json:"permissions"`

	Now time.Time `json:"-"` // GitHub's clock, UTC; zero if it cannot be right
}

func (Standing) noun() string     { return "repository" }
func (s Standing) complete() bool { return s.Branch != "" }

// Standing reads the repository with one request. The error is a *Denied, a *Failure, or
// that of ctx.
func (c *Client) Standing(ctx context.Context) (Standing, error) {
	a, err := get[Standing](ctx, c, "")
	if err == nil {
		a.value.Now, _ = c.clock(a.header)
	}
	return a.value, denied(Read, err)
}

// WorkflowSettings are the settings of GITHUB_TOKEN.
// https://docs.github.com/rest/actions/permissions#get-default-workflow-permissions-for-a-repository
type WorkflowSettings struct {
	Default string `json:"default_workflow_permissions"` // read or write
	Opening bool   `json:"can_approve_pull_request_reviews"`
}

func (WorkflowSettings) noun() string     { return "workflow permissions" }
func (s WorkflowSettings) complete() bool { return s.Default != "" }

// WorkflowSettings reads these settings, for which a token needs the right to administer
// the repository.
func (c *Client) WorkflowSettings(ctx context.Context) (WorkflowSettings, error) {
	a, err := get[WorkflowSettings](ctx, c, "actions/permissions/workflow")
	return a.value, denied(Other, err)
}

// Site is the repository's site on GitHub Pages.
// https://docs.github.com/rest/pages/pages#get-a-github-pages-site
type Site struct {
	API     string `json:"url"`
	Address string `json:"html_url"`   // "" if GitHub does not say
	Source  string `json:"build_type"` // workflow, or legacy for a branch; "" if GitHub does not say
	Public  bool   `json:"public"`     // "accessible to anyone on the internet"
}

func (Site) noun() string     { return "site" }
func (s Site) complete() bool { return s.API != "" }

// Site reads the site, with one request, for which a token needs to read Pages. found is
// false if there is none. The error is a *Denied, a *Failure, or that of ctx.
func (c *Client) Site(ctx context.Context) (site Site, found bool, _ error) {
	a, err := get[Site](ctx, c, "pages")
	if Missing(err) {
		return Site{}, false, nil
	}
	a.value.Address = c.oneLine(a.value.Address)
	return a.value, err == nil, denied(Other, err)
}

// folder is a folder of a branch. https://docs.github.com/rest/repos/contents#get-repository-content
type folder []struct {
	Name string `json:"name"`
	SHA  string `json:"sha"` // of its content, as git has it
}

func (folder) noun() string     { return "workflow folder" }
func (f folder) complete() bool { return f != nil }

// Blobs returns the files in a folder of the default branch: the hash of the content, as
// git has it, by name. A folder that is not there has none. GitHub lists up to 1,000.
func (c *Client) Blobs(ctx context.Context, dir string) (map[string]string, error) {
	a, err := get[folder](ctx, c, "contents/"+dir)
	if Missing(err) {
		return map[string]string{}, nil
	}
	blobs := map[string]string{}
	for _, file := range a.value {
		blobs[file.Name] = file.SHA
	}
	return blobs, denied(Read, err)
}

// Started is a run, as far as it says how punctual GitHub is.
type Started struct {
	File      string // of its workflow, without a folder
	Scheduled bool   // by GitHub itself, else by a dispatch
	Created   time.Time
	Updated   time.Time // the end of a run that is over
}

// Started returns the scheduled and dispatched runs of the repository since a time, the
// newest first, and since when it knows all of them: at most that many pages are read.
func (c *Client) Started(ctx context.Context, since time.Time, pages int) (runs []Started, known time.Time, _ error) {
	for page := 1; page <= pages; page++ {
		a, err := get[runList](ctx, c, fmt.Sprintf("actions/runs?per_page=%d&page=%d", perPage, page))
		if err != nil {
			return nil, known, denied(Actions, err)
		}
		for _, run := range a.value.Runs {
			file, _, _ := strings.Cut(run.Path, "@")
			if scheduled := run.Event == "schedule"; scheduled || run.Event == "workflow_dispatch" {
				runs = append(runs, Started{path.Base(file), scheduled, run.Created, run.Updated})
			}
		}
		known = a.value.oldest()
		if !a.more || len(a.value.Runs) == 0 || known.Before(since) {
			if !a.more {
				known = since
			}
			break
		}
	}
	if known.Before(since) {
		known = since
	}
	return runs, known, nil
}
