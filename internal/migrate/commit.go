package migrate

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
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

// commit turns the commands of git at the end into a commit of ours.
func (m *machine) commit(file *syntax.File) []edit {
	block := readBlock(m.text, "")
	from := len(block.units)
	for from > 0 && (block.units[from-1].class == gitting || block.units[from-1].class == asking) {
		from--
	}
	d := newDelivery()
	for _, u := range block.units[from:] {
		d.read(u)
	}
	if from == 0 || from == len(block.units) || !d.commits || d.strange != "" {
		return nil
	}
	m.job.commit(m.line, d, "", nil)
	for _, n := range d.glue {
		m.job.glue(m.line, "%s", n.what)
	}
	last := block.units[from-1]
	return []edit{{uint(start(last.node) + len(last.text)), uint(len(m.text)), ""}}
}
