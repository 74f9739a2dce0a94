package migrate

import (
	"cmp"
	"slices"
	"strings"
)

// artifact sets what is uploaded.
func (m *mover) artifact(s ghStep, w ghWhen) {
	before := m.j.table("artifacts")
	list, _ := before.get("paths").([]string)
	if was, ok := m.j.get("artifacts").([]string); ok {
		list = was
	}
	more := m.uploads(s)
	if len(more) == 0 {
		return
	}
	first := len(list) == 0
	list = unique(append(list, more...))
	name, all := m.fixed(s, "name")
	name = strings.Trim(strings.Map(func(c rune) rune {
		if strings.ContainsRune(`":<>|*?\/`, c) { // which no name of an artifact has
			return '-'
		}
		return c
	}, name), " -")
	if !first {
		m.j.kept(s.Line, "%s: in one artifact with the files before", title(s))
		name, all = "", true
		if was, ok := before.get("name").(string); ok {
			name = was
		}
	}
	next := table{{name: "paths", value: list}}
	if name != "" {
		next = append(next, key{name: "name", value: name})
	}
	if days, ok := m.g.resolve(input(s, "retention-days")); ok && count(days) != nil && count(days) != 0 {
		next = append(next, key{name: "retention-days", value: count(days)})
	} else if v := before.get("retention-days"); v != nil {
		next = append(next, key{name: "retention-days", value: v})
	}
	if when := w.When; when != "success" && first {
		next = append(next, key{name: "when", value: when})
	}
	if input(s, "if-no-files-found") == "error" {
		m.j.glue(s.Line, "%s: test in the command that its files are there", title(s))
	}
	k := m.j.set("artifacts", next)
	if len(next) == 1 {
		k.value = list
	}
	if !all {
		k.comment = "each run has artifacts of its own, so their name is the same in all"
	}
	m.j.kept(s.Line, "%s", title(s))
}

// uploads returns the paths of an upload, in the repository.
func (m *mover) uploads(s ghStep) []string {
	var list []string
	raw, _ := m.g.resolve(input(s, "path"))
	for line := range strings.Lines(raw) {
		text, _ := fromRoot(strings.TrimPrefix(strings.TrimSpace(line), "./"))
		switch {
		case text == "":
		case strings.HasPrefix(text, "!"):
			m.j.glue(s.Line, "%s is left out of the artifact: name only what is wanted", text[1:])
		case strings.HasPrefix(text, "/") || strings.HasPrefix(text, "~") || strings.Contains(text, "${") || strings.HasPrefix(text, ".."):
			m.j.glue(s.Line, "%s is not in the repository: copy it there in the command, and name it in artifacts", text)
		default:
			path, why := pathspec("", strings.TrimSuffix(text, "/**"), false)
			if why != "" {
				m.j.glue(s.Line, "%s: %s", text, why)
			}
			list = append(list, m.here(path))
		}
	}
	return list
}

// download moves what brings artifacts: those of an earlier run are a cache.
func (m *mover) download(s ghStep, _ ghWhen) {
	path, _ := m.g.resolve(cmp.Or(input(s, "path"), input(s, "name")))
	path = joinPath("", path)
	if path == "" || strings.ContainsAny(path, "$~") {
		m.j.glue(s.Line, "%s: name in cache what has to be there in the next run", title(s))
		return
	}
	m.keep(path)
	m.j.kept(s.Line, "%s: the cache keeps %s from run to run", title(s), path)
}

// keep adds a path to the cache.
func (m *mover) keep(path string) {
	list, _ := m.j.get("cache").([]string)
	m.j.set("cache", unique(append(list, path)))
}

// cache sets what is kept from run to run. Packages and browsers are not: our set-up
// keeps its own.
func (m *mover) cache(s ghStep, _ ghWhen) {
	raw, _ := m.g.resolve(input(s, "path"))
	for line := range strings.Lines(raw) {
		text, _ := fromRoot(strings.TrimSpace(line))
		inside := text != "." && !strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "~") && !strings.ContainsAny(text, "$%\\") && !strings.HasPrefix(text, "..")
		tools := slices.ContainsFunc([]string{".venv", "venv", "env", "node_modules"}, func(n string) bool { return text == n || strings.HasSuffix(text, "/"+n) })
		switch {
		case text == "":
		case inside && !tools:
			m.keep(m.here(joinPath("", text)))
			m.j.kept(s.Line, "%s", title(s))
		case tools || strings.Contains(text, "ache") || strings.Contains(text, ".npm") || strings.Contains(text, "site-packages") || strings.Contains(text, "env."):
			m.j.kept(s.Line, "%s: packages, which our set-up caches or installs again", title(s))
		default:
			m.j.glue(s.Line, "cache of %s: let the command keep its files in the repository, and name them in cache", text)
		}
	}
}

// pagesBranch moves the publication of a folder on a branch to an action that has the
// job's token by itself.
func (m *mover) pagesBranch(s ghStep, w ghWhen) {
	to := s
	to.Uses, to.With = "JamesIves/github-pages-deploy-action@v4", nil
	names := map[string]string{"build_dir": "folder", "target_branch": "branch", "publish_dir": "folder", "publish_branch": "branch", "destination_dir": "target-folder", "commit_message": "commit-message", "full_commit_message": "commit-message", "external_repository": "repository-name"}
	for _, p := range s.With {
		switch name := names[p.Name]; {
		case name == "repository-name":
			m.j.lost(p.Line, "%s: publishes in another repository", title(s))
			return
		case name != "":
			if name != "folder" && strings.Contains(p.Value, "${{") {
				p.Value = constantText(p.Value)
			}
			p.Name, p.Value = name, strings.TrimPrefix(p.Value, "./")
			if name == "folder" {
				p.Value = cmp.Or(p.Value, ".")
			}
			to.With = append(to.With, p)
		case p.Name == "keep_files" && p.Value == "true":
			to.With = append(to.With, ghPair{"clean", "false", p.Line})
		case p.Name == "force_orphan" && p.Value == "true":
			to.With = append(to.With, ghPair{"single-commit", "true", p.Line})
		case p.Name == "cname":
			m.j.glue(p.Line, "cname %s: write it to the file CNAME in the folder", p.Value)
		}
	}
	if input(to, "branch") == "" {
		to.With = append(to.With, ghPair{"branch", "gh-pages", s.Line})
	}
	if input(to, "folder") == "" {
		to.With = append(to.With, ghPair{"folder", "public", s.Line})
	}
	m.j.kept(s.Line, "%s: JamesIves/github-pages-deploy-action does the same, and needs no token as input", title(s))
	after("contents")(m, to, w)
}

// pages moves the deployment of GitHub Pages.
func (m *mover) pages(s ghStep, w ghWhen) {
	if m.j.get("environment") == nil {
		m.j.set("environment", "github-pages")
	}
	after("pages", "id-token")(m, s, w)
}

// issue moves an action that needs the job's token in its environment.
func (m *mover) issue(s ghStep, w ghWhen) {
	m.permit("issues")
	file, _ := m.fixed(s, "filename")
	file = cmp.Or(file, ".github/ISSUE_TEMPLATE.md")
	m.after = append(m.after, table{
		{name: "name", value: cmp.Or(constantText(s.Name), "Open an issue")}, {name: "uses", value: first(pinned("actions/github-script@v7"))},
		{name: "with", value: table{{name: "script", value: "const text = require('fs').readFileSync('" + strings.ReplaceAll(file, "'", "") + "', 'utf8')\nconst [, head, body] = text.match(/^---\\n([\\s\\S]*?)\\n---\\n([\\s\\S]*)$/) ?? [, '', text]\nconst title = (head.match(/^title: *(.*)$/m) ?? [, 'Scheduled job'])[1]\nawait github.rest.issues.create({ ...context.repo, title, body })"}}},
		{name: "when", value: w.When},
	})
	m.j.kept(s.Line, "%s: by actions/github-script, which has the job's token", title(s))
}

func first(s, _ string) string { return s }

// give makes values of expressions reach the command as variables.
func (m *mover) give(s ghStep, phase ghPhase, env ...ghPair) {
	m.exports = append(m.exports, m.g.give(m.j, ghStep{Line: s.Line, Name: s.Name, Env: env}, phase)...)
}

// aws moves the log-in at AWS: with keys, the environment is enough.
func (m *mover) aws(s ghStep, w ghWhen) {
	if input(s, "aws-access-key-id") == "" {
		m.permit("id-token")
		m.step(s, w, &m.before, "before")
		return
	}
	var env []ghPair
	for _, v := range []struct{ input, name string }{
		{"aws-access-key-id", "AWS_ACCESS_KEY_ID"}, {"aws-secret-access-key", "AWS_SECRET_ACCESS_KEY"},
		{"aws-session-token", "AWS_SESSION_TOKEN"}, {"aws-region", "AWS_REGION"}, {"aws-region", "AWS_DEFAULT_REGION"},
	} {
		if value := input(s, v.input); value != "" {
			env = append(env, ghPair{v.name, value, s.Line})
		}
	}
	m.give(s, ghMain, env...)
	m.j.kept(s.Line, "%s: the command has the keys in its environment", title(s))
}

// google moves the log-in at Google Cloud.
func (m *mover) google(s ghStep, w ghWhen) {
	key := input(s, "credentials_json")
	if key == "" {
		m.permit("id-token")
		m.step(s, w, &m.before, "before")
		return
	}
	m.give(s, ghMain, ghPair{"GOOGLE_CREDENTIALS", key, s.Line})
	m.exports = append(m.exports,
		`export GOOGLE_APPLICATION_CREDENTIALS="$RUNNER_TEMP/google.json"`,
		`(umask 077 && printf %s "$GOOGLE_CREDENTIALS" > "$GOOGLE_APPLICATION_CREDENTIALS")`)
	m.j.kept(s.Line, "%s: the command has the credentials", title(s))
}

// docker moves the log-in at a registry.
func (m *mover) docker(s ghStep, _ ghWhen) {
	registry, _ := m.fixed(s, "registry")
	env := []ghPair{{"REGISTRY_USER", input(s, "username"), s.Line}, {"REGISTRY_PASSWORD", input(s, "password"), s.Line}}
	phase := ghSetup
	if isToken(input(s, "password")) { // only the command gets it
		phase = ghMain
	}
	sets := m.g.give(m.j, ghStep{Line: s.Line, Name: s.Name, Env: env}, phase)
	line := strings.TrimSpace(`printf %s "$REGISTRY_PASSWORD" | docker login --username "$REGISTRY_USER" --password-stdin ` + registry)
	if phase == ghMain {
		m.exports = append(append(m.exports, sets...), line)
	} else {
		m.before = append(m.before, m.entry(s, strings.Join(append(sets, line), "\n"), ""))
	}
	m.j.kept(s.Line, "%s", title(s))
}

func (m *mover) apt(s ghStep, _ ghWhen) {
	packages, _ := m.fixed(s, "packages")
	m.before = append(m.before, "sudo apt-get update", "sudo apt-get install --yes "+oneLine(packages))
	m.j.kept(s.Line, "%s", title(s))
}

func (m *mover) zone(s ghStep, _ ghWhen) {
	zone, ok := m.fixed(s, "timezoneLinux")
	if !ok || zone == "" {
		m.j.lost(s.Line, "%s", title(s))
		return
	}
	m.g.give(m.j, ghStep{Line: s.Line, Env: []ghPair{{"TZ", zone, s.Line}}}, ghMain)
	m.j.kept(s.Line, "%s: TZ in env", title(s))
}

func (m *mover) nox(s ghStep, _ ghWhen) {
	m.prepare = append(m.prepare, "python -m pip install nox")
	m.packages.named = true
	if versions := oneLine(input(s, "python-versions")); versions != "" {
		m.j.glue(s.Line, "bring the Pythons %s in prepare, as with uv python install, if a session needs them: the job has one", versions)
	}
	m.j.kept(s.Line, "%s", title(s))
}

// hatch is set up by us in a project of it.
func (m *mover) hatch(s ghStep, _ ghWhen) {
	m.prepare = append(m.prepare, "command -v hatch || pipx install hatch")
	m.j.kept(s.Line, "%s", title(s))
}

func (m *mover) appToken(s ghStep, _ ghWhen) {
	m.j.glue(s.Line, "%s: the token of an app; here the job has its own, whose pushes start no workflows", title(s))
}

// ssh moves lines for another machine.
func (m *mover) ssh(s ghStep, w ghWhen) {
	env := []ghPair{{"SSH_KEY", input(s, "key"), s.Line}, {"SSH_HOST", input(s, "host"), s.Line}, {"SSH_USER", cmp.Or(input(s, "username"), "root"), s.Line}, {"SSH_PORT", cmp.Or(input(s, "port"), "22"), s.Line}}
	if input(s, "password") != "" || input(s, "key") == "" || input(s, "proxy_host") != "" {
		m.j.lost(s.Line, "%s: without a key of its own", title(s))
		return
	}
	script := strings.TrimRight(input(s, "script"), "\n")
	if strings.Contains(script, "${{") {
		m.j.lost(s.Line, "%s: values in its script that only a run knows", title(s))
		return
	}
	m.run(s, w, "(umask 077 && printf '%s\\n' \"$SSH_KEY\" > \"$RUNNER_TEMP/key\")\n"+
		"ssh -i \"$RUNNER_TEMP/key\" -p \"$SSH_PORT\" -o StrictHostKeyChecking=accept-new \"$SSH_USER@$SSH_HOST\" bash -s"+hereDoc(script), slices.Concat(s.Env, env)...)
	m.j.kept(s.Line, "%s: by ssh", title(s))
}
