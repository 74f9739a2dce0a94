package schedule

import (
	"slices"
	"time"
)

// tick is an entry of `on.schedule` that is being made.
type tick struct {
	fields
	spare bool
}

// ShortestInterval is the least time between two ticks that GitHub allows.
// https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
// "The shortest interval you can run scheduled workflows is once every 5 minutes."
const ShortestInterval = 5 * time.Minute

// Crons returns the primary ticks and after them the spare ticks: that number in each
// window, or fewer if there is no room. Every window holds a tick before its slot
// expires. There are none where slots can be less than five minutes apart, and for a
// disabled job.
func (s Schedule) Crons(spares int) []Cron {
	if s.spec.Disabled || s.shortest < ShortestInterval {
		return nil
	}
	p := planning{Schedule: s, in: s.zone, spares: spares}
	s.rule.ticks(&p)
	return p.crons()
}

// LocalCrons returns crons for a machine that starts them in time: each slot has a tick,
// in its own minute or, if it is not on a whole minute, in the next. Where the slots do
// not fit a cron, there are more ticks than slots. There are none for a disabled job.
func (s Schedule) LocalCrons() []Cron {
	if s.spec.Disabled {
		return nil
	}
	p := planning{Schedule: s, in: s.zone, local: true}
	s.rule.ticks(&p)
	return p.crons()
}

// planning makes the ticks of a schedule.
type planning struct {
	Schedule
	in     *time.Location // in which the fields are
	spares int            // in a window
	local  bool           // see LocalCrons
	ticks  []tick
}

// crons writes the ticks, each once, the primary ones first.
func (p *planning) crons() (crons []Cron) {
	for _, spare := range []bool{false, true} {
		for _, t := range p.ticks {
			if t.spare != spare {
				continue
			}
			if expr := t.expr(); !slices.ContainsFunc(crons, func(c Cron) bool { return c.Expr == expr }) {
				crons = append(crons, Cron{expr, p.in.String(), t.words(p.in), spare})
			}
		}
	}
	return crons
}

// expires returns how long a slot of a window that long may be run, up to the next slot:
// catching up later needs no ticks of its own.
func (p *planning) expires(window time.Duration) time.Duration {
	return min(window, p.Expires(Window{End: time.Time{}.Add(window)}).Sub(time.Time{}))
}

func (c calendar) ticks(p *planning) { union{c}.ticks(p) }

func (u union) ticks(p *planning) {
	primary := make([][]fields, len(u))
	later := make([]int, len(u)) // the minutes that the ticks come after the slots
	for i, c := range u {
		primary[i] = []fields{c.dense()}
	}
	for i, c := range u {
		moved, by := p.moved(u, c)
		if by > 0 && !p.near(moved, others(primary, i)) {
			primary[i], later[i] = moved, by
		}
	}
	for i, c := range u {
		if !p.local && (c.lastDay || c.shorten) {
			primary[i] = p.nextMonth(primary[i], others(primary, i))
		}
	}
	for i := range primary {
		for _, f := range primary[i] {
			p.ticks = append(p.ticks, tick{fields: f})
		}
	}
	for i, c := range u {
		p.spare(c, later[i])
	}
}

// others returns the fields of all but one.
func others(all [][]fields, but int) []fields {
	return slices.Concat(slices.Concat(all[:but]...), slices.Concat(all[but+1:]...))
}

// dense returns fields that GitHub knows and that include all of the calendar: daily for
// every n-th day, weekly for MON#1, days 28 to 31 for the last day.
func (c calendar) dense() fields {
	f := c.written()
	if months, yearly := c.stride.months(); yearly {
		f.months = months
	}
	return f
}

// nextMonth adds the 1st of the next month to the ticks of a calendar of the last day,
// unless it is near the ticks of others.
func (p *planning) nextMonth(ticks []fields, others []fields) []fields {
	for i, f := range ticks {
		first := f
		first.days, first.months = 1<<1, f.months.turn12(1)
		switch {
		case f.days == allDays || p.near([]fields{first}, others):
		case f.months == allMonths:
			ticks[i].days |= first.days
		default:
			ticks = append(ticks, first)
		}
	}
	return ticks
}

// written replaces what only our crons know by what GitHub's know.
func (c calendar) written() fields {
	f := c.fields
	if c.lastDay || c.shorten {
		f.days |= span(28, 31, 1)
	}
	for weekday, which := range f.nth {
		if which != 0 {
			f.weekdays |= 1 << weekday
		}
	}
	f.lastDay, f.nth = false, [7]set{}
	if f.either() && (f.days == allDays || f.weekdays == allWeekdays) {
		f.days, f.weekdays = allDays, allWeekdays
	}
	return f
}

// ticks makes those of elapsed time: on the slots where they fit a day, else so dense
// that there are enough in each window.
func (i interval) ticks(p *planning) {
	p.in = time.UTC
	step := int(i.step / 60)
	grid := step
	if (step > 60 || 60%step != 0) && (step%60 != 0 || minutesADay%step != 0) {
		grid, p.spares = p.grid(step), 0
	}
	first := mod(-floorDiv(-i.first, 60), minutesADay) // a tick is on a whole minute
	c := calendar{zone: time.UTC, chosen: i.chosen, fields: fields{
		minutes: 1 << (first % 60), hours: allHours, anyHour: true,
		days: allDays, anyDay: true, months: allMonths, weekdays: allWeekdays, anyWeekday: true,
	}}
	if grid < 60 {
		c.minutes = span(int(first)%grid, 59, grid)
	}
	if grid > 60 {
		c.hours, c.anyHour = span(int(first)%grid/60, 23, grid/60), false
	}
	c.ticks(p)
}

// grids are the intervals that divide an hour or a day, in minutes.
var grids = []int{5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, minutesADay}

// grid returns the interval of ticks for slots that drift through the day: the longest
// that leaves the primary tick and the spares in each window, and at least a quarter of
// an hour in windows of an hour and more. Ticks on all slots are better, where they are
// not many more: every 12 hours for 36 hours.
func (p *planning) grid(step int) int {
	if p.local {
		if step%60 == 0 {
			return int(gcd(int64(step), minutesADay))
		}
		return int(gcd(int64(step), 60))
	}
	limit := int(p.expires(p.usual)/time.Minute) / (p.spares + 1)
	least := 15
	switch {
	case step < 60:
		limit, least = int(p.expires(p.usual)/time.Minute), 5
	case step%60 == 0:
		least = 60 // which is on all slots
	}
	grid := least
	for _, g := range grids {
		if g <= limit && g > grid {
			grid = g
		}
	}
	if onAll := int(gcd(int64(step), minutesADay)); step%60 == 0 && onAll%grid != 0 && step/onAll <= max(3, p.spares+1) {
		return onAll
	}
	return grid
}

// ticks makes those of single times. A tick comes again every year, when nothing is due.
func (i instants) ticks(p *planning) {
	p.in = time.UTC
	at := make([]time.Time, len(i))
	for n, slot := range i {
		at[n] = slot.Add(time.Minute - 1).Truncate(time.Minute)
		if !p.local {
			at[n] = at[n].Add(p.rush(at[n], p.end(slot)))
		}
		p.add(once(at[n]), false)
	}
	for n, slot := range i {
		window := p.expires(p.end(slot).Sub(slot))
		if p.end(slot).Sub(slot) < time.Hour {
			continue
		}
		for _, after := range offsets(p.spares, window, 15*time.Minute) {
			spare := at[n].Add(time.Duration(after) * time.Minute)
			if spare.Before(slot.Add(window)) && !p.nearTick(once(spare)) {
				p.add(once(spare), true)
			}
		}
	}
}

// rush returns how long after a time the first quiet minute is that is not near another
// tick, or the end of the window: 0 without one.
func (p *planning) rush(at, end time.Time) time.Duration {
	for by := time.Duration(0); by < 15*time.Minute; by += time.Minute {
		later := at.Add(by)
		if isQuiet(later.Minute()) && (by == 0 || end.Sub(later) >= ShortestInterval) && !p.nearTick(once(later)) {
			return by
		}
	}
	return 0
}

// add adds a tick on single dates, to the entry of the same time and month if there is
// one.
func (p *planning) add(f fields, spare bool) {
	for i, t := range p.ticks {
		days := t.days
		t.days = f.days
		if t.fields == f && t.spare == spare {
			p.ticks[i].days |= days | f.days
			return
		}
	}
	p.ticks = append(p.ticks, tick{f, spare})
}

// once returns the fields of a single time.
func once(at time.Time) fields {
	return fields{
		minutes: 1 << at.Minute(), hours: 1 << at.Hour(), days: 1 << at.Day(), months: 1 << at.Month(),
		weekdays: allWeekdays, anyWeekday: true,
	}
}

// moved returns the fields moved to the first later minutes that are out of GitHub's
// rush, and by how many minutes: 0 where they have to stay.
func (p *planning) moved(all union, c calendar) (moved []fields, by int) {
	if !c.chosen || p.local {
		return nil, 0
	}
	by = quiet(c.minutes)
	if by == 0 || time.Duration(by)*time.Minute >= p.shortest {
		return nil, 0
	}
	if carries := c.minutes.highest()+by >= 60; carries && !p.carries(all, c) {
		return nil, 0
	}
	moved, exact := c.dense().later(by)
	if !exact {
		return nil, 0
	}
	for _, t := range turnsOf(p.in).turns {
		var times []int
		for _, f := range moved {
			times = merged(times, f.clock())
		}
		if t.touches(c.fields) && closest(t.image(times, c.anyHour)) < 5 {
			return nil, 0
		}
	}
	return moved, by
}

// quiet returns by how many minutes all have to be moved so that they are out of the
// rush: 0 where they are, or cannot be.
func quiet(all set) int {
	for by := range 15 {
		rush := false
		for minute := range all.all() {
			rush = rush || !isQuiet(minute+by)
		}
		if !rush {
			return by
		}
	}
	return 0
}

// carries reports whether a tick of c can come after the hour of its slot: where clocks
// are set back between both, they are an hour or more apart.
func (p *planning) carries(all union, c calendar) bool {
	turns := turnsOf(p.in).turns
	for _, t := range turns {
		if c.anyHour && (t.to-t.from)%60 != 0 {
			return false
		}
	}
	wild := slices.ContainsFunc(all, func(c calendar) bool { return c.anyHour })
	return len(turns) == 0 || c.anyHour || !wild && (p.spec.Expires == 0 || p.spec.Expires >= 4*time.Hour)
}
