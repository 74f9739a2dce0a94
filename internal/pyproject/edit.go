package pyproject

import (
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Edit changes the jobs in the text of a pyproject.toml, and leaves everything else as
// it was, byte for byte. After an error its text is of no use.
type Edit struct {
	outline
	display string // the file in messages
	mark    string // the byte order mark before the text
	eol     string // how its lines end
}

// NewEdit returns an edit of the content of a pyproject.toml. If Python cannot read that,
// the error is problem.Problems, which name the file as display.
func NewEdit(data []byte, display string) (*Edit, error) {
	text, found := decode(data)
	e := &Edit{display: display, eol: "\n"}
	if found == nil {
		e.mark = string(data[:len(data)-len(text)])
		e.outline, found = outlineOf(text)
	}
	if found == nil {
		found = e.refused()
	}
	if found != nil {
		return nil, locate(display, text, []finding{*found})
	}
	if first, _, _ := strings.Cut(text, "\n"); strings.HasSuffix(first, "\r") {
		e.eol = "\r\n"
	}
	return e, nil
}

// Bytes returns the content of the file.
func (e *Edit) Bytes() []byte { return []byte(e.mark + e.text) }

// unfit is the error of a file whose form does not allow an edit.
func unfit(hint, format string, args ...any) error {
	return &Unfit{problem.New(hint, format, args...)}
}

// splice replaces a part of the text. In place of the lines of another editor it writes
// those of the file.
func (e *Edit) splice(at span, text string) error {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", e.eol)
	return e.become(e.text[:at.start] + text + e.text[at.end:])
}

// become replaces the whole text.
func (e *Edit) become(text string) error {
	l, found := outlineOf(text)
	if found != nil {
		return unfit("edit the file by hand", "%s cannot be edited like that, because it would be %s", e.display, found.message)
	}
	if s := l.unreadable(); s != nil {
		return unfit("write tool and tool.scheduled as tables with headers, such as [tool.scheduled], not as {inline tables} or with dotted keys",
			"%s cannot take %s, because its table is closed", e.display, problem.Cut(l.text[s.key.start:s.key.end], mostKey))
	}
	e.outline = l
	return nil
}

// Append adds whole tables after those of the last job, or at the end if there is no job.
// The text begins with a header, or a comment above it, and needs no newline at the end.
// The error is an *Unfit if the file cannot take them.
func (e *Edit) Append(tables string) error {
	for _, job := range [][]string{declarationPath(""), optionsPath("")} {
		if e.single(job) != nil {
			return unfit("begin it with a header in single brackets", "%s cannot take jobs, because %s or a table above it is a list of tables", e.display, pathName(job[:len(job)-1]))
		}
	}
	var last *statement
	for _, s := range e.statements {
		if s.inside(jobsPath) || s.inside(perJobPath) {
			last = s
		}
	}
	return e.insertTables(last, tables)
}

// insertTables adds whole tables after the section of a statement, with a blank line
// between; at the end, if it is nil.
func (e *Edit) insertTables(after *statement, tables string) error {
	at := len(strings.TrimRight(e.text, " \t\r\n"))
	if at > 0 {
		at = lineEnd(e.text, at)
	}
	if after != nil {
		header := after.under
		if after.header {
			header = after
		}
		section := e.section(header)
		at = e.afterComments(e.lines(section[len(section)-1]).end)
	}
	tables = strings.TrimRight(tables, "\r\n")
	switch {
	case at == 0 || !strings.HasSuffix(e.text[:at], "\n"):
		if at > 0 {
			tables = "\n\n" + tables
		} else {
			tables += "\n"
		}
	default:
		tables = "\n" + tables + "\n"
	}
	return e.splice(span{at, at}, tables)
}

// put sets the value of a key in the table of that path, wherever the key or the table is
// now; else it begins the table.
func (e *Edit) put(table, key []string, value string) error {
	path := slices.Concat(table, key)
	if err := e.single(path); err != nil {
		return err
	}
	if s := e.value(path); s != nil {
		return e.splice(s.value, value)
	}
	if err := e.cut(path); err != nil {
		return err
	}
	for n := len(path) - 1; n > 0; n-- {
		if done, err := e.putIn(path, n, n >= len(table), value); done || err != nil {
			return err
		}
	}
	return e.insertTables(e.near(table), "["+pathName(table)+"]\n"+pathName(key)+" = "+value)
}

// single is an error for a key in an array of tables.
func (e *Edit) single(path []string) error {
	for _, s := range e.statements {
		if s.list && len(s.path) < len(path) && slices.Equal(s.path, path[:len(s.path)]) {
			return unfit("set it as a whole", "%s is a list of tables", s.path[len(s.path)-1])
		}
	}
	return nil
}

// putIn sets a new key in the table of the first n parts of its path. It returns false if
// that is not where the key belongs: a table that only other headers mention, or, unless
// it is open, one with a header.
func (e *Edit) putIn(path []string, n int, open bool, value string) (done bool, err error) {
	var last *statement
	for _, s := range e.statements {
		exact := slices.Equal(s.path, path[:n])
		switch {
		case exact && !s.header && !s.inline(e.text):
			return false, unfit("set it as a whole", "%s is not a table", s.path[n-1])
		case exact && !s.header:
			return true, e.putInline(s, path[n:], value)
		case exact && open:
			section := e.section(s)
			return true, e.insertLine(section[len(section)-1], path[n:], value)
		case open && !s.header && s.in == nil && s.below(path[:n]) && len(s.table()) < n:
			last = s
		}
	}
	if last == nil {
		return false, nil
	}
	return true, e.insertLine(last, path[len(last.table()):], value)
}

// insertLine adds a key after a statement, with the same indent.
func (e *Edit) insertLine(after *statement, key []string, value string) error {
	at := e.lines(after)
	indent := e.text[at.start:skipAny(e.text, at.start, " \t")]
	line := indent + pathName(key) + " = " + value
	if strings.HasSuffix(e.text[:at.end], "\n") {
		line += "\n"
	} else {
		line = "\n" + line
	}
	return e.splice(span{at.end, at.end}, line)
}

// putInline adds a key to an inline table.
func (e *Edit) putInline(table *statement, key []string, value string) error {
	member := pathName(key) + " = " + value
	if members := e.members(table); len(members) > 0 {
		at := members[len(members)-1].value.end
		return e.splice(span{at, at}, ", "+member)
	}
	return e.splice(table.value, "{ "+member+" }")
}

// near returns the statement after whose section a new table belongs: the last one about
// the same job, or about any.
func (e *Edit) near(table []string) (last *statement) {
	id := table[len(table)-1]
	for _, root := range [][]string{declarationPath(id), optionsPath(id), jobsPath, perJobPath} {
		for _, s := range e.statements {
			if s.below(root) {
				last = s
			}
		}
		if last != nil {
			return last
		}
	}
	return nil
}
