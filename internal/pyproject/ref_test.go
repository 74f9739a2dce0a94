package pyproject

import (
	"os/exec"
	"strings"
	"testing"
)

// TestBranch checks names against git's own rules, which all that is taken must meet.
func TestBranch(t *testing.T) {
	taken := []string{
		"data", "a/b/c", "x%20y", "100%", "a=b", "a,b", "wow!", "a(b)", "#1", "@x", "x@y", "_x", "+x", "release-1.0+x",
		"ünï", "u\u0308", "データ", "हिन्दी", "🚀", "a.b",
	}
	refused := []string{
		"", "@", "HEAD", "-x", ".x", "/x", "x/", "a//b", "a..b", "a/.b", "a.lock", "a.lock/b", "a.", "a./b", "refs/heads/x",
		"a b", "a\tb", "a\nb", "a\x7f", "a~", "a^", "a:", "a?", "a*", "a[", `a\b`, "a@{b", "a\u00a0b", "a\u202eb", "a\u200bb", "\xff",
		"${{x}}", "a$b", "a`b", `a"b`, "a'b", "a;b", "a|b", "a&b", "a<b", "a>b", "{a}",
		strings.Repeat("0", 40), strings.Repeat("x", 251),
	}
	for i, name := range append(taken, refused...) {
		want := i < len(taken)
		if got := isBranch(name); got != want {
			t.Errorf("%q: want %v, got %v", name, want, got)
		}
		if want && exec.Command("git", "check-ref-format", "--branch", name).Run() != nil {
			t.Errorf("git does not take %q", name)
		}
	}
}
