package schedule

import (
	"math"
	"testing"
	"time"
)

func TestPerMonth(t *testing.T) {
	rows := []struct {
		expr string
		want float64
	}{
		{"7 * * * *", 720},
		{"*/5 * * * *", 8640},
		{"7 3 * * *", 30},
		{"7,37 3-5 * * *", 180},
		{"7 3 * * 1", 30. / 7},
		{"7 3 * * MON-FRI", 150. / 7},
		{"7 3 5 * *", 1},
		{"7 3 5,20 * *", 2},
		{"7 3 1-31 * *", 30},
		{"7 3 5 1,7 *", 1. / 6},
		{"7 3 15 * 1", 1 + 30./7 - 1./7},
		{"7 3 * JUL THU", 30. / 7 / 12},

		{"", 0},
		{"7 3 * *", 0},
		{"7 3 * * * *", 0},
		{"60 3 * * *", 0},
		{"@daily", 0},
		{"TZ=x", 0},
		{"TZ=x\t1\t1\t1\t1", 0},
		{"CRON_TZ=UTC 7 3 * * *", 0},
		{"${{ x }}", 0},
		{"H 3 * * *", 0},
		{"H/5 3 * * *", 0},
		{"7 3 L * *", 0},
		{"7 3 1,l * *", 0},
		{"7 3 * * MON#1", 0},
	}
	for _, row := range rows {
		if got := (Cron{Expr: row.expr}).PerMonth(); math.Abs(got-row.want) > 1e-9 {
			t.Errorf("%q: %f ticks, want %f", row.expr, got, row.want)
		}
		if _, err := ParseCron(row.expr, ""); (err == nil) != (row.want > 0) {
			t.Errorf("ParseCron(%q): %v", row.expr, err)
		}
	}
}

func TestParseCron(t *testing.T) {
	s, err := ParseCron("37 9 * * 1-5", "Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	friday := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	if got, want := s.Next(friday), time.Date(2026, 3, 30, 7, 37, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("Next = %v, want %v", got, want)
	}
	if _, err := ParseCron("37 9 * * *", "Europe/Berlinn"); err == nil {
		t.Error("an unknown time zone is accepted")
	}
	if never, err := ParseCron("37 9 30 2 *", ""); err != nil || !never.Next(friday).IsZero() {
		t.Errorf("30 February: %v", err)
	}
}
