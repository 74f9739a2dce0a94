package migrate

import (
	"errors"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// parseShell reads lines for a POSIX shell or bash.
func parseShell(text string) (*syntax.File, error) {
	if strings.Contains(text, strings.Repeat("$(", deepest)) {
		return nil, errors.New("it is nested too deeply")
	}
	return syntax.NewParser(syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
}

// deepest is how many commands may be in each other: what reads them takes longer for each.
const deepest = 100

// literal returns the value of a word, and whether bash expands nothing in it but
// patterns and the home folder, which is ~; else it returns what is written there, without
// quotes.
func literal(w *syntax.Word) (string, bool) {
	var b strings.Builder
	fixed := true
	var add func(parts []syntax.WordPart, quoted bool)
	add = func(parts []syntax.WordPart, quoted bool) {
		for _, part := range parts {
			switch p := part.(type) {
			case *syntax.Lit:
				b.WriteString(unescape(p.Value, quoted))
			case *syntax.SglQuoted:
				b.WriteString(p.Value)
			case *syntax.DblQuoted:
				add(p.Parts, true)
			default:
				text := printed(part)
				if text == "$HOME" || text == "${HOME}" {
					text = "~"
				} else {
					fixed = false
				}
				b.WriteString(text)
			}
		}
	}
	add(w.Parts, false)
	return b.String(), fixed
}

// literals returns the literal words of a call up to the first that is none.
func literals(call *syntax.CallExpr) (list []string) {
	for _, w := range call.Args {
		text, ok := literal(w)
		if !ok {
			break
		}
		list = append(list, text)
	}
	return list
}

// valuesOf returns the values of words; of those that bash expands, the lines as written.
func valuesOf(args []*syntax.Word) []string {
	var all []string
	for _, w := range args {
		text, _ := literal(w)
		all = append(all, text)
	}
	return all
}

// unescape removes the backslashes that bash removes.
func unescape(s string, quoted bool) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (!quoted || strings.IndexByte("$`\"\\\n", s[i+1]) >= 0) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// printed returns a node as bash.
func printed(node syntax.Node) string {
	var b strings.Builder
	if err := syntax.NewPrinter().Print(&b, node); err != nil {
		return "$?"
	}
	return b.String()
}

var plainWord = pattern.New(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quote returns a text as one word of bash, with quotes where it needs them.
func quote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return inQuotes(word)
}

// inQuotes returns a text as one word of bash, in single quotes.
func inQuotes(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// expanding returns a text as one word of bash, in which what has a form is a variable, as
// variable writes it within double quotes.
func expanding(text string, form *pattern.Pattern, variable func(found string) string) string {
	if !form.MatchString(text) {
		return quote(text)
	}
	var b strings.Builder
	at := 0
	for _, m := range form.FindAllStringIndex(text, -1) {
		b.WriteString(doubleQuoted.Replace(text[at:m[0]]) + variable(text[m[0]:m[1]]))
		at = m[1]
	}
	return `"` + b.String() + doubleQuoted.Replace(text[at:]) + `"`
}

// doubleQuoted writes a text for bash within double quotes.
var doubleQuoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`)

// hereDoc returns lines as what a command reads.
func hereDoc(text string) string {
	end := "END"
	for strings.Contains("\n"+text+"\n", "\n"+end+"\n") {
		end += "_"
	}
	return " <<'" + end + "'\n" + text + "\n" + end
}
