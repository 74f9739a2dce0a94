package cli

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// tokenAdvice are the ways to give a token that may do all that a sync needs.
// https://docs.github.com/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
var tokenAdvice = `three kinds of token have every right that it needs:
  - of a GitHub App, by a step before this one:
      - uses: ` + workflow.AppToken.String() + " # " + workflow.AppToken.Version + `
        id: token
        with:
          client-id: ${{ vars.` + workflow.ClientIDVariable + ` }}
          private-key: ${{ secrets.` + workflow.PrivateKeySecret + ` }}
          permission-contents: write
          permission-pull-requests: write
          permission-workflows: write
  - fine-grained, of a person: Contents, Pull requests and Workflows, each "Read and write"
  - classic, of a person: the scopes repo and workflow
hand it to the action as its input token, or set GITHUB_TOKEN`

// withoutToken is how to go on without one.
const withoutToken = "\nwithout one: `%s && git add .github/workflows && git commit`, on a branch of your own"

// lacks says what is missing, in words.
var lacks = map[github.Right]string{
	github.Valid:        "the token is not valid, or has expired",
	github.Read:         "the token may not read the repository: it needs Contents: read",
	github.Workflows:    "the token may not write to the repository, or not its workflow files, which the GITHUB_TOKEN of a workflow never may",
	github.PullRequests: "the token may not write pull requests",
	github.Opening:      "a setting of the repository or its organisation forbids GitHub Actions to create pull requests: Settings > Actions > General > Workflow permissions",
	github.Rules:        "rules for branches forbid it: let them leave out %s, or let the token's owner bypass them",
	github.Other:        "GitHub's own message says why",
}

// explain gives an error its exit code and, where a right is missing, says what it
// is, the ways to give it, and in the step's summary how to do without.
func (h *hosted) explain(err error) error {
	_, noBranch := errors.AsType[*github.NoBranch](err)
	_, occupied := errors.AsType[*github.Occupied](err)
	if noBranch || occupied {
		return &exitError{exitUsage, err, ""}
	}
	d, ok := errors.AsType[*github.Denied](err)
	if !ok {
		return err
	}
	missing := lacks[d.Lacks]
	if d.Lacks == github.Rules {
		missing = fmt.Sprintf(missing, h.flags.pull.branch)
	}
	hint := []string{missing}
	if d.Lacks != github.Rules && d.Lacks != github.Other {
		hint = append(hint, tokenAdvice)
	}
	if d.Branch != "" {
		hint = append(hint, fmt.Sprintf("branch %s holds the change: open the pull request yourself at %s", d.Branch, h.compare()))
	}
	runner := h.runner(h.Stderr)
	runner.Error(actions.Place{}, "scheduled sync", d.Error()+"\n"+missing)
	h.warn(runner, runner.Summary(h.handSummary(d, missing)))
	return &exitError{exitDenied, d, strings.Join(hint, "\n") + fmt.Sprintf(withoutToken, h.mending())}
}

// tokenless explains that there is no token to work with.
func (p *Program) tokenless(what string) error {
	runner := p.runner(p.Stderr)
	runner.Error(actions.Place{}, "scheduled sync", what+": see the log for the ways to give one")
	p.warn(runner, runner.Summary("**No pull request:** "+what+".\n\n"+byHand(p.mending())))
	return &exitError{exitDenied, errors.New("sync by pull request: " + what), tokenAdvice + fmt.Sprintf(withoutToken, p.mending())}
}

// compare returns the page on which a person can open the pull request.
// https://docs.github.com/pull-requests/collaborating-with-pull-requests/proposing-changes-to-your-work-with-pull-requests/using-query-parameters-to-create-a-pull-request
func (h *hosted) compare() string {
	return fmt.Sprintf("%s/%s/compare/%s...%s?expand=1", cmp.Or(h.getenv("GITHUB_SERVER_URL"), "https://github.com"),
		h.getenv("GITHUB_REPOSITORY"), url.PathEscape(h.snapshot.Branch), strings.ReplaceAll(url.PathEscape(h.flags.pull.branch), "%2F", "/"))
}
