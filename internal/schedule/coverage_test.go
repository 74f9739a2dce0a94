package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// wall is what the clocks of a zone show in a minute.
type wall struct {
	minute, hour, day, month, weekday uint8
	again                             bool // it has been shown before
}

// minutesOf are the minutes of 400 days and more in a zone, in UTC.
type minutesOf struct {
	from    time.Time
	minutes []wall
	skipped map[int][]wall // by the minute after the gap
}

func newMinutes(name string, from time.Time, days int) minutesOf {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	show := func(t time.Time) wall {
		return wall{uint8(t.Minute()), uint8(t.Hour()), uint8(t.Day()), uint8(t.Month()), uint8(t.Weekday()), false}
	}
	c := minutesOf{from: from, skipped: map[int][]wall{}}
	_, offset := from.In(zone).Zone()
	repeat := time.Time{} // of wall time, up to which it has been shown
	for i := range days * 24 * 60 {
		at := from.Add(time.Duration(i) * time.Minute)
		_, now := at.In(zone).Zone()
		local := at.Add(time.Duration(now) * time.Second)
		if now > offset {
			for gap := at.Add(time.Duration(offset) * time.Second); gap.Before(local); gap = gap.Add(time.Minute) {
				c.skipped[i] = append(c.skipped[i], show(gap))
			}
		}
		if now < offset {
			repeat = at.Add(time.Duration(offset) * time.Second)
		}
		offset = now
		w := show(local)
		w.again = local.Before(repeat)
		c.minutes = append(c.minutes, w)
	}
	return c
}

// reading is an independent reader of the crons that we write.
type reading struct {
	sets             [5]uint64
	anyHour, anyDays bool
}

func read(t *testing.T, expr string) (r reading) {
	parts := strings.Split(expr, " ")
	limits := [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}
	if len(parts) != 5 {
		t.Fatalf("%q does not have five fields", expr)
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%q: %v", expr, err)
		}
		return n
	}
	for i, part := range parts {
		for _, member := range strings.Split(part, ",") {
			low, high, step := limits[i][0], limits[i][1], 1
			ends, n, stepped := strings.Cut(member, "/")
			if stepped {
				step = number(n)
			}
			if first, last, ranged := strings.Cut(ends, "-"); ends != "*" {
				low = number(first)
				high = low
				if ranged {
					high = number(last)
				}
			}
			if low < limits[i][0] || high > limits[i][1] || low > high {
				t.Fatalf("%q: %q is out of range", expr, member)
			}
			for v := low; v <= high; v += step {
				r.sets[i] |= 1 << v
			}
		}
	}
	r.anyHour = parts[1][0] == '*'
	r.anyDays = parts[2][0] == '*' || parts[4][0] == '*'
	return r
}

func (r reading) fires(w wall) bool {
	day, week := r.sets[2]>>w.day&1 == 1, r.sets[4]>>w.weekday&1 == 1
	return r.sets[0]>>w.minute&1 == 1 && r.sets[1]>>w.hour&1 == 1 && r.sets[3]>>w.month&1 == 1 && (day && week || !r.anyDays && (day || week))
}

// ticks returns the minutes in which a cron fires.
func (c minutesOf) ticks(t *testing.T, expr string) (ticks []int) {
	r := read(t, expr)
	for i, w := range c.minutes {
		fires := r.sets[0]>>w.minute&1 == 1 && r.fires(w) && (r.anyHour || !w.again)
		if fires {
			ticks = append(ticks, i)
		}
	}
	for i, gap := range c.skipped {
		if !r.anyHour && slices.ContainsFunc(gap, r.fires) {
			ticks = append(ticks, i)
		}
	}
	slices.Sort(ticks)
	return slices.Compact(ticks)
}

var someZones = []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu", "America/Havana", "Africa/Cairo"}

// someSpec returns a random schedule of a kind.
func someSpec(rng *rand.Rand, kind int, from time.Time) Spec {
	pick := func(all ...string) string { return all[rng.IntN(len(all))] }
	spec := Spec{Project: "acme", ID: fmt.Sprint(rng.IntN(1000)), Expires: []time.Duration{0, 0, 0, 15 * time.Minute, 20 * time.Minute, time.Hour, 5 * time.Hour, 30 * time.Hour, 7 * day, 30 * day}[rng.IntN(10)]}
	at := func() string { return fmt.Sprintf("%02d:%02d", rng.IntN(24), rng.IntN(60)) }
	if rng.IntN(2) == 0 {
		at = func() string {
			return pick("00:00", "02:00", "02:30", "01:59", "23:59", "03:00", "00:30", "09:15", "01:45", "02:59")
		}
	}
	moment := func() time.Time {
		return from.Add(time.Duration(rng.IntN(20*24*60)) * time.Minute).Add(time.Duration(rng.IntN(2)*rng.IntN(60)) * time.Second)
	}
	if kind < 5 {
		u := units[kind]
		spec.Every = every(1+rng.Int64N(min(u.most, []int64{12, 60, u.most}[rng.IntN(3)])), u.name)
		if rng.IntN(2) == 0 {
			spec.Start = &Moment{Time: moment(), Offset: true}
		}
	}
	field := func(low, high int) string {
		a, b := low+rng.IntN(high-low+1), low+rng.IntN(high-low+1)
		a, b = min(a, b), max(a, b)
		return pick("*", "*", fmt.Sprintf("*/%d", 2+rng.IntN(9)), fmt.Sprint(a), fmt.Sprintf("%d,%d", a, b), fmt.Sprintf("%d-%d", a, b), fmt.Sprintf("%d-%d/%d", a, high, 2+rng.IntN(5)), "H", "H")
	}
	cron := func() string {
		minute := pick("0", "0", "30", "59", "H", "*/15", "0,30", "10,59", fmt.Sprint(rng.IntN(60)), fmt.Sprint(rng.IntN(60)), "*/5", "H/20", "7-59/13")
		return fmt.Sprint(minute, " ", field(0, 23), " ", pick("*", "*", field(1, 31), "L", "L,15"), " ", pick("*", "*", field(1, 12)), " ", pick("*", "*", field(0, 6), "MON#1", "1-5", "FRI#5"))
	}
	switch kind {
	case 2, 3, 4:
		if rng.IntN(2) == 0 {
			spec.At = at()
		}
	case 5:
		spec.Every, spec.At = pick("monday", "sunday", "friday"), at()
	case 6:
		spec.Cron = []string{cron()}
	case 7:
		spec.Cron = []string{cron(), cron()}
		if rng.IntN(3) == 0 {
			spec.Cron = []string{fmt.Sprintf("%d %d * * *", rng.IntN(60), rng.IntN(24)), fmt.Sprintf("%d %d * * 1-5", rng.IntN(60), rng.IntN(24)), fmt.Sprintf("%d %d * * 6", rng.IntN(60), rng.IntN(24))}
		}
	case 8:
		for range 1 + rng.IntN(5) {
			spec.RunAt = append(spec.RunAt, Moment{Time: moment().AddDate(0, rng.IntN(12), 0), Offset: true})
		}
	}
	if kind >= 2 && kind < 8 {
		spec.Timezone = someZones[rng.IntN(len(someZones))]
	}
	return spec
}

// TestCoverage asks an independent reader of crons when the ticks of random schedules
// are: each window of 400 days has one of the primary ticks before its slot expires, and
// no two ticks are less than five minutes apart.
func TestCoverage(t *testing.T) {
	each := 60
	if testing.Short() {
		each = 10
	}
	const days = 400
	from := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	known := map[string]minutesOf{}
	for seed := range each {
		for kind := range 9 {
			rng := rand.New(rand.NewPCG(uint64(seed), uint64(kind)))
			spec := someSpec(rng, kind, from)
			s, flaws := Parse(spec)
			if len(flaws) > 0 || s.Next(from).IsZero() {
				continue
			}
			spares := rng.IntN(7)
			crons := s.Crons(spares)
			if len(crons) == 0 {
				if s.Shortest() >= ShortestInterval {
					t.Errorf("%v: no ticks", spec)
				}
				continue
			}
			zone := crons[0].Zone
			if _, ok := known[zone]; !ok {
				known[zone] = newMinutes(zone, from, days)
			}
			checkCoverage(t, s, crons, known[zone])
		}
	}
}

func checkCoverage(t *testing.T, s Schedule, crons []Cron, c minutesOf) {
	t.Helper()
	var primary, spare []int
	for _, cron := range crons {
		ticks := c.ticks(t, cron.Expr)
		if cron.Spare {
			spare = append(spare, ticks...)
		} else {
			primary = append(primary, ticks...)
		}
	}
	name := func() string {
		return fmt.Sprintf("%s %q %v %v expires %v start %v: %v", s, s.spec.Every, s.spec.Cron, s.spec.Timezone, s.spec.Expires, s.start, crons)
	}
	slices.Sort(primary)
	primary = slices.Compact(primary)
	all := slices.Sorted(slices.Values(slices.Concat(primary, spare)))
	for i := 1; i < len(all); i++ {
		if all[i]-all[i-1] < 5 {
			t.Errorf("%s: ticks %d minutes apart at %v", name(), all[i]-all[i-1], c.from.Add(time.Duration(all[i])*time.Minute))
			break
		}
	}
	end := c.from.Add(time.Duration(len(c.minutes)) * time.Minute)
	minuteOf := func(at time.Time) int { return int(at.Sub(c.from).Seconds()+59) / 60 }
	shortest := time.Duration(1 << 62)
	for slot := s.Next(c.from); !slot.IsZero(); {
		w := Window{slot, s.end(slot)}
		expires := s.Expires(w)
		if !expires.Before(end) {
			break
		}
		i, _ := slices.BinarySearch(primary, minuteOf(slot))
		if i == len(primary) || !c.from.Add(time.Duration(primary[i])*time.Minute).Before(expires) {
			t.Errorf("%s: no tick from %v to %v", name(), slot, expires)
			break
		}
		shortest = min(shortest, w.End.Sub(w.Start))
		slot = s.Next(slot)
	}
	if shortest < s.Shortest() {
		t.Errorf("%s: a window is %v long, the shortest should be %v", name(), shortest, s.Shortest())
	}
}
