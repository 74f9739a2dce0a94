package table

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	rows := []string{
		"JOB\tSTATE\tNEXT\tRUN",
		"clean\t\x1b[32mconfirmed\x1b[0m\t2026-11-22\trun 1",
		"größe\tdue\t2026-11-23\t",
	}
	for _, test := range []struct {
		name  string
		width int
		want  string
	}{
		{"no terminal", 0, `
JOB    STATE      NEXT        RUN
clean  [confirmed]  2026-11-22  run 1
größe  due        2026-11-23
`},
		{"as wide as the table", 35, `
JOB    STATE      NEXT        RUN
clean  [confirmed]  2026-11-22  run 1
größe  due        2026-11-23
`},
		{"one column less", 34, `
JOB    STATE      NEXT
  RUN
clean  [confirmed]  2026-11-22
  run 1
größe  due        2026-11-23
`},
		{"half", 19, `
JOB    STATE
  NEXT        RUN
clean  [confirmed]
  2026-11-22  run 1
größe  due
  2026-11-23
`},
		{"narrower than a column", 3, `
JOB
  STATE
  NEXT
  RUN
clean
  [confirmed]
  2026-11-22
  run 1
größe
  due
  2026-11-23
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			table := &Table{w: &out, width: test.width}
			for _, row := range rows {
				fmt.Fprintln(table, row)
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

// TestTableShortRow checks that a short row's last cell does not widen its column.
func TestTableShortRow(t *testing.T) {
	var out strings.Builder
	table := New(&out)
	fmt.Fprint(table, "a\tb\tc\n\ta long key\n")
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := "a  b  c\n   a long key\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
