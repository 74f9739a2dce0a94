package schedule

import (
	"slices"
	"time"
)

// Shortest returns the length of the schedule's shortest window. Its bounds, and the
// dates without slots, can only make a window longer. Where clocks are changed it may
// be too small, but never where it is less than a quarter of an hour.
func (s Schedule) Shortest() time.Duration { return s.shortest }

func (i interval) lengths(time.Duration) (usual, shortest time.Duration) {
	step := time.Duration(i.step) * time.Second
	return step, step
}

func (i instants) lengths(last time.Duration) (usual, shortest time.Duration) {
	shortest = last
	for n := 1; n < len(i); n++ {
		shortest = min(shortest, i[n].Sub(i[n-1]))
	}
	return shortest, shortest
}

func (c calendar) lengths(last time.Duration) (usual, shortest time.Duration) {
	return union{c}.lengths(last)
}

const minutesADay = 24 * 60

// lengths looks at all pairs of slots that can be neighbours.
func (u union) lengths(time.Duration) (usual, shortest time.Duration) {
	wall, turned := horizon*366*minutesADay, horizon*366*minutesADay
	zone := turnsOf(u[0].zone)
	dates := make([][]int, len(u))
	datesOf := func(i int) []int {
		if dates[i] == nil {
			dates[i] = u[i].dates()
		}
		return dates[i]
	}
	for i, a := range u {
		for j, b := range u {
			same, days := a.meets(b, i == j)
			if days == 0 {
				same, days = meeting(datesOf(i), datesOf(j))
			}
			as, bs := a.clock(), b.clock()
			if same {
				both := merged(as, bs)
				wall = min(wall, closest(both))
				for _, t := range zone.turns {
					if len(both) > 1 && t.touches(a.fields) {
						turned = min(turned, closest(merged(t.image(as, a.anyHour), t.image(bs, b.anyHour))))
					}
				}
			}
			wall = min(wall, days*minutesADay+bs[0]-as[len(as)-1])
			for _, t := range zone.turns {
				turned = min(turned, t.across(a.fields, b.fields, as, bs, days))
			}
		}
	}
	if turned < 15 && turned < wall {
		turned = int(u.atTurns(zone) / time.Minute)
	}
	return time.Duration(wall) * time.Minute, time.Duration(min(wall, turned)) * time.Minute
}

// atTurns returns the shortest window near the changes of the clocks.
func (u union) atTurns(zone *turnings) time.Duration {
	shortest := time.Duration(horizon*366*minutesADay) * time.Minute
	for _, change := range zone.changes {
		end := change.Add(2 * day)
		for slot := u.next(change.Add(-2 * day)); !slot.IsZero() && slot.Before(end); {
			next := u.next(slot)
			if !next.IsZero() {
				shortest = min(shortest, next.Sub(slot))
			}
			slot = next
		}
	}
	return shortest
}

// meets reports whether two calendars have a date in common, and how many days, at
// least one, it is from a date of c to the next one of the other: 0 where that takes
// their dates. same says that they are the same calendar.
func (c calendar) meets(other calendar, same bool) (together bool, days int) {
	a, plain := c.onlyWeekdays()
	b, also := other.onlyWeekdays()
	switch {
	case same && c.stride.unit == Day:
		return true, int(c.stride.n)
	case same && c.stride.unit == Week:
		return true, 7 * int(c.stride.n)
	case plain && also:
		days = 1
		for days < 7 && a.turn(days, 7)&b == 0 {
			days++
		}
		return a&b != 0, days
	case same && c.stride.n == 0 && c.monthly() && c.days.size() == 1 && !c.days.has(29) && !c.days.has(30) && !c.days.has(31):
		return true, 28
	}
	return false, 0
}

// meeting is meets for two lists of dates, in days.
func meeting(as, bs []int) (together bool, days int) {
	days = horizon * 366
	i := 0
	for _, date := range as {
		for i < len(bs) && bs[i] <= date {
			together = together || bs[i] == date
			i++
		}
		if i < len(bs) {
			days = min(days, bs[i]-date)
		}
	}
	return together, days
}

// monthly reports whether only the day of the month matters.
func (f fields) monthly() bool {
	return f.months == allMonths && f.weekdays == allWeekdays && f.nth == [7]set{} && !f.lastDay
}

// onlyWeekdays returns the weekdays with slots, if no more than that matters.
func (c calendar) onlyWeekdays() (set, bool) {
	if c.stride.n > 0 || c.shorten {
		return 0, false
	}
	return c.fields.onlyWeekdays()
}

func (f fields) onlyWeekdays() (set, bool) {
	switch {
	case f.months != allMonths || f.days != allDays:
		return 0, false
	case f.either() || f.weekdays == allWeekdays:
		return allWeekdays, true
	}
	return f.weekdays, f.nth == [7]set{}
}

var allHours, allDays, allMonths, allWeekdays = span(0, 23, 1), span(1, 31, 1), span(1, 12, 1), span(0, 6, 1)

// dates returns the days with slots in the 28 years after which months and weekdays
// repeat, from 2024-01-01, a Monday.
func (c calendar) dates() (dates []int) {
	var inWeek [7]set // the days of a month, by the weekday of the 1st
	for first := range inWeek {
		for day := 1; day <= 31; day++ {
			if weekday := (first + day - 1) % 7; c.weekdays.has(weekday) || c.nth[weekday].has((day+6)/7) {
				inWeek[first] |= 1 << day
			}
		}
	}
	dates = make([]int, 0, 1024)
	number := 0 // of the day before the 1st
	for month := range 28 * 12 {
		length := lengths[month%12+1]
		if month%12 == 1 && month/12%4 != 0 {
			length = 28
		}
		days, week := c.days, inWeek[(number+1)%7]
		if c.lastDay || c.shorten && c.days.lowest() > length {
			days |= 1 << length
		}
		if c.either() {
			days |= week
		} else {
			days &= week
		}
		if c.months.has(month%12+1) && (c.stride.n == 0 || mod(int64(2024-1970)*12+int64(month), c.stride.n) == c.stride.rest) {
			for day := range days.to(length).all() {
				dates = append(dates, number+day)
			}
		}
		number += length
	}
	return dates
}

// clock returns the times of day, in minutes, sorted.
func (f fields) clock() []int {
	times := make([]int, 0, f.hours.size()*f.minutes.size())
	for hour := range f.hours.all() {
		for minute := range f.minutes.all() {
			times = append(times, 60*hour+minute)
		}
	}
	return times
}

func merged(as, bs []int) []int {
	both := append(as[:len(as):len(as)], bs...)
	slices.Sort(both)
	return slices.Compact(both)
}

// closest returns the least difference of two neighbours.
func closest(times []int) int {
	least := horizon * 366 * minutesADay
	for i := 1; i < len(times); i++ {
		least = min(least, times[i]-times[i-1])
	}
	return least
}
