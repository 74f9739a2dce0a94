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
	unit    Cadence
	n, rest int64 // n is at least 2; 0 picks all
}

func (s stride) picks(date time.Time) bool {
	return s.n == 0 || mod(numbers[s.unit](date), s.n) == s.rest
}

// numbers number the days, weeks and months.
var numbers = map[Cadence]func(date time.Time) int64{Day: dayNumber, Week: weekNumber, Month: monthNumber}

func dayNumber(date time.Time) int64   { return floorDiv(date.Unix(), 86400) }
func weekNumber(date time.Time) int64  { return floorDiv(dayNumber(date)-4, 7) } // 1970-01-05 was a Monday
func monthNumber(date time.Time) int64 { return int64(date.Year()-1970)*12 + int64(date.Month()) - 1 }

const day = 24 * time.Hour

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
	for end := t.AddDate(horizon, 0, 0); ; {
		wall = c.first(wall, end)
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
	for end := t.AddDate(-horizon, 0, 0); ; {
		wall = c.last(wall, end)
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

// first returns the first wall time of the fields from wall on, before end; zero if
// there is none.
func (c calendar) first(wall, end time.Time) time.Time {
	date := wall.Truncate(day)
	for from := int(wall.Add(time.Minute-1).Sub(date) / time.Minute); date.Before(end); from = 0 {
		if !c.months.has(int(date.Month())) {
			date = time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			continue
		}
		if c.on(date) {
			if hour, minute := from/60, from%60; c.hours.has(hour) && c.minutes.from(minute) != 0 {
				return date.Add(clock(hour, c.minutes.from(minute).lowest()))
			} else if later := c.hours.from(hour + 1); later != 0 {
				return date.Add(clock(later.lowest(), c.minutes.lowest()))
			}
		}
		date = date.Add(day)
	}
	return time.Time{}
}

// last returns the last wall time of the fields up to wall, after end; zero if there is
// none.
func (c calendar) last(wall, end time.Time) time.Time {
	date := wall.Truncate(day)
	for to := int(wall.Sub(date) / time.Minute); date.Add(day).After(end); to = 24*60 - 1 {
		if !c.months.has(int(date.Month())) {
			date = time.Date(date.Year(), date.Month(), 0, 0, 0, 0, 0, time.UTC)
			continue
		}
		if c.on(date) {
			if hour, minute := to/60, to%60; c.hours.has(hour) && c.minutes.to(minute) != 0 {
				return date.Add(clock(hour, c.minutes.to(minute).highest()))
			} else if earlier := c.hours.to(hour - 1); earlier != 0 {
				return date.Add(clock(earlier.highest(), c.minutes.highest()))
			}
		}
		date = date.Add(-day)
	}
	return time.Time{}
}

// on reports whether the date has slots.
func (c calendar) on(date time.Time) bool {
	number, weekday := date.Day(), int(date.Weekday())
	inDays := c.days.has(number) || (c.lastDay || c.shorten && c.days.lowest() > number) && date.Add(day).Day() == 1
	inWeek := c.weekdays.has(weekday) || c.nth[weekday].has((number+6)/7)
	return (inDays && inWeek || c.either() && (inDays || inWeek)) && c.months.has(int(date.Month())) && c.stride.picks(date)
}

func clock(hour, minute int) time.Duration {
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
}
