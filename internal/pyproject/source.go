package pyproject

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"golang.org/x/text/width"
)

// finding is a problem whose line is not known yet.
type finding struct {
	at            span
	message, hint string
	of            int  // the draft of the job whose problem it is, from 1; 0 for the file's
	unhosted      bool // it is a problem on GitHub only
}

// locate turns findings into problems. It goes through the text only once, so
// ten thousand findings cost no more than one, even on a single line. It sorts them as
// the problems.
func locate(file, text string, findings []finding) problem.Problems {
	slices.SortStableFunc(findings, func(a, b finding) int { return cmp.Compare(a.at.start, b.at.start) })
	var problems problem.Problems
	at := beginning
	for _, f := range findings {
		at.advance(text, f.at.start)
		problems = append(problems, problem.Problem{
			File: file, Line: at.line, Column: at.column, Message: f.message, Hint: f.hint,
			Source: drawing(excerpt(text, f.at)),
		})
	}
	return problems
}

// drawing returns a line as a terminal can print it, with carets below a number of
// marked characters, after the first ones.
func drawing(line string, first, marked int) problem.Source {
	if line == "" {
		return problem.Source{}
	}
	var shown strings.Builder
	before, under := 0, 0
	for i, n := 0, 0; i < len(line); n++ {
		r, size := utf8.DecodeRuneInString(line[i:])
		drawn, cells := draw(r, line[i:i+size])
		shown.WriteString(drawn)
		if n < first {
			before += cells
		} else if n < first+marked {
			under += cells
		}
		i += size
	}
	return problem.Source{Line: shown.String(), Indent: strings.Repeat(" ", before), Carets: strings.Repeat("^", max(1, under))}
}

// draw returns how to show a character on a terminal, and how many cells wide
// that is. raw holds its bytes in the file, which need not be valid UTF-8.
func draw(r rune, raw string) (shown string, cells int) {
	switch {
	case r == '\t':
		return "    ", 4
	case !utf8.ValidString(raw) || !unicode.IsPrint(r):
		quoted := strconv.QuoteToASCII(raw)
		return quoted[1 : len(quoted)-1], len(quoted) - 2
	case unicode.In(r, unicode.Mn, unicode.Me):
		return raw, 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return raw, 2
	}
	return raw, 1
}

// printable returns s with everything unprintable escaped as in TOML.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		shown, _ := draw(r, string(r))
		b.WriteString(shown)
	}
	return b.String()
}

// span is a stretch of the text, in bytes.
type span struct{ start, end int }

// place is a position in the text that can only move forward.
type place struct{ offset, line, column int }

var beginning = place{offset: 0, line: 1, column: 1}

// advance moves to an offset that is not before the present one.
func (p *place) advance(text string, offset int) {
	passed := text[p.offset:offset]
	if newlines := strings.Count(passed, "\n"); newlines > 0 {
		p.line += newlines
		p.column = 1
		passed = passed[strings.LastIndexByte(passed, '\n')+1:]
	}
	p.column += utf8.RuneCountInString(passed)
	p.offset = offset
}

// excerpt returns the line that a span begins on, how many of its code points
// come before the span, and how many belong to it. It cuts a long line to what
// fits on a terminal: a whole file may be one line of a megabyte.
func excerpt(text string, at span) (line string, caret, width int) {
	const before, after = 80, 80
	start, end := at.start, at.start
	for start > 0 && text[start-1] != '\n' && caret < before {
		_, size := utf8.DecodeLastRuneInString(text[:start])
		start -= size
		caret++
	}
	for n := 0; end < len(text) && text[end] != '\n' && n < after; n++ {
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	width = utf8.RuneCountInString(text[at.start:max(at.start, min(at.end, end))])
	line = strings.TrimSuffix(text[start:end], "\r")
	if end < len(text) && text[end] != '\n' && text[end] != '\r' {
		line += "…"
	}
	if start > 0 && text[start-1] != '\n' {
		line, caret = "…"+line, caret+1
	}
	return line, caret, max(1, width)
}

// decode returns the text of a file, or the first byte that no TOML file may
// hold: "A TOML file must be a valid UTF-8 encoded Unicode document",
// https://toml.io/en/v1.0.0#spec. The toml package finds those too, but gives the
// position of the string or comment that they are in.
func decode(data []byte) (text string, found *finding) {
	text = string(data)
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") || strings.IndexByte(text[:min(2, len(text))], 0) >= 0 {
		return "", &finding{message: "the file is in UTF-16; TOML is always UTF-8", hint: "save the file as UTF-8"}
	}
	text = strings.TrimLeft(text, "\ufeff")
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			return text, &finding{at: span{i, i + 1}, message: fmt.Sprintf("invalid UTF-8: byte 0x%02x", text[i]), hint: "save the file as UTF-8"}
		case r == '\t' || r == '\n' || r == '\r' && strings.HasPrefix(text[i:], "\r\n"):
		case r < ' ' || r == '\x7f':
			return text, &finding{at: span{i, i + 1}, message: fmt.Sprintf("invalid TOML: control character U+%04X", r), hint: "remove it; lines end with LF or CRLF"}
		}
	}
	return text, nil
}
