package migrate

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

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
