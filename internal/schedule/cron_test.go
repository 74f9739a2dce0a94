package schedule

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/robfig/cron/v3"
)

func TestCrons(t *testing.T) {
	at := func(every Cadence) Schedule {
		return Schedule{every: every, minute: 37, hour: 20, weekday: 5, day: 22}
	}
	rows := []struct {
		schedule Schedule
		spares   int
		want     []string
	}{
		{at(Minute), 3, nil},
		{at(Hour), DefaultSpares(Hour), []string{"37 * * * *", "57 * * * *", "17 * * * *"}},
		{at(Day), DefaultSpares(Day), []string{"37 20 * * *", "37 2 * * *", "37 8 * * *", "37 14 * * *"}},
		{at(Week), DefaultSpares(Week), []string{"37 20 * * 5", "37 20 * * 6", "37 20 * * 0", "37 20 * * 1", "37 20 * * 2", "37 20 * * 3", "37 20 * * 4"}},
		{at(Month), DefaultSpares(Month), []string{"37 20 22 * *", "37 20 23 * *", "37 20 24 * *", "37 20 26 * *", "37 20 2 * *", "37 20 10 * *"}},
		{at(Day), 0, []string{"37 20 * * *"}},
		{at(Hour), 5, []string{"37 * * * *", "47 * * * *", "57 * * * *", "7 * * * *", "17 * * * *", "27 * * * *"}},
	}
	for _, row := range rows {
		var got []string
		for _, c := range row.schedule.Crons(row.spares) {
			got = append(got, c.Expr)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s, %d spares (-want +got):\n%s", row.schedule, row.spares, diff)
		}
	}
}

func TestWords(t *testing.T) {
	rows := []struct {
		schedule Schedule
		want     string
	}{
		{Schedule{every: Minute, second: 7}, "every minute at second 7"},
		{Schedule{every: Hour, minute: 7}, "every hour at minute 7"},
		{Schedule{every: Day, hour: 9, minute: 7}, "every day at 09:07 UTC"},
		{Schedule{every: Week, weekday: 0, hour: 23, minute: 58}, "every Sunday at 23:58 UTC"},
		{Schedule{every: Month, day: 1}, "every month on the 1st at 00:00 UTC"},
		{Schedule{every: Month, day: 2}, "every month on the 2nd at 00:00 UTC"},
		{Schedule{every: Month, day: 3}, "every month on the 3rd at 00:00 UTC"},
		{Schedule{every: Month, day: 11}, "every month on the 11th at 00:00 UTC"},
		{Schedule{every: Month, day: 12}, "every month on the 12th at 00:00 UTC"},
		{Schedule{every: Month, day: 21}, "every month on the 21st at 00:00 UTC"},
		{Schedule{every: Month, day: 28}, "every month on the 28th at 00:00 UTC"},
	}
	for _, row := range rows {
		if got := row.schedule.String(); got != row.want {
			t.Errorf("String() = %q, want %q", got, row.want)
		}
	}
}

// TestTicksOfAWindow asks an independent reader of crons when every tick of a
// year fires: each window has its primary on the slot and each spare once,
// inside, each at another minute.
func TestTicksOfAWindow(t *testing.T) {
	jobs := 60
	if testing.Short() {
		jobs = 15
	}
	for _, every := range Cadences[1:] {
		for spares := range max(MaxSpares, DefaultSpares(every)) + 1 {
			for job := range jobs {
				checkTicks(t, New(every, "acme", fmt.Sprint("job-", job)), spares)
			}
		}
	}
}

func checkTicks(t *testing.T, s Schedule, spares int) {
	t.Helper()
	w := s.Window(time.Date(2024, 1, 15, 0, 0, 0, 0, time.UTC))
	for range 14 {
		var ticks []time.Time
		for _, c := range s.Crons(spares) {
			reader, err := cron.ParseStandard(c.Expr)
			if err != nil {
				t.Fatal(err)
			}
			fired := reader.Next(w.Start.Add(-time.Second))
			if !c.Spare && fired != w.Start {
				t.Errorf("%s: primary %q fires at %v, not on the slot %v", s, c.Expr, fired, w.Start)
			}
			if again := reader.Next(fired); w.Contains(again) {
				t.Errorf("%s: %q fires twice in one window", s, c.Expr)
			}
			ticks = append(ticks, fired)
		}
		slices.SortFunc(ticks, time.Time.Compare)
		if len(ticks) != spares+1 || len(slices.Compact(ticks)) != spares+1 || !w.Contains(ticks[spares]) {
			t.Errorf("%s, %d spares: window %v has ticks %v", s, spares, w, ticks)
		}
		w = s.Window(w.End)
	}
}
