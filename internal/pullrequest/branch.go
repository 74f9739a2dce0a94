package pullrequest

import "strings"

// ValidBranch reports whether git takes a name for a branch, as far as GitHub's
// API would not misread it.
// https://git-scm.com/docs/git-check-ref-format
func ValidBranch(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return !strings.Contains(name, "..") && !strings.Contains(name, "@{") && name[0] != '-' &&
		name != "@" && name != "HEAD" && !strings.HasPrefix(name, "refs/") &&
		!strings.HasSuffix(name, ".") && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r)
	})
}
