// Package markdown makes text safe for GitHub's Markdown.
package markdown

import (
	"fmt"
	"html"
	"strings"
	"unicode"
)

// Code writes text as inline code. GitHub turns no code into a mention, reference, link
// or emoji; elsewhere a backslash would not prevent that.
func Code(text string) string {
	fence := strings.Repeat("`", Backticks(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " " // "one space is stripped" again: https://github.github.com/gfm/#code-spans
	}
	return fence + text + fence
}

// Fenced writes lines as a block of code. Nothing in the lines can end the block.
func Fenced(language, lines string) string {
	fence := strings.Repeat("`", max(3, Backticks(lines)+1))
	return fence + language + "\n" + lines + fence + "\n"
}

// Folded ends a line with a text that is shown on demand. The text is escaped HTML, in
// which Markdown has no effect.
func Folded(title, text string) string {
	return FoldedHTML(title, html.EscapeString(text))
}

// FoldedHTML is Folded for a text that is escaped already.
func FoldedHTML(title, escaped string) string {
	return fmt.Sprintf("\n\n<details><summary>%s</summary>\n\n<pre>%s</pre>\n\n</details>\n", title, escaped)
}

// Row writes the row of a table. Within code too: "It is possible to include a pipe
// in a cell's content by escaping it".
// https://github.github.com/gfm/#tables-extension-
func Row(cells ...string) string {
	var b strings.Builder
	for _, cell := range cells {
		b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
	}
	return b.String() + "|\n"
}

// Link writes a link, or the text alone without a URL that fits into one.
func Link(text, url string) string {
	if url == "" || strings.ContainsFunc(url, func(r rune) bool { return !unicode.IsGraphic(r) || strings.ContainsRune(" ()<>|`", r) }) {
		return text
	}
	return fmt.Sprintf("[%s](%s)", text, url)
}

// Backticks returns the length of the longest run of backticks.
func Backticks(text string) int {
	longest, run := 0, 0
	for i := range len(text) {
		if text[i] == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}

// FirstLines returns as many whole lines as fit into limit bytes.
func FirstLines(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return text[:strings.LastIndexByte(text[:max(0, limit)], '\n')+1]
}

// Clean replaces what must not appear in text on GitHub: invalid bytes, and characters
// that hide or reorder others.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Unmarked breaks up what looks like one of our own marks, the comments by which an
// issue or a pull request tells us what to do, in a text that others can change.
func Unmarked(text string) string {
	return strings.ReplaceAll(text, "<!-- scheduled:", "<!-- scheduled;")
}
