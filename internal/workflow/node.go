package workflow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// Workflow files are built from nodes, not from structs or maps. So the order is kept,
// comments have a place, and `on` stays without quotes.

// mapping returns a mapping of the given keys and values, in this order.
func mapping(pairs ...any) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(pairs); i += 2 {
		add(node, pairs[i].(string), pairs[i+1].(*yaml.Node))
	}
	return node
}

// add adds a key at the end of a mapping.
func add(node *yaml.Node, key string, value *yaml.Node) {
	node.Content = append(node.Content, plain(key), value)
}

// addNamed is add for a key of the user's, which YAML might not read as a string.
func addNamed(node *yaml.Node, key string, value *yaml.Node) {
	add(node, key, value)
	if otherThanText[strings.ToLower(key)] {
		node.Content[len(node.Content)-2].Style = yaml.DoubleQuotedStyle
	}
}

// otherThanText are the words that some version of YAML does not read as a string.
var otherThanText = map[string]bool{
	"y": true, "yes": true, "n": true, "no": true, "on": true, "off": true, "true": true, "false": true, "null": true,
}

// label returns the name of a step: in quotes unless it is as simple as ours.
func label(name string) *yaml.Node {
	simple := func(i int, r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && (r == ' ' || r >= '0' && r <= '9')
	}
	for i, r := range name {
		if !simple(i, r) {
			return text(name)
		}
	}
	if otherThanText[strings.ToLower(name)] || strings.HasSuffix(name, " ") {
		return text(name)
	}
	return plain(name)
}

// texts returns a list of text.
func texts(items []string) *yaml.Node {
	var nodes []*yaml.Node
	for _, item := range items {
		nodes = append(nodes, text(item))
	}
	return sequence(nodes...)
}

// lines is text that can have several lines. They become a block if no line needs
// escapes, because they would be hard to read in quotes.
func lines(value string) *yaml.Node {
	node := text(value)
	if strings.Contains(value, "\n") && readable.MatchString(value) {
		node.Style = yaml.LiteralStyle
	}
	return node
}

// readable matches lines without trailing white space and without anything that YAML
// would escape. The first must not begin with white space. Lines may be empty, except
// the last.
var readable = pattern.New(`^[!-~]([ -~\t]*[!-~])?(\n+[ \t]*[!-~]([ -~\t]*[!-~])?)*$`)

func sequence(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Content: items}
}

// plain returns a scalar of ours, which needs no quotes.
func plain(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: value}
}

// text returns a string with any content. It is always quoted, so that no version of
// YAML takes it for something else.
func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Style: yaml.DoubleQuotedStyle}
}

// comment puts a comment behind a scalar.
func comment(node *yaml.Node, words string) *yaml.Node {
	node.LineComment = "# " + words
	return node
}

// encode writes a document. Before it goes into a file, verify reads it back.
func encode(doc *yaml.Node) ([]byte, error) {
	if quick, ok := quickEncode(doc); ok {
		return quick, nil
	}
	return emit(doc)
}

// emit writes any document.
func emit(doc *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(doc); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return spaced(b.Bytes()), nil
}

// verify reads the content back and compares it, so that GitHub reads what we meant.
func verify(doc *yaml.Node, content []byte) error {
	back, err := parse(content)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if !sameMeaning(doc, back) {
		return errors.New("read back: the file would have another meaning")
	}
	return nil
}

// spaced puts an empty line before every top-level key. The lines of a long string are
// indented, so a line that starts with a letter is such a key.
func spaced(content []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(content) {
		if line[0] >= 'a' && line[0] <= 'z' {
			b.WriteByte('\n')
		}
		b.Write(line)
	}
	return b.Bytes()
}

// parse reads a file that is one document from its first byte to its last, and returns
// its content node. yaml.Unmarshal would read only the first of several documents, and
// encodings other than UTF-8.
func parse(content []byte) (*yaml.Node, error) {
	if !utf8.Valid(content) || bytes.HasPrefix(content, []byte("\ufeff")) {
		return nil, errors.New("not plain UTF-8")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var doc, more yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		return nil, err
	}
	if err := decoder.Decode(&more); err != io.EOF {
		return nil, errors.Join(errors.New("more than one YAML document"), err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, errors.New("no YAML document")
	}
	return doc.Content[0], nil
}

// sameMeaning reports whether two documents say the same to GitHub: comments,
// style, and the order of keys do not count. Anchors and explicit tags do: not every
// version of GitHub's parser accepts them.
func sameMeaning(a, b *yaml.Node) bool {
	const explicit = yaml.TaggedStyle
	if a.Kind != b.Kind || a.ShortTag() != b.ShortTag() || a.Value != b.Value || len(a.Content) != len(b.Content) ||
		a.Anchor != b.Anchor || a.Style&explicit != b.Style&explicit {
		return false
	}
	if a.Kind != yaml.MappingNode {
		return slices.EqualFunc(a.Content, b.Content, sameMeaning)
	}
	for i := 0; i < len(a.Content); i += 2 {
		if other := lookup(b, a.Content[i], i); other == nil || !sameMeaning(a.Content[i+1], other) {
			return false
		}
	}
	return true
}

// lookup returns the value of a key in a mapping, or nil. It looks first at the
// likely position.
func lookup(mapping, key *yaml.Node, likely int) *yaml.Node {
	if mapping.Content[likely].Value == key.Value {
		return mapping.Content[likely+1]
	}
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key.Value {
			return mapping.Content[i+1]
		}
	}
	return nil
}
