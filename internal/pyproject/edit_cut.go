package pyproject

import (
	"slices"
	"strings"
)

// cut removes everything about some tables or keys, with the comments that touch their
// headers.
func (e *Edit) cut(paths ...[]string) error {
	below := func(s *statement) bool {
		return s != nil && slices.ContainsFunc(paths, s.below)
	}
	var some []stretch
	for _, s := range e.statements {
		switch {
		case s.header && below(s):
			some = append(some, e.sectionLines(s)...)
		case s.in == nil && below(s) && !below(s.under):
			some = append(some, stretch{e.lines(s), false})
		}
	}
	if err := e.cutLines(some); err != nil {
		return err
	}
	for {
		i := slices.IndexFunc(e.statements, below)
		if i < 0 {
			return nil
		}
		if err := e.cutMember(e.statements[i]); err != nil {
			return err
		}
	}
}

// cutMember removes a key from an inline table.
func (e *Edit) cutMember(s *statement) error {
	members := e.members(s.in)
	switch i := slices.Index(members, s); {
	case i > 0:
		return e.splice(span{members[i-1].value.end, s.value.end}, "")
	case len(members) > 1:
		return e.splice(span{s.key.start, members[1].key.start}, "")
	}
	return e.splice(s.in.value, "{}")
}

// stretch is whole lines of the text, to be cut.
type stretch struct {
	span
	section bool // with a header: then a blank line goes too
}

// cutLines removes lines. If the last line of the file is one of them, and it has no
// newline, the last one that is left has none either.
func (e *Edit) cutLines(some []stretch) error {
	if len(some) == 0 {
		return nil
	}
	merged := some[:1]
	for _, next := range some[1:] {
		last := &merged[len(merged)-1]
		if strings.TrimSpace(e.text[last.end:next.start]) == "" {
			last.end, last.section = next.end, last.section || next.section
		} else {
			merged = append(merged, next)
		}
	}
	text := e.text
	for _, at := range slices.Backward(merged) {
		if at.section {
			at.start, at.end = e.withBlank(at.start, at.end)
		}
		if at.end == len(text) && !strings.HasSuffix(text, "\n") {
			at.start = len(strings.TrimSuffix(strings.TrimSuffix(text[:at.start], "\n"), "\r"))
		}
		text = text[:at.start] + text[at.end:]
	}
	return e.become(text)
}

// sectionLines returns the lines of a header with its keys, and of the comments that touch
// the header or are between the keys. A comment in a paragraph of its own is left out.
func (e *Edit) sectionLines(header *statement) (some []stretch) {
	at := span{e.touching(header), e.afterComments(e.lines(header).end)}
	for _, s := range e.section(header)[1:] {
		own := e.lines(s)
		if kept := apart(e.text, span{min(at.end, own.start), own.start}); kept.start < kept.end {
			some = append(some, stretch{span{at.start, kept.start}, true})
			at.start = kept.end
		}
		at.end = own.end
	}
	return append(some, stretch{at, true})
}

// apart returns the lines of comments between two keys that have a blank line above and
// below, with the one above.
func apart(text string, between span) span {
	first, last := -1, -1
	for at := between.start; at < between.end; at = lineEnd(text, at) {
		if isBlank(text, at) {
			if first < 0 {
				first = at
			}
			last = at
		}
	}
	if strings.TrimSpace(text[max(first, 0):max(last, 0)]) == "" {
		return span{}
	}
	return span{first, last}
}

// withBlank returns where to cut lines, together with the blank lines around them that
// are too many then.
func (e *Edit) withBlank(start, end int) (int, int) {
	above, below := 0, 0
	for at := start; at > 0 && isBlank(e.text, lineStart(e.text, at-1)); above++ {
		at = lineStart(e.text, at-1)
	}
	after := end
	for ; after < len(e.text) && isBlank(e.text, after); below++ {
		after = lineEnd(e.text, after)
	}
	switch {
	case start == 0 && after < len(e.text):
		return start, after
	case end < len(e.text):
		above = min(above, max(1, below))
	}
	for range above {
		start = lineStart(e.text, start-1)
	}
	return start, end
}

func isBlank(text string, line int) bool {
	return strings.TrimSpace(text[line:lineEnd(text, line)]) == ""
}
