package pyproject

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// entry is a key of the document and all that belongs to it.
type entry struct {
	name    string
	shown   string   // the name of an element of an array in messages; "" for a key
	value   any      // as the toml package decodes it
	at      span     // the key where it is defined: in its table's header, or before its '='
	entries []*entry // of a table, in file order

	index   map[string]*entry
	defined bool      // by its own key, not only as a part of one such as tool.scheduled.clean
	inside  []mention // the keys in the elements of an array
	tables  int       // of an array of tables: the number that have begun
}

// mention is a key in an element of an array.
type mention struct {
	key   toml.Key // from the element on
	at    span
	table int // of an array of tables: which element it is in
}

// child returns the entry of that name, or nil.
func (e *entry) child(name string) *entry {
	if e == nil {
		return nil
	}
	return e.index[name]
}

// children returns the entries of a table, or nil if e is not one.
func (e *entry) children() []*entry {
	if e == nil {
		return nil
	}
	return e.entries
}

// holdsJobs reports whether a table of e has a key that a job must have.
func (e *entry) holdsJobs() bool {
	return slices.ContainsFunc(e.entries, func(job *entry) bool {
		return job.child("every") != nil || job.child("entrypoint") != nil
	})
}

// items returns the elements of an array. In an array of tables, one is where its
// first key is.
func (e *entry) items(text string) []*entry {
	var items []*entry
	add := func(value any, at span) {
		shown := fmt.Sprintf("item %d of %s", len(items)+1, e.name)
		items = append(items, &entry{name: e.name, shown: shown, value: value, at: at})
	}
	switch array := e.value.(type) {
	case []any:
		found := elements(text, e.at)
		if len(found) != len(array) {
			found = slices.Repeat([]span{e.at}, len(array))
		}
		for i, value := range array {
			add(value, found[i])
		}
		i := 0
		for _, m := range e.inside {
			for i < len(found)-1 && found[i].end <= m.at.start {
				i++
			}
			items[i].define(m.key, m.at)
		}
	case []map[string]any:
		for _, value := range array {
			add(value, e.at)
		}
		for _, m := range e.inside {
			item := items[m.table]
			if len(item.entries) == 0 {
				item.at = m.at
			}
			item.define(m.key, m.at)
		}
	}
	return items
}

// what returns the name of an entry in messages.
func (e *entry) what() string { return cmp.Or(e.shown, tomlKey(e.name)) }

// size returns how many values an array or a table has.
func size(e *entry) int {
	switch value := e.value.(type) {
	case []any:
		return len(value)
	case []map[string]any:
		return len(value)
	}
	return len(e.entries)
}

func (e *entry) isTable() bool {
	if e == nil {
		return false
	}
	_, ok := e.value.(map[string]any)
	return ok
}

// parse returns the text of a file and the root of its tables, or the first reason why
// it is not TOML.
func parse(data []byte) (text string, root *entry, found *finding) {
	text, found = decode(data)
	if found != nil {
		return text, nil, found
	}
	values, keys, at, found := decodeKeys(text)
	if found != nil {
		return text, nil, found
	}
	if found = outlined(text, keys, at).refused(); found != nil {
		return text, nil, found
	}
	root = &entry{value: values}
	for i, key := range keys {
		root.define(key, at[i])
	}
	return text, root, nil
}

// decodeKeys returns the values of a document, and its keys from the root on with the
// place of each, in file order.
func decodeKeys(text string) (values map[string]any, keys []toml.Key, at []span, found *finding) {
	if at, found = scanKeys(text); found != nil {
		return nil, nil, nil, found
	}
	meta, err := toml.Decode(text, &values)
	if err != nil {
		return nil, nil, nil, syntaxError(text, at, err)
	}
	return values, meta.Keys(), at, nil
}

// define puts a key into the tables below e. The position of a key that is named more
// than once is that of its definition, or else of its first mention.
func (e *entry) define(key toml.Key, at span) {
	for i, name := range key {
		table, ok := e.value.(map[string]any)
		if !ok {
			e.inside = append(e.inside, mention{key[i:], at, max(0, e.tables-1)})
			return
		}
		child := e.index[name]
		if child == nil {
			child = &entry{name: name, value: table[name], at: at}
			if e.index == nil {
				e.index = make(map[string]*entry)
			}
			e.index[name] = child
			e.entries = append(e.entries, child)
		}
		if i == len(key)-1 && !child.defined {
			child.at, child.defined = at, true
		}
		e = child
	}
	if _, ok := e.value.([]map[string]any); ok {
		e.tables++
	}
}

// syntaxError converts an error of the toml package. It takes the offset, not
// the line, which is off by one in CRLF files and for errors at a line's end.
func syntaxError(text string, keys []span, err error) *finding {
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		parse.Message = err.Error() // without a position
	}
	start := min(max(0, parse.Position.Start), len(text))
	end := min(start+max(1, parse.Position.Len), len(text))
	// An error in a string of several lines is at the end of what was read.
	if last := max(start, end-1); strings.Contains(text[start:last], "\n") {
		start = last
	}
	for start > 0 && start < len(text) && !utf8.RuneStart(text[start]) {
		start-- // the offset is that of a character's last byte
	}
	at := span{start, end}
	if len(parse.Message) > mostText {
		// It contains a long key: the search for it would take too long.
	} else if strings.Contains(parse.Message, "already been defined") || strings.Contains(parse.Message, "cannot be used as an array") {
		at = duplicate(text, keys, at, parse.Message)
	}
	message := plainer.Replace(problem.Cut(strings.TrimSuffix(parse.Message, "."), mostText))
	return &finding{at: at, message: problem.Cut("invalid TOML: "+printable(message), mostText), hint: tomlHint(parse.Message)}
}

// plainer replaces words of the toml package. Its "as a hash" means the opposite.
var plainer = strings.NewReplacer("Key '", "key '", "was already created as a hash", "has already been defined and is not a table")

// duplicate returns the position of the key that a message says is defined
// twice. The toml package gives the position of the last key that it has read,
// which is a different one if the key's value has inline tables.
func duplicate(text string, keys []span, at span, message string) span {
	for i := len(keys) - 1; i >= 0; i-- {
		key := keys[i]
		value := skipAny(text, key.end, " \t=")
		holds := strings.HasPrefix(text[value:], "[") || strings.HasPrefix(text[value:], "{")
		if key.start == at.start || key.start < at.start && holds {
			if strings.Contains(message, text[key.start:key.end]+"' ") {
				return key
			}
		}
	}
	return at
}

// tomlHints are remedies for messages of the toml package; the first match counts.
var tomlHints = []struct{ says, hint string }{
	{"already", "merge the two: a table or key can be defined only once"},
	{"invalid escape", `write \\ for a backslash, or put the string in '…'`},
	{"strings cannot contain newlines", `end the string with a quote on the same line`},
	{"unexpected EOF", "look for a missing quote or bracket: something is not closed"},
	{"expected value but found", `put a string in quotes, as in every = "day"`},
	{"expected '.' or '='", `write [a table] or key = value on each line, and put quotes around a key with characters other than A-Z a-z 0-9 _ -`},
	{`to end table name, but got '\`, "end the table's name with ]"},
	{"to end table name", `put quotes around a name with characters other than A-Z a-z 0-9 _ -, as in [tool.scheduled."my job"]`},
	{"to end with a newline", "write one key = value on each line"},
}

func tomlHint(message string) string {
	for _, h := range tomlHints {
		if strings.Contains(message, h.says) {
			return h.hint
		}
	}
	return "see https://toml.io/en/v1.0.0"
}
