package schedule

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSlots has the cases that other schedulers test, one a row: an instant, a cron,
// its zone, and the next slots. Facts of systemd's calendar expressions, Kubernetes'
// CronJob and robfig/cron, where their rules and ours are the same.
func TestSlots(t *testing.T) {
	rows := []struct{ cron, zone, after, want string }{
		// Simple steps.
		{"*/15 * * * *", "UTC", "2012-07-09T14:45:00Z", "2012-07-09T15:00Z 2012-07-09T15:15Z"},
		{"*/15 * * * *", "UTC", "2012-07-09T14:59:59Z", "2012-07-09T15:00Z 2012-07-09T15:15Z"},
		{"0/15 * * * *", "UTC", "2012-07-09T14:45:00Z", "2012-07-09T15:00Z 2012-07-09T15:15Z"},
		{"20-35/15 * * * *", "UTC", "2012-07-09T15:45:00Z", "2012-07-09T16:20Z 2012-07-09T16:35Z"},
		{"*/30 * * * *", "UTC", "2016-05-19T10:00:00Z", "2016-05-19T10:30Z 2016-05-19T11:00Z"},
		{"0 * * * *", "UTC", "2016-05-19T10:00:00Z", "2016-05-19T11:00Z 2016-05-19T12:00Z"},
		{"40 * * * *", "UTC", "2015-11-08T22:40:00.000000001Z", "2015-11-08T23:40Z 2015-11-09T00:40Z"},
		// The day wraps, the month, the year.
		{"*/15 * * * *", "UTC", "2012-07-09T23:46:00Z", "2012-07-10T00:00Z"},
		{"20-35/15 * * * *", "UTC", "2012-07-09T23:45:00Z", "2012-07-10T00:20Z 2012-07-10T00:35Z"},
		{"15 */2 * * *", "UTC", "2012-07-09T23:35:51Z", "2012-07-10T00:15Z 2012-07-10T02:15Z"},
		{"0 0 9 APR-OCT *", "UTC", "2012-07-09T23:35:00Z", "2012-08-09T00:00Z"},
		{"0 0 9 AUG,OCT TUE", "UTC", "2012-07-09T23:35:00Z", "2012-08-07T00:00Z 2012-08-09T00:00Z"},
		{"0 0 9 FEB MON", "UTC", "2012-07-09T23:35:00Z", "2013-02-04T00:00Z 2013-02-09T00:00Z"},
		{"59 23 31 12 *", "UTC", "2016-12-31T23:59:00Z", "2017-12-31T23:59Z"},
		{"0 0 1 1 *", "UTC", "2016-12-31T23:59:59.999999999Z", "2017-01-01T00:00Z 2018-01-01T00:00Z"},
		{"0 3 3 5 *", "UTC", "2014-05-03T03:00:00Z", "2015-05-03T03:00Z"},
		// Month lengths.
		{"0 0 31 * *", "UTC", "2013-01-31T00:00:00Z", "2013-03-31T00:00Z 2013-05-31T00:00Z 2013-07-31T00:00Z 2013-08-31T00:00Z"},
		{"0 0 30 * *", "UTC", "2013-01-30T00:00:00Z", "2013-03-30T00:00Z 2013-04-30T00:00Z"},
		{"0 0 29 * *", "UTC", "2013-01-29T00:00:00Z", "2013-03-29T00:00Z"},
		{"0 0 L * *", "UTC", "2015-12-31T00:00:00Z", "2016-01-31T00:00Z 2016-02-29T00:00Z 2016-03-31T00:00Z 2016-04-30T00:00Z"},
		{"0 0 L 2 *", "UTC", "2099-03-01T00:00:00Z", "2100-02-28T00:00Z 2101-02-28T00:00Z"},
		{"0 0 28-31 2 *", "UTC", "2015-03-01T00:00:00Z", "2016-02-28T00:00Z 2016-02-29T00:00Z 2017-02-28T00:00Z"},
		// Leap day.
		{"0 0 29 2 *", "UTC", "2012-07-09T23:35:00Z", "2016-02-29T00:00Z 2020-02-29T00:00Z"},
		{"0 0 29 2 *", "UTC", "2016-02-29T00:00:00Z", "2020-02-29T00:00Z"},
		{"0 0 29 2 *", "UTC", "2096-02-29T00:00:00Z", "2104-02-29T00:00Z"},
		{"0 0 29 2 */7", "UTC", "2004-02-29T00:00:00Z", "2032-02-29T00:00Z 2060-02-29T00:00Z 2088-02-29T00:00Z 2128-02-29T00:00Z"},
		{"0 0 * 2 MON#5", "UTC", "2016-02-29T00:00:00Z", "2044-02-29T00:00Z 2072-02-29T00:00Z 2112-02-29T00:00Z"},
		// Week edges.
		{"0 0 * * 0", "UTC", "2010-10-17T00:00:00Z", "2010-10-24T00:00Z"},
		{"0 0 * * 7", "UTC", "2010-10-16T23:59:59Z", "2010-10-17T00:00Z 2010-10-24T00:00Z"},
		{"0 0 * * 5-7", "UTC", "2010-10-15T00:00:00Z", "2010-10-16T00:00Z 2010-10-17T00:00Z 2010-10-22T00:00Z"},
		{"30 9 * * MON-FRI", "UTC", "2026-11-27T09:30:00Z", "2026-11-30T09:30Z 2026-12-01T09:30Z"},
		{"0 0 * * MON#1", "UTC", "2016-03-01T00:00:00Z", "2016-03-07T00:00Z 2016-04-04T00:00Z"},
		{"0 0 * * FRI#5", "UTC", "2026-01-01T00:00:00Z", "2026-01-30T00:00Z 2026-05-29T00:00Z 2026-07-31T00:00Z 2026-10-30T00:00Z"},
		// Either day or weekday, or both.
		{"0 0 1,15 * SUN", "UTC", "2012-07-14T00:00:00Z", "2012-07-15T00:00Z 2012-07-22T00:00Z 2012-07-29T00:00Z 2012-08-01T00:00Z"},
		{"0 0 */10 * SUN", "UTC", "2012-07-01T00:00:00Z", "2012-10-21T00:00Z 2012-11-11T00:00Z"},
		{"0 0 1,15 * *", "UTC", "2012-07-08T00:00:00Z", "2012-07-15T00:00Z 2012-08-01T00:00Z"},
		{"0 0 13 * */5", "UTC", "2026-01-01T00:00:00Z", "2026-02-13T00:00Z 2026-03-13T00:00Z 2026-09-13T00:00Z"},
		// A gap: New York, 11 March 2012, 02:00 to 03:00.
		{"0 * * * *", "America/New_York", "2012-03-11T05:00:00Z", "2012-03-11T06:00Z 2012-03-11T07:00Z 2012-03-11T08:00Z"},
		{"0 2 * * *", "America/New_York", "2012-03-10T08:00:00Z", "2012-03-11T07:00Z 2012-03-12T06:00Z"},
		{"30 2 11 3 *", "America/New_York", "2012-03-11T00:00:00Z", "2012-03-11T07:00Z 2013-03-11T06:30Z"},
		{"0 1,2,3 * * *", "America/New_York", "2012-03-11T05:00:00Z", "2012-03-11T06:00Z 2012-03-11T07:00Z 2012-03-12T05:00Z"},
		{"*/30 2 * * *", "America/New_York", "2012-03-11T05:00:00Z", "2012-03-11T07:00Z 2012-03-12T06:00Z 2012-03-12T06:30Z"},
		{"30 */2 * * *", "America/New_York", "2012-03-11T05:00:00Z", "2012-03-11T05:30Z 2012-03-11T08:30Z"},
		// An overlap: New York, 4 November 2012, 02:00 back to 01:00.
		{"0 * * * *", "America/New_York", "2012-11-04T04:00:00Z", "2012-11-04T05:00Z 2012-11-04T06:00Z 2012-11-04T07:00Z"},
		{"30 1 * * *", "America/New_York", "2012-11-04T04:00:00Z", "2012-11-04T05:30Z 2012-11-05T06:30Z"},
		{"30 1,2 * * *", "America/New_York", "2012-11-04T04:00:00Z", "2012-11-04T05:30Z 2012-11-04T07:30Z 2012-11-05T06:30Z"},
		{"*/20 1 * * *", "America/New_York", "2012-11-04T05:30:00Z", "2012-11-04T05:40Z 2012-11-05T06:00Z"},
		{"30 */1 * * *", "America/New_York", "2012-11-04T05:30:00Z", "2012-11-04T06:30Z 2012-11-04T07:30Z"},
		{"0 0-23 * * *", "America/New_York", "2012-11-04T04:30:00Z", "2012-11-04T05:00Z 2012-11-04T07:00Z"},
		// Zones of their own.
		{"15 2 * * *", "Australia/Lord_Howe", "2023-09-30T00:00:00Z", "2023-09-30T15:30Z 2023-10-01T15:15Z"},
		{"45 1 * * *", "Australia/Lord_Howe", "2024-04-06T00:00:00Z", "2024-04-06T14:45Z 2024-04-07T15:15Z"},
		{"0 9 * * *", "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T03:15Z 2026-01-02T03:15Z"},
		{"30 2 * * *", "Africa/Casablanca", "2019-05-04T12:00:00Z", "2019-05-05T01:30Z 2019-05-06T02:30Z"},
		{"0 0 * * *", "America/Sao_Paulo", "2018-11-03T03:00:00Z", "2018-11-04T03:00Z 2018-11-05T02:00Z"},
		{"0 0 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", "2011-12-30T10:00Z 2012-12-29T10:00Z"},
		{"0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2011-12-29T22:00Z 2011-12-30T10:00Z 2011-12-30T22:00Z"},
		{"0 */12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2011-12-29T10:00Z 2011-12-29T22:00Z 2011-12-30T10:00Z 2011-12-30T22:00Z"},
		{"59 23 * * *", "Asia/Pyongyang", "2018-05-03T15:30:00Z", "2018-05-04T15:00Z 2018-05-05T14:59Z"},
		// Slots of two dates take turns: Newfoundland goes from 00:01 back to 23:01.
		{"0,30 * * * *", "America/St_Johns", "2010-11-07T01:59:00Z", "2010-11-07T02:00Z 2010-11-07T02:30Z 2010-11-07T03:00Z 2010-11-07T03:30Z 2010-11-07T04:00Z"},
		{"30 23 * * *", "America/St_Johns", "2010-11-06T12:00:00Z", "2010-11-07T02:00Z 2010-11-08T03:00Z"},
		// The last day of a leap year.
		{"0 12 31 12 *", "Europe/Berlin", "2024-12-31T00:00:00Z", "2024-12-31T11:00Z 2025-12-31T11:00Z"},
		{"0 * * * *", "America/New_York", "2028-12-31T23:30:00Z", "2029-01-01T00:00Z 2029-01-01T01:00Z"},
		// Clocks were once off by seconds.
		{"0 12 * * *", "Europe/Brussels", "1890-01-01T00:00:00Z", "1890-01-01T11:42:30Z"},
	}
	for _, row := range rows {
		s, flaws := Parse(Spec{Cron: []string{row.cron}, Timezone: row.zone})
		if len(flaws) > 0 {
			if row.want != "" {
				t.Errorf("%q: %v", row.cron, flaws)
			}
			continue
		}
		after := on(row.after).Time
		for i, want := range strings.Fields(row.want) {
			if strings.Count(want, ":") == 1 {
				want = strings.Replace(want, "Z", ":00Z", 1)
			}
			next := s.Next(after)
			if next.Format(time.RFC3339) != want {
				t.Errorf("%q in %s, slot %d after %s: %v, want %s", row.cron, row.zone, i+1, row.after, next, want)
				break
			}
			if prev := s.Prev(next); prev != next {
				t.Errorf("%q in %s: Prev(%v) = %v", row.cron, row.zone, next, prev)
			}
			if prev := s.Prev(next.Add(-1)); i > 0 && prev != after {
				t.Errorf("%q in %s: the slot before %v is %v, want %v", row.cron, row.zone, next, prev, after)
			}
			after = next
		}
	}
}

func TestNeverComes(t *testing.T) {
	for _, cron := range []string{"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30,31 FEB */2", "* * 31 4 *", "0 0 */31 2 MON#2"} {
		if _, flaws := Parse(Spec{Cron: []string{cron}}); len(flaws) != 1 || !strings.Contains(flaws[0].Message, "never due") {
			t.Errorf("%q: %v", cron, flaws)
		}
	}
}

// TestMoments checks what a time without an offset is in a zone.
func TestMoments(t *testing.T) {
	rows := []struct{ wall, zone, want string }{
		{"2024-03-31T01:59:59Z", "Europe/Berlin", "2024-03-31T00:59:59Z"},
		{"2024-03-31T02:00:00Z", "Europe/Berlin", "2024-03-31T01:00:00Z"},
		{"2024-03-31T02:30:00Z", "Europe/Berlin", "2024-03-31T01:00:00Z"},
		{"2024-03-31T03:00:00Z", "Europe/Berlin", "2024-03-31T01:00:00Z"},
		{"2024-10-27T02:30:00Z", "Europe/Berlin", "2024-10-27T00:30:00Z"},
		{"2024-10-27T03:00:00Z", "Europe/Berlin", "2024-10-27T02:00:00Z"},
		{"2018-11-04T00:00:00Z", "America/Sao_Paulo", "2018-11-04T03:00:00Z"},
		{"2011-12-30T15:00:00Z", "Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"2011-12-31T00:00:00Z", "Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"1867-10-18T12:00:00Z", "America/Juneau", "1867-10-17T20:57:41Z"},
		{"2010-03-05T00:30:00Z", "Antarctica/Casey", "2010-03-04T13:30:00Z"},
		{"2026-12-01T09:00:00Z", "UTC", "2026-12-01T09:00:00Z"},
		{"9999-12-31T23:59:59Z", "America/New_York", "10000-01-01T04:59:59Z"},
		{"0001-01-01T00:00:00Z", "America/New_York", "0001-01-01T04:56:02Z"},
	}
	for _, row := range rows {
		zone, err := time.LoadLocation(row.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Moment{Time: on(row.wall).Time}).in(zone).Format(time.RFC3339); got != row.want {
			t.Errorf("%s in %s is %s, want %s", row.wall, row.zone, got, row.want)
		}
	}
}

// TestExtremes asks schedules of every kind far away in time: they answer, and what
// they answer is consistent.
func TestExtremes(t *testing.T) {
	times := []time.Time{
		{}, time.Date(1, 1, 1, 12, 0, 0, 0, time.UTC), time.Date(-5000, 6, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(250_000, 2, 29, 0, 0, 0, 0, time.UTC),
		time.Unix(1<<62, 0), time.Unix(-1<<62, 0), time.Unix(math.MaxInt64, 0), time.Unix(math.MinInt64, 0),
	}
	specs := []Spec{
		{RunAt: []Moment{*on("9999-12-31T23:59:59Z")}}, {RunAt: []Moment{*on("0001-01-01T00:00:01Z")}},
		{Every: "7 hours", Start: on("0001-01-01T00:00:00Z")}, {Every: "2 weeks", Start: on("0001-01-01T00:00:00Z")}, {Every: "month", Start: on("9999-12-31T00:00:00Z")},
		{Cron: []string{"0 0 29 2 */7"}}, {Cron: []string{"0 0 * 2 MON#5"}}, {Every: "day", Until: on("0001-01-02T00:00:00Z")},
	}
	zones := []string{"Pacific/Apia", "UTC", "Europe/Berlin"}
	if testing.Short() {
		zones = zones[:1]
	}
	for _, zone := range zones {
		for _, spec := range slices.Concat(specs, kinds) {
			spec.Fallback = zone
			s, flaws := Parse(spec)
			if len(flaws) > 0 {
				t.Errorf("%s: %v", describe(spec), flaws)
				continue
			}
			for _, at := range times {
				lawful(t, s, at)
			}
		}
	}
}

// lawful checks what holds of Next, Prev and Window at any instant.
func lawful(t *testing.T, s Schedule, at time.Time) {
	t.Helper()
	prev, next, w := s.Prev(at), s.Next(at), s.Window(at)
	standing := s.Standing(at)
	if year := at.Year(); year < -4000 || year > 200_000 {
		return // beyond what package time counts
	}
	switch {
	case !prev.IsZero() && prev.After(at):
		t.Errorf("%s: Prev(%v) = %v", describe(s.spec), at, prev)
	case !next.IsZero() && !next.After(at):
		t.Errorf("%s: Next(%v) = %v", describe(s.spec), at, next)
	case !w.IsZero() && (!w.Contains(at) || w.Start != prev):
		t.Errorf("%s: Window(%v) = %v", describe(s.spec), at, w)
	case !prev.IsZero() && s.Next(prev) != next, !next.IsZero() && s.Prev(next.Add(-1)) != prev:
		t.Errorf("%s at %v: Prev %v, its Next %v; Next %v", describe(s.spec), at, prev, s.Next(prev), next)
	case !prev.IsZero() && !next.IsZero() && (w != Window{prev, next} || s.Window(next).Start != next):
		t.Errorf("%s: Window(%v) = %v, between %v and %v", describe(s.spec), at, w, prev, next)
	case !prev.IsZero() && s.Prev(prev) != prev, !next.IsZero() && s.Prev(next) != next:
		t.Errorf("%s: a slot around %v is not its own Prev", describe(s.spec), at)
	case (standing == "") != !w.IsZero() && !s.spec.Disabled:
		t.Errorf("%s: Standing(%v) = %q in the window %v", describe(s.spec), at, standing, w)
	}
}

// TestLaws checks the laws at random instants of four centuries in many zones.
func TestLaws(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "Europe/Brussels", "America/St_Johns", "America/Juneau", "Antarctica/Casey", "Africa/Casablanca", "Africa/Monrovia", "Asia/Manila", "Pacific/Kwajalein", "America/Scoresbysund", "Asia/Gaza"}
	random := rand.New(rand.NewPCG(5, 6))
	instants := 60
	if testing.Short() {
		instants, zones = 15, zones[2:5]
	}
	for i, zone := range zones {
		for _, spec := range kinds {
			spec = spec.from(time.Date(1900+10*i, 3, 1, 0, 0, 0, 0, time.UTC))
			spec.Fallback = zone
			s, flaws := Parse(spec)
			if len(flaws) > 0 {
				t.Fatalf("%s: %v", describe(spec), flaws)
			}
			for range instants {
				lawful(t, s, time.Unix(random.Int64N(400*366*86400)-150*366*86400, random.Int64N(1e9)))
			}
		}
	}
}

// counted counts how often a rule is asked.
type counted struct {
	rule
	asked *int
}

func (c counted) next(t time.Time) time.Time { *c.asked++; return c.rule.next(t) }
func (c counted) prev(t time.Time) time.Time { *c.asked++; return c.rule.prev(t) }

// TestExceptedYear checks that a whole year of dates without slots takes one step a
// date, however many slots it had.
func TestExceptedYear(t *testing.T) {
	var except []time.Time
	first := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range MaxExcept {
		except = append(except, first.AddDate(0, 0, n))
	}
	for _, spec := range []Spec{{Cron: []string{"* * * * *"}}, {Every: "minute"}, {Every: "day"}} {
		for _, zone := range []string{"UTC", "America/St_Johns", "Africa/Casablanca"} {
			spec.Fallback, spec.Except = zone, except
			s, flaws := Parse(spec)
			if len(flaws) > 0 {
				t.Fatal(flaws)
			}
			asked := 0
			s.rule = counted{s.rule, &asked}
			next, prev := s.Next(first.Add(12*time.Hour)), s.Prev(first.AddDate(0, 6, 0))
			if asked > 2*MaxExcept {
				t.Errorf("%s: asked for %d slots", describe(spec), asked)
			}
			if got := next.In(s.zone).Format(time.DateOnly); got != "2028-01-02" {
				t.Errorf("%s: the next slot is on %s", describe(spec), got)
			}
			if got := prev.In(s.zone).Format(time.DateOnly); got != "2026-12-31" {
				t.Errorf("%s: the slot before is on %s", describe(spec), got)
			}
		}
	}
}

// TestFarCount checks that a count ends with the calendar, not after millions of years.
func TestFarCount(t *testing.T) {
	for _, spec := range []Spec{{Cron: []string{"0 0 29 2 */7"}}, {Every: "12 months"}, {Every: "day"}} {
		spec.Start, spec.Count = on("9990-01-01T00:00:00Z"), MaxCount
		s, flaws := Parse(spec)
		if len(flaws) > 0 {
			t.Fatal(flaws)
		}
		if end := s.ends(); !end.IsZero() {
			t.Errorf("%s: ends at %v", describe(spec), end)
		}
	}
}

// TestFirstStart checks that the first instant that there is anchors a schedule.
func TestFirstStart(t *testing.T) {
	s, flaws := Parse(Spec{Every: "7 hours", Start: on("0001-01-01T00:00:00Z")})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	if got, want := s.Next(time.Date(1, 1, 1, 1, 0, 0, 0, time.UTC)), time.Date(1, 1, 1, 7, 0, 0, 0, time.UTC); got != want {
		t.Errorf("Next = %v, want %v", got, want)
	}
}

func TestZeroSchedule(t *testing.T) {
	var s Schedule
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	if next, prev, w := s.Next(now), s.Prev(now), s.Window(now); !next.IsZero() || !prev.IsZero() || !w.IsZero() {
		t.Errorf("Next = %v, Prev = %v, Window = %v", next, prev, w)
	}
	if got := s.Windows(now, now.AddDate(-1, 0, 0), 0); len(got) > 0 {
		t.Errorf("Windows = %v", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("", "0 5 L * *", "", "Europe/Berlin", int64(0), int64(0), 0, int64(1700000000))
	f.Add("2 weeks", "", "02:30", "America/New_York", int64(1700000000), int64(1800000000), 0, int64(1700000000))
	f.Add("45 minutes", "", "", "", int64(1700000000), int64(0), 100, int64(1600000000))
	f.Add("month", "", "00:00", "Pacific/Apia", int64(-62135596800), int64(0), 9, int64(1325200000))
	for _, spec := range kinds {
		f.Add(spec.Every, strings.Join(spec.Cron, ";"), spec.At, "America/St_Johns", int64(0), int64(0), 0, int64(1289100000))
	}
	f.Fuzz(func(t *testing.T, every, cron, at, zone string, start, until int64, count int, now int64) {
		spec := Spec{Project: "acme", ID: zone, Every: every, At: at, Fallback: zone, Count: count % 1000}
		if cron != "" {
			spec.Cron = strings.Split(cron, ";")
		}
		if start != 0 {
			spec.Start = &Moment{Time: time.Unix(start%(1<<36), 0), Offset: start%2 == 0}
		}
		if until != 0 {
			spec.Until = &Moment{Time: time.Unix(until%(1<<36), 0), Offset: until%2 == 0}
		}
		s, flaws := Parse(spec)
		for _, flaw := range flaws {
			if flaw.Key == "" || flaw.Message == "" {
				t.Errorf("%+v: flaw %+v", spec, flaw)
			}
		}
		if len(flaws) > 0 {
			return
		}
		lawful(t, s, time.Unix(now%(1<<36), 0))
	})
}

// TestTrigger writes local times with the offset of the job's time zone, or the project's.
func TestTrigger(t *testing.T) {
	local := Moment{Time: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}
	for _, spec := range []Spec{{RunAt: []Moment{local}, Timezone: "Europe/Berlin"}, {RunAt: []Moment{local}, Fallback: "Europe/Berlin"}} {
		s, flaws := Parse(spec)
		if got := s.Trigger(); len(flaws) > 0 || len(got) != 1 || got[0] != "2026-12-01T09:00:00+01:00" || s.Spec().Trigger() != "run-at" {
			t.Errorf("%q, %v", got, flaws)
		}
	}
}
