package migrate

import (
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// hide makes the literal secrets in a job's steps secrets of the repository: they become
// expressions, which the rest reads as those that the workflow has.
func (r *reader) hide(g *ghJob) {
	g.texts(func(text string) {
		for _, path := range paths(text) {
			if context, name, _ := strings.Cut(path, "."); strings.EqualFold(context, "secrets") && r.values[name] == "" {
				r.named(name, "${{ secrets."+name+" }}")
			}
		}
	})
	h := hider{r, g}
	g.Steps, g.hidden = slices.Clone(g.Steps), nil
	for i := range g.Steps {
		s := &g.Steps[i]
		s.Name = withoutSecrets(s.Name)
		s.Run = h.lines(max(s.RunLine, s.Line), s.Run, forBash(*s))
		s.With = h.values(s.With, func(p ghPair) bool { return isSecret(p.Name, p.Value) && !g.throwsAway(p.Value) })
		s.Env = h.values(s.Env, func(ghPair) bool { return false })
	}
	g.Env = h.values(g.Env, func(ghPair) bool { return false })
}

// hider hides the literal secrets of a job.
type hider struct {
	*reader
	g *ghJob
}

// values hides the secrets in the values of inputs or variables, and all of those that
// are one.
func (h hider) values(pairs []ghPair, all func(ghPair) bool) (list []ghPair) {
	for _, p := range pairs {
		masked := mask(p.Value)
		switch {
		case masked == p.Value && all(p) && !strings.Contains(p.Value, "\n"):
			p.Value = h.repositorySecret(p.Line, variableOf(p.Name), p.Value)
		case all(p):
			p.Value = h.spans(p.Line, p.Value, spansAt(masked, 0, ""))
		}
		p.Value = h.fallbacks(p.Line, p.Name, p.Value)
		list = append(list, p)
	}
	return list
}

// lines hides the secrets in the lines of a step, and in the comments there.
func (h hider) lines(line int, text string, bash bool) string {
	masked := mask(text)
	file, err := parseShell(masked)
	var all []hidden
	if err == nil {
		all = hiddenIn(masked, file)
	}
	if err != nil || !bash {
		all = append(all, spansAt(masked, 0, "")...)
		for _, m := range flagInText.FindAllStringSubmatchIndex(masked, -1) {
			if name, value := masked[m[2]:m[3]], masked[m[4]:m[5]]; isSecret(name, value) {
				all = append(all, hidden{from: uint(m[4]), to: uint(m[5]), variable: variableOf(name), value: value})
			}
		}
	}
	text = h.spans(line, text, all)
	return h.fallbacks(line, "", comments.ReplaceAllStringFunc(text, func(comment string) string {
		if withoutSecrets(mask(comment)) == mask(comment) {
			return comment
		}
		return withoutSecrets(comment)
	}))
}

// flagInText matches a flag and its value in lines that bash cannot read.
var flagInText = pattern.New(`(?:^|\s)-{1,2}([A-Za-z][A-Za-z0-9-]*)[ =]["']?([^"'\s$]+)`)

// forBash reports whether bash reads the lines of a step.
func forBash(s ghStep) bool {
	shell := strings.Fields(s.Shell + " bash")[0]
	return (shell == "bash" || shell == "sh") && !powershell(s.Run)
}

// comments match a line that is one.
var comments = pattern.New(`(?m)^[ \t]*#[^!\n][^\n]*$`)

func (h hider) spans(line int, text string, all []hidden) string {
	var edits []edit
	for _, found := range apart(all) {
		with := h.repositorySecret(line+strings.Count(text[:found.from], "\n"), found.variable, found.value)
		if found.word {
			with = found.before + `"` + with + `"`
		}
		edits = append(edits, edit{found.from, found.to, with})
	}
	return edited(text, edits)
}

// repositorySecret returns the expression for a secret of the repository.
func (h hider) repositorySecret(line int, name, value string) string {
	name = strings.TrimPrefix(name, "GITHUB_") // as no secret's name begins
	if !variableName.MatchString(name) {
		name = "SECRET"
	}
	name = h.named(name, value)
	h.hides(line, name)
	return "${{ secrets." + name + " }}"
}

// hides notes the secret that stands for a literal one, for finish.
func (h hider) hides(line int, name string) {
	if named(h.g.hidden, name) < 0 {
		h.g.hidden = append(h.g.hidden, ghPair{Name: name, Line: line})
	}
}

// mask returns a text with variables of the same length in place of its expressions, for
// what reads it as bash.
func mask(text string) string {
	return ghExpression.ReplaceAllStringFunc(text, func(e string) string { return "${" + strings.Repeat("_", len(e)-3) + "}" })
}

// known leaves out the secrets that the matrix has.
func (h hider) known(line int, expression string) string {
	return ofMatrix.ReplaceAllStringFunc(expression, func(path string) string {
		name := path[len("matrix."):]
		value, _ := h.g.matrix[name].(string)
		if !isSecret(name, value) {
			return path
		}
		with := h.repositorySecret(line, variableOf(name), value)
		return with[len("${{ ") : len(with)-len(" }}")]
	})
}

var ofMatrix = pattern.New(`\bmatrix\.[\w-]+`)

// fallback matches the text that an expression has where the one before it is empty.
var fallback = pattern.New(`(?:([\w.-]+)\s*)?(\|\||&&)\s*'((?:[^']|'')+)'`)

// fallbacks leaves out the secrets in expressions: ${{ secrets.PASSWORD || 'abc' }} has
// one. name is that of the variable which has the text, "" for none.
func (h hider) fallbacks(line int, name, text string) string {
	var b strings.Builder
	for _, p := range parts(text) {
		if p.is {
			at := line
			if name == "" {
				at += strings.Count(b.String(), "\n")
			}
			p.text = h.known(at, p.text)
			p.text = fallback.ReplaceAllStringFunc(p.text, func(m string) string {
				parts := fallback.FindStringSubmatch(m)
				of, value := parts[1], parts[3]
				around := name
				if around == "" {
					around = lastName.FindString(strings.TrimRight(b.String(), `=: "'`))
				}
				switch own := of[strings.LastIndexByte(of, '.')+1:]; {
				case !isSecret(own, value) && !isNamedSecret(around, value):
					return m
				case strings.HasPrefix(strings.ToLower(of), "secrets.") && parts[2] == "||":
					h.hides(at, own)
					return of
				case secretName(around):
					own = around
					fallthrough
				default:
					with := h.repositorySecret(at, variableOf(own), value)
					return strings.TrimSuffix(m, "'"+value+"'") + with[len("${{ "):len(with)-len(" }}")]
				}
			})
		}
		b.WriteString(p.text)
	}
	return b.String()
}
