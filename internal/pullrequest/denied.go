package pullrequest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// Denied is the error of a token that is missing or lacks a right. Its hint names the
// right, and says how to give it or do without it.
type Denied struct {
	cause   error
	Notice  string // what is wrong, for an annotation
	Summary string // what is wrong, and how to make the change by hand: Markdown for the page of the run
}

func (d *Denied) Error() string { return d.cause.Error() }

// Unwrap returns the error of GitHub.
func (d *Denied) Unwrap() error { return d.cause }

// tokenAdvice says how to give a token that may do all that a sync needs.
// https://docs.github.com/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
var tokenAdvice = `give it a token of one of three kinds:
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
pass it to the action as the input token, or set GITHUB_TOKEN`

// withoutToken says what to do without a token.
const withoutToken = "\nwithout a token, run `%s && git add " + workflow.Dir + " && git commit` on your own branch"

// lacks says what is missing, in words.
var lacks = map[github.Right]string{
	github.Valid:        "the token is not valid, or has expired",
	github.Read:         "the token may not read the repository: it needs Contents: read",
	github.Workflows:    "the token may not write to the repository or its workflow files; the GITHUB_TOKEN of a workflow can never write workflow files",
	github.PullRequests: "the token may not write pull requests",
	github.Opening:      "a setting of the repository or its organisation forbids GitHub Actions to create pull requests: Settings > Actions > General > Workflow permissions",
	github.Rules:        "branch rules forbid it: exclude %s from them, or allow the token's owner to bypass them",
	github.Other:        "GitHub's own message says why",
}

// explain says which right is missing, if that is why a sync failed, and how to go
// on. It returns any other error as it is, or as an *Invalid.
func (s *syncing) explain(err error) error {
	if _, unusable := errors.AsType[*github.BranchError](err); unusable {
		return &Invalid{err}
	}
	d, ok := errors.AsType[*github.Denied](err)
	if !ok {
		return err
	}
	missing := lacks[d.Lacks]
	if d.Lacks == github.Rules {
		missing = fmt.Sprintf(missing, s.Branch)
	}
	hint := []string{missing}
	if d.Lacks != github.Rules && d.Lacks != github.Other {
		hint = append(hint, tokenAdvice)
	}
	if d.Branch != "" {
		hint = append(hint, fmt.Sprintf("branch %s has the change: open the pull request yourself at %s", d.Branch, s.compare()))
	}
	denied := &Denied{cause: d, Notice: d.Error() + "\n" + missing, Summary: s.byHand(d, missing)}
	return problem.WithHint(denied, strings.Join(hint, "\n")+fmt.Sprintf(withoutToken, s.Command))
}

// unfit says what is wrong with a token, "" if it looks right.
func unfit(token string) string {
	switch {
	case token == "":
		return "no token"
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "the token contains characters that are not allowed in a token"
	}
	return ""
}

// tokenless says that there is no token to work with.
func (r Request) tokenless(what string) error {
	denied := &Denied{
		cause:   errors.New("sync by pull request: " + what),
		Notice:  what + ": see the log for how to give one",
		Summary: "**No pull request:** " + what + ".\n\n" + byHand(r.Command),
	}
	return problem.WithHint(denied, tokenAdvice+fmt.Sprintf(withoutToken, r.Command))
}

// compare returns the page on which a person can open the pull request.
// https://docs.github.com/pull-requests/collaborating-with-pull-requests/proposing-changes-to-your-work-with-pull-requests/using-query-parameters-to-create-a-pull-request
func (s *syncing) compare() string {
	return fmt.Sprintf("%s/%s/compare/%s...%s?expand=1", s.Server, s.Repository,
		url.PathEscape(s.snapshot.Branch), strings.ReplaceAll(url.PathEscape(s.Branch), "%2F", "/"))
}

// byHand says which right is missing, and how a person can make the change without
// it.
func (s *syncing) byHand(d *github.Denied, missing string) string {
	text := "**No pull request:** " + missing + ".\n\n"
	switch {
	case d.Pull != "":
		text = "**Not all of the [pull request](" + d.Pull + "):** " + missing + ". Its commit is there, its description is not.\n\n"
	case d.Branch != "":
		text += "The change is on branch " + markdown.Code(d.Branch) + ": [open the pull request](" + s.compare() + ").\n\n"
	}
	if len(s.plan.Changes()) == 0 {
		return text + byHand(s.Command) // there was no plan yet, or there is only a pull request to close
	}
	return text + s.change.Overview() + s.change.Patch(s.Command)
}

// byHand says which command a person makes the change with.
func byHand(command string) string {
	return "### To make the change yourself\n\n" +
		markdown.Fenced("sh", command+" && git add "+workflow.Dir+" && git commit -m 'Sync workflow files'\n")
}
