// Package table aligns columns of text, and folds rows that are wider than a terminal.
package table

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// gap stands between two columns, and before a row's further lines.
const gap = "  "

// Table takes lines of tab-separated cells, and writes them when Flush is called.
type Table struct {
	w     io.Writer
	width int // in characters; 0 without a limit
	text  strings.Builder
}

// New returns a table that is written to w. On a terminal its lines are as wide as that
// at most; elsewhere each row is one line.
func New(w io.Writer) *Table {
	t := &Table{w: w}
	if Terminal(w) {
		t.width, _, _ = term.GetSize(int(w.(*os.File).Fd())) // 0 if it is not known
	}
	return t
}

// Terminal reports whether a stream is a terminal.
func Terminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Write takes a part of the table.
func (t *Table) Write(part []byte) (int, error) { return t.text.Write(part) }

// Flush writes the table and empties it.
func (t *Table) Flush() error {
	var rows [][]string
	for line := range strings.Lines(t.text.String()) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	t.text.Reset()
	widths := columns(rows)
	folds := fold(widths, t.width)
	var out strings.Builder
	for _, row := range rows {
		for i, first := range folds {
			end := len(widths)
			if i+1 < len(folds) {
				end = folds[i+1]
			}
			line := align(row, widths, first, end)
			if i > 0 && line == "" {
				continue
			}
			if i > 0 {
				line = gap + line
			}
			out.WriteString(line + "\n")
		}
	}
	_, err := io.WriteString(t.w, out.String())
	return err
}

// columns returns the width of each column. The last cell of a short row may be wider
// than its column, because nothing stands beside it.
func columns(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for len(widths) < len(row) {
			widths = append(widths, 0)
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			if i+1 < len(row) || len(row) == len(widths) {
				widths[i] = max(widths[i], visible(cell))
			}
		}
	}
	return widths
}

// fold returns the columns with which the lines of a row begin, so that no line is wider
// than width, unless a single column is.
func fold(widths []int, width int) []int {
	folds, used := []int{0}, 0
	for i, w := range widths {
		switch {
		case i == 0:
			used = w
		case width > 0 && used+len(gap)+w > width:
			folds, used = append(folds, i), len(gap)+w
		default:
			used += len(gap) + w
		}
	}
	return folds
}

// align joins the cells of some columns, without blanks at the end.
func align(row []string, widths []int, first, end int) string {
	var line strings.Builder
	for i := first; i < min(end, len(row)); i++ {
		line.WriteString(row[i])
		if i+1 < end {
			line.WriteString(strings.Repeat(" ", max(widths[i]-visible(row[i]), 0)) + gap)
		}
	}
	return strings.TrimRight(line.String(), " ")
}

var colors = pattern.New("\x1b\\[[0-9;]*m")

// visible returns the number of characters of a cell, without its colours.
func visible(cell string) int { return utf8.RuneCountInString(colors.ReplaceAllString(cell, "")) }
