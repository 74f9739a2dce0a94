package table

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Width returns how many cells of a screen a text takes, without its colours.
func Width(text string) (cells int) {
	for _, w := range characters(text) {
		cells += w
	}
	return cells
}

// cut shortens a text to a number of cells, the last of which is then the mark.
func cut(text string, cells int, mark string) string {
	if Width(text) <= cells {
		return text
	}
	var out strings.Builder
	left := cells - 1
	for character, w := range characters(text) {
		if left -= w; w > 0 && left < 0 {
			break
		}
		out.WriteString(character)
	}
	if cells < 1 {
		return ""
	}
	return strings.TrimRight(out.String(), " ") + mark
}

// Tail shortens a text to a number of cells at its end. Colours stay.
func Tail(text string, cells int) string {
	var out strings.Builder
	over := Width(text) - cells
	for character, w := range characters(text) {
		if over > 0 && w > 0 {
			over -= w
			continue
		}
		out.WriteString(character)
	}
	return out.String()
}

// characters yields what a text shows, each with its width in cells: 0 for a colour, 2 for
// East Asian characters and emoji.
// https://www.unicode.org/reports/tr11/
func characters(text string) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for text != "" {
			length, w := first(text)
			if !yield(text[:length], w) {
				return
			}
			text = text[length:]
		}
	}
}

// The runes that join others to one character.
const (
	escape = '\x1b'
	joiner = '\u200d'
	emoji  = '\ufe0f' // asks for the picture of the character before it
)

// first returns the length of the first character in bytes, and its width.
func first(text string) (length, w int) {
	base, length := utf8.DecodeRuneInString(text)
	if base == escape {
		if end := strings.IndexByte(text, 'm'); end > 0 {
			return end + 1, 0
		}
		return length, 0
	}
	before, w := base, runeWidth(base)
	for length < len(text) {
		r, size := utf8.DecodeRuneInString(text[length:])
		joined := before == joiner && w > 0 || unicode.Is(unicode.Variation_Selector, r) || r == joiner || isTone(r) && w == 2
		paired := before == base && isFlag(before) && isFlag(r)
		if !joined && !paired && (runeWidth(r) > 0 || r == escape) {
			break
		}
		if r == emoji && w > 0 || paired {
			w = 2
		}
		before, length = r, length+size
		if paired {
			break
		}
	}
	return length, w
}

func isTone(r rune) bool { return '\U0001f3fb' <= r && r <= '\U0001f3ff' }
func isFlag(r rune) bool { return '\U0001f1e6' <= r && r <= '\U0001f1ff' }

func runeWidth(r rune) int {
	switch {
	case unicode.IsControl(r), unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), 'ᅠ' <= r && r <= 'ᇿ':
		return 0 // the last are parts of Korean syllables
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
