package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Cadence is how often a job runs: its `every`.
type Cadence string

// The cadences of the public `scheduled` format.
const (
	Minute Cadence = "minute"
	Hour   Cadence = "hour"
	Day    Cadence = "day"
	Week   Cadence = "week"
	Month  Cadence = "month"
)

// Cadences lists every cadence of the public format, the shortest first.
var Cadences = []Cadence{Minute, Hour, Day, Week, Month}

// unit is one row of the table that `every` is read by: "N units".
type unit struct {
	name   Cadence
	short  string // other names, which Meant understands
	length time.Duration
	number func(m month, day int) int64 // of the one with that day, since 1970; nil for elapsed time
	most   int64                        // of them, so that a job runs at least once in 12 months
	rule   func(p *parsing, u unit, n int64) rule
}

var units = []unit{
	{Minute, "m min mins", time.Minute, nil, 366 * 24 * 60, (*parsing).minutes},
	{Hour, "h hr hrs", time.Hour, nil, 366 * 24, (*parsing).hours},
	{Day, "d", day, dayNumber, 366, (*parsing).days},
	{Week, "w wk wks", 7 * day, weekNumber, 52, (*parsing).weeks},
	{Month, "mo mon", 28 * day, monthNumber, 12, (*parsing).months}, // at least
}

var weekdays = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

var everyForm = form(`^(?:(\d{1,9}) )?([a-z]+?)(s?)$`)

// every reads the `every` of a job.
func (p *parsing) every() rule {
	for day, name := range weekdays {
		if len(p.Every) == len(name) && p.Every == strings.ToLower(name) {
			return p.weekday(day)
		}
	}
	m := everyForm().FindStringSubmatch(p.Every)
	for _, u := range units {
		if m == nil || m[2] != string(u.name) {
			continue
		}
		n, _ := strconv.ParseInt(m[1], 10, 64)
		if m[1] == "" {
			n = 1
		}
		if n < 1 || n > u.most {
			p.flaw("every", 0, fmt.Sprintf(`write 1 to %d, as in every = "2 %ss"`, u.most, u.name), "is %q; it must be 1 minute to 12 months", p.Every)
			return nil
		}
		return u.rule(p, u, n)
	}
	hint := `write it as in every = "day", "15 minutes", "2 weeks" or "monday"`
	if key, value := Meant(p.Every); key != "" {
		hint = fmt.Sprintf("write %s = %q", key, value)
	}
	p.flaw("every", 0, hint, "is %q; it must be a number and a unit, or a weekday", p.Every)
	return nil
}

func (p *parsing) minutes(u unit, n int64) rule {
	phase := int64(p.hash%hash(n)) * 60
	if n == 1 {
		phase = int64(p.hash.second())
	}
	return p.interval(u, n, phase)
}

func (p *parsing) hours(u unit, n int64) rule {
	return p.interval(u, n, int64(p.hash.minute())*60+int64(p.hash/48%hash(n))*3600)
}

// interval returns a schedule of elapsed time: from start, or from the phase, in seconds
// since 1970.
func (p *parsing) interval(u unit, n, phase int64) rule {
	if p.At != "" {
		p.flaw("at", 0, "remove it, or write every in days, weeks or months", "has no effect on every = %q", p.Every)
	}
	p.noZone = "minutes and hours are the same in every time zone"
	if p.Start != nil {
		phase = p.start.Unix()
	}
	return interval{first: phase, step: n * int64(u.length/time.Second), unit: u, chosen: p.Start != nil}
}

func (p *parsing) days(u unit, n int64) rule {
	return p.calendar(fields{}, p.stride(u, n, uint64(p.hash/1152)))
}

func (p *parsing) weeks(u unit, n int64) rule {
	weekday := p.hash.weekday()
	if p.Start != nil {
		weekday = int(dateOf(p.start, p.zone).Weekday())
	}
	return p.calendar(fields{weekdays: 1 << weekday}, p.stride(u, n, uint64(p.hash/8064)))
}

func (p *parsing) weekday(day int) rule {
	return p.calendar(fields{weekdays: 1 << day}, stride{})
}

func (p *parsing) months(u unit, n int64) rule {
	day := p.hash.day()
	if p.Start != nil {
		day = dateOf(p.start, p.zone).Day()
	}
	c := p.calendar(fields{days: 1 << day}, p.stride(u, n, uint64(p.hash/32256)))
	c.shorten = day > 28
	return c
}

// stride picks every n-th day, week or month: that of start, or the assigned one.
func (p *parsing) stride(u unit, n int64, assigned uint64) stride {
	if n == 1 {
		return stride{}
	}
	s := stride{u, n, int64(assigned % uint64(n))}
	if p.Start != nil {
		s.rest = mod(u.number(monthOf(dateOf(p.start, p.zone))), n)
	}
	return s
}

// calendar returns a schedule of a wall time on the days of some fields.
func (p *parsing) calendar(f fields, s stride) calendar {
	hour, minute := p.hash.hour(), p.hash.minute()
	if p.At != "" {
		at, err := time.Parse("15:04", p.At) // it takes 9:30 too
		if err != nil || len(p.At) != 5 {
			hint := `write it as in at = "09:30"`
			if err == nil {
				hint = fmt.Sprintf("write at = %q", at.Format("15:04"))
			}
			p.flaw("at", 0, hint, "is %q, which is not a time of day from 00:00 to 23:59", p.At)
		}
		hour, minute = at.Hour(), at.Minute()
	}
	f.minutes, f.hours = 1<<minute, 1<<hour
	if f.anyDay = f.days == 0; f.anyDay {
		f.days = allDays
	}
	if f.anyWeekday = f.weekdays == 0; f.anyWeekday {
		f.weekdays = allWeekdays
	}
	f.months = allMonths
	return calendar{fields: f, stride: s, zone: p.zone, chosen: p.At != ""}
}
