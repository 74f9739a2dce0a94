package simulate

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestThrottledShort measures the table, on 60 days where the time is short.
func TestThrottledShort(t *testing.T) {
	days := 365
	if testing.Short() {
		days = 60
	}
	for _, row := range throttledShort {
		every := int(row.window.Minutes())
		s := parse(t, schedule.Spec{Project: "acme", ID: "poll", Every: fmt.Sprint(every, " minutes")})
		p := Project{
			Jobs:   []Job{{ID: "poll", Schedule: s, Crons: s.Crons(s.DefaultSpares())}},
			Rescue: schedule.NewRounds("acme", 15*time.Minute).Crons(),
		}
		result, err := Play(p, regime(t, "throttled"), days, 1)
		if err != nil {
			t.Fatal(err)
		}
		served := 100 * float64(result.Total.Served) / float64(result.Total.Windows)
		if math.Abs(served-float64(row.served)) > 1 {
			t.Errorf("every %d minutes: %.1f %% of the windows are served, and the table says %d %%", every, served, row.served)
		}
	}
	for window, want := range map[time.Duration]int{time.Minute: throttledShort[0].served, 9 * time.Minute: throttledShort[0].served, 14 * time.Minute: throttledShort[1].served} {
		if got := ThrottledShort(window); got != want {
			t.Errorf("ThrottledShort(%v) = %d, want %d", window, got, want)
		}
	}
}

// TestLate95 measures the table, on 60 days where the time is short.
func TestLate95(t *testing.T) {
	days := 365
	if testing.Short() {
		days = 60
	}
	for _, row := range late95 {
		var p Project
		for i := range 5 {
			s := parse(t, schedule.Spec{Project: "acme", ID: fmt.Sprint("day-", i), Every: "day"})
			p.Jobs = append(p.Jobs, Job{ID: fmt.Sprint("day-", i), Schedule: s, Crons: s.Crons(s.DefaultSpares())})
		}
		if row.rescue > 0 {
			p.Rescue = schedule.NewRounds("acme", row.rescue).Crons()
		}
		result, err := Play(p, regime(t, "throttled"), days, 1)
		if err != nil {
			t.Fatal(err)
		}
		if late := time.Duration(*result.Total.P95 * float64(time.Minute)); late < row.late*4/5 || late > row.late*6/5 {
			t.Errorf("rescue every %v: 19 of 20 windows are served within %v, and the table says %v", row.rescue, late, row.late)
		}
	}
	for rescue, want := range map[time.Duration]time.Duration{15 * time.Minute: late95[0].late, 6 * time.Hour: late95[2].late, 24 * time.Hour: late95[3].late, 0: late95[3].late} {
		if got := Late95(rescue); got != want {
			t.Errorf("Late95(%v) = %v, want %v", rescue, got, want)
		}
	}
}
