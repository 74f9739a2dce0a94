package migrate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// ghVariables are what GitHub puts into the environment of every step, by its path in an
// expression. The others of github.event are those of other events: on a schedule they are
// null.
// https://docs.github.com/actions/reference/workflows-and-actions/variables
var ghVariables = map[string]string{
	"github.action": "${GITHUB_ACTION}", "github.actor": "${GITHUB_ACTOR}", "github.actor_id": "${GITHUB_ACTOR_ID}",
	"github.triggering_actor": "${GITHUB_TRIGGERING_ACTOR}", "github.api_url": "${GITHUB_API_URL}",
	"github.graphql_url": "${GITHUB_GRAPHQL_URL}", "github.server_url": "${GITHUB_SERVER_URL}",
	"github.event_path": "${GITHUB_EVENT_PATH}", "github.job": "${GITHUB_JOB}",
	"github.ref": "${GITHUB_REF}", "github.ref_name": "${GITHUB_REF_NAME}", "github.ref_type": "${GITHUB_REF_TYPE}",
	"github.repository": "${GITHUB_REPOSITORY}", "github.repository_id": "${GITHUB_REPOSITORY_ID}",
	"github.repository_owner": "${GITHUB_REPOSITORY_OWNER}", "github.repository_owner_id": "${GITHUB_REPOSITORY_OWNER_ID}",
	"github.retention_days": "${GITHUB_RETENTION_DAYS}", "github.run_attempt": "${GITHUB_RUN_ATTEMPT}",
	"github.run_id": "${GITHUB_RUN_ID}", "github.run_number": "${GITHUB_RUN_NUMBER}", "github.sha": "${GITHUB_SHA}",
	"github.workflow": "${GITHUB_WORKFLOW}", "github.workspace": "${GITHUB_WORKSPACE}",
	"github.event.repository.full_name": "${GITHUB_REPOSITORY}", "github.event.repository.name": "${GITHUB_REPOSITORY#*/}",
	"github.event.repository.owner.login": "${GITHUB_REPOSITORY_OWNER}", "github.event.repository.default_branch": "${GITHUB_REF_NAME}",
	"github.event.repository.html_url": "${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}",
	"runner.arch":                      "${RUNNER_ARCH}", "runner.name": "${RUNNER_NAME}", "runner.os": "${RUNNER_OS}", "runner.temp": "${RUNNER_TEMP}",
	"runner.tool_cache": "${RUNNER_TOOL_CACHE}", "runner.environment": "${RUNNER_ENVIRONMENT}", "runner.debug": "${RUNNER_DEBUG}",
	"job.status": "${SCHEDULED_OUTCOME}",
}

// path returns the value of a path such as secrets.TOKEN.
func (g *ghJob) path(path string) ghValue {
	context, name, _ := strings.Cut(path, ".")
	lower := strings.ToLower(path)
	if v, ok := g.decided(lower); ok {
		return v
	}
	switch context = strings.ToLower(context); {
	case lower == "secrets.github_token" || lower == "github.token":
		return held("${GITHUB_TOKEN}", ghRef{kind: "token", variable: "GITHUB_TOKEN"})
	case strings.HasPrefix(lower, "secrets.github_"):
		return known(nil) // GitHub has no such secret
	case context == "secrets" && name != "":
		return g.reference("secret", name)
	case context == "vars" && name != "":
		return g.reference("variable", name)
	case context == "env" && name != "":
		return g.variable(name)
	case context == "inputs" && name != "":
		return g.reference("input", name)
	case strings.HasPrefix(lower, "github.event.inputs."):
		return g.reference("input", path[len("github.event.inputs."):])
	case lower == "github.event.schedule":
		if g.cron != "" {
			return known(g.cron)
		}
		return without("github.event.schedule")
	case lower == "github.event_name":
		return known("schedule") // a rescue stands for one too, and GitHub calls that a dispatch
	case ghVariables[lower] != "":
		return held(ghVariables[lower])
	case strings.HasPrefix(lower, "github.event") || lower == "github.head_ref" || lower == "github.base_ref":
		return known(nil)
	case context == "matrix":
		return g.member(g.matrix, name)
	case context == "steps":
		return g.output(name)
	case context == "needs":
		return g.result(name)
	}
	return without("%s", path)
}

// variable returns a variable of the environment. An if knows its value if the job's env
// has one.
func (g *ghJob) variable(name string) ghValue {
	if i := named(g.Env, name); i >= 0 && g.deciding != "" && g.depth < maxRefers {
		g.depth++
		text, ok := g.literal(g.Env[i].Value, 0)
		g.depth--
		if ok {
			return known(text)
		}
	}
	return held("${"+name+"}", ghRef{kind: "env", name: name, variable: name})
}

// handsOn reports whether an if asks for a variable that no env has and no line writes: a
// program writes it to $GITHUB_ENV.
func (g *ghJob) handsOn() (asked bool) {
	for _, s := range g.Steps {
		if strings.Contains(s.Run, "GITHUB_ENV") {
			return false
		}
		condition(s.If).each(func(path string) {
			context, name, _ := strings.Cut(path, ".")
			asked = asked || strings.EqualFold(context, "env") && name != "pythonLocation" && named(g.Env, name) < 0 && named(s.Env, name) < 0
		})
	}
	return asked
}

// maxRefers is how often a variable can refer to another one, which refers to another one.
const maxRefers = 3

// result returns what a job before this one hands over, if that is part of it.
func (g *ghJob) result(path string) ghValue {
	id, rest, _ := strings.Cut(path, ".")
	what, name, _ := strings.Cut(rest, ".")
	p, ok := g.results[strings.ToLower(id+"."+name)]
	switch list := parts(p.Value); {
	case what == "result" && g.deciding != "":
		return known(g.deciding)
	case what == "outputs" && ok && len(list) == 1 && list[0].is:
		return g.value(list[0].expr)
	case what == "outputs" && ok && (len(list) == 0 || !list[0].is):
		return known(p.Value)
	}
	return without("needs.%s, which another job of the workflow hands over", path)
}

// member returns a value of the matrix.
func (g *ghJob) member(of map[string]any, path string) ghValue {
	name, rest, more := strings.Cut(path, ".")
	value := of[name]
	if !more {
		return known(value)
	}
	inner, ok := value.(map[string]any)
	if !ok {
		return known(nil)
	}
	return g.member(inner, rest)
}

// reference returns a secret, a repository variable or an input, in a variable.
func (g *ghJob) reference(kind, name string) ghValue {
	if kind != "input" && !variableName.MatchString(name) {
		return without("the %s %s, which GitHub does not take as a name", kind, name)
	}
	ref := ghRef{kind: kind, name: name, variable: g.variableOf(kind, name)}
	if kind == "input" {
		ref.fallback = g.fallbacks[strings.ToLower(name)]
	}
	v := held("${"+ref.variable+"}", ref)
	if kind == "input" && g.dispatch[strings.ToLower(name)].kind == "boolean" {
		v.test = `[ "` + v.bash + `" = true ]`
	}
	return v
}

var notInName = pattern.New(`[^A-Za-z0-9_]`)

// variableOf returns the environment variable that a secret, repository variable or input
// is in: one of the workflow that is just that, else of its own name, or another one if
// that is taken.
func (g *ghJob) variableOf(kind, name string) string {
	var pairs []ghPair
	pairs = append(pairs, g.Env...)
	for _, s := range g.Steps {
		pairs = append(pairs, s.Env...)
	}
	variable := notInName.ReplaceAllString(name, "_")
	if variable != "" && variable[0] >= '0' && variable[0] <= '9' {
		variable = "_" + variable
	}
	taken := !holds(kind, variable)
	for _, p := range pairs {
		same := isReference(p.Value, kind, name)
		always := !slices.ContainsFunc(pairs, func(other ghPair) bool { return other.Name == p.Name && !isReference(other.Value, kind, name) })
		if same && always && holds(kind, p.Name) {
			return p.Name
		}
		taken = taken || p.Name == variable && !same
	}
	if taken {
		return variable + "_" + strings.ToUpper(kind)
	}
	return variable
}

// isReference reports whether a text is only a secret, repository variable or input.
func isReference(text, kind, name string) bool {
	list := parts(strings.TrimSpace(text))
	if len(list) != 1 || list[0].expr == nil {
		return false
	}
	e := list[0].expr
	if kind == "input" && e.op == "||" && e.args[1].op == "value" {
		e = e.args[0]
	}
	path := strings.ToLower(e.name)
	for _, prefix := range map[string][]string{"secret": {"secrets."}, "variable": {"vars."}, "input": {"inputs.", "github.event.inputs."}}[kind] {
		if path == prefix+strings.ToLower(name) {
			return true
		}
	}
	return false
}

var ownedVariables = sync.OnceValue(func() [][]string {
	return pattern.New("`([A-Z_]+)(\\*?)`").FindAllStringSubmatch(pyproject.OwnedVariables(), -1)
})

var variableName = pattern.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// holds reports whether a variable can hold a secret, repository variable or input: two
// names of inputs are ours.
func holds(kind, variable string) bool {
	return settable(variable) && (kind != "input" || !strings.EqualFold(variable, "force") && !strings.EqualFold(variable, "window"))
}

// settable reports whether the options env, secrets and vars can have a variable.
func settable(name string) bool {
	upper := strings.ToUpper(name)
	for _, m := range ownedVariables() {
		if upper == m[1] || m[2] == "*" && strings.HasPrefix(upper, m[1]) {
			return false
		}
	}
	return variableName.MatchString(name)
}

// outputOf is the file in which a step leaves its outputs, for the steps after it.
func outputOf(id string) string {
	return `"${RUNNER_TEMP:-/tmp}/` + notInName.ReplaceAllString(id, "_") + `.outputs"`
}

// output returns what a step hands to the later ones: steps.ID.outputs.NAME.
func (g *ghJob) output(path string) ghValue {
	id, rest, _ := strings.Cut(path, ".")
	what, name, _ := strings.Cut(rest, ".")
	for _, s := range g.Steps {
		switch {
		case !strings.EqualFold(s.ID, id):
		case what == "outputs" && s.Run != "" && variableName.MatchString(notInName.ReplaceAllString(name, "_")):
			form := `$(sed -n 's/^%s=//p' %s 2>/dev/null | tail -n 1)`
			if strings.Contains(s.Run, name+"<<") { // it has several lines
				form = `$(awk -v n=%s 'index($0, n "<<") == 1 { e = substr($0, length(n) + 3); v = ""; while ((getline l) > 0 && l != e) v = v l "\n" } END { printf "%%s", v }' %s 2>/dev/null)`
			}
			return held(fmt.Sprintf(form, regexp.QuoteMeta(name), outputOf(s.ID)), ghRef{kind: "output", name: s.ID})
		case what == "outputs" && strings.HasPrefix(s.Uses, "actions/cache"):
			return known(nil) // as without a hit
		case what == "outcome" || what == "conclusion":
			return g.outcome(s, what)
		}
	}
	return without("steps.%s", path)
}

// mayFail returns a line of bash that goes before those of a step that may fail, and leaves
// its outcome for the steps that ask for it.
func (g *ghJob) mayFail(s ghStep) string {
	leave := ""
	if g.asked(s) {
		leave = `[ $? = 0 ] && outcome=success || outcome=failure; echo "outcome=$outcome" >> ` + outputOf(s.ID) + "; "
	}
	return "trap '" + leave + "exit 0' EXIT # continue-on-error"
}

// asked reports whether other steps use what a step hands over.
func (g *ghJob) asked(s ghStep) bool { return s.ID != "" && g.outputs[strings.ToLower(s.ID)] }

// outcome returns how a step went. Only one that may fail does not end the job.
func (g *ghJob) outcome(s ghStep, what string) ghValue {
	switch {
	case s.Run == "" || what == "conclusion" && s.Soft:
		return known("success")
	case !s.Soft && g.deciding != "":
		return known(g.deciding)
	}
	return held(fmt.Sprintf(`$(sed -n 's/^outcome=//p' %s 2>/dev/null | tail -n 1)`, outputOf(s.ID)), ghRef{kind: "output", name: s.ID})
}
