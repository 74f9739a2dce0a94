package migrate

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// constant returns what a message always says: the text before what bash expands in it,
// or else the text around that.
func (d *delivery) constant(w *syntax.Word) string {
	const gap = "\x00"
	pieces := strings.Split(d.template(w.Parts, gap, 0), gap)
	first := strings.TrimSpace(pieces[0])
	if len(pieces) == 1 {
		return first
	}
	d.trimmed = true
	if text := trimJoint(first); letters(text) > 2 {
		return withSkip(text, strings.Join(pieces, " "))
	}
	return strings.Trim(strings.Join(strings.Fields(strings.Join(pieces, " ")), " "), " -:,|()[]")
}

// skipsCI matches what tells other services not to build a commit.
var skipsCI = pattern.New(`(?i)\[(?:skip[ -]ci|ci[ -]skip|no ci|skip actions|actions skip)\]`)

// withSkip returns the beginning of a message with the mark that the whole has.
func withSkip(text, whole string) string {
	if mark := skipsCI.FindString(whole); mark != "" && !strings.Contains(text, mark) {
		return text + " " + mark
	}
	return text
}

// template returns the text of a message with a gap where bash expands something unknown.
func (d *delivery) template(parts []syntax.WordPart, gap string, depth int) string {
	var b strings.Builder
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(p.Value, true))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			b.WriteString(d.template(p.Parts, gap, depth))
		case *syntax.ParamExp:
			if values := d.literals[paramName(p)]; len(values) == 1 && depth < 5 {
				b.WriteString(d.template(values[0].Parts, gap, depth+1))
			} else {
				b.WriteString(gap)
			}
		default:
			b.WriteString(gap)
		}
	}
	return b.String()
}

func paramName(p *syntax.ParamExp) string {
	if p.Param == nil {
		return ""
	}
	return p.Param.Value
}

// trimJoint removes the words and signs that lead to what bash expanded.
func trimJoint(s string) string {
	for {
		short := strings.TrimRight(s, " \t\n-:–—([{|@,#*`'\"<")
		for _, word := range []string{"at", "on", "for", "as of", "from", "of", "the", "run", "by", "dated"} {
			if rest, ok := strings.CutSuffix(short, " "+word); ok {
				short = rest
			}
		}
		if short == s {
			return s
		}
		s = short
	}
}

func letters(s string) int {
	n := 0
	for _, c := range s {
		if c > ' ' && !strings.ContainsRune("-:()[]{}|@,#*.!", c) {
			n++
		}
	}
	return n
}
