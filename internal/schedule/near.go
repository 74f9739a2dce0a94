package schedule

import "slices"

// nearTick reports whether fields can be near one of the ticks so far.
func (p *planning) nearTick(f fields) bool {
	return slices.ContainsFunc(p.ticks, func(t tick) bool { return p.isNear(f, t.fields) })
}

// near reports whether one of some fields can be near one of others.
func (p *planning) near(as, bs []fields) bool {
	return slices.ContainsFunc(as, func(a fields) bool {
		return slices.ContainsFunc(bs, func(b fields) bool { return p.isNear(a, b) })
	})
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
