package pyproject

import (
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// statement is a header of a table, or a key with its value.
type statement struct {
	path   []string   // from the root
	key    span       // as written, in its table
	value  span       // empty for a header
	header bool       // it begins a table
	list   bool       // it begins an element of an array of tables
	in     *statement // the inline table that it is in; nil on a line of its own
	under  *statement // the header above it; nil before the first, and for a header
}

// outline is where a document has its statements, in file order. Those in arrays are
// left out.
type outline struct {
	text       string
	statements []*statement
}

// outlineOf reads the outline of a document, or returns why it is not TOML.
func outlineOf(text string) (outline, *finding) {
	_, keys, at, found := decodeKeys(text)
	if found != nil {
		return outline{}, found
	}
	return outlined(text, keys, at), nil
}

// outlined returns the outline of a document with those keys, in file order.
func outlined(text string, keys []toml.Key, at []span) outline {
	l := outline{text: text}
	var header *statement
	var open []*statement // the values that we are in
	for i, key := range keys {
		s := &statement{path: key, key: at[i]}
		for len(open) > 0 && open[len(open)-1].value.end <= s.key.start {
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			s.in = open[len(open)-1]
			if !s.in.inline(text) {
				continue // in an array
			}
			s.under = s.in.under
		} else if before := strings.TrimLeft(text[lineStart(text, s.key.start):s.key.start], " \t"); before != "" {
			s.header, s.list = true, strings.HasPrefix(before, "[[")
			header = s
		} else {
			s.under = header
		}
		if !s.header {
			start := skipAny(text, skipAny(text, s.key.end, " \t")+1, " \t")
			s.value = span{start, valueEnd(text, start)}
			open = append(open, s)
		}
		l.statements = append(l.statements, s)
	}
	return l
}

// valueEnd returns where the value that begins at i ends.
func valueEnd(text string, i int) int {
	depth := 0
	for start := i; i < len(text); {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			if i = stringEnd(text, i); depth == 0 {
				return i
			}
		case c == '[' || c == '{':
			depth++
			i++
		case c == ']' || c == '}':
			if depth--; depth <= 0 {
				if depth == 0 {
					i++
				}
				return start + len(strings.TrimRight(text[start:i], " \t"))
			}
			i++
		case depth == 0 && strings.IndexByte(",#\r\n", c) >= 0:
			return start + len(strings.TrimRight(text[start:i], " \t"))
		case c == '#':
			i = skipLine(text, i)
		default:
			i++
		}
	}
	return len(strings.TrimRight(text, " \t"))
}

// inline reports whether the value is an inline table.
func (s *statement) inline(text string) bool {
	return s.value.start < s.value.end && text[s.value.start] == '{'
}

// below reports whether the statement is about a table or a key, or about what is in it.
func (s *statement) below(path []string) bool {
	return len(s.path) >= len(path) && slices.Equal(s.path[:len(path)], path)
}

// inside reports whether the statement is about what is in a table.
func (s *statement) inside(table []string) bool { return s.below(table) && len(s.path) > len(table) }

// table returns the path of the table that a key is in.
func (s *statement) table() []string {
	switch {
	case s.in != nil:
		return s.in.path
	case s.under != nil:
		return s.under.path
	}
	return nil
}

// lines returns the lines of a statement on lines of its own, with the newline.
func (l outline) lines(s *statement) span {
	return span{lineStart(l.text, s.key.start), lineEnd(l.text, max(s.key.end, s.value.end))}
}

// value returns the key of that path, with its value; nil if there is none.
func (l outline) value(path []string) *statement {
	for _, s := range l.statements {
		if !s.header && slices.Equal(s.path, path) {
			return s
		}
	}
	return nil
}

// holds reports whether anything in the document is about a table or a key.
func (l outline) holds(path []string) bool {
	return slices.ContainsFunc(l.statements, func(s *statement) bool { return s.below(path) })
}

// section returns the statements on lines of their own from a header to the next one,
// the header first; of those before any header, if it is nil.
func (l outline) section(header *statement) (section []*statement) {
	for _, s := range l.statements {
		if s == header || !s.header && s.in == nil && s.under == header {
			section = append(section, s)
		}
	}
	return section
}

// members returns the keys of an inline table.
func (l outline) members(table *statement) (members []*statement) {
	for _, s := range l.statements {
		if s.in == table {
			members = append(members, s)
		}
	}
	return members
}

// touching returns where the comments begin that touch a header from above.
func (l outline) touching(header *statement) int {
	least := 0
	for _, s := range l.statements {
		if s != header && s.in == nil && s.key.start < header.key.start {
			least = l.lines(s).end
		}
	}
	at := l.lines(header).start
	for at > least {
		above := lineStart(l.text, at-1)
		if first(l.text, above) != '#' {
			break
		}
		at = above
	}
	return at
}

// afterComments returns where the comments end that begin at a line, unless they touch a
// header below.
func (l outline) afterComments(at int) int {
	end := at
	for first(l.text, end) == '#' {
		if end = lineEnd(l.text, end); first(l.text, end) == '[' {
			return at
		}
	}
	return end
}

// unreadable returns a statement that tomllib of Python does not accept and the toml
// package does, or nil: one that adds to an inline table, or a table that is defined by
// a header and by dotted keys.
// https://toml.io/en/v1.0.0#table
func (l outline) unreadable() *statement {
	tables := map[*statement]*definition{nil: {}}
	for _, s := range l.statements {
		in := s.in
		if in == nil {
			in = s.under
		}
		at, path := tables[in], s.path[len(s.table()):]
		for i, part := range path {
			at = at.part(part)
			last := i == len(path)-1
			if last && s.list {
				at.element = &definition{}
			}
			if at.element != nil {
				at = at.element
			}
			switch {
			case at.how == closed && (s.header || !last), s.header && last && at.how == dotted, !s.header && last && at.how != unseen:
				return s
			case s.header && last:
				at.how = byHeader
			case s.header:
				at.how = max(at.how, mentioned)
			case last:
				at.how = closed
			case at.how == byHeader:
				return s
			default:
				at.how = dotted
			}
		}
		if s.header || s.inline(l.text) {
			tables[s] = at
		}
	}
	return nil
}

// definition is how a table or a key has been defined.
type definition struct {
	how     int
	parts   map[string]*definition
	element *definition // the newest one of an array of tables
}

const (
	unseen = iota
	mentioned
	byHeader
	dotted // as a part of keys
	closed // with its value
)

// part returns the definition of a name in a table.
func (d *definition) part(name string) *definition {
	part := d.parts[name]
	if part == nil {
		part = &definition{}
		if d.parts == nil {
			d.parts = make(map[string]*definition)
		}
		d.parts[name] = part
	}
	return part
}

// refused returns what is wrong with a document that Python cannot read, or nil.
func (l outline) refused() *finding {
	s := l.unreadable()
	if s == nil {
		return nil
	}
	return &finding{
		at:      s.key,
		message: problem.Cut("invalid TOML: "+printable(l.text[s.key.start:s.key.end])+" adds to a table that is already complete, so Python cannot read this file", mostText),
		hint:    "merge the two: a table can be defined only once",
	}
}

// first returns the first character of a line that is not blank, 0 at the end of the text.
func first(text string, line int) byte {
	if i := skipAny(text, line, " \t"); i < len(text) {
		return text[i]
	}
	return 0
}

func lineStart(text string, i int) int { return strings.LastIndexByte(text[:i], '\n') + 1 }

// lineEnd returns where the next line begins.
func lineEnd(text string, i int) int { return min(skipLine(text, i)+1, len(text)) }

// pathName returns a path as TOML has it.
func pathName(path []string) string {
	names := make([]string, len(path))
	for i, name := range path {
		names[i] = WriteKey(name)
	}
	return strings.Join(names, ".")
}

// header returns the header of a table, or nil.
func (l outline) header(path []string) *statement {
	for _, s := range l.statements {
		if s.header && slices.Equal(s.path, path) {
			return s
		}
	}
	return nil
}
