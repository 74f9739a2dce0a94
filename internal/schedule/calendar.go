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

// horizon is how many years can lie between two slots: "29 February, if it is a Monday"
// comes every 28 years, or after 40.
const horizon = 41

func (c calendar) next(t time.Time) time.Time {
	// A time that is skipped or repeated can be on the date before or after.
	date := dateOf(t, c.zone).AddDate(0, 0, -1)
	for end := date.AddDate(horizon, 0, 0); date.Before(end); {
		if !c.months.has(int(date.Month())) {
			date = time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			continue
		}
		if c.on(date) {
			for _, at := range c.times(date) {
				if at.After(t) {
					return at
				}
			}
		}
		date = date.AddDate(0, 0, 1)
	}
	return time.Time{}
}

func (c calendar) prev(t time.Time) time.Time {
	date := dateOf(t, c.zone).AddDate(0, 0, 1)
	for end := date.AddDate(-horizon, 0, 0); date.After(end); {
		if !c.months.has(int(date.Month())) {
			date = time.Date(date.Year(), date.Month(), 0, 0, 0, 0, 0, time.UTC)
			continue
		}
		if c.on(date) {
			for _, at := range slices.Backward(c.times(date)) {
				if !at.After(t) {
					return at
				}
			}
		}
		date = date.AddDate(0, 0, -1)
	}
	return time.Time{}
}

func (c calendar) String() string { return c.words }

// on reports whether the date has slots.
func (c calendar) on(date time.Time) bool {
	day, weekday := date.Day(), int(date.Weekday())
	last := date.AddDate(0, 0, 1).Day() == 1
	inDays := c.days.has(day) || last && (c.lastDay || c.shorten && c.days.lowest() > day)
	inWeek := c.weekdays.has(weekday) || c.nth[weekday].has((day+6)/7)
	either := !c.anyDay && !c.anyWeekday
	return (inDays && inWeek || either && (inDays || inWeek)) && c.months.has(int(date.Month())) && c.stride.picks(date)
}

// times returns the slots of a date, sorted, each once. A fixed hour that is skipped
// comes right after the gap, and one that is repeated the first time only. A wildcard
// hour is elapsed time: as often as the clocks show it.
func (c calendar) times(date time.Time) []time.Time {
	var slots []time.Time
	midnight, plain := c.plain(date)
	for hour := range c.hours.all() {
		for minute := range c.minutes.all() {
			after := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
			switch wall := date.Add(after); {
			case plain:
				slots = append(slots, midnight.Add(after))
			case c.anyHour:
				at, _ := readings(wall, c.zone)
				for _, t := range at {
					slots = append(slots, t.UTC())
				}
			default:
				slots = append(slots, fixed(wall, c.zone).UTC())
			}
		}
	}
	if !plain {
		slices.SortFunc(slots, time.Time.Compare)
		slots = slices.CompactFunc(slots, time.Time.Equal)
	}
	return slots
}

// plain returns when a date begins, and whether no clock is changed near it.
func (c calendar) plain(date time.Time) (midnight time.Time, _ bool) {
	if c.zone == time.UTC {
		return date, true
	}
	midnight = time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, c.zone)
	const day = 24 * time.Hour
	before, after := midnight.ZoneBounds()
	calm := (before.IsZero() || before.Before(midnight.Add(-day))) && (after.IsZero() || after.After(midnight.Add(2*day)))
	return midnight.UTC(), calm
}
