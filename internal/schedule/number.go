package schedule

import "time"

// Number returns the number of a slot, by which windows take turns: consecutive slots have
// consecutive numbers. It depends on what the job declares and on nothing that happens: a
// slot that a run asked for has the number of the one before. A slot that does not exist,
// on a date of `except` or in an hour that the clocks skip, has its number too; in an hour
// that they repeat, so do the numbers of a wildcard hour. With every and one cron in wall
// time the numbers start anew each century, with several crons each year.
func (s Schedule) Number(slot time.Time) int {
	if s.rule == nil {
		return 0
	}
	return s.rule.number(slot)
}

// Lane returns the lane in which a slot is executed, of that many: its number decides.
func (s Schedule) Lane(slot time.Time, lanes int) int {
	return int(mod(int64(s.Number(slot)), int64(max(1, lanes))))
}

func (i interval) number(slot time.Time) int {
	return int(floorDiv(slot.Unix()-i.first, i.step))
}

func (i instants) number(slot time.Time) (n int) {
	for n < len(i) && !i[n].After(slot) {
		n++
	}
	return n
}

func (c calendar) number(slot time.Time) int { return union{c}.number(slot) }

func (u union) number(slot time.Time) (n int) {
	wall := periodOf(slot, u[0].zone).wall(slot)
	last, day := monthOf(wall)
	year := last.year
	if len(u) == 1 {
		year -= year % 100
	}
	m, _ := monthOf(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
	for ; m.first < last.first; m = m.next() {
		n += u.before(m, m.length+1)
	}
	return n + u.before(last, day) + u.on(last, day, int(mod(wall.Unix(), 86400)/60))
}

// before returns how many slots a month has before one of its days.
func (u union) before(m month, day int) (n int) {
	if len(u) == 1 {
		c := &u[0]
		return c.in(m).to(day-1).size() * c.hours.size() * c.minutes.size()
	}
	for d := 1; d < day; d++ {
		n += u.on(m, d, minutesADay-1)
	}
	return n
}

// on returns how many slots a day of a month has up to a minute.
func (u union) on(m month, day, minute int) (n int) {
	var due [24]set
	for i := range u {
		if c := &u[i]; c.in(m).has(day) {
			for hour := range c.hours.all() {
				due[hour] |= c.minutes
			}
		}
	}
	for hour := range minute/60 + 1 {
		n += due[hour].to(min(59, minute-60*hour)).size()
	}
	return n
}
