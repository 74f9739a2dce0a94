package pyproject

import (
	"fmt"
	"strings"
)

// maxDepth is how deep arrays and tables can be nested, and how many parts a key can
// have. The toml package has no limit: it overflows the stack, or takes half a gigabyte
// for a key of 39 kB, because it keeps every prefix of a key.
const maxDepth = 100

// maxNames limits the memory for the keys and their tables. The toml package keeps the
// name of its table with each key, so a long name with many keys takes far more than the
// size of the file. So do many small tables.
func maxNames(text string) int { return 16<<20 + 64*len(text) }

// tableSize is about what a small table takes, in bytes.
const tableSize = 512

// scanKeys returns where the keys of a TOML document are: one span for each key
// of toml.MetaData.Keys, in the same order.
//
// It is not a parser and assumes a valid document; in any other, its spans are useless
// after the first error. It is needed because the toml package gives positions only in
// its errors. Each costs a pass through the file, and is that of the value, of the last
// element of an array of tables, or, if a key is "", of another key.
func scanKeys(text string) ([]span, *finding) {
	s := scanner{text: text, left: maxNames(text)}
	fresh := true // whether a key comes next
	for i := 0; i < len(text) && s.found == nil; {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '\n':
			fresh = fresh || len(s.open) == 0
			i++
		case c == '#':
			i = skipLine(text, i)
		case c == ']' || c == '}':
			s.close()
			fresh = false
			i++
		case fresh && c == '[' && len(s.open) == 0:
			s.table = name{}
			i = s.read(skipAny(text, i, "[ \t"))
			s.table = s.key
			fresh = false
		case fresh:
			i = s.read(i)
			fresh = false
		case c == '"' || c == '\'':
			i = stringEnd(text, i)
		case c == '[' || c == '{':
			s.enter(i)
			fresh = c == '{'
			i++
		default:
			fresh = c == ',' && len(s.open) > 0 && s.open[len(s.open)-1].bracket == '{'
			i++
		}
	}
	return s.keys, s.found
}

// scanner holds the keys of a document up to some place in it.
type scanner struct {
	text  string
	keys  []span
	found *finding // why it is too large to be parsed

	open  []opened // the brackets that we are in
	table name     // of the table that we are in
	key   name     // the last key, with its table
	left  int      // of maxNames
}

// name is the size of a key with all that it is in.
type name struct{ parts, length int }

// opened is a bracket, and the table around it.
type opened struct {
	bracket byte
	table   name
}

// read takes the key at i, and returns where it ends.
func (s *scanner) read(i int) int {
	end, parts := keyEnd(s.text, i)
	at := span{i, i + len(strings.TrimRight(s.text[i:end], " \t"))}
	s.keys = append(s.keys, at)
	s.key = name{s.table.parts + parts, s.table.length + end - i}
	// The toml package keeps the whole name of each part, and the list of its parts.
	s.left -= parts*(s.key.length+16*s.key.parts) + tableSize*(parts-1)
	switch {
	case s.key.parts > maxDepth:
		s.found = &finding{at: at, message: "the key is nested too deeply", hint: fmt.Sprintf("use fewer dots: with its table, a key can have at most %d parts", maxDepth)}
	case s.left < 0:
		s.found = &finding{at: at, message: "the keys and their tables take too much memory", hint: "shorten the longest names, and use fewer dots and inline tables"}
	}
	return max(end, i+1)
}

// enter goes into the bracket at i.
func (s *scanner) enter(i int) {
	s.open = append(s.open, opened{s.text[i], s.table})
	s.table = s.key
	if s.text[i] == '{' {
		s.left -= tableSize
	}
	if len(s.open) > maxDepth {
		s.found = &finding{at: span{i, i + 1}, message: "values are nested too deeply", hint: "nest fewer arrays and tables in one another"}
	}
}

// close leaves a bracket.
func (s *scanner) close() {
	if last := len(s.open) - 1; last >= 0 {
		s.key, s.table = s.table, s.open[last].table
		s.open = s.open[:last]
	}
}

// keyEnd returns where the key that begins at i ends: at '=' or ']', or at the
// line's end; and how many parts it has.
func keyEnd(text string, i int) (end, parts int) {
	for parts = 1; i < len(text) && strings.IndexByte("=]\n", text[i]) < 0; {
		switch text[i] {
		case '"', '\'':
			i = stringEnd(text, i)
			continue
		case '.':
			parts++
		}
		i++
	}
	return i, parts
}

// stringEnd returns where the string whose opening quote is at i ends.
func stringEnd(text string, i int) int {
	quote := text[i]
	if long := strings.Repeat(string(quote), 3); strings.HasPrefix(text[i:], long) {
		for i += 3; i < len(text); i++ {
			if quote == '"' && text[i] == '\\' {
				i++
			} else if strings.HasPrefix(text[i:], long) {
				// One or two further quotes belong to the string.
				return skipAny(text, i, long)
			}
		}
		return len(text)
	}
	for i++; i < len(text) && text[i] != '\n'; i++ {
		if quote == '"' && text[i] == '\\' {
			i++
		} else if text[i] == quote {
			return i + 1
		}
	}
	return min(i, len(text))
}

// elements returns where the elements of a key's value are, if it is an array.
func elements(text string, key span) []span {
	var found []span
	depth, at := 0, span{-1, -1} // of the element that we are in
	for i := skipAny(text, key.end, " \t="); i < len(text); i++ {
		c := text[i]
		switch {
		case c == '#':
			i = skipLine(text, i)
			continue
		case c == ']' || c == '}':
			depth--
		case strings.IndexByte(" \t\r\n", c) >= 0:
			continue
		}
		if depth == 0 && c != '[' || depth == 1 && c == ',' {
			if at.start >= 0 {
				found = append(found, at)
			}
			if depth == 0 {
				break
			}
			at = span{-1, -1}
			continue
		}
		if depth > 0 && at.start < 0 {
			at.start = i
		}
		switch c {
		case '[', '{':
			depth++
		case '"', '\'':
			i = stringEnd(text, i) - 1
		}
		at.end = i + 1
	}
	return found
}

// scalar returns a key's value as written, if it is a number or a word: 3.10,
// which as a float is 3.1.
func scalar(text string, key span) string {
	i := skipAny(text, key.end, " \t=")
	end := i
	for end < len(text) && strings.IndexByte(" \t\r\n,]}#", text[end]) < 0 {
		end++
	}
	return text[i:end]
}

func skipLine(text string, i int) int {
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}

func skipAny(text string, i int, set string) int {
	for i < len(text) && strings.IndexByte(set, text[i]) >= 0 {
		i++
	}
	return i
}
