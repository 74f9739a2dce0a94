package migrate

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// action moves a step that uses an action.
func (m *mover) action(i int, s ghStep) {
	row, known := ghActions[action(s.Uses)]
	w, runs := m.condition(s, row.delivers)
	switch {
	case !runs:
	case known:
		row.move(m, s, w)
	case m.early(i) && w.When == "success":
		m.step(s, w, &m.before, "before")
	default:
		m.step(s, w, &m.after, "after")
	}
}

// early reports whether a step comes before the work.
func (m *mover) early(i int) bool { return i < m.work.step }

// input returns an input of an action as written, "" for none.
func input(s ghStep, names ...string) string {
	for _, name := range names {
		for _, p := range s.With {
			if strings.EqualFold(p.Name, name) && strings.TrimSpace(p.Value) != "" {
				return strings.TrimSpace(p.Value)
			}
		}
	}
	return ""
}

// fixed returns an input whose value is known without a run; else what is constant in it.
func (m *mover) fixed(s ghStep, names ...string) (value string, all bool) {
	raw := input(s, names...)
	value, all = m.g.resolve(raw)
	if all && !strings.Contains(value, "${{") {
		return value, true
	}
	return constantText(raw), false
}

// constantText returns what a text with expressions always says: what is before the first,
// or else what is around them.
func constantText(raw string) string {
	var pieces []string
	for _, p := range parts(raw) {
		if !p.is {
			pieces = append(pieces, p.text)
		} else if len(pieces) == 0 {
			pieces = append(pieces, "")
		}
	}
	if len(pieces) == 0 {
		return ""
	}
	if text := trimJoint(strings.TrimSpace(pieces[0])); letters(text) > 2 {
		return withSkip(strings.TrimRight(text, "_-. "), raw)
	}
	return strings.Trim(strings.Join(pieces, " "), " -:,|()[]_")
}

// drop returns what leaves out an action that is not needed here.
func drop(why string) func(*mover, ghStep, ghWhen) {
	return func(m *mover, s ghStep, _ ghWhen) { m.j.kept(s.Line, "%s: %s", s.Uses, why) }
}

// after returns what moves an action behind the work, with permissions to write.
func after(scopes ...string) func(*mover, ghStep, ghWhen) {
	return func(m *mover, s ghStep, w ghWhen) {
		for _, scope := range scopes {
			m.permit(scope)
		}
		m.step(s, w, &m.after, "after")
	}
}

// permit adds a permission to write.
func (m *mover) permit(scope string) {
	m.j.setIn("permissions", scope, "write")
}

// step moves an action to a list as it is, with the commit of its release.
func (m *mover) step(s ghStep, w ghWhen, list *[]any, name string) {
	with, secret := m.with(s)
	uses, was := pinned(s.Uses)
	t := table{}
	if s.Name != "" && !strings.Contains(s.Name, "${{") && !strings.EqualFold(s.Name, "Run entrypoint") {
		t = append(t, key{name: "name", value: s.Name})
	}
	t = append(t, key{name: "uses", value: uses})
	if len(with) > 0 {
		t = append(t, key{name: "with", value: with})
	}
	if w.When != "success" && w.When != "" && name == "after" {
		t = append(t, key{name: "when", value: w.When})
	}
	switch {
	case secret != "" && slices.Contains(openInputs, secret):
		m.later(s, name, t, "with its input "+secret+", which need not be a secret")
		m.j.glue(s.Line, "write the input %s of %s into pyproject.toml: it need not be a secret", secret, title(s))
	case secret != "":
		why := "is not known before a run"
		if strings.Contains(input(s, secret), "secrets.") {
			why = "is a secret, which only commands get"
		}
		m.j.lost(s.Line, "%s: its input %s %s", title(s), secret, why)
	case w.Test != "":
		m.j.lost(s.Line, "%s: an action cannot depend on %s", title(s), w.Test)
	case uses == "":
		m.j.glue(s.Line, "add %s to %s: write %s with the commit of its release", title(s), name, s.Uses)
		t.set("uses", s.Uses)
		m.later(s, name, t, "with the commit of the release")
	default:
		*list = append(*list, t)
		m.j.kept(s.Line, "%s%s", title(s), was)
	}
	if s.Soft {
		m.j.glue(s.Line, "check that %s may fail the job: continue-on-error is not kept", title(s))
	}
}

// later writes a step into a comment, for a person to complete.
func (m *mover) later(s ghStep, list string, t table, with string) {
	if m.missing == nil {
		m.missing = map[string][]string{}
	}
	m.missing[list] = append(m.missing[list], "add, "+with+": "+strings.ReplaceAll(writeValue(t), "${{", "$ {{"))
}

// openInputs are inputs that are often stored as secrets, and are none.
var openInputs = []string{"role-to-assume", "aws-region", "workload_identity_provider", "service_account", "project_id"}

// tokenInputs are inputs whose default is the job's token, in the actions that have them.
var tokenInputs = []string{"token", "github-token", "github_token", "repo-token", "repo_token"}

// with returns the inputs of an action; secret is the name of one that only a run knows.
func (m *mover) with(s ghStep) (with table, secret string) {
	for _, p := range s.With {
		if slices.Contains(tokenInputs, strings.ToLower(p.Name)) && isToken(p.Value) {
			if _, known := ghActions[action(s.Uses)]; !known {
				m.j.glue(p.Line, "check that %s takes the job's token by default: its input %s was that", title(s), p.Name)
			}
			continue
		}
		value, ok := m.g.resolve(p.Value)
		if !ok || strings.Contains(value, "${{") {
			secret = p.Name
			continue
		}
		with = append(with, key{name: p.Name, value: strings.TrimRight(value, "\n")})
	}
	return with, secret
}

// isToken reports whether a value is the job's token.
func isToken(value string) bool {
	return len(paths(value)) == 1 && slices.Contains([]string{"secrets.github_token", "github.token"}, strings.ToLower(paths(value)[0]))
}

// checkout sets what is checked out.
func (m *mover) checkout(s ghStep, w ghWhen) {
	if dir, _ := m.g.resolve(input(s, "path")); m.within(joinPath("", dir)) && dir != "" || m.another(s) {
		m.clone(s, w, joinPath("", dir))
		return
	}
	var t table
	for _, o := range []struct {
		from, to string
		value    func(string) any
	}{
		{"fetch-depth", "fetch-depth", count},
		{"lfs", "lfs", truth},
		{"submodules", "submodules", func(v string) any {
			if v == "recursive" {
				return v
			}
			return truth(v)
		}},
		{"ref", "ref", func(v string) any { return v }},
		{"sparse-checkout", "sparse", func(v string) any { return strings.Fields(v) }},
	} {
		raw := input(s, o.from)
		if raw == "" || o.from == "ref" && ownRef(raw) {
			continue
		}
		value, ok := m.g.resolve(raw)
		v := o.value(value)
		switch {
		case !ok || strings.Contains(value, "${{"):
			m.j.lost(s.Line, "%s of the checkout: %s", o.from, raw)
		case value == "": // an input of the button, which a schedule has not
		case o.to == "ref" && (v == "main" || v == "master"):
			m.j.kept(s.Line, "ref %s of the checkout, as the branch of the run", v)
		case v == nil || v == false || o.to == "fetch-depth" && v == 1:
		default:
			t = append(t, key{name: o.to, value: v})
		}
	}
	for _, k := range t {
		m.check(k.name, k.value)
	}
	m.credentials(s)
	m.j.kept(s.Line, "%s", title(s))
}

// check sets a key of what is checked out.
func (m *mover) check(name string, value any) {
	m.j.setIn("checkout", name, value)
}

// sources does by the checkout what lines of git bring of the sources.
func (m *mover) sources(b *block) {
	for i := range b.units {
		u := &b.units[i]
		if len(u.calls) != 1 || u.calls[0].dir != "" {
			continue
		}
		_, argv := u.calls[0].gitArgs()
		has := func(word string) bool { return slices.Contains(argv, word) }
		switch sub := u.calls[0].git(); {
		case sub == "lfs" && (has("install") || has("pull") || has("fetch") || has("checkout")):
			m.check("lfs", true)
		case sub == "submodule" && has("--recursive"):
			m.check("submodules", "recursive")
		case sub == "submodule" && has("update"):
			m.check("submodules", true)
		case sub == "fetch" && has("--unshallow"):
			m.check("fetch-depth", 0)
		default:
			continue
		}
		u.class = venv
	}
}

// credentials says what became of those of a checkout.
func (m *mover) credentials(s ghStep) {
	for _, p := range s.With {
		switch {
		case p.Name == "token" && !isToken(p.Value) && m.commits && !m.byHand:
			m.j.glue(p.Line, "check what the pushes start: they were made with %s, and those of the job's token start no workflows", p.Value)
		case p.Name == "token" && !isToken(p.Value) || p.Name == "ssh-key":
			m.j.glue(p.Line, "check whether the checkout needs %s: here it has the job's token", p.Name)
		}
	}
}

// ownRef reports whether a ref is that of the run, at least on a schedule, which has no
// inputs.
func ownRef(raw string) bool {
	all := slices.DeleteFunc(paths(raw), func(p string) bool {
		return strings.HasPrefix(p, "inputs.") || strings.HasPrefix(p, "github.event.inputs.")
	})
	return len(all) > 0 && !slices.ContainsFunc(all, func(p string) bool {
		return !slices.Contains([]string{"github.ref", "github.ref_name", "github.head_ref", "github.sha", "github.event.repository.default_branch", "github.event.pull_request.head.ref"}, p)
	})
}

func count(v string) any {
	n, err := strconv.Atoi(v)
	if err != nil {
		return nil
	}
	return n
}

func truth(v string) any { return strings.EqualFold(v, "true") }

// clone moves the checkout of another repository, or of another branch into a folder. With
// a token it is the command that clones, and git asks the environment for the token.
func (m *mover) clone(s ghStep, w ghWhen, dir string) {
	at, variable := "${GITHUB_REPOSITORY}", "CHECKOUT_TOKEN"
	token := input(s, "token")
	if m.another(s) {
		of, ok := m.g.resolve(input(s, "repository"))
		if at = of; !ok || strings.Contains(of, "${{") {
			m.j.lost(s.Line, "checkout of %s", of)
			return
		}
	} else {
		token = cmp.Or(token, "${{ github.token }}")
		m.permit("contents")
	}
	line := "git clone --depth 1 "
	if raw := input(s, "ref"); raw != "" && !ownRef(raw) {
		if ref, _ := m.g.resolve(raw); ref != "" {
			line += "--branch " + quote(ref) + " "
		}
	}
	folder := dir
	if folder == "" {
		folder = at[strings.LastIndex(at, "/")+1:]
		m.j.glue(s.Line, "let the command find %s in %s: it was checked out over the root", title(s), folder)
	}
	end := `"https://github.com/` + at + `" ` + quote(folder)
	if token == "" {
		m.before = append(m.before, line+end)
	} else {
		if isToken(token) {
			variable = "GITHUB_TOKEN"
		}
		m.late = append(m.late, folder)
		m.run(s, w, line+`-c credential.helper='!f() { echo username=x-access-token; echo "password=$`+variable+`"; }; f' `+end, ghPair{variable, token, s.Line})
	}
	m.j.kept(s.Line, "%s: git clone", title(s))
}

// python sets the version of Python.
func (m *mover) python(s ghStep, _ ghWhen) {
	for _, p := range s.With {
		switch p.Name {
		case "python-version":
			m.version(p)
		case "architecture", "allow-prereleases", "extra-index":
			m.j.kept(p.Line, "%s %s: the runner's own Python", p.Name, p.Value)
		case "environment-file":
			if !slices.Contains([]string{"environment.yml", "environment.yaml", "./environment.yml"}, p.Value) {
				m.j.glue(p.Line, "rename the environment file %s: our set-up reads environment.yml", p.Value)
			}
			m.packages.conda()
		case "pip-install":
			m.prepare = append(m.prepare, "python -m pip install "+p.Value)
			m.packages.named = true
		}
	}
	m.j.kept(s.Line, "%s: our set-up", s.Uses)
}

func (m *mover) version(p ghPair) {
	value, ok := m.g.resolve(p.Value)
	value, _, more := strings.Cut(strings.TrimSpace(value), "\n")
	value = strings.TrimSuffix(strings.TrimSuffix(strings.Trim(value, `"'`), ".x"), ".*")
	switch {
	case !ok || strings.Contains(value, "${{"):
		m.j.glue(p.Line, "write the version of Python into python: it was %s", strings.TrimSpace(p.Value))
	case value == "" || value == "3" || value == "*" || value == "x":
		m.j.kept(p.Line, "the newest Python")
	default:
		if old := oldPython.FindStringSubmatch(value); old != nil && len(runners(m.j)) == 0 && m.j.get("container") == nil {
			m.j.glue(p.Line, "try the job on Python %s: GitHub's runners have no %s any more", oldestPython, value)
			value = oldestPython
		}
		m.j.set("python", value)
		if more {
			m.j.lost(p.Line, "further versions of Python, as a job has one: %s", oneLine(p.Value))
		}
	}
}

// oldPython matches versions that setup-python does not have for ubuntu-latest, and
// oldestPython is the first that it has.
// https://github.com/actions/python-versions/blob/main/versions-manifest.json
var oldPython = pattern.New(`^(?:2(?:\.\d+)*|3\.[0-7](?:\.\d+)?)$`)

const oldestPython = "3.8"

func (m *mover) dependencies(s ghStep, _ ghWhen) {
	m.packages.requirements = append(m.packages.requirements, cmp.Or(input(s, "path"), "requirements.txt"))
	m.j.kept(s.Line, "%s: our set-up", s.Uses)
}

// commitBy returns what moves an action that commits, by the names of its inputs.
func commitBy(message, files, branch string) func(*mover, ghStep, ghWhen) {
	return func(m *mover, s ghStep, w ghWhen) {
		if m.byHand {
			m.j.lost(s.Line, "%s: other lines of the job push by themselves", title(s))
			return
		}
		d := m.git
		d.line = cmp.Or(max(d.line, 0), s.Line)
		if text, all := m.fixed(s, strings.Fields(message)...); text != "" && d.message == "" {
			d.message = text
			if !all {
				m.comments = append(m.comments, "the message leaves out what only a run knows")
			}
		}
		d.paths = append(d.paths, m.patterns(s, files)...)
		m.commitTo(s, branch)
		if w.When != "success" {
			m.when = w.When
		}
		m.j.kept(s.Line, "%s", title(s))
	}
}

// patterns returns what an action commits.
func (m *mover) patterns(s ghStep, files string) []string {
	raw, all := m.g.resolve(input(s, strings.Fields(files)...))
	dir, _ := m.g.resolve(input(s, "repository", "cwd", "directory"))
	if !all || strings.Contains(raw, "${{") {
		m.j.glue(s.Line, "name the paths of %s in commit: they are not known before a run", title(s))
		return []string{"."}
	}
	var list []string
	for _, text := range strings.FieldsFunc(strings.Trim(raw, "[]"), func(c rune) bool { return c == ' ' || c == '\n' || c == ',' || c == '"' || c == '\'' }) {
		if text == "--all" || text == "-A" || text == "-u" {
			text = "."
		}
		if strings.HasPrefix(text, "-") {
			continue
		}
		path, why := pathspec(joinPath("", dir), text, true)
		if why != "" {
			m.j.glue(s.Line, "check the path %s: %s", text, why)
		}
		if path != "" {
			list = append(list, path)
		}
	}
	if len(list) == 0 && (files != "" || len(m.git.paths) == 0) {
		list = []string{cmp.Or(joinPath("", dir), ".")}
	}
	return list
}

// commitTo sets the branch of an action that commits, and whether it is a pull request's.
func (m *mover) commitTo(s ghStep, branch string) {
	pull := strings.HasPrefix(strings.ToLower(s.Uses), "peter-evans/create-pull-request")
	m.git.pullRequest = m.git.pullRequest || pull
	name, all := m.fixed(s, strings.Fields(branch)...)
	switch {
	case name == "" || name == "true" || name == "false" || ownRef(input(s, strings.Fields(branch)...)):
	case !all:
		m.comments = append(m.comments, "the branch has one name here")
		m.j.kept(s.Line, "the branch %s, under one name", oneLine(input(s, strings.Fields(branch)...)))
	case pull || name != "main" && name != "master":
		m.git.branch = name
	}
	for _, p := range s.With {
		value := oneLine(p.Value)
		switch p.Name {
		case "token", "github_token", "github-token":
			if !isToken(p.Value) {
				m.j.glue(p.Line, "check what the pushes start: they were made with %s, and those of the job's token start no workflows", value)
			}
		case "committer", "author", "author_name", "author_email", "commit_user_name", "commit_user_email", "commit_author", "signoff", "sign-commits":
			m.j.kept(p.Line, "%s: GitHub signs the commit", p.Name)
		default:
			if pull {
				m.pullInput(p, value)
			}
		}
	}
	for _, p := range s.Env {
		if (p.Name == "GITHUB_TOKEN" || p.Name == "GH_TOKEN") && !isToken(p.Value) {
			m.j.glue(p.Line, "check what the pushes start: they were made with %s, and those of the job's token start no workflows", p.Value)
		}
	}
}

// pullInput says what becomes of an input about a pull request.
func (m *mover) pullInput(p ghPair, value string) {
	switch p.Name {
	case "labels", "reviewers", "team-reviewers", "assignees", "milestone":
		m.j.glue(p.Line, "set %s of the pull request by hand, or in a workflow on pull_request: %s", p.Name, value)
	case "draft":
		m.j.kept(p.Line, "draft: the pull request is open for review")
	case "body", "body-path":
		m.j.kept(p.Line, "%s of the pull request: its description says what changed", p.Name)
	case "delete-branch":
		m.j.glue(p.Line, "let GitHub delete merged branches, in the settings of the repository")
	case "title":
		if value != m.git.message {
			m.j.glue(p.Line, "write %q as the message of commit, if that has to be the title of the pull request", value)
		}
	case "base":
		if value == "main" || value == "master" {
			m.j.kept(p.Line, "base %s", value)
		} else {
			m.j.glue(p.Line, "set ref = %q in checkout: the pull request is for it", value)
		}
	}
}
