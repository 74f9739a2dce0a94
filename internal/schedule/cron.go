package schedule

import (
	"errors"
	"fmt"
	"iter"
	"math/bits"
	"strconv"
	"strings"
)

// Cron is one entry of `on.schedule`.
type Cron struct {
	Expr  string // five fields
	Zone  string // the time zone of Expr, "UTC" or an IANA name
	Words string // what Expr says: "every day at 10:37 UTC"
	Spare bool   // false for a primary tick, which serves a slot first
}

// ours are the members of a field that GitHub does not know: H, L and MON#1.
var ours = form(`(?i)\b[HL]\b|#`)

// ParseCron reads an entry of `on.schedule` as GitHub does: a cron with five fields, and
// a time zone, "" for UTC.
func ParseCron(expr, zone string) (Schedule, error) {
	location, err := location(zone)
	if err != nil {
		return Schedule{}, err
	}
	f, err := readCron(expr)
	if err != nil {
		return Schedule{}, err
	}
	return Schedule{spec: Spec{Cron: []string{expr}, Timezone: zone}, zone: location, rule: calendar{fields: f, zone: location}}, nil
}

func readCron(expr string) (fields, error) {
	f, flaw := parseFields(expr, 0)
	switch {
	case flaw != nil:
		return f, errors.New("the cron " + flaw.Message)
	case ours().MatchString(expr):
		return f, errors.New("the cron " + expr + " has a member that GitHub does not know")
	}
	return f, nil
}

// PerMonth returns how many ticks the entry has in 30 days: 0 if GitHub does not accept
// it.
func (c Cron) PerMonth() float64 {
	f, err := readCron(c.Expr)
	if err != nil {
		return 0
	}
	return f.perMonth()
}

// perMonth returns how many slots the fields have in 30 days.
func (f fields) perMonth() float64 {
	share := func(s set, of float64) float64 { return float64(bits.OnesCount64(uint64(s))) / of }
	day, weekday := min(share(f.days, 30), 1), share(f.weekdays, 7)
	days := day * weekday
	if !f.anyDay && !f.anyWeekday { // one of them is enough
		days = day + weekday - days
	}
	return 30 * days * share(f.months, 12) * share(f.hours, 1) * share(f.minutes, 1)
}

// expr writes the five fields with numbers.
func (f fields) expr() string {
	minutes := write(f.minutes, 0, 59, false)
	for n := 2; n <= 20 && f.minutes.size() > 1; n++ {
		if f.minutes == span(0, 59, n) {
			minutes = fmt.Sprint("*/", n)
		}
	}
	hours := write(f.hours, 0, 23, f.anyHour)
	if f.hours == allHours && !f.anyHour {
		hours = "0-23" // whose hours are fixed
	}
	return minutes + " " + hours + " " + write(f.days, 1, 31, f.anyDay) + " " + write(f.months, 1, 12, false) + " " + write(f.weekdays, 0, 6, f.anyWeekday)
}

// declared writes the fields as a person can declare them.
func (f fields) declared() string {
	parts := strings.Split(f.expr(), " ")
	if f.lastDay {
		parts[2] = strings.TrimPrefix(parts[2]+",L", ",")
	}
	for weekday, which := range f.nth {
		for n := range which.all() {
			parts[4] = strings.TrimPrefix(fmt.Sprint(parts[4], ",", weekday, "#", n), ",")
		}
	}
	return strings.Join(parts, " ")
}

// write writes one field. One that was declared with a * begins with it.
func write(s set, low, high int, star bool) string {
	switch {
	case s == span(low, high, 1):
		return "*"
	case s.size() == 1 && !star: // the usual case
		return strconv.Itoa(s.lowest())
	}
	var members []string
	for n := 2; star && n <= high-low+1; n++ {
		if steps := span(low, high, n); steps&^s == 0 {
			members = append(members, fmt.Sprint("*/", n))
			s &^= steps
			break
		}
	}
	for run := range s.runs() {
		switch run[1] - run[0] {
		case 0:
			members = append(members, fmt.Sprint(run[0]))
		case 1:
			members = append(members, fmt.Sprint(run[0]), fmt.Sprint(run[1]))
		default:
			members = append(members, fmt.Sprint(run[0], "-", run[1]))
		}
	}
	return strings.Join(members, ",")
}

// runs yields the first and the last of numbers that follow each other.
func (s set) runs() iter.Seq[[2]int] {
	return func(yield func([2]int) bool) {
		for low := range s.all() {
			if low > 0 && s.has(low-1) {
				continue
			}
			high := low
			for s.has(high + 1) {
				high++
			}
			if !yield([2]int{low, high}) {
				return
			}
		}
	}
}
