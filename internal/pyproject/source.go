package pyproject

import (
	"cmp"
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
}

// locate turns findings into problems. It goes through the text only once, so
// ten thousand findings cost no more than one, even on a single line.
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

// drawing returns a line as a terminal can print it, with carets below so many
// characters after the first ones.
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
