package migrate

import (
	"cmp"
	"path"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// newJob reads a job, without its matrix.
func (w *workflow) newJob(id, node *yaml.Node) *ghJob {
	defaults := func(key string) string {
		return cmp.Or(scalar(member(node, "defaults", "run", key)), scalar(member(w.root, "defaults", "run", key)))
	}
	g := &ghJob{
		Workflow: cmp.Or(w.name, w.file.Path), ID: id.Value, Name: scalar(member(node, "name")), Line: id.Line,
		Dir: defaults("working-directory"), Shell: defaults("shell"),
		node: node, dispatch: w.readInputs(),
	}
	for _, p := range slices.Concat(ghPairs(member(w.root, "env")), ghPairs(member(node, "env"))) {
		if at := named(g.Env, p.Name); at >= 0 {
			g.Env = slices.Delete(g.Env, at, at+1)
		}
		g.Env = append(g.Env, p)
	}
	for _, need := range items(member(node, "needs")) {
		g.needs = append(g.needs, need.Value)
	}
	if steps := member(node, "steps"); steps != nil && steps.Kind == yaml.SequenceNode {
		for _, n := range steps.Content {
			g.Steps = append(g.Steps, g.newStep(n))
		}
	}
	return g
}

func (g *ghJob) newStep(n *yaml.Node) ghStep {
	s := ghStep{
		Line: n.Line, Name: scalar(member(n, "name")), ID: scalar(member(n, "id")), If: scalar(member(n, "if")), Uses: scalar(member(n, "uses")),
		Shell: cmp.Or(scalar(member(n, "shell")), g.Shell), Dir: cmp.Or(scalar(member(n, "working-directory")), g.Dir),
		With: ghPairs(member(n, "with")), Env: ghPairs(member(n, "env")),
		Soft: scalar(member(n, "continue-on-error")) == "true", Timeout: scalar(member(n, "timeout-minutes")),
	}
	s.IfLine = lineOf(member(n, "if"), 0)
	if run := member(n, "run"); run != nil {
		s.Run, s.RunLine = strings.ReplaceAll(scalar(run), "\r\n", "\n"), run.Line
		if run.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			s.RunLine++
		}
	}
	return s
}

// texts calls f for all texts of a job that can have expressions.
func (g *ghJob) texts(f func(text string)) {
	for _, p := range g.Env {
		f(p.Value)
	}
	for _, s := range g.Steps {
		f(s.Run)
		f(s.Name)
		f("${{" + s.If + "}}")
		for _, p := range slices.Concat(s.Env, s.With) {
			f(p.Value)
		}
	}
	for _, p := range g.results {
		f(p.Value)
	}
}

// prepare finds out what the texts of a job need to know of each other.
func (g *ghJob) prepare() {
	g.given = ghGiven{}
	g.outputs, g.fallbacks = map[string]bool{}, map[string]string{}
	g.texts(func(text string) {
		for _, path := range paths(text) {
			if parts := strings.Split(strings.ToLower(path), "."); len(parts) > 2 && parts[0] == "steps" {
				g.outputs[parts[1]] = true
			}
		}
	})
	g.texts(func(text string) {
		for _, p := range parts(text) {
			if p.expr == nil {
				continue
			}
			for _, ref := range g.value(p.expr).refs {
				name := strings.ToLower(ref.name)
				if ref.kind == "input" && g.fallbacks[name] == "" {
					g.fallbacks[name] = ref.fallback
				}
			}
		}
	})
}

// variant is a job as one of ours.
type variant struct {
	*ghJob
	id    string
	crons []ghCron
	last  bool // of the combinations
}

// variants returns the jobs that a job of a workflow comes to: one for each combination of
// its matrix and each time zone, and one for each cron if its steps ask which it was.
func (w *workflow) variants(g *ghJob, id string, combinations []combination) (all []variant) {
	asks := false
	g.texts(func(text string) { asks = asks || strings.Contains(text, "github.event.schedule") })
	asks = asks || strings.Contains(scalar(member(g.node, "if")), "github.event.schedule")
	for i, c := range combinations {
		for _, group := range byZone(w.crons) {
			for len(group) > 0 {
				some := group
				if asks {
					some = group[:1]
				}
				group = group[len(some):]
				one := *g
				one.matrix, one.cron = c.values, ""
				if len(some) == 1 {
					one.cron = some[0].Cron
				}
				all = append(all, variant{&one, strings.Trim(id+"-"+c.name, "-"), some, i == len(combinations)-1})
			}
		}
	}
	return all
}

// read imports a job of a workflow, and reports whether all of it could be.
func (w *workflow) read(r *reader, g *ghJob) bool {
	from := Place{w.file.Path, g.Line}
	if uses := scalar(member(g.node, "uses")); uses != "" {
		r.lose(from, "the job %s is that of another workflow, %s, which is not read: its schedule stays", g.ID, withoutSecrets(uses))
		return false
	}
	if next := g.feeds(); next != nil {
		r.lose(from, "the job %s only finds out what the job %s has to do, which no job here can take over: its schedule stays", g.ID, next.ID)
		return false
	}
	combinations, why := w.combinations(g)
	if why != "" {
		r.lose(from, "the matrix of the job %s: %s", g.ID, why)
		return false
	}
	g.copies = len(combinations)
	var jobs []Job
	for _, v := range w.variants(g, w.id(g, w.several), combinations) {
		if j, due := w.job(r, v); due {
			jobs = together(jobs, j)
		}
	}
	if len(jobs) == 0 {
		r.skip(from, "the job %s does not run on a schedule", g.ID)
		return true
	}
	before, placed := len(r.Jobs), true
	for _, j := range jobs {
		if slices.ContainsFunc(jobs, func(other Job) bool { return other.ID == j.ID && !reflect.DeepEqual(other.get("cron"), j.get("cron")) }) {
			j.kept(w.scheduleKey().Line, "schedule, as several jobs: the time zones differ, or steps ask which cron it was")
		}
		for _, notes := range [][]Note{j.Kept, j.Glue, j.Lost} {
			slices.SortStableFunc(notes, func(a, b Note) int { return a.Line - b.Line })
		}
		placed = r.add(j) && placed
	}
	if !placed {
		r.withdraw(before)
		return false
	}
	return true
}

// together adds a job. One that differs from an earlier one only in when it runs becomes
// part of that.
func together(jobs []Job, j Job) []Job {
	for i := range jobs {
		one := &jobs[i]
		if one.get("timezone") == j.get("timezone") && one.ID == j.ID && reflect.DeepEqual(one.keys.without("cron"), j.keys.without("cron")) && one.get("cron") != nil && j.get("cron") != nil {
			crons, more := cronList(one.get("cron")), cronList(j.get("cron"))
			one.set("cron", append(slices.Clone(crons), more...))
			for _, notes := range []struct{ to, from *[]Note }{{&one.Kept, &j.Kept}, {&one.Glue, &j.Glue}, {&one.Lost, &j.Lost}} {
				for _, n := range *notes.from {
					note(notes.to, n.Line, "%s", []any{n.What})
				}
			}
			return jobs
		}
	}
	return append(jobs, j)
}

func cronList(value any) []string {
	if list, ok := value.([]string); ok {
		return list
	}
	return []string{value.(string)}
}

// job returns a job of ours; due is false for one that no schedule runs.
func (w *workflow) job(r *reader, v variant) (j Job, due bool) {
	g := v.ghJob
	j = Job{ID: v.id, From: Place{w.file.Path, g.Line}}
	w.setCrons(&j, v.crons)
	if !w.guard(&j, g) {
		return j, false
	}
	if dir := path.Dir(r.Path); dir != "." {
		j.glue(g.Line, "write the paths and lines as they are from %s, where the job runs: the workflow ran in the root of the repository", dir)
	}
	if !v.last { // the others have what comes after a job too early
		g.followers = slices.DeleteFunc(slices.Clone(g.followers), func(next *ghJob) bool { return g.parted(next) == "" })
	}
	r.hide(g)
	g.prepare()
	w.titles(&j, v)
	w.keys(&j, g)
	r.steps(&j, g)
	g.finish(&j)
	w.rights(&j, g)
	w.left(&j, g)
	return j, true
}

// guard looks at the if of a job, and reports whether a schedule runs the job. What is
// known only in a run goes to its steps.
func (w *workflow) guard(j *Job, g *ghJob) bool {
	node := member(g.node, "if")
	if scalar(node) == "" {
		return true
	}
	v := g.decide(condition(node.Value))[0]
	switch {
	case v.why != "":
		j.lost(node.Line, "if: %s", v.why)
	case v.known && v.true():
		j.kept(node.Line, "if: it is true on a schedule, and forks run none")
	case v.known:
		return false
	default:
		g.Steps = guardedBy(node, g.Steps)
	}
	return true
}

// guardedBy returns steps that run only on a condition besides their own.
func guardedBy(node *yaml.Node, steps []ghStep) (all []ghStep) {
	for _, s := range steps {
		if s.If == "" {
			s.If, s.IfLine = unwrapExpr(node.Value), node.Line
		} else {
			s.If = "(" + unwrapExpr(node.Value) + ") && (" + unwrapExpr(s.If) + ")"
		}
		all = append(all, s)
	}
	return all
}

// unwrapExpr returns an if without the ${{ }} that it does not need.
func unwrapExpr(text string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "${{"), "}}"))
}
