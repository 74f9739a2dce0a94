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

// TestTicks shows the ticks of each kind of schedule: the primary ones, and after "+"
// the default spares.
func TestTicks(t *testing.T) {
	start := &Moment{Time: time.Date(2026, 12, 31, 9, 0, 30, 0, time.UTC)}
	date := &Moment{Time: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Date: true}
	cron := func(zone string, crons ...string) Spec { return Spec{Cron: crons, Timezone: zone} }
	const berlin = "Europe/Berlin"
	rows := []struct {
		spec Spec
		want string
	}{
		// assigned times: 22:32 for this job
		{Spec{Every: "7 minutes"}, "3,9,15,21,27,33,39,45,51,57 * * * *"},
		{Spec{Every: "15 minutes"}, "12,27,42,57 * * * *"},
		{Spec{Every: "90 minutes"}, "12,42 * * * *"},
		{Spec{Every: "2 hours"}, "32 0,2,4,6,8,10,12,14,16,18,20,22 * * * + 2 1,3,5,7,9,11,13,15,17,19,21,23 * * * + 47 1,3,5,7,9,11,13,15,17,19,21,23 * * *"},
		{Spec{Every: "7 hours"}, "32 0,2,4,6,8,10,12,14,16,18,20,22 * * *"},
		{Spec{Every: "7 hours", Expires: time.Hour}, "32 * * * *"},
		{Spec{Every: "48 hours"}, "32 10,22 * * *"},
		{Spec{Every: "36 hours"}, "32 10,22 * * *"},
		{Spec{Every: "9 hours"}, "32 1,4,7,10,13,16,19,22 * * *"},
		{Spec{Every: "3 days"}, "32 22 * * * + 32 10 * * *"},
		{Spec{Every: "8 days"}, "32 22 * * *"},
		{Spec{Every: "2 weeks"}, "32 22 * * 2 + 32 22 * * 3 + 32 22 * * 5 + 32 22 * * 0"},
		{Spec{Every: "6 months"}, "32 22 3 6,12 * + 32 22 4 6,12 * + 32 22 5 6,12 * + 32 22 7 6,12 * + 32 22 11 6,12 * + 32 22 19 6,12 *"},
		{Spec{Every: "5 months"}, "32 22 3 * * + 32 22 4 * *"},
		{Spec{Every: "day", Expires: time.Hour}, "32 22 * * * + 47 22 * * * + 2 23 * * * + 17 23 * * *"},
		{Spec{Every: "day", Disabled: true}, ""},

		// month's end
		{Spec{Every: "month", Start: date}, "32 22 1,28-31 * * + 32 22 2 * * + 32 22 4 * * + 32 22 8 * * + 32 22 16 * *"},
		{Spec{Every: "12 months", Start: date}, "32 22 28-31 12 * 32 22 1 1 * + 32 22 2 1 * + 32 22 4 1 * + 32 22 8 1 * + 32 22 16 1 *"},
		{cron("", "30 18 15,L * *"), "32 18 1,15,28-31 * * + 32 18 3,18 * * + 32 18 5,20 * * + 32 18 7,22 * * + 32 18 9,24 * * + 32 18 11,26 * *"},
		{cron("", "40 18 * * MON#1"), "40 18 * * 1 + 40 18 * * 4"},

		{cron("", "40 18 L 3 *", "43 18 1 * *"), "40 18 28-31 3 * 43 18 1 * * + 40 0 1 4 * + 40 6 1 4 * + 40 12 1 4 * + 43 0 2 * * + 43 6 2 * * + 43 12 2 * *"},

		// chosen minutes
		{Spec{Every: "day", At: "09:00", Timezone: berlin}, "2 9 * * * Europe/Berlin + 2 15 * * * Europe/Berlin + 2 21 * * * Europe/Berlin + 2 3 * * * Europe/Berlin"},
		{Spec{Every: "2 hours", Start: start}, "2 1,3,5,7,9,11,13,15,17,19,21,23 * * * + 32 1,3,5,7,9,11,13,15,17,19,21,23 * * * + 17 0,2,4,6,8,10,12,14,16,18,20,22 * * *"},
		{Spec{Every: "30 minutes", Start: start}, "2,32 * * * *"},
		{cron("", "*/15 * * * *"), "2,17,32,47 * * * *"},
		{cron("", "*/10 * * * *"), "2,12,22,32,42,52 * * * *"},
		{cron("", "*/6 * * * *"), "*/6 * * * *"},
		{cron("", "10,59 9,23 * * 1-5"), "13 9,23 * * 1-5 2 10 * * 1-5 2 0 * * 2-6"},
		{cron("", "59 23 1 * *"), "59 23 1 * * + 59 23 2 * * + 59 23 3 * * + 59 23 5 * * + 59 23 9 * * + 59 23 17 * *"},
		{cron("", "59 */2 * * *"), "59 */2 * * * + 29 1,3,5,7,9,11,13,15,17,19,21,23 * * * + 14 0,2,4,6,8,10,12,14,16,18,20,22 * * *"},
		{cron("", "0 9 * * *", "5 9 * * 1"), "0 9 * * * 5 9 * * 1"},
		{cron("", "0 9 * * *", "20 9 * * 1"), "2 9 * * * 20 9 * * 1"},
		{cron(berlin, "0 2,3 * * *"), "0 2,3 * * * Europe/Berlin + 15 3 * * * Europe/Berlin + 30 3 * * * Europe/Berlin"},
		{cron(berlin, "0 2,3 * * 1"), "2 2,3 * * 1 Europe/Berlin + 17 2,3 * * 1 Europe/Berlin + 32 2,3 * * 1 Europe/Berlin"},
		{cron(berlin, "0 */6 * * *"), "2 */6 * * * Europe/Berlin + 2 2,8,14,20 * * * Europe/Berlin + 2 4,10,16,22 * * * Europe/Berlin"},

		// fixed hours, and a day and a weekday
		{cron(berlin, "40 0-23 * * *"), "40 0-23 * * * Europe/Berlin + 55 0,1,3-23 * * * Europe/Berlin + 10 0,1,3-23 * * * Europe/Berlin"},
		{cron("", "40 9 13 * 5"), "40 9 13 * 5 + 40 15 13 * 5 + 40 21 13 * 5 + 40 3 14 * 6"},
		{cron("", "40 9 */2 * 1"), "40 9 */2 * 1"},
		{cron("", "40 9 1-31 * 1"), "40 9 * * * + 40 15 * * * + 40 21 * * * + 40 3 * * *"},

		// single times
		{Spec{RunAt: []Moment{{Time: start.Time}}}, "2 9 31 12 * + 2 9 1-6 1 *"},
		{Spec{RunAt: []Moment{{Time: start.Time}, {Time: start.Time.AddDate(0, 0, 2)}}, Timezone: berlin}, "2 8 31 12 * 2 8 2 1 * + 2 20 31 12 * + 2 8 1,3,5,7 1 * + 2 20 1 1 *"},
		{Spec{RunAt: []Moment{{Time: start.Time}, {Time: start.Time.Add(5 * time.Minute)}}, Expires: 15 * time.Minute}, "1 9 31 12 * 6 9 31 12 *"},

		// less than five minutes apart
		{cron("", "*/4 * * * *"), ""},
		{cron("", "0 9 * * *", "4 9 * * *"), ""},
		{cron("", "58 23 * * 0", "1 0 * * 1"), ""},
		{cron(berlin, "30 2 * * *", "2 3 * * *"), ""},
	}
	for _, row := range rows {
		row.spec.Project, row.spec.ID = "acme", "x"
		s := declared(row.spec)
		got := ""
		for i, c := range s.Crons(s.DefaultSpares()) {
			if c.Spare {
				got += " +"
			}
			if i > 0 {
				got += " "
			}
			if got += c.Expr; c.Zone != "UTC" {
				got += " " + c.Zone
			}
		}
		if got != row.want {
			t.Errorf("%s %q %v:\n got %s\nwant %s", s, row.spec.Every, row.spec.Cron, got, row.want)
		}
	}
}

func TestWords(t *testing.T) {
	day := func(month time.Month, day int) *Moment {
		return &Moment{Time: time.Date(2026, month, day, 9, 0, 0, 0, time.UTC)}
	}
	rows := []struct {
		spec Spec
		want string
	}{
		{Spec{Every: "week", At: "09:07", Start: &Moment{Time: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC), Date: true}}, "every Sunday at 09:07 UTC, from 2026-11-29"},
		{Spec{Every: "monday", At: "23:58", Timezone: "Europe/Berlin"}, "every Monday at 23:58 Europe/Berlin"},
		{Spec{Every: "minute"}, "every minute at second 12"},
		{Spec{Every: "hour"}, "every hour at minute 32"},
		{Spec{Every: "15 minutes"}, "every 15 minutes from minute 12"},
		{Spec{Every: "90 minutes"}, "every 90 minutes"},
		{Spec{Every: "2 hours", Start: day(12, 1), Count: 10}, "every 2 hours from 01:00 UTC, from 2026-12-01 09:00, 10 times"},
		{Spec{Every: "7 hours"}, "every 7 hours at minute 32"},
		{Spec{Every: "3 days", At: "09:00"}, "every 3 days at 09:00 UTC"},
		{Spec{Every: "2 weeks", At: "09:00"}, "every 2 weeks on Tuesday at 09:00 UTC"},
		{Spec{Every: "3 months", At: "09:00"}, "every 3 months on the 3rd at 09:00 UTC"},
		{Spec{Cron: []string{"0 9 * * 1-5"}, Timezone: "Europe/Berlin", Until: day(12, 31)}, "Monday to Friday at 09:00 Europe/Berlin, until 2026-12-31 09:00"},
		{Spec{Cron: []string{"0 9-17 * * 1-5"}}, "every hour from 09:00 to 17:00 UTC, Monday to Friday"},
		{Spec{Cron: []string{"*/20 9-17 * 6-8 *"}}, "every 20 minutes from 09:00 to 17:40 UTC, in June to August"},
		{Spec{Cron: []string{"0,30 * * * *"}}, "at minutes 0 and 30 of every hour"},
		{Spec{Cron: []string{"0,30 * * * *"}, Timezone: "Asia/Kathmandu"}, "at minutes 0 and 30 of every hour Asia/Kathmandu"},
		{Spec{Cron: []string{"30 18 L * *"}}, "on the last day of the month at 18:30 UTC"},
		{Spec{Cron: []string{"30 18 15,L 6 *"}}, "on the 15th and last day of June at 18:30 UTC"},
		{Spec{Cron: []string{"30 18 * * MON#1"}}, "on the first Monday of the month at 18:30 UTC"},
		{Spec{Cron: []string{"30 18 * * SAT,SUN"}}, "every Saturday and Sunday at 18:30 UTC"},
		{Spec{Cron: []string{"30 9,12,17 1,2,15 * *"}}, "every month on the 1st, 2nd and 15th at 09:30, 12:30 and 17:30 UTC"},
		{Spec{Cron: []string{"0 */3 * * *"}}, "every 3 hours from 00:00 UTC"},
		{Spec{Cron: []string{"0 9 13 * FRI#2"}}, "cron 0 9 13 * 5#2 UTC"},
		{Spec{Cron: []string{"0 9 * * 1-5", "0 12 * * 6"}}, "Monday to Friday at 09:00, and every Saturday at 12:00 UTC"},
		{Spec{Cron: []string{"H H 1 * *", "1,2,5,17,19 3,7 1-9,13 2-4,7 *", "0 9 13 * 5"}}, "every month on the 1st at 22:32 UTC, and 2 other crons"},
		{Spec{RunAt: []Moment{*day(12, 1)}, Timezone: "Europe/Berlin"}, "once on 2026-12-01 at 09:00 Europe/Berlin"},
		{Spec{RunAt: []Moment{*day(12, 1), *day(12, 24)}}, "2 times from 2026-12-01 09:00 to 2026-12-24 09:00 UTC"},
	}
	for _, row := range rows {
		row.spec.Project, row.spec.ID = "acme", "x"
		if got := declared(row.spec).String(); got != row.want {
			t.Errorf("String() = %q, want %q", got, row.want)
		}
	}
}

func TestShortest(t *testing.T) {
	rows := []struct {
		spec Spec
		want string
	}{
		{Spec{Every: "7 hours"}, "7h0m0s"},
		{Spec{Every: "day"}, "24h0m0s"},
		{Spec{Every: "3 days", Timezone: "Europe/Berlin", At: "09:00"}, "71h0m0s"},
		{Spec{Every: "month"}, "672h0m0s"},
		{Spec{Cron: []string{"0 9 * * 1-5"}}, "24h0m0s"},
		{Spec{Cron: []string{"0 9 * * 1,4"}}, "72h0m0s"},
		{Spec{Cron: []string{"0 9 28 2 *", "0 9 1 3 *"}}, "24h0m0s"},
		{Spec{Cron: []string{"59 23 28 2 *", "0 0 1 3 *"}}, "1m0s"},
		{Spec{Cron: []string{"59 23 30 6 *", "0 0 2 7 *"}}, "24h1m0s"},
		{Spec{Cron: []string{"0 9 * * 1", "3 9 * * 2"}}, "24h3m0s"},
		{Spec{Cron: []string{"30 2 * * *", "2 3 * * *"}, Timezone: "Europe/Berlin"}, "2m0s"},
		{Spec{Cron: []string{"30 2 * * 1", "2 3 * * 1"}, Timezone: "Europe/Berlin"}, "32m0s"}, // clocks are changed on Sundays
		{Spec{Cron: []string{"58 1 * * *", "30 3 * * *"}, Timezone: "Europe/Berlin"}, "32m0s"},
		{Spec{Cron: []string{"50 10 * * *", "40 1 * * 1-5", "51 0 * * 6"}, Timezone: "Europe/Berlin"}, "9h10m0s"},
		{Spec{Cron: []string{"30 12 L 3 FRI#5"}, Timezone: "Europe/Berlin"}, "24h0m0s"},
		{Spec{Cron: []string{"0 9 13 * *", "0 8 * * 5", "0 7 13,14 2 *"}}, "1h0m0s"},
		{Spec{Cron: []string{"30,59 * * * *"}, Timezone: "Australia/Lord_Howe"}, "1m0s"},
		{Spec{Cron: []string{"0,57 */2 * * *"}, Timezone: "Europe/Berlin"}, "3m0s"}, // 02:57, and 02:00 again
		{Spec{Cron: []string{"0,57 */2 * * *"}}, "57m0s"},
		{Spec{RunAt: []Moment{{Time: time.Unix(0, 0)}, {Time: time.Unix(240, 0)}}}, "4m0s"},
		{Spec{RunAt: []Moment{{Time: time.Unix(0, 0)}}}, "168h0m0s"},
	}
	for _, row := range rows {
		if s := declared(row.spec); s.Shortest().String() != row.want {
			t.Errorf("%s: shortest %v, want %s", s, s.Shortest(), row.want)
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

// TestHashedMinutesStay shows that no tick of an assigned minute is moved, and that all
// others are quiet where they can be.
func TestHashedMinutesStay(t *testing.T) {
	for n := range 200 {
		id := fmt.Sprint(n)
		for _, spec := range []Spec{{Every: "day"}, {Every: "5 hours"}, {Every: "40 minutes"}, {Cron: []string{"H 9-17 * * 1-5"}}, {Cron: []string{"H/20 * * * *"}}} {
			spec.ID = id
			s := declared(spec)
			slot := s.Next(time.Unix(0, 0))
			if tick, _ := ParseCron(s.Crons(0)[0].Expr, ""); len(spec.Cron) > 0 && !tick.Prev(slot).Equal(slot) {
				t.Errorf("%s: no tick at %v: %v", s, slot, s.Crons(0))
			}
		}
		at := fmt.Sprintf("%02d:%02d", n%24, n%60)
		s := declared(Spec{Every: "week", At: at, ID: id})
		tick, _ := ParseCron(s.Crons(0)[0].Expr, "")
		slot := s.Next(time.Unix(0, 0))
		if next := tick.Next(slot.Add(-1)); !isQuiet(next.Minute()) || next.Sub(slot) > 3*time.Minute || isQuiet(slot.Minute()) && !next.Equal(slot) {
			t.Errorf("%s: tick at %v", s, next)
		}
	}
}

func BenchmarkCrons(b *testing.B) {
	for _, spec := range []Spec{{Every: "hour"}, {Every: "day"}, {Every: "month"}, {Every: "day", At: "09:00", Timezone: "Europe/Berlin"}, {Every: "3 months"}, {Cron: []string{"0 9 1,15 * *"}}, {Cron: []string{"*/15 9-17 * * 1-5"}, Timezone: "Europe/Berlin"}} {
		b.Run(spec.Every+fmt.Sprint(spec.Cron)+spec.Timezone, func(b *testing.B) {
			for b.Loop() {
				s := declared(spec)
				s.Crons(s.DefaultSpares())
			}
		})
	}
}

// TestTicksOfCatchUp has a job that catches up tick as one that does not: what it has
// missed needs no ticks of its own.
func TestTicksOfCatchUp(t *testing.T) {
	for _, spec := range []Spec{{Every: "hour"}, {Every: "2 hours"}, {Every: "day"}, {Every: "3 days"}, {Every: "month"}, {Cron: []string{"0 9 * * 1-5"}}} {
		spec.ID = "a"
		latest, flaws := Parse(spec)
		spec.CatchUp = true
		all, more := Parse(spec)
		if len(flaws)+len(more) > 0 {
			t.Fatal(flaws, more)
		}
		for spares := range MaxSpares + 1 {
			if got, want := all.Crons(spares), latest.Crons(spares); !slices.Equal(got, want) || len(got) == 0 {
				t.Errorf("%v with %d spares: %v, want %v", spec, spares, got, want)
			}
		}
	}
}

// TestLocalCrons finds a tick in the minute of each slot, or where a slot is not on a
// whole minute, in the next, and asks an independent reader whether it is there.
func TestLocalCrons(t *testing.T) {
	day := time.Date(2024, 2, 20, 0, 0, 0, 0, time.UTC)
	for _, zone := range []string{"", "Europe/Berlin"} {
		for _, spec := range kinds {
			spec = spec.from(day)
			spec.Project, spec.ID, spec.Fallback = "acme", "x", zone
			s := declared(spec)
			var ticks, readers []func(time.Time) time.Time
			for _, c := range s.LocalCrons() {
				tick, err := ParseCron(c.Expr, c.Zone)
				reader, wrong := cron.ParseStandard("CRON_TZ=" + c.Zone + " " + c.Expr)
				if err != nil || wrong != nil {
					t.Fatal(err, wrong)
				}
				ticks, readers = append(ticks, tick.Next), append(readers, reader.Next)
			}
			if none := len(ticks) == 0; none != spec.Disabled {
				t.Errorf("%s: crons %v", s, s.LocalCrons())
			}
			slot := s.Next(day)
			for n := 0; n < 150 && !slot.IsZero() && len(ticks) > 0; n++ {
				minute := slot.Add(time.Minute - 1).Truncate(time.Minute)
				due := func(next func(time.Time) time.Time) bool { return next(minute.Add(-1)).Equal(minute) }
				if !slices.ContainsFunc(ticks, due) {
					t.Errorf("%s: no tick at %v: %v", s, slot, s.LocalCrons())
				}
				if zone == "" && !slices.ContainsFunc(readers, due) { // which leaves out what is in a gap
					t.Errorf("%s: the reader has no tick at %v: %v", s, slot, s.LocalCrons())
				}
				slot = s.Next(slot)
			}
		}
	}
	if got := fmt.Sprint(declared(Spec{Cron: []string{"0 9 * * *", "*/2 * * * *"}, ID: "x"}).LocalCrons()); got != "[{0 9 * * * UTC every day at 09:00 UTC false} {*/2 * * * * UTC every 2 minutes from minute 0 false}]" {
		t.Error("minutes are moved, or ticks left out: ", got)
	}
}
