package migrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// raw is a value as TOML writes it.
type raw string

// table is a table of TOML, in order.
type table []key

// key is a key of a table, with its value: see writeValue.
type key struct {
	name    string
	value   any
	comment string // lines above it, without #; "" for none
}

func (t table) at(name string) int {
	return slices.IndexFunc(t, func(k key) bool { return k.name == name })
}

func (t table) has(name string) bool { return t.at(name) >= 0 }

// get returns the value of a key, nil without one.
func (t table) get(name string) any {
	if i := t.at(name); i >= 0 {
		return t[i].value
	}
	return nil
}

// set sets a key, in place if there is one.
func (t *table) set(name string, value any) *key {
	i := t.at(name)
	if i < 0 {
		i = len(*t)
		*t = append(*t, key{name: name})
	}
	(*t)[i].value = value
	return &(*t)[i]
}

// without returns the table without a key.
func (t table) without(name string) table {
	return slices.DeleteFunc(slices.Clone(t), func(k key) bool { return k.name == name })
}

// The widest line that a list or an inline table may have before it is written over
// several lines, in characters.
const widest = 88

// writeTable writes a table with its header. Large tables in it follow as sub-tables.
func writeTable(b *strings.Builder, header string, keys table) {
	fmt.Fprintf(b, "[%s]\n", header)
	var below table
	for _, k := range keys {
		t, isTable := k.value.(table)
		if isTable && len(k.name)+len(writeValue(t)) > widest {
			below = append(below, k)
			continue
		}
		writeComment(b, k.comment)
		value := writeValue(k.value)
		if list, ok := k.value.([]string); ok && len(k.name)+len(value) > widest {
			k.value = anys(list)
		}
		if list, ok := k.value.([]any); ok && len(k.name)+len(value) > widest {
			value = writeLines(list)
		}
		fmt.Fprintf(b, "%s = %s\n", pyproject.WriteKey(k.name), value)
	}
	for _, k := range below {
		b.WriteString("\n")
		writeComment(b, k.comment)
		writeTable(b, header+"."+pyproject.WriteKey(k.name), k.value.(table))
	}
}

func writeComment(b *strings.Builder, comment string) {
	if comment == "" {
		return
	}
	for line := range strings.SplitSeq(comment, "\n") {
		b.WriteString(strings.TrimRight("# "+printable(line), " ") + "\n")
	}
}

// printable leaves out what TOML forbids in a comment.
func printable(line string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, line)
}

// writeLines writes a list with one item a line.
func writeLines(list []any) string {
	var b strings.Builder
	b.WriteString("[\n")
	for _, item := range list {
		fmt.Fprintf(&b, "  %s,\n", writeValue(item))
	}
	return b.String() + "]"
}

// writeValue returns a value as TOML: a string, bool, int, float64, raw, table, or a list
// of them.
func writeValue(value any) string {
	switch v := value.(type) {
	case raw:
		return string(v)
	case string:
		return writeString(v)
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	case []string:
		return writeValue(anys(v))
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = writeValue(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case table:
		items := make([]string, len(v))
		for i, k := range v {
			items[i] = pyproject.WriteKey(k.name) + " = " + writeValue(k.value)
		}
		return "{ " + strings.Join(items, ", ") + " }"
	}
	return fmt.Sprint(value) // bool, int
}

func anys(list []string) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = s
	}
	return all
}

// writeString returns a string as TOML: over several lines where it has some, and
// literally where it has quotes or backslashes.
func writeString(s string) string {
	lines := strings.Contains(s, "\n")
	odd := strings.ContainsFunc(s, func(c rune) bool {
		return unicode.IsControl(c) && c != '\t' && c != '\n'
	})
	switch {
	case lines && !odd && !strings.Contains(s, "'''") && !strings.HasSuffix(s, "'"):
		return "'''\n" + s + "'''"
	case lines:
		all := strings.Split(s, "\n")
		for i, line := range all {
			escaped := pyproject.WriteString(line)
			all[i] = escaped[1 : len(escaped)-1]
		}
		return `"""` + "\n" + strings.Join(all, "\n") + `"""`
	case strings.ContainsAny(s, `"\`) && !odd && !strings.Contains(s, "'"):
		return "'" + s + "'"
	}
	return pyproject.WriteString(s)
}
