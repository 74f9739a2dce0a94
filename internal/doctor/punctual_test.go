package doctor

import (
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

func TestMeasure(t *testing.T) {
	s := schedule.New(schedule.Day, "app", "clean")
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	windows := s.Windows(now, now.Add(-10*24*time.Hour), 0)
	for _, tt := range []struct {
		name                    string
		late                    func(i int) (late time.Duration, scheduled, ran bool)
		windows, run, otherwise int
		median                  time.Duration
	}{
		{"all on time", func(int) (time.Duration, bool, bool) { return 5 * time.Minute, true, true }, 9, 9, 0, 5 * time.Minute},
		{"none", func(int) (time.Duration, bool, bool) { return 0, true, false }, 9, 0, 0, 0},
		{"only the rescue", func(int) (time.Duration, bool, bool) { return time.Hour, false, true }, 9, 0, 9, 0},
		{"every second one, at the very end", func(i int) (time.Duration, bool, bool) {
			return 24*time.Hour - time.Second, true, i%2 == 0
		}, 9, 4, 0, 24*time.Hour - time.Second},
	} {
		var runs []github.Started
		for i, window := range windows {
			if late, scheduled, ran := tt.late(i); ran {
				runs = append(runs, github.Started{File: "x", Scheduled: scheduled, Created: window.Start.Add(late)})
			}
		}
		var p punctuality
		p.measure(s, runs, now.Add(-10*24*time.Hour), now)
		if p.windows != tt.windows || len(p.scheduled) != tt.run || p.otherwise != tt.otherwise || p.median() != tt.median {
			t.Errorf("%s: %+v, median %v", tt.name, p, p.median())
		}
	}
}

// A blob's id is that of git.
func TestBlobID(t *testing.T) {
	if got := blobID([]byte("hello\n")); got != "ce013625030ba8dba906f756967f9e9ca394464a" {
		t.Error(got)
	}
}
