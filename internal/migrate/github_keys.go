package migrate

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"gopkg.in/yaml.v3"
)

// jobKeys are the keys of a job that are read elsewhere, or mean nothing here.
var ghJobKeys = strings.Fields("name needs if environment permissions outputs env defaults steps strategy uses with secrets")

// keys sets what the keys of a job say, but its steps and permissions.
func (w *workflow) keys(j *Job, g *ghJob) {
	for _, p := range members(g.node) {
		read, line := ghKeys[p.key.Value], p.key.Line
		switch {
		case read != nil:
			read(w, j, g, p.value, line)
		case !slices.Contains(ghJobKeys, p.key.Value):
			j.lost(line, "the key %s: no option does the same", p.key.Value)
		}
	}
	if member(g.node, "timeout-minutes") == nil {
		timeout(w, j, g, &yaml.Node{Kind: yaml.ScalarNode, Value: "360"}, g.Line)
	}
	for _, of := range append([]*ghJob{g}, g.parts...) {
		if n := member(of.node, "environment"); n != nil {
			environment(w, j, g, n, keyLine(of.node, "environment", n.Line))
		}
	}
	if c := member(w.root, "concurrency"); c != nil && member(g.node, "concurrency") == nil {
		concurrency(w, j, g, c, keyLine(w.root, "concurrency", c.Line))
	}
	if n := member(g.node, "strategy", "max-parallel"); n != nil && len(g.matrix) > 0 {
		j.glue(n.Line, "give the jobs of the matrix different times, if they must not run at once: max-parallel was %s", scalar(n))
	}
	if len(g.matrix) > 0 {
		j.kept(keyLine(member(g.node, "strategy"), "matrix", g.Line), "matrix, a job for each combination")
	}
}

// ghKeys read the keys of a job.
var ghKeys = map[string]func(w *workflow, j *Job, g *ghJob, n *yaml.Node, line int){
	"runs-on": runsOn, "timeout-minutes": timeout, "concurrency": concurrency,
	"services": services, "container": container, "continue-on-error": continues,
}

// retired are labels of runners that GitHub has taken away, and the next ones.
// https://github.com/actions/runner-images#available-images
var retired = map[string]string{
	"ubuntu-16.04": "ubuntu-22.04", "ubuntu-18.04": "ubuntu-22.04", "ubuntu-20.04": "ubuntu-22.04", "windows-2016": "windows-2022", "windows-2019": "windows-2022",
	"macos-10.15": "macos-14", "macos-11": "macos-14", "macos-12": "macos-14", "macos-13": "macos-14",
}

func runsOn(w *workflow, j *Job, g *ghJob, n *yaml.Node, line int) {
	if n.Kind == yaml.MappingNode {
		if member(n, "group") != nil {
			j.lost(line, "runs-on: a group of runners cannot be named, as %s", scalar(member(n, "group")))
		}
		n = member(n, "labels")
	}
	var labels []string
	for _, item := range items(n) {
		label, ok := g.resolve(item.Value)
		if v := g.plain(item); !ok || strings.HasPrefix(label, "Array") {
			list, _ := v.([]any)
			for _, one := range list {
				labels = append(labels, known(one).text())
			}
			if len(list) == 0 {
				j.lost(item.Line, "runs-on %s: it is known only in a run", item.Value)
			}
			continue
		}
		labels = append(labels, label)
	}
	for i, label := range labels {
		if next := retired[label]; next != "" {
			j.glue(line, "try the job on %s: GitHub has no %s any more", next, label)
			labels[i] = next
		}
	}
	switch {
	case len(labels) == 1 && labels[0] != "ubuntu-latest":
		j.set("runs-on", labels[0])
	case len(labels) > 1:
		j.set("runs-on", labels)
	}
	if len(labels) > 0 {
		j.kept(line, "runs-on %s", strings.Join(labels, ", "))
	}
}

// runners returns the labels of the job's runner.
func runners(j *Job) []string {
	if label, ok := j.get("runs-on").(string); ok {
		return []string{label}
	}
	labels, _ := j.get("runs-on").([]string)
	return labels
}

// timeout sets that of the entrypoint. On GitHub's own runners the set-up has to fit into
// the 360 minutes too, which is also the limit of a job that names none.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idtimeout-minutes
func timeout(w *workflow, j *Job, g *ghJob, n *yaml.Node, line int) {
	text, ok := g.resolve(n.Value)
	minutes, err := strconv.ParseFloat(text, 64)
	for _, next := range g.parts {
		more, _ := strconv.ParseFloat(cmp.Or(scalar(member(next.node, "timeout-minutes")), "360"), 64)
		minutes += more
	}
	if !ok || err != nil || minutes <= 0 {
		j.lost(line, "timeout-minutes %s", n.Value)
		return
	}
	hosted := !strings.Contains(strings.Join(runners(j), " "), "self-hosted")
	switch {
	case minutes > 345 && hosted && n.Line == 0:
		j.set("timeout", "345m").comment = "GitHub's limit, as there was no timeout-minutes"
	case minutes > 345 && hosted:
		j.set("timeout", "345m").comment = "GitHub's limit, less the set-up"
		j.kept(line, "timeout-minutes, of which 15 are for the set-up")
	case minutes == 60:
		j.kept(line, "timeout-minutes 60")
	case n.Line == 0:
		j.set("timeout", fmt.Sprintf("%dm", int(minutes))).comment = "GitHub's limit, as there was no timeout-minutes"
	default:
		j.set("timeout", fmt.Sprintf("%dm", max(1, int(minutes+0.5))))
		j.kept(line, "timeout-minutes %s", text)
	}
}

func concurrency(w *workflow, j *Job, g *ghJob, n *yaml.Node, line int) {
	group := cmp.Or(scalar(member(n, "group")), scalar(n))
	what := "concurrency: runs of the job wait for each other"
	if scalar(member(n, "cancel-in-progress")) == "true" {
		what += ", and none is cancelled"
	}
	j.kept(line, "%s", what)
	if strings.Contains(group, "${{") {
		return // of the workflow or of a branch
	}
	siblings := w.siblings()
	for _, name := range slices.Sorted(maps.Keys(siblings)) {
		for _, c := range append([]*yaml.Node{member(siblings[name], "concurrency")}, jobValues(siblings[name], "concurrency")...) {
			if cmp.Or(scalar(member(c, "group")), scalar(c)) == group {
				j.glue(line, "choose times far apart: the job does not wait for %s, which has the concurrency group %s too", name, group)
			}
		}
	}
}

// jobValues returns the values of a key of all jobs of a workflow.
func jobValues(root *yaml.Node, key string) (values []*yaml.Node) {
	for _, p := range members(member(root, "jobs")) {
		values = append(values, member(p.value, key))
	}
	return values
}

// siblings returns the other workflows in the folder, by the names of their files.
func (w *workflow) siblings() map[string]*yaml.Node {
	if w.others != nil || w.file.Dir == nil {
		return w.others
	}
	w.others = map[string]*yaml.Node{}
	found, _ := fs.ReadDir(w.file.Dir, ".")
	for _, entry := range found {
		ext := path.Ext(entry.Name())
		if entry.Name() == w.file.name() || entry.IsDir() || ext != ".yml" && ext != ".yaml" {
			continue
		}
		text, err := atomic.Read(w.file.Dir, entry.Name(), maxSibling)
		if err != nil {
			continue
		}
		if root, err := readYAML(File{Path: entry.Name(), Text: text}); err == nil {
			w.others[entry.Name()] = root
		}
	}
	return w.others
}

// maxSibling is the largest workflow that GitHub reads, in bytes.
const maxSibling = 512_000

func environment(w *workflow, j *Job, g *ghJob, n *yaml.Node, line int) {
	name, ok := g.resolve(cmp.Or(scalar(member(n, "name")), scalar(n)))
	if !ok || name == "" {
		j.lost(line, "environment %s: it is known only in a run", name)
		return
	}
	j.set("environment", name)
	what := "environment " + name
	if member(n, "url") != nil {
		what += ", without its url"
	}
	j.kept(line, "%s", what)
}

func continues(w *workflow, j *Job, g *ghJob, n *yaml.Node, line int) {
	if scalar(n) != "false" {
		j.glue(line, "end the command with || true, if the job may fail: continue-on-error counts its failures as successes")
	}
}
