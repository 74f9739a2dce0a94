package github

import (
	"testing"

	"github.com/google/go-github/v60/github"
)

// An answer that is null, which a proxy can make, is incomplete.
func TestNull(t *testing.T) {
	for _, value := range []any{
		(*github.Repository)(nil), (*github.Branch)(nil), (*github.Tree)(nil), (*github.Blob)(nil),
		(*github.Commit)(nil), (*github.Reference)(nil), ([]*github.Reference)(nil), (*github.CommitsComparison)(nil),
		(*github.PullRequest)(nil), ([]*github.PullRequest)(nil), (*github.Issue)(nil), ([]*github.Issue)(nil),
		(*github.IssueComment)(nil), ([]*github.IssueComment)(nil), (*github.Workflows)(nil),
	} {
		if complete(value) {
			t.Errorf("%T is complete", value)
		}
	}
}
