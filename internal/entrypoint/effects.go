package entrypoint

import (
	"strings"
)

// scan looks through expressions for what they do to the scope, and to the module in
// ways that no assignment shows.
func (p *parser) scan(tokens []token, s *scope, g guard) {
	lambda, body, depth := -1, 0, 0 // the depth of the outermost lambda that we are in, and where its body begins
	for i, t := range tokens {
		if depth += nesting(t); lambda >= 0 && (depth < lambda || depth == lambda && t.is(",") && i > body) {
			lambda = -1
		}
		if t.kind != nameToken {
			continue
		}
		if t.text == "addsitedir" {
			p.module.Paths = true
		}
		if i > 0 && tokens[i-1].is(".") {
			continue
		}
		switch {
		case t.text == "lambda" && lambda < 0:
			lambda, body = depth, i+lambdaColon(tokens[i:])
		case t.text == "yield" && lambda < 0:
			s.generator = true
		case i+1 < len(tokens) && tokens[i+1].is(":="):
			s.bind(binding{Name: t.text, Kind: aValue, Guard: g, Line: t.line})
		}
		p.effect(tokens[:i], tokens[i:], s)
	}
}

// effect notes what a name does to the module, by what stands before it and from it on.
func (p *parser) effect(before, from []token, s *scope) {
	name, rest := chain(from)
	first, _, _ := strings.Cut(name, ".")
	if of, _, inside := strings.Cut(name, ".__dict__"); inside {
		p.change(of)
	}
	switch {
	case first == "__all__":
		p.alls++
	case first == "__name__":
		p.module.Registers = p.module.Registers || isArgument(before, rest)
	case first == "globals", first == "exec", first == "__path__", name == "sys.modules" && len(rest) > 0 && rest[0].is("["),
		(name == "vars" || name == "locals") && calledBare(rest) && !s.function:
		p.module.Dynamic = true
	case strings.HasPrefix(name, "sys.modules"):
		p.module.Registers = true
	case strings.HasPrefix(name, "sys.path"), strings.HasPrefix(name, "sys.meta_path"):
		p.module.Paths = true
	case name == "setattr" || name == "vars":
		if len(rest) < 2 || !rest[0].is("(") {
			return
		}
		object := rest[1:closes(rest)]
		if of := dotted(grouped(object[:comma(object)])); of != "" {
			p.change(of)
		} else if name == "setattr" {
			p.module.Dynamic = true
		}
	}
}

// calledBare reports whether tokens begin with a call without arguments.
func calledBare(tokens []token) bool {
	return len(tokens) > 1 && tokens[0].is("(") && tokens[1].is(")")
}

// change notes that any attribute of what has that name may be assigned.
func (p *parser) change(name string) {
	p.module.Changed = append(p.module.Changed, name+".*")
}

// chain returns the dotted name with which the tokens begin, and what follows it.
func chain(tokens []token) (name string, rest []token) {
	end := 1
	for end+1 < len(tokens) && tokens[end].is(".") && tokens[end+1].kind == nameToken {
		end += 2
	}
	name = tokens[0].text
	for i := 2; i < end; i += 2 {
		name += "." + tokens[i].text
	}
	return name, tokens[end:]
}

// isArgument reports whether what stands between the tokens is given to a call, but
// to one that makes a logger.
func isArgument(before, after []token) bool {
	if len(before) < 2 || len(after) == 0 || !after[0].is(",") && !after[0].is(")") {
		return false
	}
	last, callee := before[len(before)-1], before[len(before)-2]
	return last.is("(") && !strings.Contains(strings.ToLower(callee.text), "log") || last.is(",") || last.is("=")
}
