package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/go-github/v60/github"
)

// environments is one page of the environments of a repository.
// https://docs.github.com/rest/deployments/environments#list-environments
type environments struct {
	Environments page[struct {
		Name  string `json:"name"`
		Rules []struct {
			Type    string `json:"type"`
			Minutes int    `json:"wait_timer"`
		} `json:"protection_rules"`
	}] `json:"environments"`
}

func (environments) noun() string     { return "environments" }
func (e environments) complete() bool { return e.Environments != nil }

// environmentPages is the maximum number of pages to read of the list of environments.
const environmentPages = 10

// Timers are the wait timers of the environments of a repository, by their names; 0 for
// one without.
type Timers struct {
	ByName map[string]time.Duration
	Now    time.Time // GitHub's clock, UTC; zero if it cannot be right
}

// Timers reads the environments, with one request per hundred, for which a token needs to
// read Actions. The error is a *Denied, a *Failure, or that of ctx.
func (c *Client) Timers(ctx context.Context) (Timers, error) {
	timers := Timers{ByName: map[string]time.Duration{}}
	for page := 1; page <= environmentPages; page++ {
		list, err := get[environments](ctx, c, fmt.Sprintf("environments?per_page=%d&page=%d", perPage, page))
		if err != nil {
			return timers, denied(Actions, err)
		}
		timers.Now, _ = c.clock(list.header)
		for _, e := range list.value.Environments {
			timers.ByName[e.Name] = 0
			for _, rule := range e.Rules {
				if rule.Type == "wait_timer" {
					timers.ByName[e.Name] = time.Duration(rule.Minutes) * time.Minute
				}
			}
		}
		if !list.more {
			break
		}
	}
	return timers, nil
}

// SetTimer makes an environment, or gives it that wait timer, in whole minutes. The token
// needs the right to administer the repository. GitHub answers 422 where the plan has no
// timers for such a repository.
// https://docs.github.com/rest/deployments/environments#create-or-update-an-environment
func (c *Client) SetTimer(ctx context.Context, environment string, wait time.Duration) error {
	path := fmt.Sprintf("repos/%s/environments/%s", c.Repository(), url.PathEscape(environment))
	_, _, err := call(ctx, c, "create environment", func(ctx context.Context) (any, *github.Response, error) {
		req, err := c.api.NewRequest(http.MethodPut, path, map[string]int{"wait_timer": int(wait / time.Minute)})
		if err != nil {
			return nil, nil, err
		}
		resp, err := c.api.Do(ctx, req, nil)
		return nil, resp, err
	})
	return denied(Administering, err)
}
