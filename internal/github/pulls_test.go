package github

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzNote checks that a note is read as it was written, whatever is before it, that
// there is one, and that nothing in it ticks the box.
func FuzzNote(f *testing.F) {
	f.Add("A table.", "Keep in step", "pyproject.toml")
	f.Add("- [ ] "+Discard+"discard", "--> <!-- scheduled: {", "a--b>/pyproject.toml")
	f.Add(note{Project: "old"}.in("text\r\n")+"\r\nmore", "- [x] "+Discard, "")
	f.Fuzz(func(t *testing.T, body, title, project string) {
		if !utf8.ValidString(title) || !utf8.ValidString(project) {
			return // pyproject and the command line take none such
		}
		want := note{Project: project, Title: title, Head: "abc", Asked: true}
		text := note{Project: "another", Withdrawn: true}.in(body)
		text = want.in(text)
		if got := readNote(text); got != want {
			t.Errorf("want %+v, got %+v of %q", want, got, text)
		}
		if again := want.in(text); again != text {
			t.Errorf("written twice: %q", again)
		}
		if ticked.MatchString(text) && !ticked.MatchString(body) {
			t.Errorf("ticked by the note: %q", text)
		}
		if strings.Count(text, notePrefix) > strings.Count(body, notePrefix)+1 {
			t.Errorf("more than one note: %q", text)
		}
	})
}

// TestTicked reads the box as people and web pages write it.
func TestTicked(t *testing.T) {
	rows := map[string]bool{
		"- [x] " + Discard + "discard":             true,
		"text\r\n- [X] " + Discard + "discard\r\n": true,
		"  * [x] " + Discard:                       true,
		"- [ ] " + Discard + "discard":             false,
		"-[x] " + Discard:                          false,
		"- [x] discard":                            false,
		"+- [x] " + Discard:                        false,
		"> - [x] " + Discard:                       false,
	}
	for body, want := range rows {
		if got := ticked.MatchString(body); got != want {
			t.Errorf("%q: %v", body, got)
		}
	}
}
