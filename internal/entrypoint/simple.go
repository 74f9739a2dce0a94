package entrypoint

import (
	"slices"
	"strings"
)

// small reads one simple statement.
func (p *parser) small(tokens []token, s *scope, g guard) {
	switch first := tokens[0]; {
	case first.is("print") && len(tokens) > 1 && tokens[1].kind == stringToken:
		panic(&syntaxError{first.line, "missing parentheses in call to 'print', which is a statement only in Python 2"})
	case first.is("import"):
		imports(tokens, s, g)
	case first.is("from"):
		fromImports(tokens, s, g)
	case first.is("global"):
		for _, t := range tokens[1:] {
			if t.kind == nameToken && s != p.top {
				p.globals = append(p.globals, binding{Name: t.text, Kind: aValue, Guard: sometimes, Line: t.line})
			}
		}
	case first.is("del"):
		p.scan(tokens, s, g)
		p.targets(tokens[1:], s, g, nothing)
	case first.is("type") && len(tokens) > 2 && tokens[1].kind == nameToken && (tokens[2].is("=") || tokens[2].is("[")):
		s.bind(binding{Name: tokens[1].text, Kind: aValue, Guard: g, Line: tokens[1].line})
	default:
		p.scan(tokens, s, g)
		p.assignment(tokens, s, g)
	}
}

// imports reads import a, b.c, d.e as f.
func imports(tokens []token, s *scope, g guard) {
	for _, item := range split(tokens[1:]) {
		as := index(item, "as")
		name := dotted(item[:as])
		b := binding{Name: name, From: name, Kind: anImport, Guard: g, Line: tokens[0].line}
		if as+1 < len(item) {
			b.Name = item[as+1].text
		} else {
			b.Name, _, _ = strings.Cut(name, ".")
			b.From = b.Name
		}
		s.bind(b)
	}
}

// fromImports reads from .a import b, c as d and from .a import *.
func fromImports(tokens []token, s *scope, g guard) {
	middle := slices.IndexFunc(tokens, func(t token) bool { return t.is("import") })
	if middle < 0 {
		return
	}
	from := ""
	for _, t := range tokens[1:middle] {
		from += t.text
	}
	names := tokens[middle+1:]
	if len(names) > 0 && names[0].is("(") {
		names = names[1 : len(names)-1]
	}
	for _, item := range split(names) {
		b := binding{Name: item[0].text, Attr: item[0].text, From: from, Kind: anImport, Guard: g, Line: tokens[0].line}
		if len(item) > 2 && item[1].is("as") {
			b.Name = item[2].text
		}
		s.bind(b)
	}
}

// split splits a list at its commas. No item is empty.
func split(tokens []token) [][]token {
	var items [][]token
	for len(tokens) > 0 {
		end := comma(tokens)
		if end > 0 {
			items = append(items, tokens[:end])
		}
		tokens = tokens[min(end+1, len(tokens)):]
	}
	return items
}

// comma returns where the first comma is that is in no bracket and between no
// lambda's parameters, or the length.
func comma(tokens []token) int {
	depth := 0
	for i := 0; i < len(tokens); i++ {
		depth += nesting(tokens[i])
		if depth != 0 {
			continue
		}
		if tokens[i].is(",") {
			return i
		}
		if tokens[i].is("lambda") {
			i += lambdaColon(tokens[i:])
		}
	}
	return len(tokens)
}

// lambdaColon returns where the colon of the lambda is with which the tokens begin,
// or the length.
func lambdaColon(tokens []token) int {
	if colon := colonOf(tokens[1:]); colon >= 0 {
		return colon + 1
	}
	return len(tokens)
}

// augmented are the operators of an assignment that is none of a new name.
var augmented = []string{"+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**="}

// assignment reads an assignment, or an expression.
func (p *parser) assignment(tokens []token, s *scope, g guard) {
	if i := slices.IndexFunc(tokens, func(t token) bool { return t.kind == operatorToken && slices.Contains(augmented, t.text) }); i > 0 {
		p.targets(tokens[:i], s, g, aValue)
		return
	}
	var parts [][]token
	rest := tokens
	for {
		equals := assigns(rest)
		if equals < 0 {
			break
		}
		parts = append(parts, rest[:equals])
		rest = rest[equals+1:]
	}
	if len(parts) == 0 {
		return
	}
	if colon := colonOf(parts[0]); colon >= 0 { // an annotation
		parts[0] = parts[0][:colon]
	}
	for _, target := range parts {
		target = grouped(target)
		if len(target) == 1 && target[0].kind == nameToken {
			b := value(rest)
			if target[0].is("__all__") && s == p.top && g == always && len(parts) == 1 {
				p.module.All = texts(rest)
			}
			b.Name, b.Guard, b.Line = target[0].text, g, target[0].line
			s.bind(b)
			continue
		}
		p.targets(target, s, g, aValue)
	}
}

// assigns returns where the first = of an assignment is, or -1.
func assigns(tokens []token) int {
	depth := 0
	for i := 0; i < len(tokens); i++ {
		depth += nesting(tokens[i])
		switch {
		case depth != 0:
		case tokens[i].is("="):
			return i
		case tokens[i].is("lambda"):
			i += lambdaColon(tokens[i:])
		}
	}
	return -1
}

// targets binds the names that a list of targets holds.
func (p *parser) targets(tokens []token, s *scope, g guard, k kind) {
	tokens = unwrap(tokens)
	if len(tokens) == 1 {
		if tokens[0].kind == nameToken {
			s.bind(binding{Name: tokens[0].text, Kind: k, Guard: g, Line: tokens[0].line})
		}
		return
	}
	if name := dotted(tokens); name != "" {
		p.module.Changed = append(p.module.Changed, name)
		return
	}
	if len(tokens) > 1 && tokens[0].is("*") {
		p.targets(tokens[1:], s, g, k)
		return
	}
	if items := split(tokens); len(items) > 1 || len(items) == 1 && len(items[0]) < len(tokens) {
		for _, item := range items {
			p.targets(item, s, g, k)
		}
	}
}

// unwrap returns what is in the brackets of a target that is in brackets.
func unwrap(tokens []token) []token {
	for len(tokens) > 1 && (tokens[0].is("(") || tokens[0].is("[")) && closes(tokens) == len(tokens)-1 {
		tokens = tokens[1 : len(tokens)-1]
	}
	return tokens
}

// closes returns where the bracket is closed with which the tokens begin.
func closes(tokens []token) int {
	depth := 0
	return slices.IndexFunc(tokens, func(t token) bool {
		depth += nesting(t)
		return depth == 0
	})
}

// withTargets binds the names after as.
func (p *parser) withTargets(header []token, s *scope, g guard) {
	for i, t := range header {
		if !t.is("as") {
			continue
		}
		depth, end := 0, i+1
		for ; end < len(header); end++ {
			if depth += nesting(header[end]); depth < 0 || depth == 0 && header[end].is(",") {
				break
			}
		}
		p.targets(header[i+1:end], s, g, aValue)
	}
}

// captures binds the names that a pattern of match captures.
func (p *parser) captures(pattern []token, s *scope, g guard) {
	pattern = pattern[:index(pattern, "if")]
	for i, t := range pattern {
		if t.kind != nameToken || t.text == "_" || slices.Contains([]string{"as", "None", "True", "False"}, t.text) {
			continue
		}
		before := i > 0 && pattern[i-1].is(".")
		after := i+1 < len(pattern) && (pattern[i+1].is(".") || pattern[i+1].is("(") || pattern[i+1].is("="))
		if !before && !after {
			s.bind(binding{Name: t.text, Kind: aValue, Guard: g, Line: t.line})
		}
	}
}
