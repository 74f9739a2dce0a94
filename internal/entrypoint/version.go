package entrypoint

import (
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// minors matches the versions of Python 3 in a constraint.
var minors = pattern.New(`\b3\.(\d+)`)

// atLeast reports whether a Python is at least as new as the one that a constraint asks
// for, so that a source that it refuses is also wrong for the job. In a range the
// oldest version counts: the project supports it and all newer ones.
func atLeast(version [2]int, constraint string) bool {
	oldest := -1
	for clause := range strings.SplitSeq(constraint, ",") {
		if clause = strings.TrimSpace(clause); strings.HasPrefix(clause, "<") || strings.HasPrefix(clause, "!") {
			continue
		}
		for _, m := range minors.FindAllStringSubmatch(clause, -1) {
			minor, _ := strconv.Atoi(m[1])
			oldest = max(oldest, minor)
		}
	}
	return oldest >= 0 && version[0] == 3 && version[1] >= oldest
}
