package entrypoint

// value returns what an assigned expression says about the name.
func value(tokens []token) binding {
	tokens = grouped(tokens)
	switch {
	case len(tokens) == 0: // ()
		return binding{Kind: aLiteral}
	case tokens[0].is("lambda"):
		colon := lambdaColon(tokens)
		if colon == len(tokens) {
			return binding{Kind: aValue} // Python would not read it
		}
		if comma(tokens[colon:]) == len(tokens[colon:]) {
			return binding{Kind: aFunction, Needs: needs(tokens[1:colon]), Generator: yields(tokens[colon:])}
		}
		return binding{Kind: aLiteral} // a tuple
	case tokens[0].is("yield"):
		return binding{Kind: aValue}
	case comma(tokens) < len(tokens), isConstant(tokens):
		return binding{Kind: aLiteral}
	case (tokens[0].is("[") || tokens[0].is("{")) && closes(tokens) == len(tokens)-1:
		return binding{Kind: aLiteral}
	}
	if name := dotted(tokens); name != "" {
		return binding{Kind: anAlias, From: name}
	}
	return binding{Kind: aValue}
}

// texts returns the strings of which a list or tuple consists, or nil if it is
// anything else.
func texts(tokens []token) []string {
	tokens = grouped(tokens)
	switch {
	case comma(tokens) < len(tokens):
	case len(tokens) > 1 && tokens[0].is("[") && closes(tokens) == len(tokens)-1:
		tokens = tokens[1 : len(tokens)-1]
	default:
		return nil
	}
	all := []string{}
	for _, item := range split(tokens) {
		text := ""
		for _, t := range item {
			part, plain := "", false
			if t.kind == stringToken {
				part, plain = unquote(t.text)
			}
			if !plain {
				return nil
			}
			text += part
		}
		all = append(all, text)
	}
	return all
}

// grouped returns an expression without the parentheses around all of it.
func grouped(tokens []token) []token {
	for len(tokens) > 1 && tokens[0].is("(") && closes(tokens) == len(tokens)-1 {
		tokens = tokens[1 : len(tokens)-1]
	}
	return tokens
}

// yields reports whether a lambda's body makes it a generator.
func yields(tokens []token) bool {
	for _, t := range tokens {
		if t.is("yield") {
			return true
		}
	}
	return false
}

// isConstant reports whether an expression is a number, strings side by side, or
// one of the words for a constant.
func isConstant(tokens []token) bool {
	if len(tokens) == 1 {
		t := tokens[0]
		return t.kind == numberToken || t.kind == stringToken || t.is("None") || t.is("True") || t.is("False") || t.is("...")
	}
	for _, t := range tokens {
		if t.kind != stringToken {
			return false
		}
	}
	return true
}

// dotted returns a.b.c, if the tokens are that, or "".
func dotted(tokens []token) string {
	name := ""
	for i, t := range tokens {
		switch {
		case i%2 == 0 && t.kind == nameToken && !constants[t.text], i%2 == 1 && t.is("."):
			name += t.text
		default:
			return ""
		}
	}
	if len(tokens)%2 == 0 {
		return ""
	}
	return name
}

// constants are the keywords that are expressions.
var constants = map[string]bool{"None": true, "True": true, "False": true}

// called returns the dotted name of a decorator, without its call; "?" if it is
// anything else.
func called(tokens []token) string {
	tokens = grouped(tokens)
	for i, t := range tokens {
		if t.is("(") && closes(tokens[i:]) == len(tokens[i:])-1 {
			tokens = tokens[:i]
			break
		}
	}
	if name := dotted(tokens); name != "" {
		return name
	}
	return "?"
}

// brackets returns the type parameters and the arguments behind a name: [T](a, b).
func brackets(tokens []token) (types, arguments []token) {
	if len(tokens) > 0 && tokens[0].is("[") {
		end := closes(tokens)
		types, tokens = tokens[1:end], tokens[end+1:]
	}
	if len(tokens) > 0 && tokens[0].is("(") {
		arguments = tokens[1:closes(tokens)]
	}
	return types, arguments
}

// bases returns the bases of a class, and whether it has keywords.
func bases(tokens []token) (names []string, keyword bool) {
	for _, item := range split(tokens) {
		if item[0].is("**") || len(item) > 1 && item[0].kind == nameToken && item[1].is("=") {
			keyword = true
			continue
		}
		for i, t := range item {
			if t.is("[") && closes(item[i:]) == len(item[i:])-1 {
				item = item[:i]
				break
			}
		}
		name := dotted(item)
		if name == "" {
			name = "?"
		}
		names = append(names, name)
	}
	return names, keyword
}

// needs returns the parameters that have no default.
func needs(tokens []token) []string {
	var names []string
	for _, item := range split(tokens) {
		if item[0].kind == nameToken && assigns(item) < 0 {
			names = append(names, item[0].text)
		}
	}
	return names
}
