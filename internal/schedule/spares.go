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
	if c.stride.unit == Month && 12%c.stride.n == 0 {
		f.months = c.dense()[0].months
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
	n := int(c.stride.n)
	switch {
	case c.stride.unit == Day:
		return n, day
	case c.stride.unit == Week:
		return n, 7 * day
	case c.stride.unit == Month && 12%n != 0:
		return n, 28 * day
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
		if p.nearAny(one, p.ticks) {
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

func (p *planning) nearAny(f fields, ticks []tick) bool {
	for _, t := range ticks {
		if p.isNear(f, t.fields) {
			return true
		}
	}
	return false
}

func (p *planning) near(as, bs []fields) bool {
	for _, a := range as {
		for _, b := range bs {
			if p.isNear(a, b) {
				return true
			}
		}
	}
	return false
}

// isNear reports whether two ticks can be less than five minutes apart.
func (p *planning) isNear(a, b fields) bool {
	as, bs := a.clock(), b.clock()
	if a.after(b, 1) && bs[0]+minutesADay-as[len(as)-1] < 5 || b.after(a, 1) && as[0]+minutesADay-bs[len(bs)-1] < 5 {
		return true
	}
	if !a.after(b, 0) {
		return false
	}
	if within(as, bs) {
		return true
	}
	for _, t := range turnsOf(p.in).turns {
		if t.touches(a) && t.touches(b) && within(t.image(as, a.anyHour), t.image(bs, b.anyHour)) {
			return true
		}
	}
	return false
}

// within reports whether one of some times is less than five minutes from one of others.
func within(as, bs []int) bool {
	i := 0
	for _, at := range as {
		for i < len(bs) && bs[i] <= at-5 {
			i++
		}
		if i < len(bs) && bs[i] < at+5 {
			return true
		}
	}
	return false
}

// after reports whether a date of the other fields can be that many days, 0 or 1, after
// one of these.
func (f fields) after(other fields, days int) bool {
	a, plain := f.onlyWeekdays()
	b, also := other.onlyWeekdays()
	switch {
	case plain && also:
		return a.turn(days, 7)&b != 0
	case days == 0 && f.months&other.months == 0:
		return false
	case days == 0 && f.weekdays == allWeekdays && other.weekdays == allWeekdays:
		return f.days&other.days != 0
	}
	return true
}

// later returns fields that come that many minutes later, as several if need be. They
// are exact unless a day after the end of a month, or a wildcard hour, cannot be said.
func (f fields) later(by int) (all []fields, exact bool) {
	days, hours := by/minutesADay, by%minutesADay/60
	weekdays, plain := f.onlyWeekdays()
	daily := plain && weekdays == allWeekdays
	exact = true
	for carry := range 2 {
		g, late := f, set(0)
		g.minutes = 0
		for minute := range f.minutes.all() {
			if sum := minute + by%60; sum/60 == carry {
				g.minutes |= 1 << (sum % 60)
			}
		}
		if g.minutes == 0 {
			continue
		}
		hours := hours + carry
		g.anyHour = f.anyHour && (hours == 0 || daily && f.hours == allHours)
		exact = exact && g.anyHour == f.anyHour
		g.hours = f.hours.turn(hours, 24)
		if !daily {
			late = g.hours & (1<<min(hours, 24) - 1) // on the next day
		}
		if late != 0 && late != g.hours {
			g.anyHour = false
			exact = exact && !f.anyHour
		}
		for tomorrow, part := range []set{g.hours &^ late, late} {
			if part != 0 {
				g.hours = part
				shifted, same := g.daysLater(days + tomorrow)
				all, exact = append(all, shifted...), exact && same
			}
		}
	}
	if len(all) == 2 && daily && all[0].hours == all[1].hours {
		all[0].minutes |= all[1].minutes
		all = all[:1]
	}
	return all, exact
}

// daysLater returns fields that come that many days later. They are exact where only
// weekdays matter.
func (f fields) daysLater(days int) (all []fields, exact bool) {
	weekdays := f.weekdays.turn(days, 7)
	var nth [7]set
	for weekday, which := range f.nth {
		nth[(weekday+days)%7] = which
	}
	switch _, plain := f.onlyWeekdays(); {
	case days == 0:
		return []fields{f}, true
	case f.days == allDays:
		f.weekdays, f.nth = weekdays, nth
		return []fields{f}, plain
	case !f.either() && (f.weekdays != allWeekdays || f.nth != [7]set{}):
		return nil, false // both a day and a weekday, which cannot be shifted together
	}
	same, next := f, f // month
	same.days, next.days, same.lastDay, next.lastDay = 0, 0, false, false
	for d := range f.days.all() {
		switch {
		case d > 28:
			next.days |= 1 << min(days, 28)
		case d+days > 28:
			next.days |= 1 << (d + days - 28)
		default:
			same.days |= 1 << (d + days)
		}
	}
	if f.lastDay {
		next.days |= 1 << min(days, 28)
	}
	same.anyDay, next.anyDay = false, false
	if f.either() {
		same.weekdays, same.nth = weekdays, nth
		next.weekdays, next.nth = weekdays, nth
	}
	if f.months == allMonths {
		same.days |= next.days
		return []fields{same}, false
	}
	next.months = f.months.turn12(1)
	for _, g := range []fields{same, next} {
		if g.days != 0 {
			all = append(all, g)
		}
	}
	return all, false
}

// turn12 returns the months that many later.
func (s set) turn12(later int) set { return (s>>1).turn(later, 12) << 1 }
