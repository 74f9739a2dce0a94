package schedule

import (
	"slices"
	"time"
)

// calendar is a schedule of wall times: what a cron with five fields can say, and a
// little more.
type calendar struct {
	fields
	shorten bool   // in a month without the day, its last day counts
	stride  stride // which of the days, weeks or months count
	zone    *time.Location
	words   string
}

// stride picks every n-th day, week or month.
type stride struct {
	of   func(date time.Time) int64 // number of its day, week or month; nil picks all
	n    int64
	rest int64
}

func (s stride) picks(date time.Time) bool { return s.of == nil || mod(s.of(date), s.n) == s.rest }

func dayNumber(date time.Time) int64   { return floorDiv(date.Unix(), 86400) }
func weekNumber(date time.Time) int64  { return floorDiv(dayNumber(date)-4, 7) } // 1970-01-05 was a Monday
func monthNumber(date time.Time) int64 { return int64(date.Year()-1970)*12 + int64(date.Month()) - 1 }

const day = 24 * time.Hour

// horizon is how many years can lie between two slots: "29 February, if it is a Monday"
// comes every 28 years, or after 40.
const horizon = 41

func (c calendar) next(t time.Time) time.Time {
	// A time that is skipped or repeated can be on the date before or after.
	date := dateOf(t, c.zone).Add(-day)
	for end := date.AddDate(horizon, 0, 0); date.Before(end); {
		if !c.months.has(int(date.Month())) {
			date = time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			continue
		}
		if c.on(date) {
			if _, at := c.around(date, t); !at.IsZero() {
				return at
			}
		}
		date = date.Add(day)
	}
	return time.Time{}
}

func (c calendar) prev(t time.Time) time.Time {
	date := dateOf(t, c.zone).Add(day)
	for end := date.AddDate(-horizon, 0, 0); date.After(end); {
		if !c.months.has(int(date.Month())) {
			date = time.Date(date.Year(), date.Month(), 0, 0, 0, 0, 0, time.UTC)
			continue
		}
		if c.on(date) {
			if at, _ := c.around(date, t); !at.IsZero() {
				return at
			}
		}
		date = date.Add(-day)
	}
	return time.Time{}
}

func (c calendar) String() string { return c.words }

// on reports whether the date has slots.
func (c calendar) on(date time.Time) bool {
	number, weekday := date.Day(), int(date.Weekday())
	inDays := c.days.has(number) || (c.lastDay || c.shorten && c.days.lowest() > number) && date.Add(day).Day() == 1
	inWeek := c.weekdays.has(weekday) || c.nth[weekday].has((number+6)/7)
	either := !c.anyDay && !c.anyWeekday
	return (inDays && inWeek || either && (inDays || inWeek)) && c.months.has(int(date.Month())) && c.stride.picks(date)
}

// around returns the last slot of a date at or before t, and the first one after t; zero
// without one.
func (c calendar) around(date, t time.Time) (before, after time.Time) {
	midnight, plain := c.plain(date)
	if !plain {
		slots := c.uneven(date)
		return slots.prev(t), slots.next(t)
	}
	for hour := range c.hours.all() {
		for minute := range c.minutes.all() {
			at := midnight.Add(clock(hour, minute))
			if at.After(t) {
				return before, at
			}
			before = at
		}
	}
	return before, after
}

// uneven returns the slots of a date near which a clock is changed. A fixed hour that is
// skipped comes right after the gap, and one that is repeated the first time only. A
// wildcard hour is elapsed time: as often as the clocks show it.
func (c calendar) uneven(date time.Time) (slots instants) {
	for hour := range c.hours.all() {
		for minute := range c.minutes.all() {
			wall := date.Add(clock(hour, minute))
			if !c.anyHour {
				slots = append(slots, fixed(wall, c.zone).UTC())
				continue
			}
			at, _ := readings(wall, c.zone)
			for _, t := range at {
				slots = append(slots, t.UTC())
			}
		}
	}
	slices.SortFunc(slots, time.Time.Compare)
	return slices.CompactFunc(slots, time.Time.Equal)
}

func clock(hour, minute int) time.Duration {
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
}

// plain returns when a date begins, and whether no clock is changed near it.
func (c calendar) plain(date time.Time) (midnight time.Time, _ bool) {
	if c.zone == time.UTC {
		return date, true
	}
	midnight = time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, c.zone)
	before, after := midnight.ZoneBounds()
	calm := (before.IsZero() || before.Before(midnight.Add(-day))) && (after.IsZero() || after.After(midnight.Add(2*day)))
	return midnight.UTC(), calm
}
