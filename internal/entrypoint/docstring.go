package entrypoint

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// blanks are what separates words.
const blanks = " \t\n\r\f\v"

// docstring returns the first line of a docstring that consists of the strings,
// or "" if they are none.
func docstring(strs []token) string {
	var doc strings.Builder
	for _, s := range strs {
		text, ok := unquote(s.text)
		if !ok {
			return ""
		}
		doc.WriteString(text)
	}
	first, _, _ := strings.Cut(strings.Trim(doc.String(), blanks), "\n")
	if !utf8.ValidString(first) {
		return "" // the file has another encoding
	}
	return strings.Trim(first, blanks)
}

// unquote returns the value of a string literal, unless it is one of bytes or has
// fields.
func unquote(literal string) (string, bool) {
	quoted := strings.TrimLeft(literal, "rRuUbBfFtT")
	prefix := strings.ToLower(literal[:len(literal)-len(quoted)])
	if strings.ContainsAny(prefix, "bft") {
		return "", false
	}
	quotes := 1
	if len(quoted) >= 6 && (strings.HasPrefix(quoted, `"""`) || strings.HasPrefix(quoted, "'''")) {
		quotes = 3
	}
	text := quoted[quotes : len(quoted)-quotes]
	if strings.Contains(prefix, "r") || !strings.Contains(text, `\`) {
		return text, true
	}
	return unescape(text), true
}

// escapes are the escape sequences of one character.
var escapes = map[byte]string{'\\': "\\", '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v", '\n': ""}

// codes matches the escape sequences of a character's number.
var codes = regexp.MustCompile(`^(?:[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`)

// unescape returns a string with its escape sequences replaced, but for \N{…}.
func unescape(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		code := codes.FindString(after)
		switch {
		case code != "":
			digits, base := code, 8
			if code[0] > '9' {
				digits, base = code[1:], 16
			}
			n, _ := strconv.ParseUint(digits, base, 32)
			b.WriteRune(rune(n))
			text = after[len(code):]
		case after != "" && escaped(after[0]):
			b.WriteString(escapes[after[0]])
			text = after[1:]
		default: // not one
			b.WriteByte('\\')
			text = after
		}
	}
}

func escaped(c byte) bool {
	_, ok := escapes[c]
	return ok
}
