package schedule

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestGoldenKinds checks the slots of every kind against a table computed apart from the
// program, by testdata/slots.py, so that no upgrade can move a job.
func TestGoldenKinds(t *testing.T) {
	table, err := os.ReadFile("testdata/slots.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		row := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		s, flaws := Parse(golden(row))
		if len(flaws) > 0 {
			t.Errorf("row %q: %v", line, flaws)
			continue
		}
		var got []string
		after := on(row[8]).Time
		for slot := s.Next(after); !slot.IsZero() && len(got) < 4; slot = s.Next(slot) {
			if prev := s.Prev(slot); prev != slot {
				t.Errorf("row %q: Prev(%v) = %v", line, slot, prev)
			}
			got = append(got, slot.Format(time.RFC3339))
		}
		if got := strings.Join(got, " "); got != row[9] {
			t.Errorf("row %q: slots %s", line, got)
		}
	}
	if rows != 150 {
		t.Errorf("read %d rows, want 150", rows)
	}
}

// golden returns the spec of a row.
func golden(row []string) Spec {
	s := Spec{Project: "acme", ID: row[0], At: row[2], Fallback: row[3]}
	if kind := row[1]; strings.Count(kind, " ") >= 4 {
		s.Cron = strings.Split(kind, " ; ")
	} else {
		s.Every = kind
	}
	if row[4] != "" {
		s.Start = on(row[4])
	}
	if row[5] != "" {
		s.Until = on(row[5])
	}
	s.Count, _ = strconv.Atoi(row[6])
	s.Except = dates(strings.Fields(row[7])...)
	return s
}
