package github

import (
	"errors"
	"net/http"
	"strings"
)

// Right is something that a token or a setting has to allow.
type Right string

const (
	Valid         Right = "a valid token"
	Read          Right = "read access to the repository"
	Contents      Right = "write access to the repository"
	Workflows     Right = "write access to workflow files"
	PullRequests  Right = "write access to pull requests"
	Opening       Right = "the setting that lets GitHub Actions create pull requests"
	Actions       Right = "read access to Actions"
	Dispatching   Right = "write access to Actions"
	Issues        Right = "write access to issues"
	Administering Right = "the right to administer the repository"
	Tracker       Right = "issues, which are disabled in the repository"
	Rules         Right = "branch rules that allow writing to it"
	Other         Right = "another right, which GitHub's message names"
)

// Denied is the error of a step that the token, a setting or a rule forbids.
type Denied struct {
	Lacks  Right
	Branch string // it has the commit already, and only the pull request is missing; else ""
	Pull   string // page of the pull request, which has the commit but not the description; else ""
	cause  *Failure
}

// Error names what was tried and what GitHub said.
func (d *Denied) Error() string { return d.cause.Error() }

func (d *Denied) Unwrap() error { return d.cause }

// BranchError is the error of a branch that does not exist, or is taken.
type BranchError struct{ message string }

func (e *BranchError) Error() string { return e.message }

// denied returns a *Denied if a request failed because a right is missing: the right
// that GitHub's answer names, else the one that the step needs. It returns any other
// error as it is.
func denied(needs Right, err error) error {
	failure, ok := errors.AsType[*Failure](err)
	if _, already := errors.AsType[*Denied](err); already || !ok || !failure.refused() {
		return err
	}
	switch failure.status {
	case http.StatusUnauthorized:
		return &Denied{Lacks: Valid, cause: failure}
	case http.StatusForbidden, http.StatusNotFound:
		return &Denied{Lacks: lacking(failure.said, needs), cause: failure}
	}
	if lacks := lacking(failure.said, ""); lacks != "" {
		return &Denied{Lacks: lacks, cause: failure}
	}
	return err
}

// ruledOut reports whether a branch rule made GitHub refuse a request.
func ruledOut(err error) bool {
	d, ok := errors.AsType[*Denied](denied(Workflows, err))
	return ok && d.Lacks == Rules
}

// lacking returns the right that GitHub's message names, or else the given one.
func lacking(said string, otherwise Right) Right {
	for _, row := range []struct {
		part  string
		right Right
	}{
		// "refusing to allow a GitHub App to create or update workflow … without
		// `workflows` permission", "… without `workflow` scope"
		{"refusing to allow", Workflows},
		{"not permitted to create or approve pull requests", Opening},
		// "Repository rule violations found", "Cannot update this protected branch",
		// "Cannot force-push to this branch", "You're not authorized to push to this branch"
		{"rule violation", Rules},
		{"protected branch", Rules},
		{"force-push", Rules},
		{"not authorized to push", Rules},
		// "Changes must be made through a pull request", "2 of 2 required status checks
		// are expected", "At least 1 approving review is required by reviewers with write
		// access", "Commits must have verified signatures", "Cannot change this locked branch"
		{"through a pull request", Rules},
		{"required status check", Rules},
		{"approving review", Rules},
		{"verified signatures", Rules},
		{"locked branch", Rules},
		// "Repository was archived so is read-only.", "Resource protected by
		// organization SAML enforcement", "… has an IP allow list enabled"
		{"archived", Other},
		{"saml", Other},
		{"ip allow list", Other},
	} {
		if strings.Contains(strings.ToLower(said), row.part) {
			return row.right
		}
	}
	return otherwise
}

// ErrMoved is the error of a repository that changed since it was read.
var ErrMoved = errors.New("the repository has changed")

// moved returns ErrMoved if a refusal means that, else the error as it is.
func moved(err error) error {
	failure, ok := errors.AsType[*Failure](err)
	if !ok || failure.status != http.StatusUnprocessableEntity && failure.status != http.StatusConflict {
		return err
	}
	for _, part := range []string{
		"already exists",          // a ref or pull request
		"does not exist",          // a ref
		"not a fast forward",      // another push came first
		"cannot be updated",       // the same, at the same moment
		"no commits between",      // the base has the change already
		"head invalid",            // the branch was deleted, or GitHub does not see it yet
		"head sha can't be blank", // the same
	} {
		if strings.Contains(strings.ToLower(failure.said), part) {
			return errors.Join(ErrMoved, failure)
		}
	}
	return err
}

// Again reports whether starting over can help after an error: the repository has
// changed, or a request may have been served although its answer is lost.
func Again(err error) bool {
	if errors.Is(err, ErrMoved) {
		return true
	}
	failure, ok := errors.AsType[*Failure](err)
	return ok && failure.write && !failure.refused() && !failure.limited
}

// Missing reports whether GitHub answered that something does not exist or is hidden
// from this token.
func Missing(err error) bool { return status(err) == http.StatusNotFound }

// status returns the status of GitHub's answer, 0 if err is not about one.
func status(err error) int {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure.status
	}
	return 0
}
