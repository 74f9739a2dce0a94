package migrate

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// ghGiven is what the steps of a job get by its keys, in the order of the original.
type ghGiven struct {
	env, secrets, setup, vars table
	inputs                    []string
	asked                     map[string]bool // inputs of workflow_dispatch that these are, in lower case
	token                     bool
	seen                      []ghSeen
}

// ghSeen is a variable that another one refers to, and was given to some steps for that.
type ghSeen struct {
	name string
	to   ghPhase
}

// give makes all variables reach a step that its env, that of the job, and its lines need:
// by the keys env, inputs, secrets, setup-secrets, vars and token. It returns lines of
// bash that go before those of the step, and tells what is lost. It is called once for
// each step that is kept, and for none that is dropped.
func (g *ghJob) give(j *Job, s ghStep, to ghPhase) (sets []string) {
	if g.asked(s) {
		sets = append(sets, "export GITHUB_OUTPUT="+outputOf(s.ID))
	}
	if strings.Contains(s.Run, "GITHUB_EVENT_NAME") {
		sets = append(sets, "export GITHUB_EVENT_NAME=schedule")
	}
	env := slices.Clone(s.Env)
	for _, p := range slices.Backward(g.Env) {
		if named(env, p.Name) < 0 && (to == ghMain || !strings.Contains(p.Value, "${{") || mentions(s, p.Name)) {
			env = slices.Insert(env, 0, p)
		}
	}
	for _, p := range env {
		if set := g.pair(j, p, to); set != "" {
			sets = append(sets, set)
		}
	}
	lines := g.rewrite(s.lines())
	for _, w := range lines.wrong {
		j.lost(s.RunLine+w.line, "%s", w.why)
	}
	need := func(line int, refs []ghRef) {
		for _, ref := range refs {
			if ref.kind != "env" || named(env, ref.name) < 0 {
				g.ref(j, line, ref, to)
			}
		}
	}
	for _, v := range g.decide(condition(s.If)) {
		if !v.known {
			need(cmp.Or(s.IfLine, s.Line), v.refs)
		}
	}
	need(cmp.Or(s.RunLine, s.Line), lines.refs)
	return sets
}

// named returns the place of a name, -1 without one.
func named(pairs []ghPair, name string) int {
	return slices.IndexFunc(pairs, func(p ghPair) bool { return p.Name == name })
}

// mentions reports whether the lines of a step use a variable.
func mentions(s ghStep, name string) bool {
	text := s.Run + " " + s.If
	for _, p := range s.Env {
		text += " " + p.Value
	}
	return strings.Contains(text, name) && regexp.MustCompile(`\b`+regexp.QuoteMeta(name)+`\b`).MatchString(text)
}

// pair makes a variable reach a step. It returns a line of bash that sets it, "" if our
// keys do.
func (g *ghJob) pair(j *Job, p ghPair, to ghPhase) (set string) {
	if !variableName.MatchString(p.Name) {
		j.lost(p.Line, "the variable %s: no shell takes such a name", p.Name)
		return ""
	}
	list := parts(p.Value)
	for _, path := range paths(p.Value) {
		if lower := strings.ToLower(path); strings.HasPrefix(lower, "secrets.github_") && lower != "secrets.github_token" {
			j.glue(p.Line, "give the secret %s another name: GitHub takes none that begins with GITHUB_, so %s is empty", path[len("secrets."):], p.Name)
		}
	}
	if len(list) == 0 || len(list) == 1 && !list[0].is {
		return g.literalPair(j, p, p.Value)
	}
	if len(list) == 1 {
		v := g.value(list[0].expr)
		if v.known {
			return g.literalPair(j, p, v.text())
		}
		if len(v.refs) == 1 && v.bash == "${"+v.refs[0].variable+"}" {
			return g.single(j, p, v.refs[0], to)
		}
	}
	return g.mixed(j, p, list, to)
}

// literalPair sets a variable to a value that is known.
func (g *ghJob) literalPair(j *Job, p ghPair, value string) (set string) {
	switch {
	case isSecret(p.Name, value) && !g.throwsAway(value):
		name := p.Name
		if !settable(name) {
			name += "_SECRET"
		}
		if g.given.secrets.get(name) != name {
			g.given.secrets = append(g.given.secrets, key{name: name, value: name})
			j.glue(p.Line, "set the secret %s in the repository: its value is not copied", name)
		}
		if name != p.Name {
			return "export " + p.Name + `="${` + name + `}"`
		}
		return ""
	case !settable(p.Name) || strings.ContainsAny(value, "\n\r") || g.taken(p.Name, "env", value):
		j.kept(p.Line, "env %s", p.Name)
		return "export " + p.Name + "=" + inQuotes(value)
	}
	g.add(&g.given.env, p.Name, value)
	j.kept(p.Line, "env %s", p.Name)
	return ""
}

// single sets a variable to one secret, repository variable, input or the token.
func (g *ghJob) single(j *Job, p ghPair, ref ghRef, to ghPhase) (set string) {
	if ref.kind == "env" && ref.name == p.Name {
		return ""
	}
	own := ref
	own.variable = p.Name
	if holds(ref.kind, p.Name) && ref.kind != "token" && ref.kind != "env" && g.free(own, to) {
		g.ref(j, p.Line, own, to)
		return ""
	}
	if !g.ref(j, p.Line, ref, to) || p.Name == ref.variable {
		return ""
	}
	return "export " + p.Name + `="${` + ref.variable + `}"`
}

// mixed sets a variable to a text with expressions in it.
func (g *ghJob) mixed(j *Job, p ghPair, list []ghPart, to ghPhase) (set string) {
	var b strings.Builder
	for _, part := range list {
		v := known(part.text)
		if part.is {
			v = g.value(part.expr)
		}
		if v.why != "" {
			j.lost(p.Line, "env %s: %s", p.Name, v.why)
			return ""
		}
		for _, ref := range v.refs {
			if !g.ref(j, p.Line, ref, to) {
				return ""
			}
		}
		b.WriteString(v.quoted())
	}
	if b.String() == "${"+p.Name+"}" {
		return ""
	}
	j.kept(p.Line, "env %s", p.Name)
	return "export " + p.Name + `="` + b.String() + `"`
}

// ref makes something outside the job reach a step in its variable, or tells that it
// cannot.
func (g *ghJob) ref(j *Job, line int, ref ghRef, to ghPhase) bool {
	switch ref.kind {
	case "secret":
		return g.secretRef(j, line, ref, to)
	case "variable":
		g.add(&g.given.vars, ref.variable, ref.name)
		j.kept(line, "repository variable %s", ref.name)
	case "input":
		g.input(j, line, ref)
	case "token":
		if to != ghMain {
			j.lost(line, "the token: only the command gets it")
			return false
		}
		g.given.token = true
		j.kept(line, "the token")
	case "env":
		seen := ghSeen{ref.name, to}
		if i := named(g.Env, ref.name); i >= 0 && !slices.Contains(g.given.seen, seen) {
			g.given.seen = append(g.given.seen, seen)
			g.pair(j, g.Env[i], to)
		}
	}
	return true
}

func (g *ghJob) secretRef(j *Job, line int, ref ghRef, to ghPhase) bool {
	what := "secret " + ref.name
	if ref.variable != ref.name {
		what += " as " + ref.variable
	}
	switch to {
	case ghAfter:
		j.lost(line, "%s: only the command gets it", what)
		return false
	case ghSetup:
		g.add(&g.given.setup, ref.variable, ref.name)
	default:
		g.add(&g.given.secrets, ref.variable, ref.name)
	}
	j.kept(line, "%s", what)
	return true
}

// input makes an input of the button Run workflow of one of workflow_dispatch.
func (g *ghJob) input(j *Job, line int, ref ghRef) {
	if g.given.asked == nil {
		g.given.asked = map[string]bool{}
	}
	g.given.asked[strings.ToLower(ref.name)] = true
	if slices.Contains(g.given.inputs, ref.variable) {
		return
	}
	if len(g.given.inputs) == maxInputs {
		j.lost(line, "the input %s: the button has %d others", ref.name, maxInputs)
		return
	}
	g.add(&g.given.env, ref.variable, ref.fallback)
	g.given.inputs = append(g.given.inputs, ref.variable)
	declared := g.dispatch[strings.ToLower(ref.name)]
	j.kept(cmp.Or(declared.line, line), "input %s%s", ref.name, declared.words())
	if declared.fallback != "" && declared.fallback != "false" && ref.fallback == "" {
		j.glue(declared.line, "write %q into env as the value of %s, if a schedule should have it: it was empty then", declared.fallback, ref.variable)
	}
	if declared.fallback != "" && ref.fallback != "" && declared.fallback != ref.fallback {
		j.kept(declared.line, "the default of %s, which is %q by the button too", ref.name, ref.fallback)
	}
}

// maxInputs is how many inputs a job can have beside ours: see package pyproject.
const maxInputs = 23

// add adds a variable, once.
func (g *ghJob) add(to *table, variable, value string) {
	if !to.has(variable) {
		*to = append(*to, key{name: variable, value: value})
	}
}

// free reports whether nothing else is in the variable of a secret, repository variable
// or input.
func (g *ghJob) free(ref ghRef, to ghPhase) bool {
	kind, value := ref.kind, ref.name
	switch {
	case kind == "input":
		kind, value = "env", ref.fallback
	case kind == "secret" && to == ghSetup:
		kind = "setup"
	}
	return !g.taken(ref.variable, kind, value)
}

// taken reports whether a variable has another value, for the same steps.
func (g *ghJob) taken(variable, kind, value string) bool {
	for _, list := range []struct {
		kind string
		all  table
	}{{"env", g.given.env}, {"secret", g.given.secrets}, {"setup", g.given.setup}, {"variable", g.given.vars}} {
		apart := kind == "secret" && list.kind == "setup" || kind == "setup" && list.kind == "secret"
		for _, k := range list.all {
			if strings.EqualFold(k.name, variable) && !apart && (list.kind != kind || k.value != value) {
				return true
			}
		}
	}
	return false
}

// private returns the secrets that a step uses, in its env, its lines or its inputs.
func (g *ghJob) private(s ghStep) (names []string) {
	text := s.Run
	for _, p := range slices.Concat(s.Env, s.With) {
		text += " " + p.Value
	}
	for _, p := range g.Env {
		if mentions(s, p.Name) {
			text += " " + p.Value
		}
	}
	for _, path := range paths(text) {
		context, name, _ := strings.Cut(path, ".")
		if strings.EqualFold(context, "secrets") && !slices.Contains(names, name) {
			names = append(names, name)
		}
		if strings.EqualFold(path, "github.token") && !slices.Contains(names, "GITHUB_TOKEN") {
			names = append(names, "GITHUB_TOKEN")
		}
	}
	return names
}

// setupNames are the variables that the tools read that install the packages.
var setupNames = pattern.New(`^(?:PIP|UV|POETRY|PDM|PIPENV|CONDA|PIXI|NETRC)_`)

// finish sets the keys of what the steps were given.
func (g *ghJob) finish(j *Job) {
	for _, p := range g.Env {
		if setupNames.MatchString(p.Name) {
			g.pair(j, p, ghSetup)
		}
	}
	for _, k := range paired(j.get("secrets")) {
		g.add(&g.given.secrets, k.name, k.value.(string))
	}
	for _, k := range j.table("env") {
		g.add(&g.given.env, k.name, k.value.(string))
	}
	if len(g.given.env) > 0 {
		j.set("env", g.given.env)
	}
	if len(g.given.inputs) > 0 {
		j.set("inputs", g.given.inputs)
	}
	for _, list := range []struct {
		key string
		all table
	}{{"secrets", g.given.secrets}, {"setup-secrets", g.given.setup}, {"vars", g.given.vars}} {
		if len(list.all) > 0 {
			j.set(list.key, listed(list.all))
		}
	}
	for _, h := range g.hidden {
		if slices.ContainsFunc(slices.Concat(g.given.secrets, g.given.setup), func(k key) bool { return k.value == h.Name }) {
			j.glue(h.Line, "set the secret %s in the repository: its value is not copied", h.Name)
		}
	}
	if g.given.token {
		j.set("token", true)
	}
}
