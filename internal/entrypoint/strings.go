package entrypoint

import "strings"

// string reads a string whose prefix begins at start and whose quote is at l.at.
func (l *lexer) string(start int) {
	line := l.line
	prefix := strings.ToLower(l.text[start:l.at])
	l.at = l.stringEnd(l.at, prefix, 0)
	l.tokens = append(l.tokens, token{stringToken, l.text[start:l.at], line})
}

// stringEnd returns where the string with its opening quote at i ends. Since
// Python 3.12 the expressions in an f-string may hold any quotes, also its own;
// before, they could not, so that reading them as expressions is always right.
// https://peps.python.org/pep-0701/
func (l *lexer) stringEnd(i int, prefix string, depth int) int {
	quote := l.text[i : i+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(l.text[i:], triple) {
		quote = triple
	}
	first, raw, fields := l.line, strings.Contains(prefix, "r"), strings.ContainsAny(prefix, "ft")
	for i += len(quote); i < len(l.text); {
		switch c := l.text[i]; {
		case strings.HasPrefix(l.text[i:], quote):
			return i + len(quote)
		case c == '\n' && len(quote) == 1:
			l.fail("unterminated string literal")
		case c == '\n':
			l.line++
			i++
		case c == '\\' && fields && i+1 < len(l.text) && (l.text[i+1] == '{' || l.text[i+1] == '}'):
			i++ // only the backslash: the brace opens a field all the same
		case c == '\\' && fields && !raw && strings.HasPrefix(l.text[i:], `\N{`):
			i += 3
			for i < len(l.text) && l.text[i] != '}' && l.text[i] != '\n' && l.text[i] != quote[0] {
				i++
			}
			if i < len(l.text) && l.text[i] == '}' {
				i++
			}
		case c == '\\':
			if i+1 < len(l.text) && l.text[i+1] == '\n' {
				l.line++
			}
			i += 2
		case fields && strings.HasPrefix(l.text[i:], "{{"):
			i += 2
		case fields && c == '{':
			i = l.fieldEnd(i+1, quote, depth+1)
		default:
			i++
		}
	}
	l.line = first
	l.fail("unterminated string literal")
	return i
}

// fieldEnd returns where the replacement field of an f-string ends that begins
// at i, behind its brace.
func (l *lexer) fieldEnd(i int, quote string, depth int) int {
	if depth > maxBrackets {
		l.fail("f-string: expressions nested too deeply")
	}
	brackets := 0
	for i < len(l.text) {
		switch c := l.text[i]; {
		case c == '}' && brackets == 0:
			return i + 1
		case c == ':' && brackets == 0:
			return l.specEnd(i+1, quote, depth)
		case c == '"' || c == '\'':
			i = l.stringEnd(i, l.prefixBefore(i), depth)
		case c == '#':
			for i < len(l.text) && l.text[i] != '\n' {
				i++
			}
		case c == '\n':
			l.line++
			i++
		case strings.IndexByte("([{", c) >= 0:
			brackets++
			i++
		case strings.IndexByte(")]}", c) >= 0:
			brackets--
			i++
		default:
			i++
		}
	}
	l.fail("f-string: expecting '}'")
	return i
}

// specEnd returns where the replacement field ends whose format begins at i.
func (l *lexer) specEnd(i int, quote string, depth int) int {
	for i < len(l.text) && !strings.HasPrefix(l.text[i:], quote) {
		switch c := l.text[i]; {
		case c == '}':
			return i + 1
		case c == '{':
			i = l.fieldEnd(i+1, quote, depth+1)
		case c == '\n':
			l.line++
			i++
		case c == '\\':
			i = min(i+2, len(l.text))
		default:
			i++
		}
	}
	l.fail("f-string: expecting '}'")
	return i
}

// prefixBefore returns the prefix of the string with its opening quote at i.
func (l *lexer) prefixBefore(i int) string {
	start := i
	for start > 0 && isNamePart(l.text[start-1]) {
		start--
	}
	if name := strings.ToLower(l.text[start:i]); isPrefix(name) {
		return name
	}
	return ""
}

// hasFields reports whether a string literal is an f-string or a t-string.
func hasFields(literal string) bool {
	prefix, _, _ := strings.Cut(literal, literal[len(literal)-1:])
	return strings.ContainsAny(prefix, "fFtT")
}
