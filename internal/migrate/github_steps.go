package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// steps sets what the steps of a job do: before, prepare, command, after, commit,
// artifacts, cache, checkout and python.
func (r *reader) steps(j *Job, g *ghJob) {
	g.Steps = slices.Clone(g.Steps)
	for i, s := range g.Steps {
		if lines := ghRuns[action(s.Uses)]; lines != nil {
			g.Steps[i] = lines(j, s)
		}
	}
	m := &mover{j: j, g: g, tree: r.tree(j.From.File), git: newDelivery(), blocks: make([]block, len(g.Steps)), checks: map[string]bool{}, asks: map[string]bool{}}
	m.read()
	for i, s := range g.Steps {
		if s.Uses != "" {
			m.action(i, s)
		} else if strings.TrimSpace(s.Run) != "" {
			m.lines(i, s)
		}
	}
	m.set()
}

// mover moves the steps of a job to the keys of ours.
type mover struct {
	j    *Job
	g    *ghJob
	tree *tree // nil if unknown

	blocks     []block  // of the steps that run lines
	setUp      place    // the last unit that sets something up, before the work begins
	work       place    // the first unit of the work
	config     int      // the line of a step that says who commits; 0 for none
	byHand     bool     // the lines push by themselves: they cannot be a commit of ours
	commits    bool     // something of the job commits or pushes
	foreign    []string // folders of other checkouts
	late       []string // those of them that the command makes
	trees      []string // words of git worktree add, of which one is the folder of another branch
	installs   bool     // the command installs packages
	alias      string   // the folder of the checkout, which is the root here
	checkedOut bool
	asks       map[string]bool // ids of the steps that commit, of which others ask whether they did
	envs       bool            // a command writes to $GITHUB_ENV
	paths      bool            // or to $GITHUB_PATH
	checks     map[string]bool // what steps say that only look whether something changed: see checksOf

	before, prepare, after []any
	commands               []string
	hooks                  []hook
	exports                []string // lines ahead of every command
	packages               packages
	git                    *delivery
	when                   string   // of the commit
	comments               []string // of the commit
	missing                map[string][]string
}

// place is a unit of a step.
type place struct{ step, unit int }

func (p place) before(o place) bool { return p.step < o.step || p.step == o.step && p.unit < o.unit }

// hook is what runs when the commands end: it needs secrets, which after does not get.
type hook struct {
	text string
	when string
}

// read reads the lines of all steps, and finds where the work begins.
func (m *mover) read() {
	m.setUp, m.work = place{-1, -1}, place{len(m.g.Steps), 0}
	m.envs = m.g.handsOn()
	for i, s := range m.g.Steps {
		if s.Uses != "" {
			delivers := ghActions[action(s.Uses)].delivers
			m.commits = m.commits || delivers
			m.git.commits = m.git.commits || delivers
			if delivers && s.ID != "" {
				m.checks["steps."+s.ID+"."], m.asks[s.ID] = true, true
			}
			m.clones(s)
			continue
		}
		b := m.bash(s)
		m.estrange(&b)
		m.sources(&b)
		m.blocks[i] = b
		if b.only(asking, neutral, gitting) && !b.only(neutral) {
			for _, c := range checksOf(s) {
				m.checks[c] = true
			}
		}
		if calls := b.gits(); len(calls) > 0 && !slices.ContainsFunc(calls, func(sub string) bool { return sub != "config" }) {
			m.config = s.Line
		}
		m.commits = m.commits || slices.ContainsFunc(b.gits(), func(sub string) bool { return sub != "config" })
		for k, u := range b.units {
			if (u.class == work || u.class == mixed) && i < m.work.step {
				m.work = place{i, k}
			}
		}
	}
	for i, b := range m.blocks {
		for k, u := range b.units {
			if at := (place{i, k}); u.class >= venv && u.class <= fetch && at.before(m.work) {
				m.setUp = at
			}
		}
	}
	m.deliveries()
	m.asked()
}

// deliveries decides whether the commits of the lines can be one of ours.
func (m *mover) deliveries() {
	trial := newDelivery()
	for _, b := range m.blocks {
		m.byHand = m.byHand || b.has(mixed)
		if b.has(gitting) {
			for _, u := range b.units {
				trial.read(u)
			}
		}
	}
	m.byHand = m.byHand || trial.strange != "" || !m.commits && m.config > 0
	m.git.commits = m.git.commits || trial.commits
}

// gits returns the subcommands of git that deliver, in a block.
func (b block) gits() (subs []string) {
	for _, u := range b.units {
		for _, c := range u.calls {
			if c.class() == gitting && (u.class == gitting || u.class == mixed) {
				subs = append(subs, c.git())
			}
		}
		if len(u.calls) == 0 && u.class == mixed {
			subs = append(subs, "push") // unreadable
		}
	}
	return subs
}

// has reports whether a unit of the block has a class.
func (b block) has(c class) bool {
	return slices.ContainsFunc(b.units, func(u unit) bool { return u.class == c })
}

// only reports whether all units of the block have one of the classes.
func (b block) only(classes ...class) bool {
	return !slices.ContainsFunc(b.units, func(u unit) bool { return !slices.Contains(classes, u.class) })
}

// setOutput matches the old command for an output, which GitHub no longer takes.
// https://github.blog/changelog/2022-10-11-github-actions-deprecating-save-state-and-set-output-commands/
var setOutput = pattern.New(`(?m)^(.*)\becho\s+(["']?)::set-output name=([\w-]+)::([^"'\n;&|]*)["']?`)

// lines returns the lines of a step, where bash gives Python its own.
func (s ghStep) lines() string {
	if shell := strings.Fields(s.Shell); len(shell) > 0 && isPython(shell[0]) {
		return "python -" + hereDoc(strings.TrimRight(s.Run, " \t\n"))
	}
	return s.Run
}

// bash returns the lines of a step for bash.
func (m *mover) bash(s ghStep) block {
	run := setOutput.ReplaceAllString(strings.ReplaceAll(s.lines(), "\r\n", "\n"), `${1}echo ${2}${3}=${4}${2} >> "$$GITHUB_OUTPUT"`)
	text := strings.TrimRight(m.g.bash(run), " \t\n")
	dir, _ := m.g.resolve(s.Dir)
	dir, _ = fromRoot(dir)
	if dir = joinPath("", dir); strings.Contains(dir, "${{") {
		dir = "?"
	}
	shell := strings.Fields(s.Shell + " ")
	program := ""
	if len(shell) > 0 {
		program = shell[0]
	}
	switch {
	case isPython(program):
	case program == "pwsh" || program == "powershell" || program == "" && powershell(text):
		if plain, ok := fromPowershell(text); ok {
			return readBlock(plain, dir)
		}
		for _, ref := range m.g.rewrite(run).refs {
			text = strings.ReplaceAll(text, "${"+ref.variable+"}", "${env:"+ref.variable+"}")
		}
		return readBlock("cat > \"$RUNNER_TEMP/step.ps1\""+hereDoc(text)+"\npwsh -NoProfile \"$RUNNER_TEMP/step.ps1\"", dir)
	case program == "cmd":
		m.j.glue(s.Line, "write the lines of %s for bash: they are for cmd", title(s))
	case strings.Contains(s.Shell, "{0}") && program != "bash" && program != "sh":
		return readBlock("cat > \"$RUNNER_TEMP/step\""+hereDoc(text)+"\n"+strings.ReplaceAll(s.Shell, "{0}", `"$RUNNER_TEMP/step"`), dir)
	}
	return readBlock(text, dir)
}

// clones notes where an action checks out another repository, or another branch beside
// the first checkout; a first one in a folder is that of the root here.
func (m *mover) clones(s ghStep) {
	if action(s.Uses) != "actions/checkout" {
		return
	}
	dir, _ := m.g.resolve(input(s, "path"))
	switch dir = joinPath("", dir); {
	case dir == "":
	case m.another(s) || m.checkedOut:
		m.foreign = append(m.foreign, dir)
		return
	default:
		m.alias = dir
	}
	m.checkedOut = true
}

// another reports whether a checkout is of another repository.
func (m *mover) another(s ghStep) bool {
	of := input(s, "repository")
	return of != "" && !slices.Equal(paths(of), []string{"github.repository"})
}

// within reports whether a folder is in that of another repository.
func (m *mover) within(dir string) bool { return inside(m.foreign, dir) }

func inside(folders []string, dir string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return dir == f || strings.HasPrefix(dir, f+"/") })
}

// here returns a path of a checkout in a folder as one from the root.
func (m *mover) here(path string) string {
	if rest, ok := strings.CutPrefix(path+"/", m.alias+"/"); ok && m.alias != "" {
		return cmp.Or(strings.TrimSuffix(rest, "/"), ".")
	}
	return path
}

// estrange makes work of what the lines do in the folder of another repository.
func (m *mover) estrange(b *block) {
	for i := range b.units {
		u := &b.units[i]
		for _, c := range u.calls {
			dir, argv := c.dir, c.argv
			if c.argv[0] == "git" {
				dir, argv = c.gitArgs()
			}
			if c.argv[0] == "git" && len(argv) > 1 && argv[0] == "clone" {
				m.foreign = append(m.foreign, joinPath(dir, cloned(argv[1:])))
			}
			if c.git() == "worktree" && len(argv) > 2 && argv[1] == "add" {
				for _, a := range argv[2:] {
					m.trees = append(m.trees, joinPath(dir, a))
				}
			}
			switch own := c.class(); {
			case own != gitting && own != asking:
			case m.within(dir):
				u.class = work
			case strings.HasPrefix(dir, "..") || inside(m.trees, dir):
				u.class = mixed // of this repository, and not in its checkout
			}
		}
	}
}

// cloned returns the folder that git clone makes.
func cloned(args []string) string {
	var plain []string
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "-b" || args[i] == "--branch" || args[i] == "--depth":
			i++
		case !strings.HasPrefix(args[i], "-"):
			plain = append(plain, args[i])
		}
	}
	if len(plain) == 0 {
		return "?"
	}
	last := strings.TrimSuffix(plain[len(plain)-1], ".git")
	return last[strings.LastIndex(last, "/")+1:]
}

// title returns what a step is called in notes.
func title(s ghStep) string {
	switch {
	case s.Name != "":
		return s.Name
	case s.Uses != "":
		return s.Uses
	}
	first, _, _ := strings.Cut(strings.TrimSpace(s.Run), "\n")
	return first
}

// condition returns when a step runs; false if never here.
func (m *mover) condition(s ghStep, delivers bool) (ghWhen, bool) {
	if delivers && m.checked(s.If) {
		m.j.kept(s.Line, "%s: only if something changed", title(s))
		return ghWhen{When: "success"}, true
	}
	if test := m.changed(s.If); test != "" {
		return ghWhen{When: "success", Test: test}, true
	}
	w, ok := m.g.when(m.j, s)
	if ok && !w.Never && strings.Contains(s.If, "github.event_name") {
		m.j.kept(max(s.IfLine, s.Line), "if: every run counts as scheduled, also one by the button")
	}
	switch {
	case !ok: // which is told
		return ghWhen{When: "success"}, true
	case w.Never:
		m.j.kept(s.Line, "%s: not on this schedule", title(s))
		return w, false
	}
	return w, true
}

// set sets the keys of what the steps came to.
func (m *mover) set() {
	for i, file := range m.packages.requirements {
		m.packages.requirements[i] = m.here(file)
	}
	for _, line := range slices.Backward(m.packages.apply(m.j, m.tree, m.installsItself())) {
		m.prepare = slices.Insert(m.prepare, 0, any(line))
	}
	for _, n := range m.packages.glue {
		m.j.glue(n.line, "%s", n.what)
	}
	m.needTools()
	m.sharesSecrets()
	if m.alias != "" {
		m.before = slices.Insert(m.before, 0, any("ln -s . "+quote(m.alias)+" && echo /"+m.alias+" >> .git/info/exclude"))
	}
	m.setList("before", m.before)
	m.setList("prepare", m.prepare)
	m.setCommands()
	m.setList("after", m.after)
	m.setCommit()
}

// sharesSecrets tells that the secrets of one step reach all commands of the job.
func (m *mover) sharesSecrets() {
	if len(m.commands) < 2 {
		return
	}
	for _, s := range m.g.Steps {
		for _, p := range s.Env {
			if s.Run != "" && m.g.given.secrets.has(p.Name) {
				m.j.kept(p.Line, "the secrets of this step, which all commands of the job have")
				return
			}
		}
	}
}

// needTools adds the tools that lines of the job still call by name.
func (m *mover) needTools() {
	all := strings.Join(m.commands, "\n") + fmt.Sprint(m.prepare, m.before)
	if usesProgram(all, "uv") || usesProgram(all, "uvx") {
		m.before = slices.Insert(m.before, 0, any("command -v uv || pipx install uv"))
	}
}

// usesProgram reports whether a line begins with a program.
func usesProgram(text, program string) bool {
	for _, b := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("\n;&|({[", c) }) {
		if f := strings.Fields(b); len(f) > 1 && f[0] == program {
			return true
		}
	}
	return false
}

func (m *mover) setList(name string, list []any) {
	missing := m.missing[name]
	if len(list) == 0 && len(missing) == 0 {
		return
	}
	if list == nil {
		list = []any{}
	}
	m.j.set(name, list).comment = strings.Join(missing, "\n")
}

func (m *mover) setCommands() {
	commands := m.commands
	if m.config > 0 && !m.commits && len(commands) > 0 { // a script of the job pushes
		m.pushes(ghStep{Line: m.config, Name: "a script"})
		commands[0] = tokenHelper + "\n" + commands[0]
	}
	if len(commands) == 0 && len(m.before)+len(m.after) > 0 {
		m.j.set("command", "true").comment = "actions do the work"
	}
	if len(commands) == 0 {
		return
	}
	if i := slices.IndexFunc(commands, gitRemote.MatchString); i >= 0 && !strings.Contains(commands[i], tokenHelper) && slices.ContainsFunc(commands, func(c string) bool { return strings.Contains(c, tokenHelper) }) {
		commands[i] = tokenHelper + "\n" + commands[i]
	}
	if len(m.hooks) > 0 {
		commands = []string{hooked(commands, m.hooks)}
	}
	if len(m.exports) > 0 {
		for i := range commands {
			commands[i] = strings.Join(m.exports, "\n") + "\n" + commands[i]
		}
	}
	if len(commands) == 1 {
		m.j.set("command", commands[0])
	} else {
		m.j.set("command", commands)
	}
}

// hooked returns commands as one, which runs the hooks when it ends. All of them run, as
// on GitHub, and it ends with the code of the first that failed, of commands or hooks.
func hooked(commands []string, hooks []hook) string {
	var b, trap strings.Builder
	for i, h := range hooks {
		name := fmt.Sprintf("after_%d", i+1)
		fmt.Fprintf(&b, "%s() (\nset -e\n%s\n)\n", name, h.text)
		switch h.when {
		case "failure":
			fmt.Fprintf(&trap, "if [ $code != 0 ]; then %s; fi; ", name)
		case "success":
			fmt.Fprintf(&trap, "if [ $code = 0 ]; then %s; code=$?; fi; ", name)
		default:
			fmt.Fprintf(&trap, "%s; late=$?; if [ $code = 0 ]; then code=$late; fi; ", name)
		}
	}
	fmt.Fprintf(&b, "trap 'code=$?; set +e; %sexit $code' EXIT\n", trap.String())
	if len(commands) == 1 {
		return b.String() + commands[0]
	}
	for _, c := range commands {
		fmt.Fprintf(&b, "(\n%s\n)\n", c)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// setCommit sets what is committed.
func (m *mover) setCommit() {
	d := m.git
	if m.byHand || d.line < 0 {
		return
	}
	for _, n := range d.kept {
		m.j.kept(n.line, "%s", n.what)
	}
	for _, n := range d.glue {
		m.j.glue(n.line, "%s", n.what)
	}
	if d.ref != "" && d.ref == d.branch && !d.made && !d.pullRequest && !m.j.table("checkout").has("ref") {
		m.check("ref", d.ref)
	}
	for i, p := range d.paths {
		d.paths[i] = m.here(p)
	}
	m.j.commit(d.line, d, m.when, m.comments)
	if !d.commits && d.line >= 0 && d.pushes {
		m.j.glue(d.line, "write the message of the commit: the job's own commits become one here")
	}
}
