package migrate

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// unschedule returns the file without its schedule, and every other byte as it was; nil if
// that cannot be had. A workflow that nothing else starts keeps, or gets, the button.
func (w *workflow) unschedule() []byte {
	var found yamlPair
	for _, p := range members(w.on) {
		if p.key.Value == "schedule" {
			found = p
		}
	}
	alone := len(w.events()) == 1
	cut := w.cutBlock
	if w.on.Style&yaml.FlowStyle != 0 {
		cut = w.cutFlow
	}
	content := cut(found, alone)
	if content == nil || !w.sameButSchedule(content) {
		return nil
	}
	return content
}

// exclude returns the file with an if in each job that begins by itself, but some: the
// schedule does not start it any more, nor those that need it. It is nil if that cannot be
// had.
func (w *workflow) exclude(stay []*ghJob) []byte {
	lines := w.lines()
	newline := "\n"
	if strings.HasSuffix(lines[0], "\r\n") {
		newline = "\r\n"
	}
	for _, p := range slices.Backward(members(member(w.root, "jobs"))) {
		is := func(g *ghJob) bool { return g.ID == p.key.Value }
		own := member(p.value, "if")
		switch first := p.value.Content[0]; {
		case slices.ContainsFunc(stay, func(g *ghJob) bool {
			return is(g) || slices.ContainsFunc(slices.Concat(g.parts, g.followers, g.others), is)
		}):
		case member(p.value, "needs") != nil && condition(scalar(own)).asksOutcome():
			return nil
		case member(p.value, "needs") != nil || w.newJob(p.key, p.value).never():
		case own != nil:
			before, after, ok := strings.Cut(lines[own.Line-1], own.Value)
			if !ok || strings.Count(own.Value, "${{") > 1 || len(before) != own.Column-1 || strings.TrimSpace(after) != "" {
				return nil // it is quoted, or has several lines
			}
			lines[own.Line-1] = before + notScheduled + " && (" + unwrapExpr(own.Value) + ")" + after
		case p.value.Style&yaml.FlowStyle != 0 || first.Line <= p.key.Line:
			return nil
		default:
			lines = slices.Insert(lines, first.Line-1, strings.Repeat(" ", first.Column-1)+"if: "+notScheduled+newline)
		}
	}
	content := []byte(strings.Join(lines, ""))
	if _, err := readYAML(File{Path: w.file.Path, Text: content}); err != nil {
		return nil
	}
	return content
}

// notScheduled is the condition that a schedule did not start a run.
const notScheduled = "github.event_name != 'schedule'"

// sameButSchedule reports whether a text means what the file does, without its schedule.
func (w *workflow) sameButSchedule(content []byte) bool {
	root, err := readYAML(File{Path: w.file.Path, Text: content})
	if err != nil {
		return false
	}
	meaning := func(root *yaml.Node) map[string]any {
		m, _ := (&ghJob{}).plain(root).(map[string]any)
		on, _ := m["on"].(map[string]any)
		delete(on, "schedule")
		if v, has := on["workflow_dispatch"]; has && v == nil && len(on) == 1 {
			delete(on, "workflow_dispatch")
		}
		return m
	}
	return reflect.DeepEqual(meaning(root), meaning(w.root)) && member(root, "on", "schedule") == nil && len(members(member(root, "on"))) > 0
}

// lines returns the lines of the file, with their ends.
func (w *workflow) lines() []string {
	return strings.SplitAfter(string(w.file.Text), "\n")
}

// cutBlock removes a key with its lines, and the comments that belong to them.
func (w *workflow) cutBlock(schedule yamlPair, alone bool) []byte {
	lines := w.lines()
	first := schedule.key.Line - 1
	if first < 0 || first >= len(lines) || strings.TrimLeft(lines[first][:indentOf(lines[first])], " \ufeff") != "" {
		return nil
	}
	indent := schedule.key.Column - 1
	end := first + 1
	for last := end; last < len(lines); last++ {
		text := strings.TrimSpace(lines[last])
		deep := indentOf(lines[last])
		entry := deep == indent && strings.HasPrefix(text, "-")
		if text != "" && deep <= indent && !entry {
			if !strings.HasPrefix(text, "#") || !w.betweenEntries(lines, last, indent) {
				break
			}
		}
		if text != "" {
			end = last + 1
		}
	}
	begin := first
	for begin > 0 && isCommentAt(lines[begin-1], indent) {
		begin--
	}
	if slices.ContainsFunc(lines[begin:first], func(line string) bool { return oldTrigger.MatchString(line) }) {
		begin = first
	}
	kept := []string{}
	if alone {
		newline := "\n"
		if strings.HasSuffix(lines[first], "\r\n") {
			newline = "\r\n"
		}
		kept = append(kept, strings.Repeat(" ", indent)+"workflow_dispatch:"+newline)
	}
	return []byte(strings.Join(slices.Concat(lines[:begin], kept, lines[end:]), ""))
}

// oldTrigger matches a trigger that is switched off by a comment.
var oldTrigger = pattern.New(`^\s*#\s*(?:push|pull_request|workflow_dispatch|repository_dispatch|release|branches|paths|-)\b.*`)

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func isCommentAt(line string, indent int) bool {
	return indentOf(line) == indent && strings.HasPrefix(strings.TrimSpace(line), "#")
}

// betweenEntries reports whether another entry of the list follows a comment at its own
// indent.
func (w *workflow) betweenEntries(lines []string, at, indent int) bool {
	for _, line := range lines[at:] {
		text := strings.TrimSpace(line)
		if text != "" && !strings.HasPrefix(text, "#") {
			return indentOf(line) >= indent && strings.HasPrefix(text, "-") || indentOf(line) > indent
		}
	}
	return false
}

// cutFlow removes a key with its value from { … }.
func (w *workflow) cutFlow(schedule yamlPair, alone bool) []byte {
	at := w.offset(schedule.key)
	end := flowEnd(w.file.Text, w.offset(schedule.value))
	if at < 0 || end < 0 {
		return nil
	}
	text := w.file.Text
	with := []byte{}
	switch after := bytes.TrimLeft(text[end:], " \t\r\n"); {
	case alone:
		with = []byte("workflow_dispatch: ")
	case len(after) > 0 && after[0] == ',':
		end = len(text) - len(bytes.TrimLeft(after[1:], " \t"))
	default:
		before := bytes.TrimRight(text[:at], " \t\r\n")
		if len(before) == 0 || before[len(before)-1] != ',' {
			return nil
		}
		at = len(before) - 1
	}
	return slices.Concat(text[:at], with, text[end:])
}

// offset returns where a node begins in the file, -1 if that cannot be said.
func (w *workflow) offset(n *yaml.Node) int {
	at := 0
	for i, line := range w.lines() {
		if i+1 == n.Line {
			column := 1
			for j := range line {
				if column == n.Column {
					return at + j
				}
				column++
			}
			return -1
		}
		at += len(line)
	}
	return -1
}

// flowEnd returns where the value of YAML's flow style ends that begins at a place.
func flowEnd(text []byte, at int) int {
	depth := 0
	for i := at; i >= 0 && i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		switch {
		case c == '\'' || c == '"':
			end := bytes.IndexRune(text[i+1:], c)
			if end < 0 {
				return -1
			}
			size = end + 2
		case c == '[' || c == '{':
			depth++
		case (c == ']' || c == '}') && depth == 0:
			return i
		case c == ']' || c == '}':
			depth--
			if depth == 0 {
				return i + 1
			}
		case c == ',' && depth == 0:
			return i
		}
		i += size
	}
	return -1
}
