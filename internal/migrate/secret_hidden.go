package migrate

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// hidden is a literal secret in a command.
type hidden struct {
	from, to        uint           // what stands for it, in bytes
	variable, value string         // the name that fits it
	word            bool           // it is the rest of a word, which begins with before
	before          string         // "" for all of the word
	around          string         // else what ends the quotes around it, and begins them again
	assign          *syntax.Assign // that it is the value of; nil for none
}

// hiddenIn returns the literal secrets in a command, in their order.
func hiddenIn(text string, file *syntax.File) []hidden {
	var all []hidden
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.BinaryCmd:
			all = append(all, pipedIn(n)...)
		case *syntax.Assign:
			all = append(all, assignedIn(n)...)
		case *syntax.CallExpr:
			all = append(all, flagsIn(n)...)
		case *syntax.Redirect:
			if n.Hdoc != nil {
				for _, part := range n.Hdoc.Parts {
					all = append(all, spansIn(text, part, "")...)
				}
				return false
			}
		case *syntax.Lit:
			all = append(all, spansIn(text, n, `"`)...)
		case *syntax.SglQuoted:
			all = append(all, spansIn(text, n, `'"`)...)
			return false
		case *syntax.DblQuoted:
			for _, part := range n.Parts {
				if lit, ok := part.(*syntax.Lit); ok {
					all = append(all, spansIn(text, lit, "")...)
				}
			}
			return false
		}
		return true
	})
	return apart(all)
}

// told returns a command for people, with its secrets left out.
func told(text string) string {
	if file, err := parseShell(text); err == nil {
		var edits []edit
		for _, h := range hiddenIn(text, file) {
			edits = append(edits, edit{h.from, h.to, h.before + "…"})
		}
		text = edited(text, edits)
	}
	return withoutSecrets(text)
}

// apart returns secrets in their order, without those that are inside others.
func apart(all []hidden) (list []hidden) {
	slices.SortStableFunc(all, func(a, b hidden) int { return int(a.from) - int(b.from) })
	for _, h := range all {
		if last := len(list) - 1; last < 0 || h.from >= list[last].to {
			list = append(list, h)
		}
	}
	return list
}

// pipedIn returns what goes into the input of a program that asks for a secret.
func pipedIn(pipe *syntax.BinaryCmd) []hidden {
	from, isCall := pipe.X.Cmd.(*syntax.CallExpr)
	into, isCall2 := pipe.Y.Cmd.(*syntax.CallExpr)
	if pipe.Op != syntax.Pipe || !isCall || !isCall2 || len(from.Args) < 2 || len(into.Args) < 2 {
		return nil
	}
	said, args := literals(from), literals(into)
	asks := slices.ContainsFunc(args, func(arg string) bool {
		return arg == "-S" || arg == "--password-stdin" || arg == "--passphrase-fd" || arg == "--with-token"
	})
	if len(said) != len(from.Args) || said[0] != "echo" && said[0] != "printf" || !asks {
		return nil
	}
	last := from.Args[len(from.Args)-1]
	return []hidden{{from: starts(last), to: ends(last), variable: variableOf(path.Base(args[0]) + "_password"), value: said[len(said)-1], word: true}}
}

// assignedIn returns the secret that a variable is set to.
func assignedIn(a *syntax.Assign) []hidden {
	if a.Name == nil || a.Value == nil {
		return nil
	}
	value, ok := literal(a.Value)
	if !ok || !isSecret(a.Name.Value, value) {
		return nil
	}
	return []hidden{{from: starts(a.Value), to: ends(a.Value), variable: a.Name.Value, value: value, word: true, assign: a}}
}

// flagsIn returns what flags of a secret have.
func flagsIn(call *syntax.CallExpr) (all []hidden) {
	if len(call.Args) == 0 {
		return nil
	}
	program, _ := literal(call.Args[0])
	program = path.Base(program)
	specials := strings.Fields(secretFlags[program])
	if len(call.Args) > 1 {
		command, _ := literal(call.Args[1])
		specials = append(specials, strings.Fields(secretFlags[program+" "+command])...)
	}
	if program != "git" {
		all = append(all, settingsIn(call)...)
	}
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
		case joined && flag == special && isSecret("password", value):
			variable = variableOf(program + "_password")
			fallthrough
		case joined && isSecret(flag, value):
			all = append(all, hidden{from: starts(w), to: ends(w), variable: variable, value: value, word: true, before: quote(flag + "=")})
		case special != "" && strings.HasPrefix(text, special) && len(text) > len(special) && !strings.HasPrefix(text, "--"):
			variable = variableOf(program + "_password")
			all = append(all, hidden{from: starts(w), to: ends(w), variable: variable, value: text[len(special):], word: true, before: special})
		case !joined && i+2 < len(call.Args) && (secretName(flag) || text == special):
			next := call.Args[i+2]
			value, ok := literal(next)
			plainName := text == special && strings.HasSuffix(special, "u") != strings.HasSuffix(special, "user") && !strings.Contains(value, ":")
			if !ok || strings.HasPrefix(value, "-") || plainName || !isSecret("password", value) || special == "-p" && strings.HasPrefix(program, "m") && text == special {
				continue
			}
			if text == special {
				variable = variableOf(program + "_password")
			}
			all = append(all, hidden{from: starts(next), to: ends(next), variable: variable, value: value, word: true})
		}
	}
	return all
}

// settingsIn returns the secret of a command that sets something, as in aws configure set
// NAME VALUE.
func settingsIn(call *syntax.CallExpr) []hidden {
	args := literals(call)
	n := len(args)
	if n < 4 || n != len(call.Args) || args[1] != "config" && args[1] != "configure" || !isSecret(args[n-2], args[n-1]) || strings.HasPrefix(args[n-2], "-") {
		return nil
	}
	last := call.Args[n-1]
	return []hidden{{from: starts(last), to: ends(last), variable: variableOf(args[n-2]), value: args[n-1], word: true}}
}

// spansIn returns the parts of a node that look like a secret.
func spansIn(text string, n syntax.Node, around string) []hidden {
	return spansAt(text[starts(n):ends(n)], starts(n), around)
}

// spansAt returns the parts of a text, which begins at a byte, that look like a secret.
func spansAt(source string, at uint, around string) (all []hidden) {
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
		all = append(all, hidden{from: at + uint(span[0]), to: at + uint(span[1]), variable: variable, value: source[span[0]:span[1]], around: around})
	}
	return all
}

var (
	lastName = pattern.New(`[A-Za-z][A-Za-z0-9_-]*$`)
	namesIt  = pattern.New(`(?:[=:]\s*["']?|: )$`)
)

// variableOf returns the name of a variable for a flag or key: --db-password is
// DB_PASSWORD.
func variableOf(name string) string {
	return strings.ToUpper(strings.Join(nameWords(name), "_"))
}

// secretFlags are flags of programs whose value is a secret without saying so.
var secretFlags = map[string]string{
	"mysql": "-p", "mysqldump": "-p", "mysqladmin": "-p", "mariadb": "-p", "mariadb-dump": "-p", "sshpass": "-p",
	"curl": "-u --user --proxy-user", "redis-cli": "-a", "wget": "--http-password", "lftp": "-u", "openssl": "-k", "sqlcmd": "-P",
	"docker login": "-p", "podman login": "-p", "twine upload": "-p", "gh secret": "-b --body",
}
