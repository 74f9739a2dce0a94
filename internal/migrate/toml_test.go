package migrate

import (
	"testing"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// FuzzWriteString: every string comes back from TOML as it was.
func FuzzWriteString(f *testing.F) {
	for _, s := range []string{
		"", "a", `a\nb`, "a\nb", "a\\nb\n'", "'''\n\\\\", "\"\"\"\n\\n'''", "a\tb", "\x00\n\x7f'", "é\n\\u00e9'", "\n", "\r\n", "a'", "a\\", "'\n'",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		var got struct{ A string }
		if _, err := toml.Decode("a = "+writeString(s), &got); err != nil || got.A != s {
			t.Errorf("%q\nas %s\nis %q, %v", s, writeString(s), got.A, err)
		}
	})
}
