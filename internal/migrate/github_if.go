package migrate

import (
	"strings"
)

// ghWhen is what the if of a step comes to.
type ghWhen struct {
	When  string // of our steps: "success", "failure" or "always"
	Never bool   // on a schedule
	Test  string // a command of bash that has to succeed besides; "" for none
}

// condition returns the expression of an if, which needs no ${{ }}. "" is true.
func condition(text string) *ghExpr {
	if strings.TrimSpace(text) == "" {
		return &ghExpr{op: "value", value: true}
	}
	if list := parts(strings.TrimSpace(text)); len(list) == 1 && list[0].is {
		return list[0].expr
	}
	return parseExpr(strings.NewReplacer("${{", "(", "}}", ")").Replace(text))
}

// asksOutcome reports whether an expression has a function that says how the job went.
func (e *ghExpr) asksOutcome() bool {
	if e == nil {
		return false
	}
	if e.op == "call" && ghOutcomes[e.name] != nil {
		return true
	}
	for _, arg := range e.args {
		if arg.asksOutcome() {
			return true
		}
	}
	return false
}

// ghOutcomes are those functions, and whether they are true of an outcome.
var ghOutcomes = map[string]func(outcome string) bool{
	"always":    func(string) bool { return true },
	"success":   func(outcome string) bool { return outcome == "success" },
	"failure":   func(outcome string) bool { return outcome == "failure" },
	"cancelled": func(outcome string) bool { return outcome == "cancelled" },
}

// when returns what the if of a step means here; ok is false if that cannot be said.
func (g *ghJob) when(j *Job, s ghStep) (_ ghWhen, ok bool) {
	v := g.decide(condition(s.If))
	for _, one := range v {
		if one.why != "" {
			j.lost(s.Line, "if: %s", one.why)
			return ghWhen{}, false
		}
	}
	pick := func(v ghValue, when, outcome string) ghWhen {
		w := ghWhen{When: when, Never: v.known && !v.true()}
		if !v.known {
			w.Test = v.says()
		}
		if outcome != "" && !w.Never {
			w.Test = strings.TrimSuffix(`[ "$SCHEDULED_OUTCOME" `+outcome+" ] && "+w.Test, " && ")
		}
		return w
	}
	success, failure, cancelled := v[0], v[1], v[2]
	never := func(v ghValue) bool { return v.known && !v.true() }
	switch {
	case !never(success) && !never(failure):
		return pick(success, "always", ""), true
	case !never(success) && !never(cancelled):
		return pick(success, "always", "!= failure"), true
	case !never(success):
		return pick(success, "success", ""), true
	case !never(failure):
		return pick(failure, "failure", ""), true
	}
	return pick(cancelled, "always", "= cancelled"), true
}

// decide returns the value of an if on a schedule, after each outcome: success, failure,
// cancelled.
func (g *ghJob) decide(e *ghExpr) (values [3]ghValue) {
	for i, outcome := range []string{"success", "failure", "cancelled"} {
		g.deciding = outcome
		values[i] = g.value(e)
		if !e.asksOutcome() && i > 0 {
			values[i] = known(false)
		}
	}
	g.deciding = ""
	return values
}

// decided returns what a path is while an if is looked at: what a run by schedule has.
func (g *ghJob) decided(lower string) (_ ghValue, ok bool) {
	switch {
	case g.deciding == "":
	case strings.HasPrefix(lower, "inputs.") || strings.HasPrefix(lower, "github.event.inputs."):
		return known(nil), true
	case lower == "job.status":
		return known(g.deciding), true
	}
	return ghValue{}, false
}

// guarded are what an if compares with the repository's own: on a schedule it is that, on
// its default branch.
var guarded = map[string]bool{
	"${GITHUB_REPOSITORY}": true, "${GITHUB_REPOSITORY_OWNER}": true, "${GITHUB_REPOSITORY_ID}": true, "${GITHUB_REPOSITORY#*/}": true,
	"${GITHUB_REF}": true, "${GITHUB_REF_NAME}": true, "${GITHUB_REPOSITORY_OWNER_ID}": true,
}
