package problem

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Cut shortens a text to a number of characters, the last of which is then "…". It
// looks at no more of the text than that, so a long one costs nothing.
func Cut(text string, most int) string {
	n, last := 0, 0
	for at := range text {
		switch n++; n {
		case most:
			last = at
		case most + 1:
			return text[:last] + "…"
		}
	}
	return text
}

// Quote returns a user's value in quotes, escaped, and cut if it is long.
func Quote(value string) string { return strconv.Quote(Cut(value, 101)) }

// Show writes a job's id for people: in quotes where it could be misread or could upset
// a terminal, and cut if it is long.
func Show(id string) string {
	id = Cut(id, 60)
	if quoted := strconv.Quote(id); id == "" || strings.TrimSpace(id) != id || quoted != `"`+id+`"` {
		return quoted
	}
	return id
}

// Command returns the command for a job, to be pasted into a shell: what stands before the
// id, and the flags. The id is one word of the command and never a flag, however it reads.
func Command(before, id string, flags ...string) string {
	word := ShellWord(strings.Map(visible, Cut(id, 500)))
	words := append([]string{before, word}, flags...)
	if strings.HasPrefix(id, "-") {
		words = append(append([]string{before}, flags...), "--", word)
	}
	return strings.Join(words, " ")
}

// ShellWord writes a text as one word of a command for a POSIX shell.
func ShellWord(text string) string {
	if text != "" && !strings.ContainsFunc(text, special) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// visible returns a character that a terminal shows in its place.
func visible(r rune) rune {
	if unicode.IsGraphic(r) {
		return r
	}
	return '?'
}

// special reports whether a shell may take a character for something else.
func special(r rune) bool {
	plain := r == '-' || r == '.' || r == '/' || r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
	return !plain
}

// Count writes "1 job" or "2 jobs".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Clock writes a time for people, in UTC to the minute.
func Clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// Some names the first few of many things: "a, b, c, d, e and 3 more".
func Some(names []string, write func(string) string) string {
	const most = 5
	var written []string
	for _, name := range names[:min(most, len(names))] {
		written = append(written, write(name))
	}
	text := strings.Join(written, ", ")
	if more := len(names) - most; more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}
