package problem_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// clock is an error that makes its hint when it is asked.
type clock struct{ error }

func (clock) Hint() string { return "set the clock" }

func TestHint(t *testing.T) {
	plain := errors.New("plain")
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"none":      {plain, ""},
		"nil":       {nil, ""},
		"its own":   {problem.New("do this", "read %q", "a"), "do this"},
		"wrapped":   {fmt.Errorf("open: %w", problem.WithHint(plain, "do this")), "do this"},
		"outermost": {problem.WithHint(problem.WithHint(plain, "inner"), "outer"), "outer"},
		"empty":     {problem.WithHint(problem.WithHint(plain, "inner"), ""), "inner"},
		"method":    {fmt.Errorf("ask: %w", clock{plain}), "set the clock"},
		"joined":    {errors.Join(plain, problem.WithHint(plain, "do this")), "do this"},
	} {
		if got := problem.Hint(test.err); got != test.want {
			t.Errorf("%s: hint %q, want %q", name, got, test.want)
		}
	}
	if err := problem.WithHint(nil, "do this"); err != nil {
		t.Errorf("a hint made an error: %v", err)
	}
	if err := problem.New("x", "read: %w", fs.ErrNotExist); !errors.Is(err, fs.ErrNotExist) || err.Error() != "read: file does not exist" {
		t.Errorf("got %v", err)
	}
}

func TestWrite(t *testing.T) {
	problems := problem.Problems{
		{File: "a.toml", Line: 12, Column: 3, Message: "wrong", Hint: "fix it", Source: problem.Source{Line: "ab cd", Indent: "   ", Carets: "^^"}},
		{File: "a.toml", Line: 13, Column: 1, Message: "worse"},
	}
	for _, test := range []struct {
		color bool
		want  string
	}{
		{false, "a.toml:12:3: wrong\n12 | ab cd\n   |    ^^\nhint: fix it\n\na.toml:13:1: worse\n"},
		{true, "\x1b[1ma.toml:12:3: wrong\x1b[0m\n12 | ab cd\n   |    \x1b[31m^^\x1b[0m\n\x1b[36mhint:\x1b[0m fix it\n\n\x1b[1ma.toml:13:1: worse\x1b[0m\n"},
	} {
		var out strings.Builder
		if err := problems.Write(&out, test.color); err != nil || out.String() != test.want {
			t.Errorf("color %v: wrote %q (%v), want %q", test.color, out.String(), err, test.want)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("short", 10)
	f.Add("äöüß", 3)
	f.Add("\xff\xfe long", 2)
	f.Fuzz(func(t *testing.T, text string, most int) {
		if most < 1 || most > 1000 {
			t.Skip()
		}
		got := problem.Cut(text, most)
		switch n := utf8.RuneCountInString(text); {
		case n <= most && got != text:
			t.Errorf("cut %q, which has only %d characters", text, n)
		case n > most && (utf8.RuneCountInString(got) != most || !strings.HasSuffix(got, "…")):
			t.Errorf("cut %q to %q, want %d characters", text, got, most)
		}
	})
}

func TestText(t *testing.T) {
	for id, want := range map[string]string{
		"clean-files":           "clean-files",
		"daily report":          "daily report",
		"ünï":                   "ünï",
		"":                      `""`,
		" a":                    `" a"`,
		"a\nb":                  `"a\nb"`,
		`a"b`:                   `"a\"b"`,
		"\u202ea":               `"\u202ea"`,
		strings.Repeat("x", 61): strings.Repeat("x", 59) + "…",
	} {
		if got := problem.Show(id); got != want {
			t.Errorf("show %q: %s, want %s", id, got, want)
		}
	}
	if one, two := problem.Count(1, "job"), problem.Count(2, "job"); one != "1 job" || two != "2 jobs" {
		t.Errorf("counted %s and %s", one, two)
	}
	at := time.Date(2026, 11, 21, 10, 37, 59, 0, time.FixedZone("", 3600))
	if got := problem.Clock(at); got != "2026-11-21 09:37 UTC" {
		t.Errorf("clock %s", got)
	}
}

// Problems that a file had before are old ones, wherever they are now, each as often as it
// was there.
func TestSince(t *testing.T) {
	at := func(line int, message string) problem.Problem {
		return problem.Problem{File: "x", Line: line, Message: message}
	}
	before := problem.Problems{at(1, "a is wrong"), at(2, "b has the slug of line 7"), at(3, "gone")}
	after := problem.Problems{at(5, "a is wrong"), at(6, "b has the slug of line 12"), at(7, "a is wrong"), at(8, "c is wrong")}
	old, fresh := after.Since(before)
	if len(old) != 2 || old[0].Line != 5 || old[1].Line != 6 {
		t.Errorf("old: %v", old)
	}
	if len(fresh) != 2 || fresh[0].Line != 7 || fresh[1].Line != 8 {
		t.Errorf("new: %v", fresh)
	}
}

// A command for a job says its id as one word that is no flag.
func TestCommand(t *testing.T) {
	for id, want := range map[string]string{
		"daily":      "scheduled backfill daily --to now",
		"":           "scheduled backfill '' --to now",
		"a b":        "scheduled backfill 'a b' --to now",
		"it's":       `scheduled backfill 'it'\''s' --to now`,
		"`id`":       "scheduled backfill '`id`' --to now",
		"$(id)":      "scheduled backfill '$(id)' --to now",
		"🚀":          "scheduled backfill '🚀' --to now",
		"--all":      "scheduled backfill --to now -- --all",
		"-h x":       "scheduled backfill --to now -- '-h x'",
		"a\u202e\nb": "scheduled backfill 'a??b' --to now",
	} {
		if got := problem.Command("scheduled backfill", id, "--to", "now"); got != want {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
	if got := problem.Command("x", strings.Repeat("y", 1<<20)); len(got) > 600 {
		t.Errorf("%d bytes", len(got))
	}
}
