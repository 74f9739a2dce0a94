package migrate

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

var (
	pythonName = pattern.New(`^(?:python|pypy)(\d(?:\.\d+)?)?$`)
	venvFolder = pattern.New(`^(.*?)/?(?:\.?v?env|\.?virtualenv|\.virtualenvs/[^/]+|[^/]*venv[^/]*|envs/[^/]+|(?:ana|mini)conda3?(?:/envs/[^/]+)?|\.pyenv/versions/[^/]+)/bin/([^/]+)$`)
	systemBin  = pattern.New(`^(?:/usr(?:/local)?/s?bin|/s?bin|/opt/homebrew/bin|~/\.local/bin|/snap/bin)/([^/]+)$`)
)

// interpreters writes python for any Python, and the name alone for a program of an
// environment or of the system.
func (m *machine) interpreters(file *syntax.File) (edits []edit) {
	for _, call := range simpleCalls(file) {
		name, ok := literal(call.Args[0])
		if !ok {
			continue
		}
		program := home(name)
		if venv := venvFolder.FindStringSubmatch(program); venv != nil {
			m.job.kept(m.line, "%s: the project's environment has it", name)
			program = venv[2]
			m.own = append(m.own, program)
			if m.folder == "" && strings.Count(venv[1], "/") > 0 {
				m.folder = venv[1]
			}
		} else if pythonName.MatchString(path.Base(program)) && strings.ContainsAny(program[:1], "/~") && !systemBin.MatchString(program) {
			m.job.kept(m.line, "%s: the project's environment has it", name)
			program = path.Base(program)
		} else if system := systemBin.FindStringSubmatch(program); system != nil && !m.has(strings.TrimPrefix(name, "/")) {
			program = system[1]
		}
		if version := pythonName.FindStringSubmatch(program); version != nil {
			if strings.Contains(version[1], ".") && m.job.get("python") == nil {
				m.job.set("python", version[1])
				m.job.kept(m.line, "Python %s", version[1])
			}
			program = "python"
		}
		if program != name && program != home(name) {
			edits = append(edits, edit{starts(call.Args[0]), ends(call.Args[0]), program})
		}
	}
	return edits
}

// paths writes absolute paths as they are in the repository.
func (m *machine) paths(file *syntax.File) (edits []edit) {
	for _, call := range simpleCalls(file) {
		if name, _ := literal(call.Args[0]); (name == "[" || name == "test") && m.folder == "" {
			continue // the script that it asks for is in another call
		}
		for i, w := range call.Args {
			text, ok := literal(w)
			flag, value, isFlag := strings.Cut(text, "=")
			if !isFlag || !strings.HasPrefix(flag, "-") {
				flag, value = "", text
			} else {
				flag += "="
			}
			p := home(value)
			if !ok || !path.IsAbs(p) && !strings.HasPrefix(p, "~/") || strings.HasPrefix(p, "/dev/") || strings.HasPrefix(p, "/tmp/") || p == "/tmp" {
				continue
			}
			here := m.here(p, i == 0 || i == 1)
			if here == "" {
				m.job.glue(m.line, "put %s into the repository, or get it in a step of prepare: it is on the machine", withoutSecrets(value))
				continue
			}
			if i == 0 && !strings.Contains(here, "/") {
				here = "./" + here
			}
			if strings.HasPrefix(here, "-") {
				here = "./" + here
			}
			edits = append(edits, edit{starts(w), ends(w), quote(flag + here)})
		}
	}
	return edits
}

// here returns a path of the machine as it is in the repository, "" for outside.
func (m *machine) here(p string, script bool) string {
	if m.folder != "" && m.folder != "~" {
		if p == m.folder {
			return "."
		}
		if rest, inside := strings.CutPrefix(p, m.folder+"/"); inside {
			return rest
		}
	}
	parts := strings.Split(p, "/")
	for i := 1; i < len(parts); i++ {
		if rest := path.Join(parts[i:]...); m.has(rest) {
			return rest
		}
	}
	if script && m.folder == "" && scriptName.MatchString(path.Base(p)) {
		m.folder = path.Dir(p)
		m.job.glue(m.line, "check that the repository has %s: it was %s", path.Base(p), p)
		return path.Base(p)
	}
	return ""
}
