package migrate

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// scheduled returns the jobs of a workflow that begin by themselves. A job that needs
// another one becomes the end of that, if its steps can go on there; else it follows it.
func (w *workflow) scheduled() (roots []*ghJob) {
	w.join()
	home := map[string]*ghJob{} // of the jobs that are placed, by their ids
	for range w.jobs {
		for _, next := range w.jobs {
			if home[next.ID] != nil || slices.ContainsFunc(next.needs, func(id string) bool { return home[id] == nil }) {
				continue
			}
			if len(next.needs) == 0 {
				home[next.ID] = next
				roots = append(roots, next)
				continue
			}
			root := home[next.needs[len(next.needs)-1]]
			if next.never() {
				home[next.ID] = root
				root.others = append(root.others, next)
				continue
			}
			alone := !slices.ContainsFunc(next.needs, func(id string) bool { return home[id] != root || root.follows(id) })
			if alone && root.apart(next) == "" {
				root.append(next)
			} else {
				root.followers = append(root.followers, next)
			}
			home[next.ID] = root
		}
	}
	slices.SortStableFunc(roots, func(a, b *ghJob) int { return a.Line - b.Line })
	return roots
}

// join makes one job of several that a later one needs, where their steps can follow each
// other.
func (w *workflow) join() {
	for _, next := range w.jobs {
		first := w.find(next.needs, "")
		if first == nil || len(next.needs) < 2 {
			continue
		}
		alone := true
		for _, id := range next.needs {
			other := w.find([]string{id}, "")
			alone = alone && other != nil && len(other.needs) == 0 && (other == first || first.apart(other) == "")
		}
		if !alone {
			continue
		}
		for _, id := range next.needs[1:] {
			other := w.find([]string{id}, first.ID)
			if other == nil {
				continue
			}
			first.append(other)
			w.jobs = slices.DeleteFunc(slices.Clone(w.jobs), func(g *ghJob) bool { return g == other })
			for _, g := range w.jobs {
				g.rename(other.ID, first.ID)
			}
		}
	}
}

// find returns the first of some jobs, but one; nil for none.
func (w *workflow) find(ids []string, but string) *ghJob {
	for _, id := range ids {
		for _, g := range w.jobs {
			if g.ID == id && id != but {
				return g
			}
		}
	}
	return nil
}

// rename makes a job need another one in place of one that is part of it now.
func (g *ghJob) rename(old, id string) {
	var needs []string
	for _, need := range g.needs {
		if need == old {
			need = id
		}
		if !slices.Contains(needs, need) {
			needs = append(needs, need)
		}
	}
	g.needs = needs
}

// never reports whether a schedule does not run a job, however those before it end.
func (g *ghJob) never() bool {
	v := g.decide(condition(scalar(member(g.node, "if"))))
	return !slices.ContainsFunc(v[:], func(v ghValue) bool { return !v.known || v.true() })
}

func (g *ghJob) follows(id string) bool {
	return slices.ContainsFunc(g.followers, func(f *ghJob) bool { return f.ID == id })
}

// apart says why the steps of a job cannot go on in another one, on the same machine and
// in the same folder; "" if they can.
func (g *ghJob) apart(next *ghJob) (why string) {
	for _, key := range []string{"uses", "strategy", "services", "container"} {
		if member(next.node, key) != nil || key != "services" && member(g.node, key) != nil {
			return "one of them has " + key
		}
	}
	place, other := scalar(member(g.node, "runs-on")), scalar(member(next.node, "runs-on"))
	if place != other && !(strings.HasPrefix(place, "ubuntu-") && strings.HasPrefix(other, "ubuntu-")) {
		return "it runs on " + cmp.Or(other, "another runner")
	}
	if g.environment() != nil && next.environment() != nil {
		return "both have an environment"
	}
	for _, s := range next.Steps {
		_, movable := ghActions[action(s.Uses)]
		if uses, _ := pinned(s.Uses); s.Uses != "" && !movable && uses == "" {
			return "it uses " + s.Uses
		}
	}
	return ""
}

// feeds returns the job that needs the outputs of this one, which does nothing but find
// them out; nil for none.
func (g *ghJob) feeds() *ghJob {
	for _, next := range g.followers {
		matrix := member(next.node, "strategy")
		if next.takesOver() && (matrix != nil && outputs.MatchString(asText(matrix)) || !g.works()) {
			return next
		}
	}
	return nil
}

// works reports whether a job does more than to set up things and to look at them.
func (g *ghJob) works() bool {
	return slices.ContainsFunc(g.Steps, func(s ghStep) bool {
		if s.Uses != "" {
			return ghActions[action(s.Uses)].delivers
		}
		b := readBlock(g.bash(s.Run), "")
		return isPython(s.Shell) || b.has(work) || b.has(gitting) || b.has(mixed)
	})
}

// takesOver reports whether a job needs the outputs of another one.
func (g *ghJob) takesOver() bool { return outputs.MatchString(asText(g.node)) }

var outputs = pattern.New(`needs\.[\w-]+\.outputs\.`)

// asText returns a node as one text.
func asText(n *yaml.Node) string {
	text, _ := yaml.Marshal(n)
	return string(text)
}

// parted says why a job that follows this one cannot follow it as a workflow of its own;
// "" if it can.
func (g *ghJob) parted(next *ghJob) (why string) {
	switch {
	case next.takesOver():
		return "goes on with the outputs of this one"
	case g.copies > 1 && next.downloads():
		return fmt.Sprintf("needs the artifacts of all %d jobs of the matrix, which are runs of their own here", g.copies)
	}
	return ""
}

// downloads reports whether a job takes artifacts of its own run.
func (g *ghJob) downloads() bool {
	return slices.ContainsFunc(g.Steps, func(s ghStep) bool {
		return action(s.Uses) == "actions/download-artifact" && input(s, "run-id") == ""
	})
}

// follow says how a job can follow this one.
func (w *workflow) follow(j *Job, g, next *ghJob) {
	if why := g.parted(next); why != "" {
		j.lost(next.Line, "the job %s: it %s", next.ID, why)
		return
	}
	how := ""
	switch v := next.decide(condition(scalar(member(next.node, "if")))); {
	case !v[0].known || v[0].true():
		how = ", with if: github.event.workflow_run.conclusion == 'success'"
		if !v[1].known || v[1].true() {
			how = ""
		}
	default:
		how = ", with if: github.event.workflow_run.conclusion == 'failure'"
	}
	if next.downloads() {
		how += ", and with run-id: ${{ github.event.workflow_run.id }} and github-token: ${{ github.token }} where it downloads artifacts"
	}
	j.glue(next.Line, "move the job %s to a workflow file of its own, without needs, under on.workflow_run with workflows: [%q] and types: [completed]%s: it cannot be part of this one, as %s", next.ID, w.name, how, cmp.Or(g.apart(next), "it needs several jobs"))
}

// environment returns the deployment environment of a job or of the jobs that are its end;
// nil for none.
func (g *ghJob) environment() *yaml.Node {
	n := member(g.node, "environment")
	for _, next := range g.parts {
		n = cmp.Or(n, member(next.node, "environment"))
	}
	return n
}

// action returns the name of the action that a step uses, without its version.
func action(uses string) string {
	name, _, _ := strings.Cut(uses, "@")
	return strings.ToLower(name)
}

// append puts the steps of a job at the end.
func (g *ghJob) append(next *ghJob) {
	if g.results == nil {
		g.results = map[string]ghPair{}
		g.handsOver(g)
	}
	g.handsOver(next)
	g.parts = append(g.parts, next)
	steps := next.Steps
	if node := member(next.node, "if"); scalar(node) != "" {
		steps = guardedBy(node, steps)
	}
	for _, s := range steps {
		same := func(other ghStep) bool { return s.Uses != "" && action(other.Uses) == action(s.Uses) }
		switch name := action(s.Uses); {
		case name == "actions/download-artifact":
			copied, ok := g.copied(s)
			if !ok {
				continue
			}
			s = copied
		case name != "" && !strings.Contains(name, "artifact") && slices.ContainsFunc(g.Steps, same):
			continue
		}
		for _, p := range next.Env {
			if named(s.Env, p.Name) < 0 {
				s.Env = append(s.Env, p)
			}
		}
		at := len(g.Steps)
		if setsUp(s) { // which the steps in between do not mind
			at = slices.IndexFunc(g.Steps, func(other ghStep) bool { return other.Uses == "" })
		}
		g.Steps = slices.Insert(g.Steps, max(at, 0), s)
	}
}

// setsUp reports whether a step only brings a tool.
func setsUp(s ghStep) bool {
	_, name, _ := strings.Cut(action(s.Uses), "/")
	return strings.HasPrefix(name, "setup-")
}

// handsOver remembers the outputs of a job.
func (g *ghJob) handsOver(of *ghJob) {
	for _, p := range ghPairs(member(of.node, "outputs")) {
		g.results[strings.ToLower(of.ID+"."+p.Name)] = p
	}
}

// copied returns a step that puts the files of an artifact where another job had
// downloaded them; ok is false if they are there already.
func (g *ghJob) copied(s ghStep) (_ ghStep, ok bool) {
	to := path.Clean("./" + input(s, "path"))
	run := []string{}
	for _, upload := range g.Steps {
		if action(upload.Uses) != "actions/upload-artifact" || input(s, "name") != "" && input(upload, "name") != input(s, "name") {
			continue
		}
		for from := range strings.Lines(input(upload, "path")) {
			from = path.Clean("./" + strings.TrimSpace(from))
			files := strings.ContainsAny(from, "*") || path.Ext(from) != ""
			folder := from
			if files {
				folder = path.Dir(from)
			} else {
				from += "/."
			}
			if folder != to {
				run = append(run, "cp -R "+from+" "+to)
			}
		}
	}
	if len(run) == 0 {
		return s, false
	}
	if to != "." {
		run = slices.Insert(run, 0, "mkdir -p "+to)
	}
	if s.Name == "" {
		s.Name = "Files of the artifact " + input(s, "name")
	}
	s.Dir = ""
	s.Run, s.RunLine, s.Uses, s.With = strings.Join(run, "\n")+"\n", s.Line, "", nil
	return s, true
}
