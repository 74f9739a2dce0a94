package pullrequest

import (
	"errors"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// TestTokenless has requests with no token that could be sent, so none is.
func TestTokenless(t *testing.T) {
	for token, want := range map[string]string{
		"":          "sync by pull request: no token",
		"two words": "sync by pull request: the token contains characters that are not allowed in a token",
		"tökén":     "sync by pull request: the token contains characters that are not allowed in a token",
	} {
		_, err := Sync(t.Context(), Request{Token: token, Command: "scheduled sync"})
		denied, ok := errors.AsType[*Denied](err)
		if !ok || err.Error() != want {
			t.Errorf("%q: %v, want %s", token, err, want)
			continue
		}
		hint := problem.Hint(err)
		for _, part := range []string{"permission-workflows: write", "fine-grained", "classic", "`scheduled sync && git add .github/workflows"} {
			if !strings.Contains(hint, part) {
				t.Errorf("%q: the hint has no %q: %s", token, part, hint)
			}
		}
		if !strings.Contains(denied.Summary, "scheduled sync && git add") || strings.Contains(denied.Summary+denied.Notice+hint, "two words") {
			t.Errorf("%q: notice %q, summary %q", token, denied.Notice, denied.Summary)
		}
	}
}

// TestOverwritten refuses a branch that the pull request would overwrite.
func TestOverwritten(t *testing.T) {
	for _, row := range []struct{ branch, base string }{{"main", ""}, {"main", "release"}, {"release", "release"}} {
		_, err := Sync(t.Context(), Request{Token: "t0ken", DefaultBranch: "main", Branch: row.branch, Base: row.base})
		if _, ok := errors.AsType[*Invalid](err); !ok || problem.Hint(err) != "give another --branch" {
			t.Errorf("%+v: %v, hint %q", row, err, problem.Hint(err))
		}
	}
}
