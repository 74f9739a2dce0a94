package python

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzOneLine(f *testing.F) {
	for _, seed := range []string{"", "ValueError: bad", "first\nsecond\r\n\n third", "\x1b[31m\u202e\xff", strings.Repeat("ab ", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := oneLine(text)
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q has what cannot be printed", line)
		}
		if utf8.RuneCountInString(line) > 500 || strings.TrimSpace(line) != line {
			t.Errorf("%q is no short line", line)
		}
		if again := oneLine(line); again != line {
			t.Errorf("%q becomes %q", line, again)
		}
	})
}
