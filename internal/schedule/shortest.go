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

// never is longer than any window, in minutes.
const never = horizon * 366 * minutesADay

// lengths looks at each date with slots, and at the time from it to the next one.
func (u union) lengths(time.Duration) (usual, shortest time.Duration) {
	wall, turned := never, never
	zone := turnsOf(u[0].zone)
	var before dated
	for now := range u.dates() {
		if now.turned == nil {
			now.turn(zone.turns)
			wall = min(wall, closest(now.usual))
		}
		if before.times != nil {
			wall = min(wall, before.until(now))
		}
		for i, t := range zone.turns {
			if now.touches(t) {
				turned = min(turned, closest(now.turned[i]))
			}
			if before.times != nil {
				turned = min(turned, before.across(now, i, t))
			}
		}
		before = now
	}
	if turned < 15 && turned < wall {
		turned = int(u.atTurns(zone) / time.Minute)
	}
	return time.Duration(wall) * time.Minute, time.Duration(min(wall, turned)) * time.Minute
}

// atTurns returns the shortest window in which, or at the start of which, the clocks are
// changed. No other one is shorter than usual.
func (u union) atTurns(zone *turnings) time.Duration {
	shortest := never * time.Minute
	for _, change := range zone.changes {
		for slot := u.prev(change.Add(-1)); !slot.IsZero() && !slot.After(change); {
			next := u.next(slot)
			if !next.IsZero() {
				shortest = min(shortest, next.Sub(slot))
			}
			slot = next
		}
	}
	return shortest
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
	least := never
	for i := 1; i < len(times); i++ {
		least = min(least, times[i]-times[i-1])
	}
	return least
}
