package problem

import (
	"strconv"
	"unicode/utf8"
)

// Cut shortens a text to a number of characters, the last of which is then "…".
func Cut(text string, most int) string {
	if len(text) <= most || utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// Quote returns a user's value in quotes, escaped, and cut if it is long.
func Quote(value string) string { return strconv.Quote(Cut(value, 101)) }
