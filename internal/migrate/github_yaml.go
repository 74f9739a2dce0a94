package migrate

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"gopkg.in/yaml.v3"
)

// The largest workflow that is read, in nodes with what aliases repeat, and how deep they
// are in one another. GitHub has no file above 500 KB.
const (
	maxNodes = 100_000
	maxNest  = 100
)

// yamlAt returns the error of a place in a file.
func yamlAt(f File, line, column int, hint, format string, args ...any) error {
	line, column = max(line, 1), max(column, 1)
	p := problem.Problem{File: f.Path, Line: line, Column: column, Message: fmt.Sprintf(format, args...), Hint: hint}
	if lines := strings.Split(string(f.Text), "\n"); line <= len(lines) {
		shown := []rune(strings.TrimRight(withoutSecrets(lines[line-1]), "\r"))
		if at := min(column-1, len(shown)); len(shown) > 0 && len(shown) < maxShown {
			draw := func(part []rune) string { return printable(strings.ReplaceAll(string(part), "\t", "    ")) }
			p.Source = problem.Source{Line: draw(shown), Indent: strings.Repeat(" ", len([]rune(draw(shown[:at])))), Carets: "^"}
		}
	}
	return problem.Problems{p}
}

// maxShown is the longest line that an error shows, in characters.
const maxShown = 200

// readYAML reads the one document of a file, with its aliases replaced. Its lines are those
// of the file, also where an alias repeats them.
func readYAML(f File) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(f.Text))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		return nil, unreadable(f, err)
	}
	if decoder.Decode(&second) == nil {
		return nil, yamlAt(f, second.Line, second.Column, "keep one workflow in a file", "the file has a second document")
	}
	if len(doc.Content) == 0 {
		return nil, yamlAt(f, 1, 1, "name a file with something in it", "the file is empty")
	}
	tree := expansion{file: f}
	root := tree.expand(doc.Content[0], 0)
	return root, tree.err
}

var yamlLine = pattern.New(`line (\d+): `)

// unreadable returns the error of a file that is no YAML.
func unreadable(f File, err error) error {
	line, column, hint := 1, 1, "correct the YAML"
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = strings.Replace(message, m[0], "", 1)
	}
	for n, text := range strings.Split(string(f.Text), "\n") {
		indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 && n+1 >= line-1 && strings.TrimSpace(text) != "" {
			line, column, message, hint = n+1, utf8.RuneCountInString(text[:tab])+1, "a tab cannot indent YAML", "use spaces"
			break
		}
	}
	if err.Error() == "EOF" {
		message, hint = "the file is empty", "name a file with something in it"
	}
	return yamlAt(f, line, column, hint, "%s", message)
}

// expansion replaces aliases.
type expansion struct {
	file  File
	nodes int
	err   error
}

func (x *expansion) expand(n *yaml.Node, depth int) *yaml.Node {
	x.nodes++
	switch {
	case x.err != nil:
		return n
	case depth > maxNest || x.nodes > maxNodes:
		x.err = yamlAt(x.file, n.Line, n.Column, "make it simpler, with fewer aliases", "the file is too large or nested too deeply")
		return n
	case n.Kind == yaml.AliasNode:
		return x.expand(n.Alias, depth+1)
	}
	whole := *n
	whole.Content = nil
	seen := map[string]int{}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if line := seen[child.Value]; line > 0 && child.Kind == yaml.ScalarNode {
				x.err = yamlAt(x.file, child.Line, child.Column, "remove one of them", "the key %s is also in line %d", problem.Show(child.Value), line)
				return n
			}
			seen[child.Value] = child.Line
		}
		whole.Content = append(whole.Content, x.expand(child, depth+1))
	}
	return &whole
}

// pair is a key of a mapping, and its value.
type yamlPair struct{ key, value *yaml.Node }

// members returns the keys of a mapping, none of anything else.
func members(n *yaml.Node) (pairs []yamlPair) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		pairs = append(pairs, yamlPair{n.Content[i], n.Content[i+1]})
	}
	return pairs
}

// member returns the value of a key of a mapping, nil without one.
func member(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		var found *yaml.Node
		for _, p := range members(n) {
			if p.key.Value == key {
				found = p.value
			}
		}
		n = found
	}
	return n
}

// keyLine returns the line of a key of a mapping, or another one without it.
func keyLine(n *yaml.Node, key string, other int) int {
	for _, p := range members(n) {
		if p.key.Value == key {
			return p.key.Line
		}
	}
	return other
}

// scalar returns a text, number or boolean as written; "" for null and anything else.
func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// items returns the elements of a sequence, or the one that stands in its place.
func items(n *yaml.Node) []*yaml.Node {
	switch {
	case n == nil || n.Tag == "!!null":
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	}
	return []*yaml.Node{n}
}

// lineOf returns the line of a node, or another one where there is none.
func lineOf(n *yaml.Node, other int) int {
	if n == nil || n.Line == 0 {
		return other
	}
	return n.Line
}

// ghPairs returns the names and values of a mapping.
func ghPairs(n *yaml.Node) (pairs []ghPair) {
	for _, p := range members(n) {
		pairs = append(pairs, ghPair{p.key.Value, scalar(p.value), p.key.Line})
	}
	return pairs
}
