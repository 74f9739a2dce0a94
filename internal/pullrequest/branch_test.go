package pullrequest

import (
	"os/exec"
	"testing"
)

// TestValidBranch checks the names against git's own rules; refs/heads/x, @ and HEAD
// it takes, but GitHub would misread them.
func TestValidBranch(t *testing.T) {
	for _, name := range []string{
		"scheduled/sync", "a", "a/b/c", "x#y", "100%", "ünï", "a.b", "a@b", "a-b", "{", "a{b}",
		"", "a b", "a..b", "a/", "/a", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "-a", "@", "@{", "a@{b",
		"a~", "a^", "a:", "a?", "a*", "a[", `a\b`, "a\tb", "a\x7f", "HEAD", "refs/heads/x",
	} {
		want := exec.Command("git", "check-ref-format", "--branch", name).Run() == nil && name != "HEAD" && name != "@" && name != "refs/heads/x"
		if got := ValidBranch(name); got != want {
			t.Errorf("%q: want %v, got %v", name, want, got)
		}
	}
}
