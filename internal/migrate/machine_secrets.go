package migrate

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// secrets replaces literal secrets with variables that hold secrets of the repository.
func (m *machine) secrets(file *syntax.File) (edits []edit) {
	for _, h := range hiddenIn(m.text, file) {
		switch {
		case h.assign != nil:
			edits = append(edits, m.assigned(h))
		case h.word:
			edits = append(edits, edit{h.from, h.to, h.before + `"$` + m.named(h.variable, h.value) + `"`})
		default:
			edits = append(edits, edit{h.from, h.to, h.around + "${" + m.named(h.variable, h.value) + "}" + reversed(h.around)})
		}
	}
	return edits
}

// withoutSudo leaves out the password that goes into sudo.
func (m *machine) withoutSudo(file *syntax.File) (edits []edit) {
	syntax.Walk(file, func(n syntax.Node) bool {
		if pipe, ok := n.(*syntax.BinaryCmd); ok && len(pipedIn(pipe)) > 0 && path.Base(literals(pipe.Y.Cmd.(*syntax.CallExpr))[0]) == "sudo" {
			edits = append(edits, edit{starts(pipe.X), starts(pipe.Y), ""})
		}
		return true
	})
	return edits
}

// assigned leaves out the secret that a command assigns to a variable.
func (m *machine) assigned(h hidden) edit {
	name := h.assign.Name.Value
	m.reader.secret(m.job, m.line, name, h.value)
	end := ends(h.assign)
	for end < uint(len(m.text)) && m.text[end] == ' ' {
		end++
	}
	if end == uint(len(m.text)) || strings.ContainsRune(";&|\n)}`", rune(m.text[end])) {
		return edit{h.from, h.to, `"$` + name + `"`}
	}
	return edit{starts(h.assign), end, ""}
}

// named declares a secret, and returns the variable that the command gets it in.
func (m *machine) named(variable, value string) string {
	name := m.reader.named(variable, value)
	m.reader.secret(m.job, m.line, name, value)
	return name
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}
