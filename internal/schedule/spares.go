package schedule

import "time"

// MaxSpares is the most spare ticks a job can ask for.
const MaxSpares = 5

// DefaultSpares returns the number of spare ticks in a window, unless the project sets
// another one. They exist because GitHub delays and drops ticks under load.
// https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
// "If the load is sufficiently high enough, some queued jobs may be dropped."
func (s Schedule) DefaultSpares() int { return s.spares }

// defaultSpares returns the number for windows of that length.
func defaultSpares(window time.Duration) int {
	switch {
	case window < time.Hour:
		return 0
	case window < 12*time.Hour:
		return 2
	case window < 4*day:
		return 3
	case window < 28*day:
		return 6
	}
	return 5
}

// spare makes the spare ticks of a calendar whose primary ticks come that many minutes
// after the slots.
func (p *planning) spare(c calendar, later int) {
	if p.usual < time.Hour {
		return
	}
	n, window := p.spares, p.usual
	if times, period := c.periods(p.usual); times > 1 { // the primary ticks of a window are spares too
		window = period
		in := max(1, min(times, int(p.expires(p.usual)/period)))
		n = (n+1+in-1)/in - 1
	}
	unit := 15 * time.Minute
	if len(p.spec.Cron) == 0 && p.usual == time.Hour {
		unit = time.Minute
	}
	f := c.fields
	if c.shorten {
		f.days, f.lastDay = 0, true
	}
	if months, yearly := c.stride.months(); yearly {
		f.months = months
	}
	for _, after := range offsets(n, p.expires(window), unit) {
		moved, _ := f.later(later + after)
		for _, f := range moved {
			p.addSpare(calendar{fields: f}.written())
		}
	}
}

// periods returns how often the ticks of a calendar come in a window where they are
// denser than its slots, and how long it is from one to the next.
func (c calendar) periods(window time.Duration) (times int, period time.Duration) {
	_, yearly := c.stride.months()
	switch n := int(c.stride.n); {
	case n > 0 && !yearly:
		return n, c.stride.unit.length
	case c.nth != [7]set{}:
		return int(window / (7 * day)), 7 * day
	}
	return 1, window
}

// offsets returns how many minutes after a slot its n spare ticks come. They divide the
// window evenly, in whole days or hours where it is long enough, else in units. Those of
// a month come 1, 2, 4, 8, 16 days after the slot.
func offsets(n int, window, unit time.Duration) (minutes []int) {
	long := window >= 28*day
	switch {
	case window >= time.Duration(n+1)*day:
		unit = day
	case window >= time.Duration(n+1)*time.Hour:
		unit = time.Hour
	}
	for i := 1; i <= n; i++ {
		after := time.Duration(i) * window / time.Duration(n+1) / unit * unit
		if long {
			after = day << (i - 1)
		}
		if after > 0 && after < window {
			minutes = append(minutes, int(after/time.Minute))
		}
	}
	return minutes
}

// addSpare adds a spare tick, without the hours in which it would be less than five
// minutes from another tick.
func (p *planning) addSpare(f fields) {
	free := f
	for hour := range f.hours.all() {
		one := f
		one.hours = 1 << hour
		if p.nearTick(one) {
			free.hours &^= one.hours
		}
	}
	if free.hours != f.hours {
		free.anyHour = false
	}
	if free.hours != 0 {
		p.ticks = append(p.ticks, tick{free, true})
	}
}
