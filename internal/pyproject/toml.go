package pyproject

import "github.com/scheduled-actions/scheduled/internal/pattern"

// timeForm matches a time without seconds that is not an offset.
var timeForm = pattern.New(`(?:^|[^+\-:\d])\d\d:\d\d(?:[^:\d]|$)`)

// newerTOML returns what a value has that TOML 1.0 lacks, "" if nothing. The toml package
// reads 1.1 too; tomllib of Python, up to 3.14, does not.
// https://docs.python.org/3/library/tomllib.html
func newerTOML(value string) string {
	plain := []byte(value) // without what is in strings and comments
	var open []byte
	comma := false // since the last value
	for i := 0; i < len(value); {
		c, end := value[i], i+1
		inTable := len(open) > 0 && open[len(open)-1] == '{'
		switch {
		case c == '"' || c == '\'':
			end = stringEnd(value, i)
			if c == '"' && newerEscape(value[i:end]) {
				return `a \e or \x in a string`
			}
		case c == '#':
			end = skipLine(value, i)
		case c == '{' || c == '[':
			open = append(open, c)
		case c == '}' && comma:
			return "a comma before }"
		case c == '}' || c == ']':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		case c == '\n' && inTable:
			return "a newline in an inline table"
		}
		if c == '"' || c == '\'' || c == '#' {
			clear(plain[i:end])
		}
		if c == ',' {
			comma = true
		} else if skipAny(value, i, " \t\r\n") == i && c != '#' {
			comma = false
		}
		i = end
	}
	if timeForm.Match(plain) {
		return "a time without seconds"
	}
	return ""
}

// newerEscape reports whether a string has an escape of TOML 1.1.
func newerEscape(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '\\' {
			if i++; s[i] == 'e' || s[i] == 'x' {
				return true
			}
		}
	}
	return false
}
