// Package table writes columns of text that fit a screen: on a narrow one the less useful
// columns are left out, and cells shortened or continued below.
package table

import (
	"io"
	"slices"
	"strings"
)

// gap stands between two columns, and before what continues a row below.
const gap = "  "

// Column is a column of a table. One without any text is left out.
type Column struct {
	Name string // "" in tables without a header

	// Rank is the order in which columns are added until there is no room for one; those
	// with 0 are always there.
	Rank int

	// Least is the number of cells that are enough for it, where there is no room for all.
	// 0 means that no cell is shortened. Shorten does that; nil cuts them. With Wrap, words
	// are continued below instead.
	Least   int
	Shorten func(cell string, cells int) string
	Wrap    bool

	// Most is the number of cells to which longer ones are cut on every screen; 0 for none.
	Most int
}

// Table takes rows, and writes them when Flush is called.
type Table struct {
	w       io.Writer
	screen  Screen
	columns []Column
	rows    [][]string
}

// New returns a table that is written to w, which shows it like the screen.
func New(w io.Writer, screen Screen, columns ...Column) *Table {
	return &Table{w: w, screen: screen, columns: columns}
}

// Row adds a row. The last cell of one with fewer cells than columns has the room of the
// others too, as a heading has.
func (t *Table) Row(cells ...string) {
	for i, cell := range cells {
		if t.screen.ASCII {
			cell = strings.ReplaceAll(cell, "…", "~") // what others have cut
			cells[i] = cell
		}
		if most := t.columns[i].Most; most > 0 {
			cells[i] = t.cut(cell, most)
		}
	}
	t.rows = append(t.rows, cells)
}

// cut shortens a text to a number of cells, with a mark at its end.
func (t *Table) cut(text string, cells int) string {
	if t.screen.ASCII {
		return cut(text, cells, "~")
	}
	return cut(text, cells, "…")
}

// Rows returns how many rows it has.
func (t *Table) Rows() int { return len(t.rows) }

// Flush writes the table and empties it.
func (t *Table) Flush() error {
	header := make([]string, len(t.columns))
	for i, column := range t.columns {
		header[i] = column.Name
	}
	widths := t.layout(header)
	var out strings.Builder
	if strings.Join(header, "") != "" && len(t.rows) > 0 {
		for i, name := range header {
			header[i] = t.cut(name, widths[i])
		}
		t.write(&out, header, widths)
	}
	for _, row := range t.rows {
		t.write(&out, row, widths)
	}
	t.rows = nil
	_, err := io.WriteString(t.w, out.String())
	return err
}

// layout returns the width of each column, 0 for those left out.
func (t *Table) layout(header []string) []int {
	natural := make([]int, len(t.columns))
	for _, row := range t.rows {
		for i, cell := range row {
			if !t.last(row, i) {
				natural[i] = max(natural[i], Width(cell))
			}
		}
	}
	t.outliers(natural)
	widths, used := make([]int, len(natural)), -len(gap)
	var always, others []int
	for i, w := range natural {
		switch {
		case w == 0:
		case t.columns[i].Rank == 0:
			widths[i] = max(w, Width(header[i]))
			used += len(gap) + widths[i]
			always = append(always, i)
		default:
			others = append(others, i)
		}
	}
	if t.screen.Fixed {
		used -= t.squeeze(widths, always, used-t.screen.Width)
	}
	slices.SortStableFunc(others, func(a, b int) int { return t.columns[a].Rank - t.columns[b].Rank })
	for _, i := range others {
		w := max(natural[i], Width(header[i]))
		room := t.screen.Width - used - len(gap)
		if t.screen.Fixed && t.columns[i].Least > 0 && room >= t.columns[i].Least {
			w = min(w, room)
		}
		if w > room {
			break
		}
		widths[i] = w
		used += len(gap) + w
	}
	return widths
}

// outliers makes columns narrower whose cells are neither shortened nor continued, where
// long ones would take other columns off the screen: these then stand on lines of their own.
func (t *Table) outliers(natural []int) {
	all, most := -len(gap), t.screen.Width*2/5
	for _, w := range natural {
		if w > 0 {
			all += len(gap) + w
		}
	}
	for i, column := range t.columns {
		if !t.screen.Fixed || all <= t.screen.Width || column.Rank > 0 || column.Least > 0 || column.Wrap || natural[i] <= most {
			continue
		}
		others := 0
		for _, row := range t.rows {
			if i < len(row) && !t.last(row, i) && Width(row[i]) <= most {
				others = max(others, Width(row[i]))
			}
		}
		if others > 0 {
			natural[i] = others
		}
	}
}

// squeeze makes columns narrower by a number of cells in all, as far as it can, and returns
// by how many: those that wrap, then those that are shortened. Only if that is not enough, it
// begins with long cells of the others, which then stand on lines of their own, and ends with
// less than is enough.
func (t *Table) squeeze(widths, columns []int, over int) (saved int) {
	whole := func(i int) bool { return t.columns[i].Least == 0 && !t.columns[i].Wrap }
	spare := 0
	for _, i := range columns {
		if !whole(i) {
			spare += max(0, widths[i]-t.columns[i].Least)
		}
	}
	for _, step := range []struct {
		on    bool
		takes func(i int) bool
		least func(i int) int
	}{
		{spare < over, whole, func(int) int { return t.screen.Width * 2 / 5 }},
		{true, func(i int) bool { return t.columns[i].Wrap }, func(i int) int { return max(t.columns[i].Least, 1) }},
		{true, func(i int) bool { return !whole(i) }, func(i int) int { return t.columns[i].Least }},
		{true, func(i int) bool { return !whole(i) }, func(i int) int { return t.columns[i].Least / 2 }},
		{true, func(int) bool { return true }, func(int) int { return 1 }},
	} {
		for step.on && saved < over {
			widest := -1
			for _, i := range columns {
				if step.takes(i) && widths[i] > step.least(i) && (widest < 0 || widths[i] > widths[widest]) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			widths[widest]--
			saved++
		}
	}
	return saved
}

// last reports whether the cell is the last one of a row with fewer cells than columns.
func (t *Table) last(row []string, i int) bool {
	return i == len(row)-1 && len(row) < len(t.columns)
}

// write adds the lines of a row.
func (t *Table) write(out *strings.Builder, row []string, widths []int) {
	line, at := "", 0 // at is where the next cell begins
	var below []string
	end := func() {
		if line = strings.TrimRight(line, " "); line != "" {
			out.WriteString(line + "\n")
		}
		line = ""
	}
	for i, cell := range row {
		w := widths[i]
		if t.last(row, i) {
			if w = Width(cell); t.screen.Fixed {
				w = max(1, min(w, t.screen.Width-at))
			}
		}
		if w == 0 {
			continue
		}
		column := t.columns[i]
		if t.last(row, i) {
			column.Wrap = true
		}
		lines := t.fit(column, cell, w)
		if alone := slices.ContainsFunc(lines, func(l string) bool { return Width(l) > w }); alone {
			indent := gap[:min(at, len(gap))]
			if end(); len(lines) > 1 {
				lines = wrap(cell, t.screen.Width-len(indent))
			}
			for _, l := range lines {
				line = indent + l
				end()
			}
		} else if cell != "" {
			line += strings.Repeat(" ", max(0, at-Width(line))) + lines[0]
			for _, l := range lines[1:] {
				below = append(below, strings.Repeat(" ", at)+l)
			}
		}
		at += w + len(gap)
	}
	end()
	for _, line = range below {
		end()
	}
}

// fit makes a cell narrower, if its column may be: the first line stands in the row, and
// others below.
func (t *Table) fit(column Column, cell string, w int) []string {
	switch {
	case Width(cell) <= w:
	case column.Wrap:
		return wrap(cell, w)
	case column.Shorten != nil:
		return []string{column.Shorten(cell, w)}
	case column.Least > 0:
		return []string{t.cut(cell, w)}
	}
	return []string{cell}
}

// wrap breaks a text between words.
func wrap(text string, w int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && Width(line)+1+Width(word) > w {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
