package migrate

import (
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// lines moves a step that runs lines.
func (m *mover) lines(i int, s ghStep) {
	b := m.blocks[i]
	delivers := b.has(gitting) && !m.byHand
	w, runs := m.condition(s, delivers)
	if !runs || m.asksOnly(s, b) {
		return
	}
	if b.only(neutral) && m.checked(s.If) {
		m.j.kept(s.Line, "%s: the log of the commit says it", title(s))
		return
	}
	noted := len(m.packages.glue)
	p := m.part(i, s, b)
	for k := noted; k < len(m.packages.glue); k++ {
		m.packages.glue[k].line += max(s.RunLine, s.Line)
	}
	if delivers {
		m.deliver(s, w, p.delivery)
	} else if b.has(gitting) || b.has(mixed) {
		p.text = m.pushing(s, p.text)
	}
	m.setUpBy(s, w, p)
	if p.text == "" {
		return
	}
	p.text = m.plainRuns(p.text)
	text := m.tuned(s, w, p)
	if w.When != "success" {
		m.afterwards(s, w, text)
		return
	}
	for i, line := range strings.Split(s.Run, "\n") {
		if strings.Contains(line, "github.event_name") || strings.Contains(line, "GITHUB_EVENT_NAME") {
			m.j.kept(max(s.RunLine, s.Line)+i, "the event: every run counts as scheduled, also one by the button")
		}
	}
	sets := m.g.give(m.j, s, ghMain)
	m.commands = append(m.commands, m.wired(s, append(sets, text)))
	when := ""
	switch {
	case p.turned:
		when = ": what came after its commit comes before it now"
	case m.git.line >= 0 && !m.byHand && !delivers:
		when = ": before the commit now"
	}
	m.j.kept(s.Line, "%s%s", title(s), when)
}

// The lines that bring to a command what those before it wrote for the next steps. A
// command has none of GitHub's own files.
const (
	envFile = `export GITHUB_ENV="${RUNNER_TEMP:-/tmp}/job.env"; touch "$GITHUB_ENV"
while IFS= read -r line; do export "$line"; done < "$GITHUB_ENV"`
	pathFile = `export GITHUB_PATH="${RUNNER_TEMP:-/tmp}/job.path"; touch "$GITHUB_PATH"
PATH="$(tr '\n' ':' < "$GITHUB_PATH")$PATH"`
)

var severalLines = pattern.New(`<<.*GITHUB_ENV`)

// wired returns the lines of a command with the files that it writes for later ones.
func (m *mover) wired(s ghStep, lines []string) string {
	text := strings.Join(lines, "\n")
	if strings.Contains(text, "GITHUB_OUTPUT") && !strings.Contains(text, "export GITHUB_OUTPUT=") {
		text = "export GITHUB_OUTPUT=/dev/null # which nothing here reads\n" + text
	}
	if m.envs = m.envs || strings.Contains(text, "GITHUB_ENV"); m.envs {
		text = envFile + "\n" + text
	}
	if m.paths = m.paths || strings.Contains(text, "GITHUB_PATH"); m.paths {
		text = pathFile + "\n" + text
	}
	if severalLines.MatchString(text) {
		m.j.glue(s.Line, "hand on the values of %s in a file: those with several lines in $GITHUB_ENV are not kept", title(s))
	}
	return text
}

// asksOnly drops a step that only says whether something changed, or brings the newest
// commits, and says so.
func (m *mover) asksOnly(s ghStep, b block) bool {
	if m.byHand || !b.only(asking, neutral) || !b.has(asking) {
		return false
	}
	moves := !slices.ContainsFunc(b.units, func(u unit) bool {
		return slices.ContainsFunc(u.calls, func(c call) bool {
			return c.class() == asking && !slices.Contains([]string{"pull", "fetch", "checkout", "switch", "stash", "rebase", "remote"}, c.git())
		})
	})
	switch {
	case m.commits && slices.ContainsFunc(checksOf(s), func(c string) bool { return m.checks[c] }):
		m.j.kept(s.Line, "%s: a commit has only what changed", title(s))
	case moves:
		if branch := pulled(b); branch != "" {
			m.j.glue(s.Line, "write checkout = { ref = %q }, or keep the pull in the command: %s brings that branch", branch, title(s))
		} else {
			m.j.kept(s.Line, "%s: the checkout has the newest commit", title(s))
		}
		if m.commits {
			for _, u := range b.units {
				m.git.read(u)
			}
		}
	default:
		return false
	}
	return true
}

// pulled returns the branch that lines pull, if it is not the one that the run is on.
func pulled(b block) string {
	for _, u := range b.units {
		for _, c := range u.calls {
			if c.git() != "pull" {
				continue
			}
			_, argv := c.gitArgs()
			words := slices.DeleteFunc(slices.Clone(argv[1:]), func(a string) bool { return strings.HasPrefix(a, "-") })
			if len(words) > 1 && !strings.ContainsAny(words[1], "$`:") && !slices.Contains([]string{"main", "master", "HEAD"}, words[1]) {
				return words[1]
			}
		}
	}
	return ""
}

// divided is what becomes of the units of a step.
type divided struct {
	text            string // the work, "" for none
	whole           bool   // all of the step
	units           []unit // of text
	before, prepare []string
	delivery        []unit
	turned          bool     // some of the work came after the commit
	done            []string // what our set-up does
}

// part divides the units of a step.
func (m *mover) part(i int, s ghStep, b block) divided {
	var p divided
	var pending, kept []unit // neutral ones, that go with what is behind them
	delivers := b.has(gitting) && !m.byHand
	removed := false
	for k, u := range b.units {
		early := (!m.setUp.before(place{i, k}) || u.byName()) && !u.abroad(m.late) && (u.class != fetch || !m.installs)
		switch {
		case delivers && (u.class == gitting || u.class == asking || u.class == other && aside(u, b)):
			p.delivery = append(p.delivery, append(pending, u)...)
			pending, removed = stateful(pending), true
		case u.class == neutral:
			pending = append(pending, u)
		case early && (u.class == venv || u.class == tool || u.class == install) && !u.abroad(m.foreign) && m.packages.covers(u):
			p.done = append(p.done, u.text)
			pending, removed = stateful(pending), true
		case early && u.class != work && u.class != mixed:
			text := joined(append(pending, u))
			if u.class == system || u.class != fetch && u.class != install && !u.usesPython() && len(m.prepare) == 0 && len(p.prepare) == 0 && !m.packages.any() {
				p.before = append(p.before, text)
			} else {
				p.prepare = append(p.prepare, text)
			}
			pending, removed = stateful(pending), true
		default:
			m.installs = m.installs || u.class == install
			p.turned = p.turned || slices.ContainsFunc(p.delivery, func(u unit) bool {
				return slices.ContainsFunc(u.calls, func(c call) bool { return c.git() == "commit" || c.git() == "push" })
			})
			kept = append(append(kept, pending...), u)
			pending = nil
		}
	}
	if len(kept) == 0 && slices.ContainsFunc(pending, unit.waits) {
		pending = p.follow(pending)
	}
	p.delivery = append(p.delivery, pending...)
	if !removed && b.only(neutral) && len(checksOf(s)) == 0 && i < m.work.step && m.work.step < len(m.g.Steps) {
		p.prepare = []string{b.text}
		return p
	}
	if len(kept) == 0 && removed {
		return p
	}
	if !delivers {
		kept = append(kept, pending...)
	}
	p.units, p.whole = kept, !removed
	if p.text = b.text; removed {
		p.text = joined(kept)
	}
	return p
}

// waits reports whether a unit waits for what was started before it, or tests it.
func (u unit) waits() bool {
	return slices.ContainsFunc(u.calls, func(c call) bool { return slices.Contains([]string{"sleep", "test", "[", "exit"}, c.argv[0]) })
}

// follow puts units behind the last ones of the set-up, and returns those that have no
// place.
func (p *divided) follow(units []unit) []unit {
	for _, list := range [][]string{p.prepare, p.before} {
		if last := len(list) - 1; last >= 0 {
			list[last] += "\n" + joined(units)
			return nil
		}
	}
	return units
}

var gitRestores = pattern.New(`git (?:reset|stash|checkout|switch)`)

// aside reports whether a unit only puts files aside, past what git resets in the block.
func aside(u unit, b block) bool {
	return (strings.Contains(u.text, "/tmp") || strings.Contains(u.text, "TEMP")) && retries(append(slices.Clone(u.calls), call{argv: []string{"git", "reset"}})) &&
		gitRestores.MatchString(b.text)
}

// abroad reports whether a unit installs from one of the folders of other repositories,
// which are not there when the environment is set up.
func (u unit) abroad(folders []string) bool {
	return slices.ContainsFunc(u.calls, func(c call) bool {
		return inside(folders, c.dir) || slices.ContainsFunc(c.argv, func(a string) bool { return inside(folders, joinPath(c.dir, a)) })
	})
}

// usesPython reports whether a unit starts Python.
func (u unit) usesPython() bool {
	return slices.ContainsFunc(u.calls, func(c call) bool { return isPython(c.argv[0]) || c.argv[0] == "pip" })
}

// byName reports whether a unit installs packages by their names: what came before it does
// not matter.
func (u unit) byName() bool {
	if u.class != install || len(u.calls) != 1 || u.calls[0].argv[0] != "pip" || len(u.calls[0].argv) < 3 {
		return false
	}
	return !slices.ContainsFunc(u.calls[0].argv[2:], func(a string) bool {
		return strings.HasPrefix(a, "-") && !harmless[a] || strings.ContainsAny(a, "/$.") && !strings.Contains(a, "=")
	})
}

// any reports whether something is installed.
func (p packages) any() bool { return p.project || p.named || len(p.requirements) > 0 }

// stateful returns the units that what comes behind them needs: cd, and variables.
func stateful(units []unit) []unit {
	return slices.DeleteFunc(slices.Clone(units), func(u unit) bool {
		return !slices.ContainsFunc(u.calls, func(c call) bool {
			return slices.Contains([]string{"cd", "=", "set", "pushd", "shopt"}, c.argv[0])
		})
	})
}

func joined(units []unit) string {
	var texts []string
	for _, u := range units {
		texts = append(texts, u.text)
	}
	return strings.Join(texts, "\n")
}

// setUpBy adds what a step does before the work.
func (m *mover) setUpBy(s ghStep, w ghWhen, p divided) {
	for _, text := range p.done {
		m.j.kept(s.Line, "%s", oneLine(text))
	}
	if len(p.before)+len(p.prepare) == 0 {
		if p.text == "" && len(p.done) > 0 {
			m.setUpEnv(s)
		}
		return
	}
	some := s
	some.Env = needed(s.Env, strings.Join(slices.Concat(p.before, p.prepare), "\n"), p.text != "")
	sets := m.g.give(m.j, some, ghSetup)
	for _, list := range []struct {
		to    *[]any
		texts []string
	}{{&m.before, p.before}, {&m.prepare, p.prepare}} {
		if len(list.texts) == 0 {
			continue
		}
		text := m.tuned(s, w, divided{text: m.plainRuns(strings.Join(list.texts, "\n"))})
		text = strings.Join(append(slices.Clone(sets), text), "\n")
		if entry := m.entry(s, text, ""); !slices.ContainsFunc(*list.to, func(other any) bool { return reflect.DeepEqual(other, entry) }) {
			*list.to = append(*list.to, entry)
		}
		m.j.kept(s.Line, "%s", title(s))
	}
}

// setUpEnv gives our set-up the variables of a step that it does in whole.
func (m *mover) setUpEnv(s ghStep) {
	for _, p := range s.Env {
		if !setupNames.MatchString(p.Name) || strings.Contains(p.Name, "PYTHON") {
			m.j.kept(p.Line, "env %s, which our set-up does not need", p.Name)
		} else if sets := m.g.give(m.j, ghStep{Line: s.Line, Env: []ghPair{p}}, ghSetup); strings.Contains(strings.Join(sets, "\n"), p.Name+"=") {
			m.j.lost(p.Line, "env %s of the set-up, which is put together in a run", p.Name)
		}
	}
}

// needed returns the variables that lines of the set-up need: all of a step, but the token,
// or of a step that also does work those that the lines name.
func needed(env []ghPair, text string, named bool) []ghPair {
	return slices.DeleteFunc(slices.Clone(env), func(p ghPair) bool {
		return (named || isToken(p.Value)) && !strings.Contains(text, p.Name) && !setupNames.MatchString(p.Name)
	})
}

// entry returns a step of ours that runs lines.
func (m *mover) entry(s ghStep, text, when string) any {
	name, ok := m.g.resolve(s.Name)
	named := ok && name != "" && !strings.EqualFold(name, "Run entrypoint")
	if when == "" && (!strings.Contains(text, "\n") && !strings.HasPrefix(text, "cd ")) {
		return text
	}
	var t table
	if named {
		t = append(t, key{name: "name", value: name})
	}
	t = append(t, key{name: "run", value: text})
	if when != "" && when != "success" {
		t = append(t, key{name: "when", value: when})
	}
	return t
}

// tuned returns the lines of a step with its folder, its condition, and what a failure of
// it means.
func (m *mover) tuned(s ghStep, w ghWhen, p divided) string {
	text := p.text
	simple := len(p.units) == 1 && p.whole && !strings.Contains(text, "\n") && len(p.units[0].calls) == 1 && p.units[0].calls[0].bare
	if s.Timeout != "" {
		if minutes, ok := m.g.resolve(s.Timeout); ok && simple {
			text = "timeout " + minutes + "m " + text
		} else {
			m.j.glue(s.Line, "put timeout in front of the slow command of %q: its limit was %s minutes", title(ghStep{Name: s.Name, Run: text}), minutes)
		}
	}
	dir, _ := m.g.resolve(s.Dir)
	if dir = strings.TrimSuffix(strings.TrimPrefix(dir, "./"), "/"); dir != "" && dir != "." {
		if strings.Contains(text, "\n") {
			text = "cd " + quote(dir) + "\n" + text
		} else {
			text = "cd " + quote(dir) + " && " + text
		}
	}
	if s.Soft {
		if simple && !strings.Contains(text, "#") && !m.g.asked(s) {
			text += " || true # continue-on-error"
		} else {
			text = m.g.mayFail(s) + "\n" + text
		}
	}
	if w.Test != "" {
		text = "if " + w.Test + "; then\n" + text + "\nfi"
	}
	return text
}

// plainRuns removes what starts a command in an environment: ours is there already. uv
// run stays where nothing else says that uv is the project's.
func (m *mover) plainRuns(text string) string {
	file, err := parseShell(text)
	if err != nil {
		return text
	}
	var edits []edit
	for _, call := range simpleCalls(file) {
		argv := valuesOf(call.Args)
		program, begin := call.Args[0], 0
		if slices.Contains([]string{"poetry", "pipenv", "pdm", "uv"}, argv[0]) && len(argv) > 2 && argv[1] == "run" {
			begin = 2
		}
		switch name := argv[begin]; {
		case begin == 0 && relativeVenv.MatchString(name):
			edits = append(edits, edit{starts(program), ends(program), path.Base(name)})
		case begin == 0 || argv[0] == "uv" && !m.packages.project:
		case isPython(name) || slices.Contains(ofPackages, name):
			edits = append(edits, edit{starts(program), starts(call.Args[begin]), ""})
		case strings.HasSuffix(name, ".py") && argv[0] != "pipenv" && m.packages.project:
			edits = append(edits, edit{starts(program), starts(call.Args[begin]), "python "})
		}
	}
	return edited(text, edits)
}

// relativeVenv matches Python and pip of an environment in the project's folder.
var relativeVenv = pattern.New(`^(?:\./)?\.?v?env/bin/(?:python[0-9.]*|pip[0-9]*)$`)

// ofPackages are programs that packages bring, which no script of a project is called.
var ofPackages = []string{"pytest", "jupyter", "papermill", "scrapy", "bash", "playwright"}

// afterwards adds a step that runs after the work, whether that failed or not. Where it
// needs secrets it is a hook of the command.
func (m *mover) afterwards(s ghStep, w ghWhen, text string) {
	if len(m.g.private(s)) > 0 || gitPush.MatchString(text) {
		sets := m.g.give(m.j, s, ghMain)
		m.hooks = append(m.hooks, hook{m.wired(s, append(sets, text)), w.When})
		m.j.kept(s.Line, "%s: in the command, after the set-up, as it needs secrets", title(s))
		return
	}
	sets := m.g.give(m.j, s, ghAfter)
	lines := strings.Join(append(sets, text), "\n")
	if m.envs {
		lines = envFile + "\n" + lines
	}
	m.after = append(m.after, m.entry(s, lines, w.When))
	m.j.kept(s.Line, "%s", title(s))
}

// gitRemote matches what asks the repository on GitHub.
var gitRemote = pattern.New(`\bgit (?:-[Cc] \S+ )*(?:fetch|pull|push|ls-remote)\b`)

var gitPush = pattern.New(`\bgit (?:-[Cc] \S+ )*push\b`)

// tokenHelper lets git push with the job's token, which stays in the environment.
const tokenHelper = `git config credential.helper '!f() { echo username=x-access-token; echo "password=$GITHUB_TOKEN"; }; f'`

// pushing returns lines that push by themselves, with the job's token.
func (m *mover) pushing(s ghStep, text string) string {
	if !gitPush.MatchString(text) {
		return text
	}
	m.pushes(s)
	return tokenHelper + "\n" + text
}

// pushes gives the token to lines that push by themselves.
func (m *mover) pushes(s ghStep) {
	m.permit("contents")
	m.g.give(m.j, ghStep{Line: s.Line, Env: []ghPair{{"GITHUB_TOKEN", "${{ github.token }}", s.Line}}}, ghMain)
	m.j.glue(s.Line, "use the option commit in place of %s, where it can: this pushes by itself, with the job's token", title(s))
}

// deliver reads the units that commit and push.
func (m *mover) deliver(s ghStep, w ghWhen, units []unit) {
	noted, wished := len(m.git.kept), len(m.git.glue)
	m.identity(s, units)
	begun := m.git.line
	for _, u := range units {
		m.git.read(u)
	}
	first := max(s.RunLine, s.Line)
	for i := noted; i < len(m.git.kept); i++ {
		m.git.kept[i].line += first
	}
	for i := wished; i < len(m.git.glue); i++ {
		m.git.glue[i].line += first
	}
	if begun < 0 && m.git.line >= 0 {
		m.git.line += first
	}
	if w.Test != "" {
		m.j.glue(s.Line, "check that a commit of %s is right whenever a file changed, not only if %s", title(s), w.Test)
	}
	if w.When != "success" {
		m.when = w.When
	}
	for _, p := range s.Env {
		if len(m.g.private(ghStep{Env: []ghPair{p}})) == 0 {
			m.j.kept(p.Line, "env %s, for git alone", p.Name)
		}
	}
	for _, name := range m.g.private(s) {
		if !strings.EqualFold(name, "GITHUB_TOKEN") && !strings.Contains(name, "EMAIL") && !strings.Contains(name, "NAME") {
			m.j.glue(s.Line, "check what the pushes of %s start: they were made with %s, and those of the job's token start no workflows", title(s), name)
		}
	}
}

// identity keeps the configuration of git where the job commits by itself.
func (m *mover) identity(s ghStep, units []unit) {
	var lines []string
	for _, u := range units {
		if !m.git.commits && slices.ContainsFunc(u.calls, func(c call) bool { return c.git() == "config" }) {
			lines = append(lines, u.text)
		}
	}
	if len(lines) > 0 {
		sets := m.g.give(m.j, s, ghSetup)
		m.before = append(m.before, m.entry(s, strings.Join(append(sets, lines...), "\n"), ""))
		m.j.kept(s.Line, "%s", title(s))
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
