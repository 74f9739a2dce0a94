package entrypoint

import "slices"

// scope is where statements bind names: a module, a class or a function.
type scope struct {
	names     []binding
	function  bool
	generator bool // has a yield
}

// parser reads the statements of a source. Of expressions it knows only where they
// end, and whether they are a name, a literal or a lambda: that is all that decides
// on an entrypoint. https://docs.python.org/3/reference/grammar.html
type parser struct {
	tokens  []token
	at      int
	depth   int // of blocks
	module  *module
	top     *scope
	globals []binding // what functions declare to be of the module
	alls    int       // how often __all__ stands there
}

// maxBlocks is how deep blocks can be nested. CPython allows 100 levels of
// indentation.
const maxBlocks = 100

// parse reads a source without Python.
func parse(source []byte) module {
	text, known := decode(source)
	if !known {
		return module{Dynamic: true}
	}
	tokens, err := lex(text)
	if err != nil {
		return module{Error: err}
	}
	p := &parser{tokens: tokens, module: &module{}, top: &scope{}}
	if err := p.all(); err != nil {
		return module{Error: err}
	}
	p.module.Names = append(p.top.names, p.globals...)
	if p.alls != 1 {
		p.module.All = nil // it is touched again
	}
	return *p.module
}

// all reads to the end, or to what no Python would read.
func (p *parser) all() (err *syntaxError) {
	defer func() {
		if failed := recover(); failed != nil {
			var ok bool
			if err, ok = failed.(*syntaxError); !ok {
				panic(failed)
			}
		}
	}()
	for p.peek().kind != endToken {
		p.statement(p.top, always)
	}
	return nil
}

func (p *parser) fail(message string) { panic(&syntaxError{p.peek().line, message}) }

func (p *parser) peek() token { return p.tokens[p.at] }

// ahead returns the token n places further on.
func (p *parser) ahead(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != endToken {
		p.at++
	}
	return t
}

// docstring returns the first line of the docstring that begins here, if one does.
func (p *parser) docstring() string {
	end := slices.IndexFunc(p.tokens[p.at:], func(t token) bool { return t.kind == newlineToken || t.kind == endToken || t.is(";") })
	strs := grouped(p.tokens[p.at : p.at+end])
	if len(strs) == 0 || slices.ContainsFunc(strs, func(t token) bool { return t.kind != stringToken }) {
		return ""
	}
	return docstring(strs)
}

// statement reads a statement.
func (p *parser) statement(s *scope, g guard) {
	if p.peek().kind == indentToken {
		p.fail("unexpected indent")
	}
	switch t := p.peek(); {
	case t.is("@") || t.is("def") || t.is("class") || t.is("async") && p.ahead(1).is("def"):
		p.definition(s, g)
	case t.is("async") && (p.ahead(1).is("for") || p.ahead(1).is("with")):
		p.next()
		p.statement(s, g)
	case t.is("if") || t.is("elif"):
		header := p.header()
		p.scan(header, s, g)
		p.body(s, g.within(condition(header[1:])))
	case t.is("for"):
		header := p.header()
		in := index(header, "in")
		p.targets(header[1:in], s, g.within(sometimes), aValue)
		p.scan(header[in:], s, g)
		p.body(s, g.within(sometimes))
	case t.is("with"):
		header := p.header()
		p.scan(header, s, g)
		p.withTargets(header, s, g)
		p.body(s, g)
	case t.is("else") || t.is("while") || t.is("try") || t.is("except"):
		p.scan(p.header(), s, g)
		p.body(s, g.within(sometimes))
	case t.is("finally"):
		p.header()
		p.body(s, g)
	case t.is("match") && p.opensBlock():
		p.scan(p.header(), s, g)
		p.body(s, g.within(sometimes))
	case t.is("case") && p.opensBlock():
		header := p.header()
		p.scan(header, s, g)
		p.captures(header[1:], s, g)
		p.body(s, g)
	default:
		p.simple(s, g)
	}
}

// condition returns the guard of what an if with these tokens holds.
func condition(tokens []token) guard {
	text := ""
	for _, t := range tokens {
		text += t.text
	}
	switch text {
	case "TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING":
		return forTypes
	case `__name__=="__main__"`, `__name__=='__main__'`, `"__main__"==__name__`, `'__main__'==__name__`:
		return asScript
	}
	return sometimes
}

// header returns the tokens of a compound statement up to the colon before its
// body, and goes behind that.
func (p *parser) header() []token {
	colon := colonOf(p.tokens[p.at:])
	if colon < 0 {
		p.fail("expected ':'")
	}
	tokens := p.tokens[p.at : p.at+colon]
	p.at += colon + 1
	return tokens
}

// opensBlock reports whether the logical line that begins here is the header of a
// block. Where match and case are names, a colon is that of an annotation, which is
// behind the first token.
func (p *parser) opensBlock() bool {
	colon := colonOf(p.tokens[p.at:])
	return colon > 1 && !p.ahead(1).is("=") && (!p.ahead(1).is(".") || p.peek().is("case"))
}

// colonOf returns where the first colon is that is in no bracket and of no lambda
// in the first line of the tokens, or -1.
func colonOf(tokens []token) int {
	depth, lambdas := 0, 0
	for i, t := range tokens {
		switch {
		case t.kind == newlineToken || t.kind == endToken:
			return -1
		case t.kind == operatorToken:
			depth += nesting(t)
		case t.is("lambda") && depth == 0:
			lambdas++
		}
		if t.is(":") && depth == 0 {
			if lambdas == 0 {
				return i
			}
			lambdas--
		}
	}
	return -1
}

// nesting returns by how much a token changes the depth of brackets.
func nesting(t token) int {
	if t.kind != operatorToken {
		return 0
	}
	switch t.text {
	case "(", "[", "{":
		return 1
	case ")", "]", "}":
		return -1
	}
	return 0
}

// body reads what belongs to a header: a block, or statements on the same line.
func (p *parser) body(s *scope, g guard) {
	if p.peek().kind != newlineToken {
		p.simple(s, g)
		return
	}
	p.next()
	if p.peek().kind != indentToken {
		p.fail("expected an indented block")
	}
	p.next()
	if p.depth++; p.depth > maxBlocks {
		p.fail("too many levels of indentation")
	}
	for p.peek().kind != dedentToken && p.peek().kind != endToken {
		p.statement(s, g)
	}
	p.next()
	p.depth--
}

// definition reads a function or a class, with its decorators.
func (p *parser) definition(s *scope, g guard) {
	var b binding
	for p.peek().is("@") {
		tokens := p.line()
		p.scan(tokens, s, g)
		b.Decorators = append(b.Decorators, called(tokens[1:]))
	}
	if p.peek().is("async") {
		b.Async = true
		p.next()
	}
	if !p.peek().is("def") && !p.peek().is("class") {
		p.fail("invalid syntax")
	}
	class := p.next().is("class")
	b.Name, b.Line, b.Guard, b.Kind = p.peek().text, p.peek().line, g, aFunction
	header := p.header()
	if len(header) == 0 || header[0].kind != nameToken {
		p.fail("invalid syntax")
	}
	p.scan(header[1:], s, g)
	_, arguments := brackets(header[1:])
	inner := &scope{function: !class}
	if class {
		b.Kind = aClass
		b.Bases, b.Keyword = bases(arguments)
	} else {
		b.Needs = needs(arguments)
	}
	if p.peek().kind == newlineToken && p.ahead(1).kind == indentToken {
		p.at += 2
		b.Doc = p.docstring()
		p.at -= 2
	} else {
		b.Doc = p.docstring()
	}
	p.body(inner, always)
	b.Generator = inner.generator
	if class {
		b.Body = inner.names
	}
	s.bind(b)
}

// bind adds a binding, unless it is of a function's own.
func (s *scope) bind(b binding) {
	if !s.function {
		s.names = append(s.names, b)
	}
}

// line returns the tokens of a logical line and goes behind it.
func (p *parser) line() []token {
	start := p.at
	for p.peek().kind != newlineToken && p.peek().kind != endToken {
		p.next()
	}
	tokens := p.tokens[start:p.at]
	p.next()
	return tokens
}

// simple reads the simple statements of a line.
func (p *parser) simple(s *scope, g guard) {
	tokens := p.line()
	if len(tokens) == 0 {
		p.fail("invalid syntax")
	}
	for len(tokens) > 0 {
		end := index(tokens, ";")
		if end > 0 {
			p.small(tokens[:end], s, g)
		}
		tokens = tokens[min(end+1, len(tokens)):]
	}
}

// index returns where the first such token outside all brackets is, or the length.
func index(tokens []token, text string) int {
	depth := 0
	i := slices.IndexFunc(tokens, func(t token) bool {
		depth += nesting(t)
		return depth == 0 && t.is(text)
	})
	if i < 0 {
		return len(tokens)
	}
	return i
}
