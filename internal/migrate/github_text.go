package migrate

import (
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// resolve returns a text with the values of its expressions, and whether all have one
// that is known without a run: those of the matrix, of env and of inputs. It is for
// names, paths and the inputs of actions.
func (g *ghJob) resolve(text string) (string, bool) { return g.literal(text, 0) }

// literal is resolve of a text that variables refer to, at a depth.
func (g *ghJob) literal(text string, depth int) (string, bool) {
	var b strings.Builder
	all := true
	for _, p := range parts(text) {
		value, ok := p.text, true
		if p.is {
			value, ok = g.literalValue(g.value(p.expr), depth)
		}
		if !ok {
			value, all = p.text, false
		}
		b.WriteString(value)
	}
	return b.String(), all
}

func (g *ghJob) literalValue(v ghValue, depth int) (string, bool) {
	switch in := v.input(); {
	case v.known:
		return v.text(), true
	case in != nil:
		return in.fallback, true
	case depth < maxRefers && len(v.refs) == 1 && v.refs[0].kind == "env" && v.bash == "${"+v.refs[0].variable+"}":
		if i := named(g.Env, v.refs[0].name); i >= 0 {
			return g.literal(g.Env[i].Value, depth+1)
		}
	}
	return "", false
}

// bash returns the lines of a step for bash, with variables in place of expressions:
// ${GITHUB_REPOSITORY} for github.repository, ${TOKEN} for secrets.TOKEN. It changes
// nothing; give makes the variables reach the step.
func (g *ghJob) bash(text string) string { return g.rewrite(text).text }

// ghLines are the lines of a step for bash.
type ghLines struct {
	text  string
	refs  []ghRef
	wrong []ghWrong
}

// ghWrong is an expression without a value.
type ghWrong struct {
	line int // in the text, from 0
	why  string
}

func (g *ghJob) rewrite(text string) ghLines {
	var lines ghLines
	var b strings.Builder
	var at quoting
	list := parts(text)
	for i, p := range list {
		if !p.is {
			at.read(p.text)
			b.WriteString(p.text)
			continue
		}
		v, in := g.value(p.expr), at.in()
		wrong := func(why string) {
			lines.wrong = append(lines.wrong, ghWrong{strings.Count(strings.Join(texts(list[:i]), ""), "\n"), why})
		}
		lines.refs = append(lines.refs, v.refs...)
		switch {
		case v.known:
			at.read(v.text())
			b.WriteString(v.text()) // as GitHub does
		case in == '#':
		case v.why != "":
			wrong(v.why)
		case in == '\'' && strings.HasSuffix(b.String(), "'") && i+1 < len(list) && strings.HasPrefix(list[i+1].text, "'"):
			before := b.String()
			b.Reset()
			b.WriteString(before[:len(before)-1] + `"` + v.bash + `"`)
			at.read("'")
			list[i+1].text = list[i+1].text[1:]
		case in == '\'':
			b.WriteString(`'"` + v.bash + `"'`)
		case in == '$':
			b.WriteString(`'"` + v.bash + `"$'`)
		case in == '-' && at.docs[0].python && i > 0 && i+1 < len(list) && isVariable(v.bash) && aroundQuotes(b.String(), list[i+1].text):
			before := b.String()
			b.Reset()
			b.WriteString(before[:len(before)-1] + `__import__("os").environ["` + v.bash[2:len(v.bash)-1] + `"]`)
			list[i+1].text = list[i+1].text[1:]
		case in == '-':
			wrong(p.text + " in a here-document that bash does not expand")
		default:
			b.WriteString(v.bash)
		}
	}
	lines.text = b.String()
	return lines
}

func texts(list []ghPart) (all []string) {
	for _, p := range list {
		all = append(all, p.text)
	}
	return all
}

func isVariable(bash string) bool {
	return strings.HasPrefix(bash, "${") && strings.HasSuffix(bash, "}") && variableName.MatchString(bash[2:len(bash)-1])
}

// aroundQuotes reports whether what comes before and after makes one string of Python.
func aroundQuotes(before, after string) bool {
	if before == "" || after == "" || before[len(before)-1] != after[0] || strings.IndexByte(`"'`, after[0]) < 0 {
		return false
	}
	c := before[max(0, len(before)-2)]
	return c == ' ' || c == '(' || c == '=' || c == ',' || c == '[' || c == ':'
}

// quoting says, of a place in a script, what quotes are around it. It knows as much of the
// shell as that needs.
type quoting struct {
	open []byte // ', ", $ for $'…', # for a comment, ( for a substitution, < for a here-document that expands, - for one that does not
	last byte
	docs []hereDocument // that begin at the next line
	line string         // so far
}

type hereDocument struct {
	end    string
	quoted bool
	tabs   bool // may stand before end
	python bool // it is a program for Python
}

// in returns the innermost quote: 0 for none, < and - for here-documents.
func (q *quoting) in() byte {
	if len(q.open) == 0 || q.open[len(q.open)-1] == '(' {
		return 0
	}
	return q.open[len(q.open)-1]
}

var hereForm = pattern.New(`^<<(-?)\s*(?:'([^']+)'|"([^"]+)"|\\?([A-Za-z_][A-Za-z0-9_]*))`)

func (q *quoting) push(c byte) { q.open = append(q.open, c) }
func (q *quoting) pop()        { q.open = q.open[:len(q.open)-1] }

// read goes on over a text.
func (q *quoting) read(text string) {
	for i := 0; i < len(text); i++ {
		i += q.step(text[i:])
	}
}

// step goes on over the first byte of a text. It returns how many more it has taken.
func (q *quoting) step(text string) (more int) {
	c, in := text[0], q.in()
	last := q.last
	q.last = c
	if c == '\n' {
		q.newLine()
		return 0
	}
	q.line += string(c)
	switch {
	case in == '<' || in == '-':
	case in == '#':
	case in == '\'':
		if c == '\'' {
			q.pop()
		}
	case in == '$' && c == '\'':
		q.pop()
	case c == '\\' && len(text) > 1 && text[1] != '\n':
		q.last = 'x'
		return 1
	case in == '$':
	case c == '"' && in == '"':
		q.pop()
	case c == '"':
		q.push('"')
	case c == '$' && strings.HasPrefix(text, "$(") && !strings.HasPrefix(text, "$(("):
		q.push('(')
		return 1
	case in == '"':
	case c == ')' && len(q.open) > 0:
		q.pop()
	case c == '(' && len(q.open) > 0:
		q.push('(')
	case c == '$' && strings.HasPrefix(text, "$'"):
		q.push('$')
		return 1
	case c == '\'':
		q.push('\'')
	case c == '#' && (last == 0 || strings.IndexByte(" \t\n;", last) >= 0):
		q.push('#')
	case c == '<' && last != '<':
		if m := hereForm.FindStringSubmatch(text); m != nil {
			q.docs = append(q.docs, hereDocument{m[2] + m[3] + m[4], m[2]+m[3] != "" || strings.Contains(m[0], `\`), m[1] != "", strings.Contains(q.line, "python")})
			return len(m[0]) - 1
		}
	}
	return 0
}

// newLine ends a comment, and begins and ends here-documents.
func (q *quoting) newLine() {
	line := strings.TrimSuffix(q.line, "\r")
	q.line = ""
	switch in := q.in(); {
	case in == '#':
		q.pop()
	case in == '<' || in == '-':
		doc := q.docs[0]
		if doc.tabs {
			line = strings.TrimLeft(line, "\t")
		}
		if line != doc.end {
			return
		}
		q.pop()
		q.docs = q.docs[1:]
	case in != 0:
		return
	}
	if len(q.docs) > 0 {
		kind := byte('<')
		if q.docs[0].quoted {
			kind = '-'
		}
		q.push(kind)
	}
}
