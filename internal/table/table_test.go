package table

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	columns := []Column{{Name: "JOB"}, {Name: "STATE"}, {Name: "DOES", Least: 8}, {Name: "NEXT"}, {Name: "RUN", Rank: 2}, {Name: "GROUP", Rank: 1}, {Name: "NEVER"}}
	rows := [][]string{
		{"clean", "\x1b[32mconfirmed\x1b[0m", "sweep the files", "11-22", "https://x/1", "a", ""},
		{"größe", "due", "", "11-23", "", "", ""},
		{"掃除 🧹", "late", "measure every file", "11-24", "https://x/22", "b", ""},
	}
	for _, test := range []struct {
		name   string
		screen Screen
		want   string
	}{
		{"a pipe", Screen{Width: 60}, `
JOB      STATE      DOES                NEXT   GROUP
clean    [confirmed]  sweep the files     11-22  a
größe    due                            11-23
掃除 🧹  late       measure every file  11-24  b
`},
		{"a narrow pipe: each row is one line", Screen{Width: 10}, `
JOB      STATE      DOES                NEXT
clean    [confirmed]  sweep the files     11-22
größe    due                            11-23
掃除 🧹  late       measure every file  11-24
`},
		{"as wide as the table", Screen{Width: 66, Fixed: true}, `
JOB      STATE      DOES                NEXT   RUN           GROUP
clean    [confirmed]  sweep the files     11-22  https://x/1   a
größe    due                            11-23
掃除 🧹  late       measure every file  11-24  https://x/22  b
`},
		{"one cell less", Screen{Width: 65, Fixed: true}, `
JOB      STATE      DOES                NEXT   GROUP
clean    [confirmed]  sweep the files     11-22  a
größe    due                            11-23
掃除 🧹  late       measure every file  11-24  b
`},
		{"a cell shortened", Screen{Width: 40, Fixed: true}, `
JOB      STATE      DOES           NEXT
clean    [confirmed]  sweep the fi…  11-22
größe    due                       11-23
掃除 🧹  late       measure ever…  11-24
`},
		{"in ASCII", Screen{Width: 40, Fixed: true, ASCII: true}, `
JOB      STATE      DOES           NEXT
clean    [confirmed]  sweep the fi~  11-22
größe    due                       11-23
掃除 🧹  late       measure ever~  11-24
`},
		{"narrower than that: long cells have lines of their own", Screen{Width: 28, Fixed: true}, `
JOB     STATE    DOES  NEXT
clean
  [confirmed]
                 swe…  11-22
größe   due            11-23
掃除 🧹
        late     mea…  11-24
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			table := New(&out, test.screen, columns...)
			for _, row := range rows {
				table.Row(row...)
			}
			if err := table.Flush(); err != nil {
				t.Fatal(err)
			}
			got := "\n" + strings.NewReplacer("\x1b[32m", "[", "\x1b[0m", "]").Replace(out.String())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTableWraps(t *testing.T) {
	var out strings.Builder
	table := New(&out, Screen{Width: 30, Fixed: true}, Column{}, Column{Least: 10, Wrap: true})
	table.Row("a heading that is as wide as the screen")
	table.Row("mark", "words that are continued below, in their column")
	table.Row("mark", "https://example.com/an/address")
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	want := `a heading that is as wide as
the screen
mark  words that are continued
      below, in their column
mark
  https://example.com/an/address
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestTableFits checks random tables on random screens: no line is wider than the screen,
// unless a cell of it is that has a line of its own, and no cell is lost but those that may
// be shortened or left out.
func TestTableFits(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "b", "ö", "掃", "🧹", "é", "👩‍💻", "\x1b[31mr\x1b[0m"}
	word := func(most int) string {
		var b strings.Builder
		for range random.IntN(most) + 1 {
			b.WriteString(alphabet[random.IntN(len(alphabet))])
		}
		return b.String()
	}
	for range 3000 {
		columns := []Column{{Name: "JOB"}}
		for range random.IntN(6) {
			columns = append(columns, []Column{{Name: "WHOLE"}, {Name: "CUT", Least: 3}, {Name: "LATER", Rank: 1}, {Name: "MORE", Rank: 2, Least: 4}, {Name: "WORDS", Wrap: true, Least: 6}}[random.IntN(5)])
		}
		screen := Screen{Width: random.IntN(120) + 24, Fixed: random.IntN(4) > 0}
		var out strings.Builder
		table := New(&out, screen, columns...)
		var whole []string
		for range random.IntN(5) + 1 {
			var row []string
			for i, column := range columns {
				cell := word(30)
				if column.Wrap {
					cell += " " + word(9)
				}
				if i > 0 && random.IntN(5) == 0 {
					cell = ""
				} else if column.Rank == 0 && column.Least == 0 {
					whole = append(whole, cell)
				}
				row = append(row, cell)
			}
			table.Row(row...)
		}
		if err := table.Flush(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if cell := strings.TrimSpace(line); Width(line) > screen.Width && screen.Fixed && (strings.Contains(cell, " ") || Width(line)-Width(cell) > len(gap)) {
				t.Fatalf("on a screen of %d cells a line has %d: %q\n%s", screen.Width, Width(line), line, &out)
			}
			if strings.TrimRight(line, " ") != line {
				t.Fatalf("%q ends with blanks", line)
			}
		}
		for _, cell := range whole {
			if !strings.Contains(out.String(), cell) {
				t.Fatalf("%q is lost:\n%s", cell, &out)
			}
		}
	}
}

func TestWidth(t *testing.T) {
	for _, row := range []struct {
		text string
		want int
	}{
		{"", 0}, {"abc", 3}, {"größe", 5}, {"e\u0301", 1}, {"掃除", 4}, {"ｶﾅ", 2}, {"한국어", 6}, {"\u1112\u1161\u11ab", 2}, {"Ａ", 2}, {"ب", 1}, {"नमस्ते", 4},
		{"🧹", 2}, {"👩‍💻", 2}, {"👍🏽", 2}, {"🇩🇪🇫🇷", 4}, {"❤️", 2}, {"☀", 1}, {"1️⃣", 2}, {"▇▅▃✗►○▁█▓▒·…", 12}, {"\u200b", 0},
	} {
		if got := Width(row.text); got != row.want {
			t.Errorf("Width(%q) = %d, want %d", row.text, got, row.want)
		}
	}
	if got := Width("\x1b[31mred\x1b[0m"); got != 3 {
		t.Errorf("colours take %d cells", got-3)
	}
}

func TestCut(t *testing.T) {
	for _, row := range []struct {
		text  string
		cells int
		want  string
	}{
		{"abcdef", 6, "abcdef"}, {"abcdef", 5, "abcd…"}, {"ab cd", 4, "ab…"}, {"掃除掃除", 6, "掃除…"}, {"掃除掃除", 5, "掃除…"},
		{"掃除掃除", 4, "掃…"}, {"abc", 1, "…"}, {"abc", 0, ""}, {"👩‍💻👩‍💻", 3, "👩‍💻…"},
	} {
		if got := cut(row.text, row.cells, "…"); got != row.want {
			t.Errorf("cut(%q, %d) = %q, want %q", row.text, row.cells, got, row.want)
		}
	}
	if got, want := Tail("  \x1b[31mx\x1b[0m\x1b[32m▇▇\x1b[0m", 2), "\x1b[31m\x1b[0m\x1b[32m▇▇\x1b[0m"; got != want {
		t.Errorf("Tail gives %q, want %q", got, want)
	}
}

func TestScreen(t *testing.T) {
	for _, row := range []struct {
		environ string
		want    Screen
	}{
		{"", Screen{Width: 100}},
		{"COLUMNS=72", Screen{Width: 72, Fixed: true}},
		{"COLUMNS=0", Screen{Width: 100}},
		{"COLUMNS=wide", Screen{Width: 100}},
		{"TERM=dumb", Screen{Width: 100, ASCII: true}},
		{"LANG=C", Screen{Width: 100, ASCII: true}},
		{"LANG=de_DE.ISO-8859-1", Screen{Width: 100, ASCII: true}},
		{"LANG=de_DE.UTF-8", Screen{Width: 100}},
		{"LANG=C.utf8", Screen{Width: 100}},
		{"LANG=de_DE.UTF-8 LC_ALL=POSIX", Screen{Width: 100, ASCII: true}},
		{"LANG=C LC_CTYPE=UTF-8", Screen{Width: 100}},
	} {
		getenv := func(name string) string {
			for _, variable := range strings.Fields(row.environ) {
				if value, found := strings.CutPrefix(variable, name+"="); found {
					return value
				}
			}
			return ""
		}
		if got := ScreenOf(&strings.Builder{}, getenv); got != row.want {
			t.Errorf("%s: got %+v, want %+v", row.environ, got, row.want)
		}
	}
}

func TestFold(t *testing.T) {
	const text = `sync writes a file for each job
and one for the rescue.

  - an item of a list that is
    rather long
  app  short
Flags:
      --check     change nothing, and exit with 1
      --json      print JSON
`
	for _, row := range []struct {
		screen Screen
		want   string
	}{
		{Screen{Width: 20}, text},
		{Screen{Width: 49, Fixed: true}, text},
		{Screen{Width: 30, Fixed: true}, `sync writes a file for each
job and one for the rescue.

  - an item of a list that is
    rather long
  app  short
Flags:
      --check
               change nothing,
               and exit with 1
      --json      print JSON
`},
		{Screen{Width: 40, Fixed: true}, `sync writes a file for each job
and one for the rescue.

  - an item of a list that is
    rather long
  app  short
Flags:
      --check     change nothing, and
                  exit with 1
      --json      print JSON
`},
	} {
		if diff := cmp.Diff(row.want, Fold(text, row.screen)); diff != "" {
			t.Errorf("%d cells (-want +got):\n%s", row.screen.Width, diff)
		}
	}
}

// One long cell does not take other columns off the screen: it stands on a line of its own.
func TestOutlier(t *testing.T) {
	var out strings.Builder
	table := New(&out, Screen{Width: 40, Fixed: true, ASCII: true}, Column{Name: "JOB"}, Column{Name: "STATE"}, Column{Name: "LATE", Rank: 1})
	table.Row("clean", "confirmed", "12 min")
	table.Row(strings.Repeat("x", 30)+"…", "due", "3 h")
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "JOB    STATE      LATE\nclean  confirmed  12 min\n" + strings.Repeat("x", 30) + "~\n       due        3 h\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
