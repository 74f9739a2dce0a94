package actions

import (
	"io"
	"strings"
	"testing"
	"unicode"
)

// commandIn returns the line that the runner would take for a workflow command, ""
// if there is none.
func commandIn(log string) string {
	for _, line := range strings.FieldsFunc(log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		seen := strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Cf, r) {
				return -1 // as .NET compares
			}
			return r
		}, line)
		if strings.HasPrefix(strings.TrimLeftFunc(seen, unicode.IsSpace), "::") || strings.Contains(seen, "##[") {
			return line
		}
	}
	return ""
}

// FuzzLog checks that no text starts a workflow command, in whatever pieces it is
// written, and that other text stays as it is.
func FuzzLog(f *testing.F) {
	for _, text := range []string{
		"plain: a::b, #1, ##, [x]\n", "::error::x\n", " \t::error::x", "a\r::error::x\n", "a\n\n\u00a0\u3000::add-mask::x\n", "::::\n", ":::a::\n",
		"x ##[error]y\n", "###[group]\n", "##[##[\n", "\u200b::error::x\n", ":\u00ad:error::x\n", "#\u200d#[error]\n", "\x00::a::\n", "\ufeff::a::", "\v\f\u0085\u2028::a::\n",
	} {
		f.Add(text, uint8(1))
		f.Add(text, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		var log strings.Builder
		g := NewLog(&log)
		step := max(1, int(size))
		for rest := text; rest != ""; {
			n, err := g.Write([]byte(rest[:min(step, len(rest))]))
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := g.Flush(); err != nil {
			t.Fatal(err)
		}
		if line := commandIn(log.String()); line != "" {
			t.Errorf("the runner obeys %q, of %q", line, text)
		}
		if !strings.Contains(text, ":") && !strings.Contains(text, "#") && log.String() != text {
			t.Errorf("%q became %q", text, log.String())
		}
		if squeezed := func(s string) string { return strings.ReplaceAll(s, " ", "") }; squeezed(log.String()) != squeezed(text) {
			t.Errorf("%q became %q", text, log.String())
		}
	})
}

// TestBelow checks the order of text and commands on one stream.
func TestBelow(t *testing.T) {
	var log strings.Builder
	g := NewLog(&log)
	for _, part := range []struct {
		w    io.Writer
		text string
	}{
		{g, "::a::\nbegun "}, {below(g), "::group::x\n"}, {g, "::"}, {g, "b::\n"}, {below(g), "::endgroup::\n"}, {g, "::c::"},
	} {
		if _, err := io.WriteString(part.w, part.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := ": :a::\nbegun \n::group::x\n: :b::\n::endgroup::\n: :c::"; log.String() != want {
		t.Errorf("got %q, want %q", log.String(), want)
	}
}
