package schedule

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
