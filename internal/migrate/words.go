package migrate

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

var (
	pythonName = regexp.MustCompile(`^(?:python|pypy)(\d(?:\.\d+)?)?$`)
	venvFolder = regexp.MustCompile(`^(.*?)/?(?:\.?v?env|\.?virtualenv|\.virtualenvs/[^/]+|[^/]*venv[^/]*|envs/[^/]+|(?:ana|mini)conda3?(?:/envs/[^/]+)?|\.pyenv/versions/[^/]+)/bin/([^/]+)$`)
	systemBin  = regexp.MustCompile(`^(?:/usr(?:/local)?/s?bin|/s?bin|/opt/homebrew/bin|~/\.local/bin|/snap/bin)/([^/]+)$`)
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
				m.job.glue(m.line, "%s is on the machine: put it into the repository, or get it in a step of prepare", withoutSecrets(value))
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
		m.job.glue(m.line, "%s in place of %s: check that the repository has it there", path.Base(p), p)
		return path.Base(p)
	}
	return ""
}

// secretFlags are flags of programs whose value is a secret without saying so.
var secretFlags = map[string]string{
	"mysql": "-p", "mysqldump": "-p", "mysqladmin": "-p", "mariadb": "-p", "mariadb-dump": "-p", "sshpass": "-p",
	"curl": "-u --user --proxy-user", "redis-cli": "-a", "wget": "--http-password", "lftp": "-u", "openssl": "-k",
}

// secrets replaces literal secrets with variables that hold secrets of the repository.
func (m *machine) secrets(file *syntax.File) (edits []edit) {
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			edits = append(edits, m.assigned(n)...)
		case *syntax.CallExpr:
			edits = append(edits, m.arguments(n)...)
		case *syntax.Lit:
			edits = append(edits, m.spans(n.Value, n, `"`)...)
		case *syntax.SglQuoted:
			edits = append(edits, m.spans(n.Value, n, `'"`)...)
			return false
		case *syntax.DblQuoted:
			for _, part := range n.Parts {
				if lit, ok := part.(*syntax.Lit); ok {
					edits = append(edits, m.spans(lit.Value, lit, "")...)
				}
			}
			return false
		}
		return true
	})
	return edits
}

// piped replaces a literal secret that goes into the input of a program.
func (m *machine) piped(file *syntax.File) (edits []edit) {
	syntax.Walk(file, func(n syntax.Node) bool {
		pipe, ok := n.(*syntax.BinaryCmd)
		if !ok || pipe.Op != syntax.Pipe {
			return true
		}
		from, isCall := pipe.X.Cmd.(*syntax.CallExpr)
		into, isCall2 := pipe.Y.Cmd.(*syntax.CallExpr)
		if !isCall || !isCall2 || len(from.Args) < 2 || len(into.Args) < 2 {
			return true
		}
		said, args := literals(from), literals(into)
		asks := slices.ContainsFunc(args, func(arg string) bool {
			return arg == "-S" || arg == "--password-stdin" || arg == "--passphrase-fd" || arg == "--with-token"
		})
		if len(said) != len(from.Args) || said[0] != "echo" && said[0] != "printf" || !asks {
			return true
		}
		if path.Base(args[0]) == "sudo" {
			edits = append(edits, edit{starts(pipe.X), starts(pipe.Y), ""})
			return false
		}
		last := from.Args[len(from.Args)-1]
		edits = append(edits, edit{starts(last), ends(last), `"$` + m.named(variableOf(args[0]+"_password"), said[len(said)-1]) + `"`})
		return false
	})
	return edits
}

// assigned leaves out the secret that a command assigns to a variable.
func (m *machine) assigned(a *syntax.Assign) []edit {
	if a.Name == nil || a.Value == nil {
		return nil
	}
	value, ok := literal(a.Value)
	if !ok || !isSecret(a.Name.Value, value) {
		return nil
	}
	m.reader.secret(m.job, m.line, a.Name.Value, value)
	end := ends(a)
	for end < uint(len(m.text)) && m.text[end] == ' ' {
		end++
	}
	if end == uint(len(m.text)) || strings.ContainsRune(";&|", rune(m.text[end])) {
		return []edit{{starts(a.Value), ends(a.Value), `"$` + a.Name.Value + `"`}}
	}
	return []edit{{starts(a), end, ""}}
}

// arguments replaces what flags of a secret have.
func (m *machine) arguments(call *syntax.CallExpr) (edits []edit) {
	if len(call.Args) == 0 {
		return nil
	}
	program, _ := literal(call.Args[0])
	specials := strings.Fields(secretFlags[path.Base(program)])
	for i, w := range call.Args[1:] {
		text, ok := literal(w)
		if !ok || !strings.HasPrefix(text, "-") || len(text) < 2 {
			continue
		}
		flag, value, joined := strings.Cut(text, "=")
		variable := variableOf(flag)
		special := ""
		for _, s := range specials {
			if strings.HasPrefix(text, s) && (special == "" || len(s) > len(special)) {
				special = s
			}
		}
		switch {
		case joined && isSecret(flag, value):
			edits = append(edits, edit{starts(w), ends(w), quote(flag+"=") + `"$` + m.named(variable, value) + `"`})
		case special != "" && strings.HasPrefix(text, special) && len(text) > len(special) && !strings.HasPrefix(text, "--"):
			variable = variableOf(path.Base(program) + "_password")
			edits = append(edits, edit{starts(w), ends(w), special + `"$` + m.named(variable, text[len(special):]) + `"`})
		case !joined && i+2 < len(call.Args) && (secretName(flag) || text == special):
			next := call.Args[i+2]
			value, ok := literal(next)
			plainName := text == special && strings.HasSuffix(special, "u") != strings.HasSuffix(special, "user") && !strings.Contains(value, ":")
			if !ok || strings.HasPrefix(value, "-") || plainName || !isSecret("password", value) || special == "-p" && strings.HasPrefix(path.Base(program), "m") && text == special {
				continue
			}
			if text == special {
				variable = variableOf(path.Base(program) + "_password")
			}
			edits = append(edits, edit{starts(next), ends(next), `"$` + m.named(variable, value) + `"`})
		}
	}
	return edits
}

// named declares a secret, and returns the variable that the command gets it in.
func (m *machine) named(variable, value string) string {
	name := m.reader.named(variable, value)
	m.reader.secret(m.job, m.line, name, value)
	return name
}

// spans replaces the parts of a literal that look like a secret. around is what ends and
// begins the quotes of the literal.
func (m *machine) spans(value string, n syntax.Node, around string) (edits []edit) {
	source := m.text[starts(n):ends(n)]
	for _, span := range secretSpans(source) {
		variable := "SECRET"
		before := source[:span[0]]
		if strings.HasSuffix(source[span[1]:min(span[1]+1, len(source))], "@") {
			variable = "PASSWORD"
		} else if name := lastName.FindString(strings.TrimRight(before, `=: "'`)); namesIt.MatchString(before) && name != "" {
			variable = variableOf(name)
		} else if strings.Contains(strings.ToLower(source[:span[0]]), "bearer") {
			variable = "TOKEN"
		} else if strings.HasPrefix(source[span[0]:], "https://") {
			variable = "WEBHOOK_URL"
		}
		variable = m.named(variable, source[span[0]:span[1]])
		edits = append(edits, edit{starts(n) + uint(span[0]), starts(n) + uint(span[1]), around + "${" + variable + "}" + reversed(around)})
	}
	return edits
}

var (
	lastName = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_-]*$`)
	namesIt  = regexp.MustCompile(`(?:[=:]\s*["']?|: )$`)
)

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// variableOf returns the name of a variable for a flag or key: --db-password is
// DB_PASSWORD.
func variableOf(name string) string {
	return strings.ToUpper(strings.Join(nameWords(name), "_"))
}

// aboutOf returns what a command is about, for an id.
func aboutOf(command string) string {
	file, err := parseShell(command)
	if err != nil {
		return ""
	}
	all := simpleCalls(file)
	slices.SortStableFunc(all, func(a, b *syntax.CallExpr) int { return rankOf(a) - rankOf(b) })
	for _, call := range all {
		args := literals(call)
		if len(args) == 0 {
			continue
		}
		switch name := path.Base(args[0]); {
		case name == "cd" || name == "source" || name == "." || name == "export" || name == "set" || name == "test" || name == "[" || name == "sleep" || name == "mkdir" || name == "echo":
			continue
		case len(args) > 2 && name == "python" && args[1] == "-m":
			return strings.ReplaceAll(args[2], ".", " ")
		}
		for i, arg := range args {
			base := path.Base(arg)
			if base == "manage.py" && i+1 < len(args) {
				return args[i+1]
			}
			if stem := strings.TrimSuffix(base, path.Ext(base)); scriptName.MatchString(base) && stem != "" {
				return stem
			}
		}
		name := path.Base(args[0])
		if len(args) > 1 && identifier(args[1]) == args[1] {
			name += " " + args[1]
		}
		return name
	}
	return ""
}

// rankOf returns 0 for a call that runs Python or a script, and more for others.
func rankOf(call *syntax.CallExpr) int {
	args := literals(call)
	switch {
	case slices.Contains(args, "manage.py"):
		return 0
	case len(args) > 1 && args[0] == "python":
		return 0
	case slices.ContainsFunc(args, scriptName.MatchString):
		return 1
	}
	return 2
}
