package schedule

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oracle is a second implementation of the slots, written from their description
// alone: it walks minute by minute over the clocks of a zone, and reads crons by itself.
type oracle struct {
	spec  Spec
	zone  *time.Location
	n     *big.Int // the number of assigned times
	all   []int64  // slots without the bounds, in seconds since 1970
	slots []int64  // slots
}

// clocks are what the clocks of a zone show over some time, minute by minute.
type clocks struct {
	zone  *time.Location
	from  time.Time // in whole minutes
	walls []int64   // local minutes since 1970
}

func newClocks(zone *time.Location, from time.Time, days int) clocks {
	c := clocks{zone: zone, from: from}
	for minute := range days * 1440 {
		local := from.Add(time.Duration(minute) * time.Minute).In(zone)
		wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
		c.walls = append(c.walls, wall.Unix()/60)
	}
	return c
}

// changes returns the minutes before which the clocks were changed.
func (c clocks) changes() (changes []int) {
	for i := 1; i < len(c.walls); i++ {
		if c.walls[i] != c.walls[i-1]+1 {
			changes = append(changes, i)
		}
	}
	return changes
}

// newOracle finds the slots of a spec while the clocks are known.
func newOracle(spec Spec, c clocks) *oracle {
	sum := sha256.Sum256([]byte("scheduled/v1\n" + spec.Project + "/" + spec.ID))
	o := &oracle{spec: spec, zone: c.zone, n: new(big.Int).SetBytes(sum[:8])}
	first := c.from.Unix() / 60
	add := func(minute int, second int64) {
		o.all = append(o.all, (first+int64(minute))*60+second)
	}
	switch phase, step := o.interval(); {
	case len(spec.RunAt) > 0:
		for _, m := range spec.RunAt {
			o.all = append(o.all, m.Unix()) // its rows have offsets
		}
	case step > 0:
		for i := range c.walls {
			second := ((phase % 60) + 60) % 60
			if ((first+int64(i))*60+second-phase)%step == 0 {
				add(i, second)
			}
		}
	default:
		due := make([]bool, len(c.walls))
		for _, p := range o.patterns() {
			p.walk(c, due)
		}
		for i := range due {
			if due[i] {
				add(i, 0)
			}
		}
	}
	slices.Sort(o.all)
	for _, slot := range o.all {
		if o.bounded(slot, c.zone) {
			o.slots = append(o.slots, slot)
		}
	}
	if spec.Count > 0 {
		o.slots = o.slots[:min(spec.Count, len(o.slots))]
	}
	return o
}

// bounded says whether start, until and except leave the slot. Its rows have moments
// with offsets.
func (o *oracle) bounded(slot int64, zone *time.Location) bool {
	date := func() string { return time.Unix(slot, 0).In(zone).Format(time.DateOnly) }
	return (o.spec.Start == nil || slot >= o.spec.Start.Unix()) &&
		(o.spec.Until == nil || slot < o.spec.Until.Unix()) &&
		!slices.ContainsFunc(o.spec.Except, func(d time.Time) bool { return d.Format(time.DateOnly) == date() })
}

// ends says whether the oracle knows all slots to come, and the one after until or count.
func (o *oracle) ends() bool {
	last := o.all[len(o.all)-1]
	return o.spec.Until != nil && last >= o.spec.Until.Unix() || o.spec.Count > 0 && len(o.slots) == o.spec.Count && last > o.slots[o.spec.Count-1]
}

// mod returns (n div by) mod of.
func (o *oracle) mod(by, of int64) int {
	q := new(big.Int).Div(o.n, big.NewInt(by))
	return int(q.Mod(q, big.NewInt(of)).Int64())
}

func (o *oracle) minute() int {
	minutes := make([]int, 0, 48)
	for _, quarter := range []int{0, 15, 30, 45} {
		for off := 2; off <= 13; off++ {
			minutes = append(minutes, quarter+off)
		}
	}
	return minutes[o.mod(1, 48)]
}

// count splits "3 days" into 3 and "day".
func (o *oracle) count() (int64, string) {
	if number, unit, ok := strings.Cut(o.spec.Every, " "); ok {
		n, _ := strconv.Atoi(number)
		return int64(n), strings.TrimSuffix(unit, "s")
	}
	return 1, o.spec.Every
}

// interval returns the phase and length of N minutes and N hours, in seconds; else 0.
func (o *oracle) interval() (phase, step int64) {
	n, unit := o.count()
	switch {
	case unit == "minute" && n == 1:
		phase, step = int64(o.mod(1, 60)), 60
	case unit == "minute":
		phase, step = int64(o.mod(1, n)*60), n*60
	case unit == "hour":
		phase, step = int64(o.minute()*60+o.mod(48, n)*3600), n*3600
	default:
		return 0, 0
	}
	if o.spec.Start != nil {
		phase = o.spec.Start.Unix()
	}
	return phase, step
}

// walls say which wall times are slots.
type walls struct {
	minutes, hours [60]bool
	elapsed        bool // the hour is a wildcard
	day            func(date time.Time) bool
}

// walk marks the minutes that are slots.
func (p walls) walk(c clocks, due []bool) {
	low, high := slices.Min(c.walls), slices.Max(c.walls)
	base := low - low%1440
	days := make([]bool, (high-base)/1440+1)
	for i := range days {
		days[i] = p.day(time.Unix((base+int64(i)*1440)*60, 0).UTC())
	}
	matches := func(wall int64) bool {
		return days[(wall-base)/1440] && p.hours[wall%1440/60] && p.minutes[wall%60]
	}
	seen := make([]bool, high-base+1)
	for i, wall := range c.walls {
		if !p.elapsed && i > 0 {
			for skipped := c.walls[i-1] + 1; skipped < wall; skipped++ {
				if !seen[skipped-base] && matches(skipped) {
					due[i] = true
				}
			}
		}
		if matches(wall) && (p.elapsed || !seen[wall-base]) {
			due[i] = true
		}
		seen[wall-base] = true
	}
}

// patterns returns those of a calendar rule, or of each cron.
func (o *oracle) patterns() (all []walls) {
	for _, expr := range o.spec.Cron {
		all = append(all, o.cron(expr))
	}
	if len(all) > 0 {
		return all
	}
	hour, minute := o.mod(48, 24), o.minute()
	if o.spec.At != "" {
		fmt.Sscanf(o.spec.At, "%d:%d", &hour, &minute)
	}
	p := walls{day: o.days()}
	p.hours[hour], p.minutes[minute] = true, true
	return []walls{p}
}

// days says which dates count for an `every` in days, weeks or months.
func (o *oracle) days() func(date time.Time) bool {
	since := func(date, day time.Time) int { return int(date.Sub(day).Hours()) / 24 }
	epoch := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	monday := time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC)
	months := func(date time.Time) int { return (date.Year()-1970)*12 + int(date.Month()) - 1 }
	var start time.Time
	if o.spec.Start != nil {
		year, month, day := o.spec.Start.In(o.zone).Date()
		start = time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	}
	count, unit := o.count()
	n := int(count)
	switch unit {
	case "day":
		rest := o.mod(1152, count)
		if !start.IsZero() {
			rest = since(start, epoch) % n
		}
		return func(date time.Time) bool { return since(date, epoch)%n == rest }
	case "week":
		weekday, rest := o.mod(1152, 7), o.mod(8064, count)
		if !start.IsZero() {
			weekday, rest = int(start.Weekday()), since(start, monday)/7%n
		}
		return func(date time.Time) bool {
			return int(date.Weekday()) == weekday && since(date, monday)/7%n == rest
		}
	case "month":
		day, rest := o.mod(1152, 28)+1, o.mod(32256, count)
		if !start.IsZero() {
			day, rest = start.Day(), months(start)%n
		}
		return func(date time.Time) bool {
			length := time.Date(date.Year(), date.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
			return date.Day() == min(day, length) && months(date)%n == rest
		}
	}
	return func(date time.Time) bool { return strings.EqualFold(date.Weekday().String(), o.spec.Every) }
}

// cron reads a cron.
func (o *oracle) cron(expr string) walls {
	f := strings.Fields(strings.ToUpper(expr))
	p := walls{elapsed: strings.HasPrefix(f[1], "*")}
	for v := range o.values(f[0], 0, 59, "", o.minute(), 1) {
		p.minutes[v] = true
	}
	for v := range o.values(f[1], 0, 23, "", o.mod(48, 24), 48) {
		p.hours[v] = true
	}
	days := o.values(f[2], 1, 31, "", o.mod(1152, 28)+1, 1152)
	months := o.values(f[3], 1, 12, "   JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", o.mod(32256, 12)+1, 32256)
	weekdays := o.values(f[4], 0, 6, "SUNMONTUEWEDTHUFRISAT", o.mod(1152, 7), 1152)
	last := slices.Contains(strings.Split(f[2], ","), "L")
	either := f[2][0] != '*' && f[4][0] != '*'
	p.day = func(date time.Time) bool {
		if !months[int(date.Month())] {
			return false
		}
		day := days[date.Day()] || last && date.AddDate(0, 0, 1).Month() != date.Month()
		week := weekdays[int(date.Weekday())] || weekdays[100*((date.Day()-1)/7+1)+int(date.Weekday())]
		if either {
			return day || week
		}
		return day && week
	}
	return p
}

// values returns what a field matches. MON#2 is 201.
func (o *oracle) values(text string, low, high int, names string, assigned int, by int64) map[int]bool {
	number := func(s string) int {
		if i := strings.Index(names, s); i >= 0 && len(s) == 3 {
			return i / 3
		}
		v, err := strconv.Atoi(s)
		if err != nil {
			panic(text)
		}
		return v
	}
	found := map[int]bool{}
	for _, member := range strings.Split(text, ",") {
		if day, nth, ok := strings.Cut(member, "#"); ok {
			found[100*number(nth)+number(day)%7] = true
			continue
		}
		if member == "L" {
			continue
		}
		member, every, steps := strings.Cut(member, "/")
		step := 1
		if steps {
			step = number(every)
		}
		hashed := strings.HasPrefix(member, "H")
		a, b, isRange := strings.Cut(strings.Trim(member, "H()"), "-")
		from, to := low, high
		switch {
		case isRange:
			from, to = number(a), number(b)
		case a != "" && a != "*":
			from = number(a)
			if !steps {
				to = from
			}
		}
		switch {
		case hashed && steps:
			from += o.mod(by, int64(min(step, to-from+1)))
		case hashed && isRange:
			from += o.mod(by, int64(to-from+1))
			to = from
		case hashed:
			from, to = assigned, assigned
		}
		for v := from; v <= to; v += step {
			if high == 6 {
				found[v%7] = true
			} else {
				found[v] = true
			}
		}
	}
	return found
}

// slotAfter and slotBefore answer as Next and Prev do.
func (o *oracle) slotAfter(t time.Time) time.Time {
	return slotAt(o.slots, sortedAfter(o.slots, t))
}

func (o *oracle) slotBefore(t time.Time) time.Time {
	return slotAt(o.slots, sortedAfter(o.slots, t)-1)
}

// window answers as Window does.
func (o *oracle) window(t time.Time) Window {
	start := o.slotBefore(t)
	if start.IsZero() {
		return Window{}
	}
	end := o.slotAfter(t)
	if end.IsZero() {
		end = slotAt(o.all, sortedAfter(o.all, start))
	}
	if end.IsZero() { // the last of run-at
		end = start.Add(7 * 24 * time.Hour)
		if o.spec.Expires > 0 {
			end = start.Add(o.spec.Expires)
		}
	}
	if !t.Before(end) {
		return Window{}
	}
	return Window{start, end}
}

func sortedAfter(slots []int64, t time.Time) int {
	i, _ := slices.BinarySearch(slots, t.Unix()+1)
	return i
}

func slotAt(slots []int64, i int) time.Time {
	if i < 0 || i >= len(slots) {
		return time.Time{}
	}
	return time.Unix(slots[i], 0).UTC()
}
