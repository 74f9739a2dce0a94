package schedule

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata" // where a machine has none

	"github.com/google/go-cmp/cmp"
)

// turns are stretches of time in which clocks do awkward things.
var turns = []struct {
	zone string
	from string
	days int
	what string
}{
	{"UTC", "2023-12-15", 460, "a leap day and two turns of the year"},
	{"UTC", "2099-12-20", 90, "no leap day"},
	{"Europe/Berlin", "2024-03-01", 280, "02:00 to 03:00 and back"},
	{"Europe/Berlin", "2008-12-15", 40, "the end of a leap year"},
	{"America/New_York", "2025-02-20", 280, "02:00 to 03:00 and back"},
	{"Australia/Lord_Howe", "2024-03-20", 220, "half an hour"},
	{"Africa/Casablanca", "2024-02-20", 80, "back for Ramadan"},
	{"Europe/Dublin", "2024-03-10", 250, "winter time as the exception"},
	{"Pacific/Apia", "2011-09-10", 220, "30 December 2011 does not exist"},
	{"Pacific/Kwajalein", "1993-08-01", 40, "21 August 1993 does not exist"},
	{"Europe/Istanbul", "2016-03-10", 260, "summer time for good"},
	{"America/Sao_Paulo", "2018-10-20", 140, "a gap at midnight; repeated from midnight on the day before"},
	{"America/Santiago", "2024-03-20", 200, "both at midnight"},
	{"Asia/Kathmandu", "1985-12-15", 40, "from +05:30 to +05:45 for good"},
	{"America/Caracas", "2007-11-20", 40, "half an hour back for good"},
	{"America/Caracas", "2016-04-15", 40, "half an hour forward for good"},
	{"Asia/Pyongyang", "2018-04-20", 30, "23:30 to midnight for good"},
	{"Africa/Cairo", "2014-05-01", 180, "four changes in a year, at midnight"},
	{"Africa/Cairo", "2023-04-15", 210, "a gap at midnight on a Friday"},
	{"Asia/Tehran", "2022-03-10", 210, "both at midnight, for the last time"},
	{"America/Havana", "2024-03-01", 260, "the hour after midnight"},
	{"Antarctica/Troll", "2024-03-15", 240, "two hours"},
	{"America/St_Johns", "2010-03-01", 270, "one minute after midnight"},
	{"America/Nuuk", "2024-03-20", 240, "23:00 to midnight and back"},
	{"Antarctica/Casey", "2010-02-20", 40, "three hours back, at 02:00"},
	{"Antarctica/Casey", "2020-09-20", 190, "three hours, one minute after midnight"},
	{"Pacific/Chatham", "2024-03-20", 200, "from +13:45 to +12:45"},
	{"Asia/Gaza", "2023-03-20", 240, "during Ramadan"},
}

func on(day string) *Moment {
	t, err := time.Parse(time.RFC3339, day)
	if err != nil {
		panic(err)
	}
	return &Moment{Time: t, Offset: true}
}

func crons(exprs ...string) Spec { return Spec{Cron: exprs} }

// kinds are schedules of every kind. Their dates are relative to the first minute of a
// turn, which the moment of year 1 stands for.
var kinds = []Spec{
	// Wildcards, steps and lists.
	crons("* * * * *"), crons("*/5 * * * *"), crons("7 * * * *"), crons("0,30 * * * *"), crons("*/15 */2 * * *"), crons("1 */3 * * *"),
	crons("10/20 * * * *"), crons("0-10/5,50 3/6 * * *"), crons("0 0-23 * * *"), crons("*/20 0-23/1 * * *"), crons("59 23 * * *"),
	// Fixed hours in gaps and in repeated hours.
	crons("0 2 * * *"), crons("30 2 * * *"), crons("*/10 2 * * *"), crons("0 0 * * *"), crons("0 1,3 * * *"), crons("30 0 * * *"), crons("30 1,2,3 * * *"), crons("15 0-4 * * *"), crons("45 22-23 * * *"), crons("30 23 * * *"), crons("0 3 * * *"),
	// Assigned times.
	crons("H H * * *"), crons("H * * * *"), crons("H/15 * * * *"), crons("H H/3 * * *"), crons("H(0-29) H(1-5) * * *"), crons("H(10-40)/10 H(0-6)/2 * * *"), crons("h h H * *"), crons("H H H H *"), crons("H H * * H"), crons("H H H/7 * *"), crons("H H * * H/2"), crons("H H H(10-20) H/2 *"), crons("H H * H(3-9)/4 H(1-5)"), crons("H(0-3)/20 5 * * *"),
	// Days and weekdays, both or either.
	crons("0 5 1 * *"), crons("0 5 1,15 * *"), crons("0 5 31 * *"), crons("0 5 29 2 *"), crons("0 5 L * *"), crons("0 5 15,L * *"), crons("0 5 * * 1-5"), crons("0 5 * * SAT,SUN"), crons("0 5 * * 7"), crons("0 5 * * 5-7"), crons("0 5 * * 0-7"), crons("0 5 * * SUN-SAT"), crons("0 5 * * mon#1"), crons("0 5 * * MON#2,FRI#5"), crons("0 5 * * 7#1,3"), crons("0 5 13 * FRI"), crons("0 5 */2 * MON"), crons("0 5 1-7 * */7"), crons("0 5 L * FRI"), crons("0 5 10-20/5 * TUE#2"), crons("0 5 * jan,dec-dec mon-fri"), crons("0 5 * 2,4/4 *"), crons("0 5 30 */2 *"),
	// Several.
	crons("0 9 * * 1-5", "30 2 * * 6,7"), crons("*/30 * * * *", "0 2 * * *"), crons("0 0 1 * *", "0 0 L * *", "30 23 * * *"),
	// Elapsed time.
	{Every: "minute"}, {Every: "hour"}, {Every: "7 minutes"}, {Every: "90 minutes"}, {Every: "5 hours"}, {Every: "12 hours"}, {Every: "36 hours"},
	{Every: "7 hours", Start: on("0001-01-10T03:04:05Z")}, {Every: "45 minutes", Start: on("0001-01-03T00:00:59Z"), Count: 100},
	// Days, weeks and months.
	{Every: "day"}, {Every: "day", At: "02:30"}, {Every: "day", At: "00:00"}, {Every: "day", At: "23:30"}, {Every: "1 day", At: "00:30"}, {Every: "2 days"}, {Every: "3 days", At: "00:15"}, {Every: "10 days", At: "23:45", Start: on("0001-01-05T12:00:00Z")},
	{Every: "week"}, {Every: "2 weeks"}, {Every: "3 weeks", At: "02:10"}, {Every: "week", Start: on("0001-01-09T22:30:00Z")}, {Every: "2 weeks", At: "09:00", Start: on("0001-01-02T00:00:00Z")},
	{Every: "sunday", At: "02:30"}, {Every: "monday"}, {Every: "friday", At: "00:00"}, {Every: "saturday", At: "23:59"},
	{Every: "month"}, {Every: "2 months"}, {Every: "month", At: "02:00", Start: on("0001-01-31T00:00:00Z")}, {Every: "month", Start: on("0001-01-30T12:00:00Z")}, {Every: "3 months", At: "00:00", Start: on("0001-01-15T01:00:00Z")},
	// Single times.
	{RunAt: []Moment{*on("0001-02-01T00:00:00Z")}}, {RunAt: []Moment{*on("0001-02-11T05:00:00+02:00"), *on("0001-01-02T03:04:05Z")}, Expires: time.Hour},
	{RunAt: []Moment{*on("0001-01-11T05:00:00Z"), *on("0001-01-12T03:04:05Z"), *on("0001-01-13T03:04:05Z")}, Start: on("0001-01-12T00:00:00Z"), Until: on("0001-01-13T00:00:00Z")},
	// Bounds.
	{Cron: []string{"*/10 * * * *"}, Start: on("0001-01-10T00:10:00Z"), Until: on("0001-01-20T00:10:00Z")},
	{Cron: []string{"30 2 * * *"}, Start: on("0001-01-04T00:00:00Z"), Count: 20, Except: dates("0001-01-05", "0001-01-06", "0001-01-22")},
	{Every: "day", At: "00:00", Except: dates("0001-01-05", "0001-01-06", "0001-01-12", "0001-01-13", "0001-02-01")},
	{Every: "hour", Until: on("0001-02-01T00:00:00Z"), Except: dates("0001-01-31", "0001-01-30")},
	{Every: "week", Until: on("0001-02-20T00:00:00Z"), Expires: time.Hour},
	{Every: "day", Start: on("0001-01-20T00:00:00Z"), Disabled: true},
}

func dates(days ...string) (all []time.Time) {
	for _, day := range days {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			panic(err)
		}
		all = append(all, t)
	}
	return all
}

// from moves the dates of a spec from year 1 to the given day.
func (s Spec) from(day time.Time) Spec {
	year1 := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	move := func(t time.Time) time.Time { return day.Add(t.Sub(year1)) }
	moment := func(m *Moment) *Moment {
		if m == nil {
			return nil
		}
		return &Moment{Time: move(m.Time), Offset: true}
	}
	s.Start, s.Until = moment(s.Start), moment(s.Until)
	runAt, except := s.RunAt, s.Except
	s.RunAt, s.Except = nil, nil
	for _, m := range runAt {
		s.RunAt = append(s.RunAt, *moment(&m))
	}
	for _, t := range except {
		s.Except = append(s.Except, move(t))
	}
	return s
}

// TestAgainstOracle compares schedules of every kind with the oracle at all turns.
func TestAgainstOracle(t *testing.T) {
	for i, turn := range turns {
		zone, err := time.LoadLocation(turn.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, turn.from)
		if err != nil {
			t.Fatal(err)
		}
		if testing.Short() { // up to the first change
			turn.days = min(turn.days, 60)
		}
		c := newClocks(zone, day, turn.days)
		for j, spec := range kinds {
			if testing.Short() && (i+j)%12 != 0 {
				continue
			}
			spec = spec.from(day)
			spec.Project, spec.ID, spec.Fallback = "acme", fmt.Sprint("job-", i*j), turn.zone
			s, flaws := Parse(spec)
			if len(flaws) > 0 {
				t.Fatalf("%s: %v", describe(spec), flaws)
			}
			compare(t, s, newOracle(spec, c), c)
			if t.Failed() && testing.Short() {
				t.FailNow()
			}
		}
	}
}

func describe(s Spec) string {
	return fmt.Sprintf("%s %s%q at %q %s %v, start %v, until %v, count %d", s.ID, s.Every, s.Cron, s.At, s.Fallback, s.RunAt, s.Start, s.Until, s.Count)
}

// compare asks the schedule and the oracle the same questions, at awkward instants.
func compare(t *testing.T, s Schedule, o *oracle, c clocks) {
	t.Helper()
	for _, instant := range awkward(o, c) {
		next, prev, window, standing := o.slotAfter(instant), o.slotBefore(instant), o.window(instant), Reason("")
		switch {
		case s.spec.Disabled:
			standing = Disabled
		case window.IsZero() && prev.IsZero():
			standing = NotStarted
		case window.IsZero():
			standing = Ended
		}
		ends := s.spec.RunAt != nil || len(o.all) > 0 && o.ends()
		begins := s.spec.Start != nil || s.spec.RunAt != nil
		if !ends && next.IsZero() || !begins && prev.IsZero() {
			continue // beyond what the oracle knows
		}
		if got := s.Next(instant); got != next {
			t.Fatalf("%s: Next(%v) = %v, want %v", describe(s.spec), instant.In(c.zone), got.In(c.zone), next.In(c.zone))
		}
		if got := s.Prev(instant); got != prev {
			t.Fatalf("%s: Prev(%v) = %v, want %v", describe(s.spec), instant.In(c.zone), got.In(c.zone), prev.In(c.zone))
		}
		if got := s.Window(instant); got != window {
			t.Fatalf("%s: Window(%v) = %v, want %v", describe(s.spec), instant, got, window)
		}
		if got := s.Standing(instant); got != standing {
			t.Fatalf("%s: Standing(%v) = %q, want %q", describe(s.spec), instant, got, standing)
		}
	}
	compareWindows(t, s, o, c)
}

// compareWindows compares some of the windows of the whole stretch.
func compareWindows(t *testing.T, s Schedule, o *oracle, c clocks) {
	t.Helper()
	if len(o.slots) < 3 {
		return
	}
	last := len(o.slots) - 2
	first := max(0, last-50)
	var want []Window
	for i := last; i >= first; i-- {
		want = append(want, Window{slotAt(o.slots, i), slotAt(o.slots, i+1)})
	}
	now := want[0].End.Add(-1)
	if diff := cmp.Diff(want, s.Windows(now, slotAt(o.slots, first), 0)); diff != "" {
		t.Fatalf("%s: Windows back from %v (-want +got):\n%s", describe(s.spec), now, diff)
	}
	if got := s.Windows(now, c.from.AddDate(-100, 0, 0), 2); len(got) != 2 || got[1] != want[1] {
		t.Fatalf("%s: the last two windows are %v, want %v", describe(s.spec), got, want[:2])
	}
}

// awkward returns instants around slots, around changes of the clocks, and at random.
func awkward(o *oracle, c clocks) (instants []time.Time) {
	near := func(t time.Time) {
		instants = append(instants, t.Add(-1), t, t.Add(1))
	}
	step := max(1, len(o.slots)/100)
	for i := 0; i < len(o.slots); i += step {
		near(slotAt(o.slots, i))
	}
	for _, minute := range c.changes() {
		change := c.from.Add(time.Duration(minute) * time.Minute)
		near(change)
		for off := -30 * time.Hour; off < 30*time.Hour; off += 29 * time.Minute {
			instants = append(instants, change.Add(off))
		}
		from, to := sortedAfter(o.slots, change.Add(-5*time.Hour)), sortedAfter(o.slots, change.Add(5*time.Hour))
		for i := from; i < to; i++ {
			near(slotAt(o.slots, i))
		}
	}
	random := rand.New(rand.NewPCG(1, uint64(len(o.slots))))
	for range 30 {
		instants = append(instants, c.from.Add(time.Duration(random.Int64N(int64(len(c.walls))*int64(time.Minute)))))
	}
	return instants
}
