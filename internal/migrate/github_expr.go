package migrate

import (
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// ghExpr is an expression of GitHub.
// https://docs.github.com/actions/reference/workflows-and-actions/expressions
type ghExpr struct {
	op    string    // an operator; "call", "path" or "value"
	name  string    // of a function, in lower case; or a path: github.event.inputs.days
	value any       // of a literal: nil, bool, float64 or string
	args  []*ghExpr // operands or arguments
}

// ghToken matches the next token of an expression.
var ghToken = pattern.New(`^\s*(?:('(?:[^']|'')*')|(-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))|([A-Za-z_][A-Za-z0-9_-]*)|(\|\||&&|==|!=|<=|>=|[!<>()\[\].,*]))`)

// ghParser reads an expression from left to right.
type ghParser struct {
	text  string // what is left
	kind  int    // of the token: 1 text, 2 number, 3 name, 4 sign, 0 end, -1 none of these
	token string
	depth int
}

func (p *ghParser) next() {
	m := ghToken.FindStringSubmatchIndex(p.text)
	if m == nil {
		p.kind, p.token = 0, ""
		if strings.TrimSpace(p.text) != "" {
			p.kind = -1
		}
		return
	}
	for kind := 1; kind <= 4; kind++ {
		if m[2*kind] >= 0 {
			p.kind, p.token = kind, p.text[m[2*kind]:m[2*kind+1]]
		}
	}
	p.text = p.text[m[1]:]
}

// parseExpr returns nil for what is no expression.
func parseExpr(text string) *ghExpr {
	p := &ghParser{text: text}
	p.next()
	e := p.binary(0)
	if p.kind != 0 {
		return nil
	}
	return e
}

// ghBinary are the operators with two operands, those that bind least first.
var ghBinary = [][]string{{"||"}, {"&&"}, {"==", "!="}, {"<", "<=", ">", ">="}}

func (p *ghParser) binary(level int) *ghExpr {
	if level == len(ghBinary) {
		return p.unary()
	}
	left := p.binary(level + 1)
	for left != nil && p.kind == 4 {
		op := ""
		for _, sign := range ghBinary[level] {
			if p.token == sign {
				op = sign
			}
		}
		if op == "" {
			break
		}
		p.next()
		right := p.binary(level + 1)
		if right == nil {
			return nil
		}
		left = &ghExpr{op: op, args: []*ghExpr{left, right}}
	}
	return left
}

func (p *ghParser) unary() *ghExpr {
	if p.depth++; p.depth > maxNest {
		return nil
	}
	defer func() { p.depth-- }()
	if p.kind == 4 && p.token == "!" {
		p.next()
		if of := p.unary(); of != nil {
			return &ghExpr{op: "!", args: []*ghExpr{of}}
		}
		return nil
	}
	e := p.primary()
	for e != nil && p.kind == 4 && (p.token == "." || p.token == "[") {
		e = p.access(e)
	}
	return e
}

// access reads what follows a value: .name, .* or [index].
func (p *ghParser) access(of *ghExpr) *ghExpr {
	dot := p.token == "."
	p.next()
	part := &ghExpr{op: "value", value: p.token}
	switch {
	case dot && (p.kind == 3 || p.token == "*"), !dot && p.token == "*" && p.kind == 4:
		p.next()
	case dot:
		return nil
	default:
		if part = p.binary(0); part == nil {
			return nil
		}
	}
	if !dot {
		if p.kind != 4 || p.token != "]" {
			return nil
		}
		p.next()
	}
	if name, ok := part.value.(string); ok && part.op == "value" && of.op == "path" {
		return &ghExpr{op: "path", name: of.name + "." + name}
	}
	return &ghExpr{op: "[", args: []*ghExpr{of, part}}
}

func (p *ghParser) primary() *ghExpr {
	kind, token := p.kind, p.token
	p.next()
	switch {
	case kind == 1:
		return &ghExpr{op: "value", value: strings.ReplaceAll(token[1:len(token)-1], "''", "'")}
	case kind == 2:
		if n, err := strconv.ParseInt(token, 0, 64); err == nil {
			return &ghExpr{op: "value", value: float64(n)}
		}
		n, _ := strconv.ParseFloat(token, 64)
		return &ghExpr{op: "value", value: n}
	case kind == 4 && token == "(":
		e := p.binary(0)
		if e == nil || p.token != ")" || p.kind != 4 {
			return nil
		}
		p.next()
		return e
	case kind != 3:
		return nil
	case p.kind == 4 && p.token == "(":
		return p.call(token)
	}
	switch token {
	case "true", "false":
		return &ghExpr{op: "value", value: token == "true"}
	case "null":
		return &ghExpr{op: "value"}
	}
	return &ghExpr{op: "path", name: token}
}

func (p *ghParser) call(name string) *ghExpr {
	e := &ghExpr{op: "call", name: strings.ToLower(name)}
	p.next()
	for p.kind != 4 || p.token != ")" {
		if len(e.args) > 0 {
			if p.kind != 4 || p.token != "," {
				return nil
			}
			p.next()
		}
		arg := p.binary(0)
		if arg == nil {
			return nil
		}
		e.args = append(e.args, arg)
	}
	p.next()
	return e
}

// ghPart is a part of a text: literal, or an expression, which is nil if it cannot be
// read.
type ghPart struct {
	text string // as written, with ${{ and }}
	is   bool   // an expression
	expr *ghExpr
}

var ghExpression = pattern.New(`\$\{\{((?:'(?:[^']|'')*'|[^'}]|\}[^}])*)\}\}`)

// parts returns the parts of a text.
func parts(text string) (list []ghPart) {
	at := 0
	for _, m := range ghExpression.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > at {
			list = append(list, ghPart{text: text[at:m[0]]})
		}
		list = append(list, ghPart{text[m[0]:m[1]], true, parseExpr(text[m[2]:m[3]])})
		at = m[1]
	}
	if at < len(text) {
		list = append(list, ghPart{text: text[at:]})
	}
	return list
}

// isPath reports whether an expression is one of some paths.
func isPath(e *ghExpr, paths ...string) bool {
	return e != nil && e.op == "path" && slices.Contains(paths, strings.ToLower(e.name))
}

// each calls f for all paths in an expression.
func (e *ghExpr) each(f func(path string)) {
	if e == nil {
		return
	}
	if e.op == "path" {
		f(e.name)
	}
	for _, arg := range e.args {
		arg.each(f)
	}
}

// paths returns the paths in the expressions of a text.
func paths(text string) (list []string) {
	for _, p := range parts(text) {
		p.expr.each(func(path string) { list = append(list, path) })
	}
	return list
}
