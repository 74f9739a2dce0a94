package migrate

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

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
		j.lost(line, "%s: its image is known only in a run", name)
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

var tagForm = pattern.New(`(?::latest)?$`)

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
	j.glue(line, "write the release of the image of %s in place of CHOOSE-A-RELEASE: %s names none", name, image)
	return base + ":CHOOSE-A-RELEASE"
}

// throwaway are passwords of a service that are known to everybody. It lives as long as
// the run, and only the job can reach it.
var throwaway = pattern.New(`(?i)^(?:postgres|mysql|root|password|passwd|pass|secret|test|testing|tests?_?(?:pass(?:word)?|user|db)|example|admin|guest|user|ci|changeme|minioadmin|minio|redis|mongo|rabbitmq|runner|github|dev|local|1234|12345|123456)$`)

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
			j.lost(p.Line, "%s: its variable %s, as a container gets no secrets", name, p.Name)
		case isSecret(p.Name, value) && !throwaway.MatchString(value):
			j.glue(p.Line, "write %s of %s into pyproject.toml yourself: its value is not copied", p.Name, name)
		default:
			env = append(env, key{name: p.Name, value: value})
		}
	}
	return env
}
