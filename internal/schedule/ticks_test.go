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
	moment := time.Date(2021, 1, 22, 20, 37, 0, 0, time.UTC) // a Friday
	at := func(every Cadence) Schedule {
		s := Spec{Every: string(every), Start: &Moment{Time: moment}}
		if every != Minute && every != Hour {
			s.At = "20:37"
		}
		return declared(s)
	}
	rows := []struct {
		schedule Schedule
		spares   int
		want     []string
	}{
		{at(Minute), 3, nil},
		{at(Hour), at(Hour).DefaultSpares(), []string{"37 * * * *", "57 * * * *", "17 * * * *"}},
		{at(Day), at(Day).DefaultSpares(), []string{"37 20 * * *", "37 2 * * *", "37 8 * * *", "37 14 * * *"}},
		{at(Week), at(Week).DefaultSpares(), []string{"37 20 * * 5", "37 20 * * 6", "37 20 * * 0", "37 20 * * 1", "37 20 * * 2", "37 20 * * 3", "37 20 * * 4"}},
		{at(Month), at(Month).DefaultSpares(), []string{"37 20 22 * *", "37 20 23 * *", "37 20 24 * *", "37 20 26 * *", "37 20 2 * *", "37 20 10 * *"}},
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
		spec Spec
		want string
	}{
		{Spec{Every: "week", At: "09:07", Start: &Moment{Time: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)}}, "every Sunday at 09:07 UTC, from 2026-11-29 00:00"},
		{Spec{Every: "monday", At: "23:58", Timezone: "Europe/Berlin"}, "every Monday at 23:58 Europe/Berlin"},
	}
	for _, row := range rows {
		if got := declared(row.spec).String(); got != row.want {
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
		for spares := range max(MaxSpares, New(every, "", "").DefaultSpares()) + 1 {
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
