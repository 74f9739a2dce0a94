package migrate

import (
	"cmp"
	"slices"
	"strings"
)

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
	m.j.glue(s.Line, "check what %s is for: the job has a token of its own, whose pushes start no workflows", title(s))
}

// ssh moves lines for another machine.
func (m *mover) ssh(s ghStep, w ghWhen) {
	env := []ghPair{{"SSH_KEY", input(s, "key"), s.Line}, {"SSH_HOST", input(s, "host"), s.Line}, {"SSH_USER", cmp.Or(input(s, "username"), "root"), s.Line}, {"SSH_PORT", cmp.Or(input(s, "port"), "22"), s.Line}}
	if input(s, "password") != "" || input(s, "key") == "" || input(s, "proxy_host") != "" {
		m.j.lost(s.Line, "%s: it has no key of its own", title(s))
		return
	}
	script := strings.TrimRight(input(s, "script"), "\n")
	if strings.Contains(script, "${{") {
		m.j.lost(s.Line, "%s: values in its script are known only in a run", title(s))
		return
	}
	m.run(s, w, "(umask 077 && printf '%s\\n' \"$SSH_KEY\" > \"$RUNNER_TEMP/key\")\n"+
		"ssh -i \"$RUNNER_TEMP/key\" -p \"$SSH_PORT\" -o StrictHostKeyChecking=accept-new \"$SSH_USER@$SSH_HOST\" bash -s"+hereDoc(script), slices.Concat(s.Env, env)...)
	m.j.kept(s.Line, "%s: by ssh", title(s))
}
