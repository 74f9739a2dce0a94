package past

import (
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestForgotten has windows that begin in February, the shortest month.
func TestForgotten(t *testing.T) {
	rows := []struct {
		every schedule.Cadence
		days  int
		warns bool
	}{
		{schedule.Month, 0, false}, {schedule.Month, 28, true}, {schedule.Month, 30, true}, {schedule.Month, 31, false},
		{schedule.Week, 6, true}, {schedule.Week, 7, false},
		{schedule.Day, 1, false}, {schedule.Hour, 1, false},
	}
	for _, row := range rows {
		s := schedule.New(row.every, "acme", "clean-files")
		window := s.Window(time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC))
		if remark := Forgotten("clean-files", window, row.days); (remark != "") != row.warns {
			t.Errorf("every %s, kept for %d days: %q", row.every, row.days, remark)
		}
	}
}
