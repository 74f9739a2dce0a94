package past

import (
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

func TestLate(t *testing.T) {
	rows := []struct {
		lateness time.Duration
		want     string
	}{
		{0, "0s"},
		{59*time.Second + 999*time.Millisecond, "59s"},
		{time.Minute, "1m"},
		{59*time.Minute + 59*time.Second, "59m"},
		{time.Hour, "1h"},
		{23*time.Hour + 59*time.Minute, "23h59m"},
		{24 * time.Hour, "1d"},
		{9*24*time.Hour + 20*time.Hour, "9d20h"},
	}
	for _, row := range rows {
		if got := Late(row.lateness); got != row.want {
			t.Errorf("%v: %q, want %q", row.lateness, got, row.want)
		}
	}
}

// TestNextOfNoSlots says what comes next for a job that has only one slot, or none.
func TestNextOfNoSlots(t *testing.T) {
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	once := schedule.Spec{RunAt: []schedule.Moment{{Time: day, Offset: true}}}
	never := once
	never.Except = []time.Time{day}
	for _, row := range []struct {
		spec schedule.Spec
		now  time.Time
		want string
	}{
		{once, day.Add(-1), "next: 2026-11-21 00:00 UTC, the first"},
		{once, day, "next: none, the last window ends 2026-11-28 00:00 UTC"},
		{once, day.AddDate(0, 0, 8), "next: none, the last window ended 2026-11-28 00:00 UTC"},
		{never, day, "next: none, the job has no slots"},
	} {
		s, flaws := schedule.Parse(row.spec)
		if flaws != nil {
			t.Fatal(flaws)
		}
		if got := Next(History{Job: Job{Schedule: s}, Now: row.now}); got != row.want {
			t.Errorf("at %v: %q, want %q", row.now, got, row.want)
		}
	}
}
