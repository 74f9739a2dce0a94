package schedule

import "time"

// calendar is a schedule of wall times: what a cron with five fields can say, and a
// little more.
type calendar struct {
	fields
	shorten bool   // in a month without the day, its last day counts
	stride  stride // which of the days, weeks or months count
	zone    *time.Location
	chosen  bool // a person chose the minute
}

// stride picks every n-th day, week or month.
type stride struct {
	unit    unit
	n, rest int64 // n is at least 2; 0 picks all
}

// even returns how many days the dates are apart, where they always are; else 0.
func (s stride) even() int {
	if s.unit.name == Month {
		return 0
	}
	return int(s.n) * int(s.unit.length/day)
}

// months returns every n-th month as those of a year, where they are the same each year.
func (s stride) months() (_ set, yearly bool) {
	if s.n == 0 || s.unit.name != Month || 12%s.n != 0 {
		return 0, false
	}
	return span(int(s.rest)+1, 12, int(s.n)), true
}

func dayNumber(m month, day int) int64  { return m.first + int64(day) - 1 }
func weekNumber(m month, day int) int64 { return floorDiv(m.first+int64(day)-5, 7) } // 1970-01-05 was a Monday
func monthNumber(m month, _ int) int64  { return int64(m.year-1970)*12 + int64(m.number) - 1 }

const day = 24 * time.Hour

// month is a month of a year.
type month struct {
	year, number, length int
	first                int64 // its first day, in days since 1970-01-01
}

// monthOf returns the month of a date, and the date's day in it.
func monthOf(date time.Time) (m month, day int) {
	year, number, day := date.Date()
	return month{year, int(number), lengthOf(year, int(number)), floorDiv(date.Unix(), 86400) - int64(day) + 1}, day
}

func lengthOf(year, month int) int {
	if month == 2 && (year%4 != 0 || year%100 == 0 && year%400 != 0) {
		return 28
	}
	return lengths[month]
}

func (m month) next() month {
	m.first += int64(m.length)
	if m.number++; m.number > 12 {
		m.year, m.number = m.year+1, 1
	}
	m.length = lengthOf(m.year, m.number)
	return m
}

func (m month) prev() month {
	if m.number--; m.number < 1 {
		m.year, m.number = m.year-1, 12
	}
	m.length = lengthOf(m.year, m.number)
	m.first -= int64(m.length)
	return m
}

// at returns a minute of a day of the month.
func (m month) at(day, minute int) time.Time {
	return time.Unix((m.first+int64(day)-1)*86400+int64(minute)*60, 0).UTC()
}

// in returns the days of a month with slots.
func (c *calendar) in(m month) set {
	if !c.months.has(m.number) {
		return 0
	}
	days, week := c.days, c.inWeek(int(mod(m.first+4, 7))) // 1970-01-01 was a Thursday
	if c.lastDay || c.shorten && days.lowest() > m.length {
		days |= 1 << m.length
	}
	if c.either() {
		days |= week
	} else {
		days &= week
	}
	days = days.to(m.length)
	if s := c.stride; s.n > 0 {
		for day := range days.all() {
			if mod(s.unit.number(m, day), s.n) != s.rest {
				days &^= 1 << day
			}
		}
	}
	return days
}

// inWeek returns the days of a month whose weekdays fit, by the weekday of the 1st.
func (f *fields) inWeek(first int) (days set) {
	for week := range 5 {
		days |= f.weekdays.turn(7-first, 7) << (1 + 7*week)
	}
	if f.nth == [7]set{} {
		return days
	}
	for weekday, which := range f.nth {
		for n := range which.all() {
			days |= 1 << ((weekday-first+7)%7 + 7*n - 6)
		}
	}
	return days
}

// horizon is how many years can lie between two slots: "29 February, if it is a Monday"
// comes every 28 years, or after 40.
const horizon = 41

// next walks over the periods between two changes of the clocks. A fixed hour that is
// skipped comes right after the gap, and one that is repeated the first time only. A
// wildcard hour is elapsed time: as often as the clocks show it.
func (c calendar) next(t time.Time) time.Time {
	p := periodOf(t, c.zone)
	wall := p.wall(t).Add(1)
	if !c.anyHour && wall.Before(p.before) {
		wall = p.before
	}
	for {
		wall = c.first(wall)
		switch {
		case wall.IsZero():
			return wall
		case p.end.IsZero() || wall.Before(p.wall(p.end)):
			return p.instant(wall)
		}
		p = periodOf(p.end, c.zone)
		if c.anyHour && (p.begins().After(wall) || p.begins().Before(p.before)) {
			wall = p.begins()
		}
	}
}

func (c calendar) prev(t time.Time) time.Time {
	p := periodOf(t, c.zone)
	wall := p.wall(t)
	for {
		wall = c.last(wall)
		first := p.begins() // of the walls that count in the period
		if !c.anyHour {
			first = p.before
		}
		switch {
		case wall.IsZero():
			return wall
		case p.start.IsZero() || !wall.Before(first):
			return p.instant(wall)
		}
		if !wall.Before(p.before) || p.begins().Before(p.before) {
			wall = p.before.Add(-1)
		}
		p = periodOf(p.start.Add(-1), c.zone)
	}
}

// first returns the first wall time of the fields from one on; zero without one.
func (c *calendar) first(wall time.Time) time.Time {
	wall = wall.Add(time.Minute - 1)
	m, today := monthOf(wall)
	from := int(mod(wall.Unix(), 86400) / 60)
	for range 12*horizon + 1 {
		for day := range c.in(m).from(today).all() {
			if day > today {
				from = 0
			}
			if minute, found := c.timeFrom(from); found {
				return m.at(day, minute)
			}
		}
		m, today = m.next(), 0
	}
	return time.Time{}
}

// last returns the last wall time of the fields up to one; zero without one.
func (c *calendar) last(wall time.Time) time.Time {
	m, today := monthOf(wall)
	to := int(mod(wall.Unix(), 86400) / 60)
	for range 12*horizon + 1 {
		for days := c.in(m).to(today); days != 0; days = days.to(days.highest() - 1) {
			if days.highest() < today {
				to = minutesADay - 1
			}
			if minute, found := c.timeTo(to); found {
				return m.at(days.highest(), minute)
			}
		}
		m, today = m.prev(), 32
	}
	return time.Time{}
}

// timeFrom returns the first minute of the day from one on.
func (f *fields) timeFrom(from int) (minute int, found bool) {
	hour := from / 60
	if minutes := f.minutes.from(from % 60); f.hours.has(hour) && minutes != 0 {
		return 60*hour + minutes.lowest(), true
	}
	later := f.hours.from(hour + 1)
	return 60*later.lowest() + f.minutes.lowest(), later != 0
}

// timeTo returns the last minute of the day up to one.
func (f *fields) timeTo(to int) (minute int, found bool) {
	hour := to / 60
	if minutes := f.minutes.to(to % 60); f.hours.has(hour) && minutes != 0 {
		return 60*hour + minutes.highest(), true
	}
	earlier := f.hours.to(hour - 1)
	return 60*earlier.highest() + f.minutes.highest(), earlier != 0
}
