package problem

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// Problem is one thing that is wrong with a file, and where. Its texts are single
// lines that a terminal can print as they are.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // from 1, in Unicode code points
	Message string `json:"message"`
	Hint    string `json:"hint"` // what to do about it, "" if unknown

	Source Source `json:"-"`
}

// Source is the line of a Problem as a terminal can print it, and what stands below
// it. The zero value is no line.
type Source struct{ Line, Indent, Carets string }

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

// Since divides the problems of a file that was changed by whether it had them before. The
// lines of a problem can be others now.
func (ps Problems) Since(before Problems) (old, fresh Problems) {
	text := func(p Problem) string { return lineNumber.ReplaceAllString(p.Message, "line") }
	had := map[string]int{}
	for _, p := range before {
		had[text(p)]++
	}
	for _, p := range ps {
		if had[text(p)] > 0 {
			had[text(p)]--
			old = append(old, p)
		} else {
			fresh = append(fresh, p)
		}
	}
	return old, fresh
}

var lineNumber = pattern.New(`\bline \d+`)

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
		if p.Source != (Source{}) {
			number := strconv.Itoa(p.Line)
			margin := strings.Repeat(" ", len(number))
			fmt.Fprintf(out, "%s | %s\n", number, p.Source.Line)
			fmt.Fprintf(out, "%s | %s%s\n", margin, p.Source.Indent, paint("31", p.Source.Carets))
		}
		if p.Hint != "" {
			fmt.Fprintf(out, "%s %s\n", paint("36", "hint:"), p.Hint)
		}
	}
	return out.Flush()
}
