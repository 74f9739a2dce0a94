package migrate

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
			j.lost(line, "the key %s", p.key.Value)
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
			j.lost(line, "runs-on: the group of runners %s", scalar(member(n, "group")))
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
				j.lost(item.Line, "runs-on %s, which is known only in a run", item.Value)
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
	for name, other := range w.siblings() {
		for _, c := range append([]*yaml.Node{member(other, "concurrency")}, jobValues(other, "concurrency")...) {
			if cmp.Or(scalar(member(c, "group")), scalar(c)) == group {
				j.glue(line, "choose times that are apart: the job does not wait for %s, which has the concurrency group %s too", name, group)
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
		text, err := fs.ReadFile(w.file.Dir, entry.Name())
		if err != nil || len(text) > maxSibling {
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
		j.lost(line, "environment %s, which is known only in a run", name)
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

func services(w *workflow, j *Job, g *ghJob, n *yaml.Node, line int) {
	var all table
	for _, p := range members(n) {
		box := w.box(j, g, "services."+p.key.Value, p.value, p.key.Line)
		if box == nil {
			continue
		}
		j.kept(p.key.Line, "service %s", p.key.Value)
		all = append(all, key{name: p.key.Value, value: box})
	}
	if len(all) > 0 {
		j.set("services", all)
	}
}

func container(w *workflow, j *Job, g *ghJob, n *yaml.Node, line int) {
	box := w.box(j, g, "container", n, line)
	switch {
	case len(box) == 1:
		j.set("container", box[0].value)
	case len(box) > 1:
		j.set("container", box)
	default:
		return
	}
	j.kept(line, "container %s", box[0].value)
}

// box returns the table of a container, nil without an image.
func (w *workflow) box(j *Job, g *ghJob, name string, n *yaml.Node, line int) (box table) {
	if n.Kind == yaml.ScalarNode {
		n = &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "image", Line: n.Line}, n}}
	}
	image, ok := g.resolve(scalar(member(n, "image")))
	if !ok || image == "" {
		j.lost(line, "%s: its image, which is known only in a run", name)
		return nil
	}
	box = table{{name: "image", value: w.tagged(j, name, strings.TrimPrefix(image, "docker://"), lineOf(member(n, "image"), line))}}
	for _, p := range members(n) {
		switch k := p.key.Value; k {
		case "image":
		case "env":
			if env := boxEnv(j, g, name, p.value); len(env) > 0 {
				box = append(box, key{name: k, value: env})
			}
		case "ports", "volumes":
			var list []string
			for _, item := range items(p.value) {
				text, ok := g.resolve(item.Value)
				if !ok {
					j.lost(item.Line, "%s: %s", name, item.Value)
					continue
				}
				list = append(list, text)
			}
			box = append(box, key{name: k, value: list})
		case "options":
			text, ok := g.resolve(strings.Join(strings.Fields(scalar(p.value)), " "))
			if !ok || len(secretSpans(text)) > 0 {
				j.lost(p.key.Line, "%s: options", name)
				continue
			}
			box = append(box, key{name: k, value: text})
		default: // credentials and what GitHub adds
			j.lost(p.key.Line, "%s: %s", name, k)
		}
	}
	return box
}

// usual are releases of images that are often used without one.
var usual = map[string]string{
	"postgres": "17", "mysql": "8.4", "mariadb": "11.4", "redis": "7", "mongo": "8", "rabbitmq": "4", "memcached": "1.6", "elasticsearch": "8.15.0",
	"python": "3.13", "ubuntu": "24.04", "debian": "12", "node": "22", "alpine": "3.21", "selenium/standalone-chrome": "4.27.0", "selenium/standalone-firefox": "4.27.0",
	"browserless/chrome": "1.61.1", "postgis/postgis": "17-3.5",
}

var tagForm = regexp.MustCompile(`(?::latest)?$`)

// tagged returns an image with a release.
func (w *workflow) tagged(j *Job, name, image string, line int) string {
	base := tagForm.ReplaceAllString(image, "")
	if last := base[strings.LastIndex(base, "/")+1:]; base == image && strings.ContainsAny(last, ":@") {
		return image
	}
	if tag := usual[base]; tag != "" {
		j.glue(line, "check the release of the image of %s: it was %s, and is %s:%s", name, image, base, tag)
		return base + ":" + tag
	}
	j.glue(line, "write the release of the image of %s in place of CHOOSE-A-RELEASE: it was %s, which says none", name, image)
	return base + ":CHOOSE-A-RELEASE"
}

// throwaway are passwords of a service that are known to everybody. It lives as long as
// the run, and only the job can reach it.
var throwaway = regexp.MustCompile(`(?i)^(?:postgres|mysql|root|password|passwd|pass|secret|test|testing|tests?_?(?:pass(?:word)?|user|db)|example|admin|guest|user|ci|changeme|minioadmin|minio|redis|mongo|rabbitmq|runner|github|dev|local|1234|12345|123456)$`)

// throwsAway reports whether the only secret in a value is such a password of a service of
// the job.
func (g *ghJob) throwsAway(value string) bool {
	if member(g.node, "services") == nil {
		return false
	}
	spans := secretSpans(value)
	for _, span := range spans {
		if !throwaway.MatchString(value[span[0]:span[1]]) {
			return false
		}
	}
	return len(spans) > 0 || throwaway.MatchString(value)
}

func boxEnv(j *Job, g *ghJob, name string, n *yaml.Node) (env table) {
	for _, p := range ghPairs(n) {
		value, ok := g.resolve(p.Value)
		switch {
		case !ok:
			j.lost(p.Line, "%s: %s, since a container gets no secrets and nothing of the run", name, p.Name)
		case isSecret(p.Name, value) && !throwaway.MatchString(value):
			j.glue(p.Line, "write %s of %s into pyproject.toml yourself: its value is not copied", p.Name, name)
		default:
			env = append(env, key{name: p.Name, value: value})
		}
	}
	return env
}
