package migrate

import (
	"slices"
	"strings"
)

// commit sets the option commit to what lines deliver. when is "" for after a success, and
// comments are about the option.
func (j *Job) commit(line int, d *delivery, when string, comments []string) {
	paths, what := unique(d.paths), ""
	if what = strings.Join(paths, ", "); len(paths) == 0 || slices.Contains(paths, ".") {
		paths, what = []string{"."}, "all that changed"
	}
	value := table{{name: "paths", value: paths}}
	if d.message != "" {
		value.set("message", d.message)
	}
	if d.branch != "" {
		value.set("branch", d.branch)
	}
	if d.pullRequest {
		value.set("pull-request", true)
	}
	if when != "" && when != "success" {
		value.set("when", when)
	}
	if d.trimmed {
		comments = append(comments, "the message leaves out what only a run knows")
	}
	j.kept(line, "commit and push of %s", what)
	k := j.set("commit", value)
	if len(value) == 1 {
		k.value = paths
	}
	for _, comment := range comments {
		if strings.HasPrefix(comment, "the message") {
			j.kept(line, "the message of the commit, less what only a run knows")
		}
	}
	k.comment = strings.Join(unique(comments), "\n")
}
