package entrypoint

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// token is a token of Python. A keyword is a name, and an f-string is one string.
// https://docs.python.org/3/reference/lexical_analysis.html
type token struct {
	kind tokenKind
	text string
	line int
}

type tokenKind byte

const (
	endToken tokenKind = iota
	nameToken
	numberToken
	stringToken
	operatorToken
	newlineToken
	indentToken
	dedentToken
)

// is reports whether the token is the keyword or operator.
func (t token) is(text string) bool {
	return t.text == text && (t.kind == nameToken || t.kind == operatorToken)
}

// lexer splits a source into tokens.
type lexer struct {
	text    string
	at      int
	line    int
	indents []int  // of the blocks that we are in, in columns
	open    []byte // the brackets that we are in
	tokens  []token
}

// maxBrackets is how deep brackets can be nested in CPython (MAXSTACK and MAXLEVEL
// are 200 there), and in an f-string.
const maxBrackets = 200

// lex returns the tokens of a source, ending in an endToken.
func lex(source string) (tokens []token, err *syntaxError) {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(source, "\ufeff"))
	l := &lexer{text: text, line: 1, indents: []int{0}}
	if strings.Contains(text, "\x00") {
		return nil, &syntaxError{1, "source code cannot contain null bytes"}
	}
	if !utf8.ValidString(text) {
		return nil, &syntaxError{1, "it is not in UTF-8, and has no line that says its encoding"}
	}
	defer func() {
		if failed := recover(); failed != nil {
			var ok bool
			if err, ok = failed.(*syntaxError); !ok {
				panic(failed)
			}
		}
	}()
	for l.at < len(l.text) {
		if len(l.open) == 0 && l.fresh() {
			l.indentation()
		}
		l.next()
	}
	if len(l.open) > 0 {
		l.fail("%q was never closed", l.open[len(l.open)-1:])
	}
	if !l.fresh() {
		l.add(newlineToken, "")
	}
	for range l.indents[1:] {
		l.add(dedentToken, "")
	}
	l.add(endToken, "")
	return l.tokens, nil
}

func (l *lexer) fail(format string, args ...any) {
	panic(&syntaxError{l.line, fmt.Sprintf(format, args...)})
}

func (l *lexer) add(kind tokenKind, text string) {
	l.tokens = append(l.tokens, token{kind, text, l.line})
}

// fresh reports whether a statement's line begins here.
func (l *lexer) fresh() bool {
	if len(l.tokens) == 0 {
		return true
	}
	switch l.tokens[len(l.tokens)-1].kind {
	case newlineToken, indentToken, dedentToken:
		return true
	}
	return false
}

// indentation reads the blanks at a line's beginning, and of lines that hold
// nothing else.
func (l *lexer) indentation() {
	column := 0
	for ; l.at < len(l.text); l.at++ {
		switch l.text[l.at] {
		case ' ':
			column++
		case '\t':
			column = (column/8 + 1) * 8
		case '\f':
			column = 0
		case '\n':
			column = 0
			l.line++
		case '#':
			l.comment()
			l.at--
		case '\\':
			if l.at+1 < len(l.text) && l.text[l.at+1] != '\n' {
				l.fail("unexpected character after line continuation character")
			}
			l.line++
			l.at++
		default:
			l.indent(column)
			return
		}
	}
}

// indent opens or closes blocks, so that the innermost is at the column.
func (l *lexer) indent(column int) {
	if column > l.indents[len(l.indents)-1] {
		l.indents = append(l.indents, column)
		l.add(indentToken, "")
	}
	for column < l.indents[len(l.indents)-1] {
		l.indents = l.indents[:len(l.indents)-1]
		l.add(dedentToken, "")
	}
	if column != l.indents[len(l.indents)-1] {
		l.fail("unindent does not match any outer indentation level")
	}
}

// next reads one token, or skips what is none.
func (l *lexer) next() {
	if l.at >= len(l.text) {
		return
	}
	switch c := l.text[l.at]; {
	case c == ' ' || c == '\t' || c == '\f':
		l.at++
	case c == '\n':
		if len(l.open) == 0 {
			l.add(newlineToken, "")
		}
		l.at++
		l.line++
	case c == '\\':
		if l.at+1 < len(l.text) && l.text[l.at+1] != '\n' {
			l.fail("unexpected character after line continuation character")
		}
		l.at += 2
		l.line++
	case c == '#':
		l.comment()
	case c == '"' || c == '\'':
		l.string(l.at)
	case isDigit(c) || c == '.' && l.at+1 < len(l.text) && isDigit(l.text[l.at+1]):
		l.number()
	case isNamePart(c):
		l.name()
	default:
		l.operator()
	}
}

func (l *lexer) comment() {
	if end := strings.IndexByte(l.text[l.at:], '\n'); end >= 0 {
		l.at += end
		return
	}
	l.at = len(l.text)
}

// number reads a number, and what no space separates from it: 1if x is 1 if x.
func (l *lexer) number() {
	start := l.at
	for ; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		exponent := l.at > start && (l.text[l.at-1] == 'e' || l.text[l.at-1] == 'E') && !strings.HasPrefix(l.text[start:], "0x") && !strings.HasPrefix(l.text[start:], "0X")
		if !isNamePart(c) && c != '.' && !(exponent && (c == '+' || c == '-')) {
			break
		}
	}
	l.add(numberToken, l.text[start:l.at])
}

// name reads a name, or the string of which it is the prefix.
func (l *lexer) name() {
	start := l.at
	for l.at < len(l.text) && isNamePart(l.text[l.at]) {
		l.at++
	}
	name := l.text[start:l.at]
	if l.at < len(l.text) && (l.text[l.at] == '"' || l.text[l.at] == '\'') && isPrefix(name) {
		l.string(start)
		return
	}
	l.add(nameToken, norm.NFKC.String(name)) // as Python does with identifiers
}

// isPrefix reports whether a quote after the name begins a string.
func isPrefix(name string) bool {
	switch strings.ToLower(name) {
	case "r", "u", "b", "f", "t", "rb", "br", "rf", "fr", "rt", "tr":
		return true
	}
	return false
}

// operators of more than one character; the longer ones first.
var operators = []string{"**=", "//=", ">>=", "<<=", "...", "!=", "->", ":=", "==", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "**", "//", "<<", ">>"}

func (l *lexer) operator() {
	rest := l.text[l.at:]
	text := rest[:1]
	for _, operator := range operators {
		if strings.HasPrefix(rest, operator) {
			text = operator
			break
		}
	}
	switch text {
	case "(", "[", "{":
		if l.open = append(l.open, text[0]); len(l.open) > maxBrackets {
			l.fail("too many nested parentheses")
		}
	case ")", "]", "}":
		if len(l.open) == 0 {
			l.fail("unmatched '%s'", text)
		}
		if opening := l.open[len(l.open)-1]; closing[opening] != text[0] {
			l.fail("closing parenthesis '%s' does not match opening parenthesis '%c'", text, opening)
		}
		l.open = l.open[:len(l.open)-1]
	default:
		if !strings.Contains("+-*/%@&|^~<>.,:;=!", text[:1]) {
			r, _ := utf8.DecodeRuneInString(rest)
			l.fail("invalid character %q", r)
		}
	}
	l.add(operatorToken, text)
	l.at += len(text)
}

// closing is the bracket that closes another.
var closing = map[byte]byte{'(': ')', '[': ']', '{': '}'}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isNamePart reports whether a byte belongs to a name or a number. Which characters
// beyond ASCII are letters does not matter here.
func isNamePart(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c >= utf8.RuneSelf
}
