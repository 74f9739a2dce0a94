package migrate

import (
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// asked forgets the checks whose word other steps than a delivery ask for: they stay.
func (m *mover) asked() {
	for i, s := range m.g.Steps {
		b := m.blocks[i]
		if ghActions[action(s.Uses)].delivers || s.Uses == "" && (b.has(gitting) || b.only(neutral)) {
			continue
		}
		text := s.If + s.Run
		for _, p := range slices.Concat(s.With, s.Env) {
			text += p.Value
		}
		for k, check := range m.g.Steps {
			if slices.ContainsFunc(checksOf(check), func(c string) bool { return m.checks[c] && strings.Contains(text, c) }) {
				m.keepCheck(k)
			}
		}
	}
}

// checksOf returns what later steps can ask of a step: its outputs and variables.
func checksOf(s ghStep) (names []string) {
	if s.ID != "" && (strings.Contains(s.Run, "GITHUB_OUTPUT") || strings.Contains(s.Run, "set-output")) {
		names = append(names, "steps."+s.ID+".")
	}
	for _, m := range toEnv.FindAllStringSubmatch(s.Run, -1) {
		names = append(names, "env."+m[1])
	}
	return names
}

var toEnv = pattern.New(`(?m)\becho\s+["']?([A-Za-z_]\w*)=.*>>\s*["']?\$\{?GITHUB_ENV`)

// keepCheck leaves a step whole that says whether something changed.
func (m *mover) keepCheck(i int) {
	if slices.Contains(m.blocks[i].gits(), "commit") {
		m.asks[m.g.Steps[i].ID] = true
		return
	}
	for _, c := range checksOf(m.g.Steps[i]) {
		delete(m.checks, c)
	}
	for n := range m.blocks[i].units {
		m.blocks[i].units[n].class = other
	}
}

// asksStep matches a condition that only asks an output of a step.
var asksStep = pattern.New(`^(?:\$\{\{)?\s*(?:success\(\)\s*&&\s*)?steps\.([\w-]+)\.outputs\.([\w-]+)\s*(?:(==|!=)\s*'?([^'}]*?)'?)?\s*(?:\}\})?$`)

// changed returns the test for a condition that asks a step which commits whether it did:
// the commit comes after the command here, so what it will have is still to be seen.
func (m *mover) changed(condition string) string {
	found := asksStep.FindStringSubmatch(strings.TrimSpace(condition))
	if found == nil || !m.asks[found[1]] {
		return ""
	}
	yes := found[3] != "!="
	if v := strings.ToLower(found[4]); found[3] != "" && (v == "" || v == "false" || v == "0" || v == "no") {
		yes = !yes
	}
	for _, no := range []string{"no_", "no-", "nothing", "skip", "unchanged", "clean"} {
		if strings.Contains(strings.ToLower(found[2]), no) {
			yes = !yes
			break
		}
	}
	if yes {
		return `[ -n "$(git status --porcelain)" ]`
	}
	return `[ -z "$(git status --porcelain)" ]`
}

// checked reports whether a condition only asks a step that says whether something
// changed.
func (m *mover) checked(condition string) bool {
	for c := range m.checks {
		if strings.Contains(condition, c) {
			return true
		}
	}
	return false
}
