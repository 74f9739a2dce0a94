package schedule

import (
	"iter"
	"time"
)

// dated is a date with slots, in days since 1970-01-01.
type dated struct {
	*times
	date     int
	weekdays set // on which such dates fall
}

// times are when the slots of a date come, in minutes since its midnight, sorted.
type times struct {
	fixed, wild [24]set // by the hour
	usual       []int
	turned      [][]int // if the clocks are changed on the date, by the kind of change
}

// add adds the times of some fields.
func (t *times) add(f *fields) {
	for hour := range f.hours.all() {
		if f.anyHour {
			t.wild[hour] |= f.minutes
		} else {
			t.fixed[hour] |= f.minutes
		}
	}
}

// turn computes all times, for these changes of the clocks.
func (t *times) turn(turns []turn) {
	fixed, wild := clock(&t.fixed), clock(&t.wild)
	t.usual = merged(fixed, wild)
	t.turned = make([][]int, len(turns))
	for i, turn := range turns {
		t.turned[i] = merged(turn.image(fixed, false), turn.image(wild, true))
	}
}

// clock returns the times of day of minutes by the hour.
func clock(hours *[24]set) (at []int) {
	for hour, minutes := range hours {
		for minute := range minutes.all() {
			at = append(at, 60*hour+minute)
		}
	}
	return at
}

// touches reports whether the clocks can change on such a date.
func (d dated) touches(t turn) bool { return d.weekdays&t.weekdays != 0 }

// until returns the time from the last slot of the date to the first one of a later
// date.
func (d dated) until(later dated) int {
	return (later.date-d.date)*minutesADay + later.usual[0] - d.usual[len(d.usual)-1]
}

// across is until, if the clocks change on one of both or between: in that way, with
// that number.
func (d dated) across(later dated, i int, t turn) int {
	least, shift := d.until(later), t.to-t.from
	days := later.date - d.date
	if days > 1 {
		least -= max(0, shift)
	}
	if image := d.turned[i]; d.touches(t) && len(image) > 0 {
		least = min(least, days*minutesADay-shift+later.usual[0]-image[len(image)-1])
	}
	if image := later.turned[i]; later.touches(t) && len(image) > 0 {
		least = min(least, days*minutesADay+image[0]-d.usual[len(d.usual)-1])
	}
	return least
}

// since is the date from which dates are looked at: 2024-01-01, a Monday.
var since = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// years returns how long dates are looked at, until they repeat: months and weekdays
// after 28 years, months alone after 4. 0 stands for some weeks, where only weekdays
// matter. weekly reports whether each date then comes on each weekday that it can.
func (u union) years() (years int, weekly bool) {
	var monthly, odd bool
	for _, c := range u {
		if c.stride.even() > 0 {
			continue
		}
		_, plain := c.onlyWeekdays()
		weekly = weekly || c.either() || c.nth != [7]set{} || c.weekdays != allWeekdays
		monthly = monthly || !plain
		odd = odd || c.stride.n > 0 && 12%c.stride.n != 0
	}
	switch {
	case !monthly:
		return 0, true
	case weekly || odd:
		return 28, weekly
	}
	return 8, false
}

// dates yields the dates with slots, in their order, with the times of all calendars.
func (u union) dates() iter.Seq[dated] {
	years, weekly := u.years()
	return func(yield func(dated) bool) {
		first := int(since.Unix() / 86400)
		on := func(date int, t *times) dated {
			if weekly {
				return dated{t, date, 1 << ((date - first + 1) % 7)}
			}
			return dated{t, date, allWeekdays}
		}
		if len(u) == 1 {
			var t times
			t.add(&u[0].fields)
			for date := range u[0].dates(years) {
				if !yield(on(date, &t)) {
					return
				}
			}
			return
		}
		groups := []group{{}}
		which := make([]int32, max(14, years*365+years/4)) // the group of each date
		for i := range u {
			known := int32(len(groups))
			for date := range u[i].dates(years) {
				g := &which[date-first]
				if groups[*g].joined < known {
					groups[*g].joined = int32(len(groups))
					groups = append(groups, group{calendar: &u[i], others: *g})
				}
				*g = groups[*g].joined
			}
		}
		for date, g := range which {
			if g > 0 && !yield(on(first+date, timesOf(groups, g))) {
				return
			}
		}
	}
}

// group are calendars that have slots on the same dates: one, and those of another
// group.
type group struct {
	calendar *calendar
	others   int32
	joined   int32 // the group of these and the next calendar
	times    *times
}

func timesOf(groups []group, g int32) *times {
	of := &groups[g]
	if of.times == nil {
		of.times = &times{}
		for ; g > 0; g = groups[g].others {
			of.times.add(&groups[g].calendar.fields)
		}
	}
	return of.times
}

// dates yields the dates with slots in so many years; of 0 years, some dates with all
// distances and weekdays.
func (c *calendar) dates(years int) iter.Seq[int] {
	return func(yield func(int) bool) {
		m, _ := monthOf(since)
		for range 12 * years {
			for day := range c.in(m).all() {
				if !yield(int(m.first) + day - 1) {
					return
				}
			}
			m = m.next()
		}
		if years > 0 {
			return
		}
		first, step, times := int(m.first), 1, 14
		weekdays, _ := c.onlyWeekdays()
		if even := c.stride.even(); even > 0 {
			step, times, weekdays = even, 8, c.weekdays
			first += (c.weekdays.lowest() + 6) % 7
		}
		for i := range times {
			if weekdays.has((first+i*step-int(m.first)+1)%7) && !yield(first+i*step) {
				return
			}
		}
	}
}
