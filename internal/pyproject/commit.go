package pyproject

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// commitOption says what a job commits.
var commitOption = option{
	name:     "commit",
	kind:     "a list of strings or a table",
	fallback: "none",
	meaning:  "files to commit after the entrypoint, where they changed: paths as in `artifacts`; or a table with `paths`, `message`, `branch`, `pull-request`, which is true to propose the change instead, and `when` as in `after`; what git ignores is left out; those of a job replace those of the project",
	example:  `["data"]`,
	form:     commitTable,
	read: func(r *reader, e *entry) setting {
		commit := r.commit(e)
		return func(o *Options) { o.Commit = commit }
	},
}

// Commit is what a job commits.
type Commit struct {
	Paths       []string // patterns from the repository's root; none without a commit
	Message     string   // the first line is not empty; "" for the usual one
	Branch      string   // without refs/heads; "" for the usual one
	PullRequest bool     // Branch is that of a pull request
	When        string   // OnSuccess, OnFailure or Always
}

// The limits of a message: its first line is the title of a pull request, whose limit is
// GitHub's own: "title is too long (maximum is 256 characters)".
const (
	longestTitle   = 256    // characters
	longestMessage = 10_000 // bytes
)

func (r *reader) commit(e *entry) Commit {
	var c Commit
	c.Paths, c.When = r.delivered(e, r.inRepository, []member{
		{"message", func(key *entry) {
			s, flawed := parseLines(key.value)
			title, _, _ := strings.Cut(s, "\n")
			switch {
			case flawed != nil:
			case strings.TrimSpace(title) == "":
				flawed = &flaw{"has no first line", exampleHint(key.name, `"Update data"`)}
			case utf8.RuneCountInString(title) > longestTitle || len(s) > longestMessage:
				flawed = &flaw{fmt.Sprintf("is too long: its first line can have %d characters, and all of it %d bytes", longestTitle, longestMessage), "shorten it"}
			}
			r.valid(key, "a string", flawed, exampleHint(key.name, `"Update data"`))
			c.Message = s
		}},
		{"branch", func(key *entry) {
			s, ok := r.string(key, `"data"`)
			if ok && !isBranch(s) {
				r.report(r.at(key), "write the name of a branch, without refs/heads/; besides letters and digits it can have "+refMarks, "branch is %s, which is not the name of a branch", problem.Quote(s))
			}
			c.Branch = s
		}},
		{"pull-request", func(key *entry) {
			on, flawed := parseSwitch(key.value)
			r.valid(key, "a boolean", flawed, exampleHint(key.name, "true"))
			c.PullRequest = on
		}},
	})
	return c
}

// commitForm matches the full id of a commit, of which GitHub allows no branch.
var commitForm = pattern.New(`^(?i:` + commit + `)$`)

// isBranch reports whether s is the name of a branch. It allows less than git does.
func isBranch(s string) bool {
	if !isRef(s) || strings.HasPrefix(s, "refs/") || s == "HEAD" || commitForm.MatchString(s) {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

// CheckedOut returns what is checked out, as the option checkout says; "" for what the run
// is on.
func (o Options) CheckedOut() string {
	for _, input := range o.Checkout {
		if input.Name == "ref" {
			return input.Value
		}
	}
	return ""
}

// releaseForm matches tags of releases.
var releaseForm = pattern.New(`^v?\d+\.\d+\.\d+`)

// committable reports a commit on top of something that is not a branch.
func (r *reader) committable(o Options, keys []placed) {
	at, ref := lastOf(keys, "commit", "checkout"), o.CheckedOut()
	branch := isBranch(strings.TrimPrefix(ref, "refs/heads/")) && !releaseForm.MatchString(ref)
	switch {
	case at == nil || len(o.Commit.Paths) == 0 || ref == "" || branch:
	case o.Commit.PullRequest:
		r.report(*at, "set ref to a branch, which the pull request is for", "checkout has the ref %s, which no pull request can be for", problem.Quote(ref))
	case o.Commit.Branch == "":
		r.report(*at, `name the branch, as in commit = { paths = ["data"], branch = "data" }`, "commit has no branch, and checkout has the ref %s, which is not one", problem.Quote(ref))
	}
}
