package pyproject

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Problem is one thing that is wrong with a pyproject.toml, and where. Its texts
// are single lines that a terminal can print as they are.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // from 1, in Unicode code points
	Message string `json:"message"`
	Hint    string `json:"hint"` // what to do about it

	source string // the line as it is in the file; of a long one, the part around the position
	caret  int    // how many code points of source come before the position
	width  int    // how many code points to underline
}

// Error returns "file:line:column: message".
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems are all the problems of a file, in the order of their positions.
type Problems []Problem

// Error returns the problems, one per line, without source and hints.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Write writes each problem with its source line, carets under the part that is
// wrong, and its hint.
func (ps Problems) Write(w io.Writer, color bool) error {
	paint := func(code, s string) string {
		if !color {
			return s
		}
		return "\x1b[" + code + "m" + s + "\x1b[0m"
	}
	out := bufio.NewWriter(w)
	for i, p := range ps {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintln(out, paint("1", p.Error()))
		if p.source != "" {
			line, indent, carets := p.drawing()
			number := strconv.Itoa(p.Line)
			margin := strings.Repeat(" ", len(number))
			fmt.Fprintf(out, "%s | %s\n", number, line)
			fmt.Fprintf(out, "%s | %s%s\n", margin, indent, paint("31", carets))
		}
		if p.Hint != "" {
			fmt.Fprintf(out, "%s %s\n", paint("36", "hint:"), p.Hint)
		}
	}
	return out.Flush()
}

// drawing returns the source line as a terminal can print it, and what goes on
// the line below: the indent, then the carets.
func (p Problem) drawing() (line, indent, carets string) {
	var b strings.Builder
	before, under := 0, 0
	for i, n := 0, 0; i < len(p.source); n++ {
		r, size := utf8.DecodeRuneInString(p.source[i:])
		shown, cells := draw(r, p.source[i:i+size])
		b.WriteString(shown)
		if n < p.caret {
			before += cells
		} else if n < p.caret+p.width {
			under += cells
		}
		i += size
	}
	return b.String(), strings.Repeat(" ", before), strings.Repeat("^", max(1, under))
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

// quote returns a user's value in quotes, escaped, and cut if it is long.
func quote(s string) string {
	const most = 100
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return strconv.Quote(s)
}

// finding is a problem whose line is not known yet.
type finding struct {
	at            span
	message, hint string
}

// locate turns findings into problems. It goes through the text only once, so
// ten thousand findings cost no more than one, even on a single line.
func locate(file, text string, findings []finding) Problems {
	slices.SortStableFunc(findings, func(a, b finding) int { return cmp.Compare(a.at.start, b.at.start) })
	var problems Problems
	at := beginning
	for _, f := range findings {
		at.advance(text, f.at.start)
		p := Problem{File: file, Line: at.line, Column: at.column, Message: f.message, Hint: f.hint}
		p.source, p.caret, p.width = excerpt(text, f.at)
		problems = append(problems, p)
	}
	return problems
}
