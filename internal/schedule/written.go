package schedule

import (
	"errors"
	"math/bits"
	"regexp"
	"strings"
)

// ours are the members of a field that GitHub does not know: H, L and MON#1.
var ours = regexp.MustCompile(`(?i)\b[HL]\b|#`)

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
	c := calendar{fields: f, zone: location}
	c.words = expr + " " + location.String()
	return Schedule{spec: Spec{Cron: []string{expr}, Timezone: zone}, zone: location, rule: c}, nil
}

func readCron(expr string) (fields, error) {
	f, flaw := parseFields(expr, 0)
	switch {
	case flaw != nil:
		return f, errors.New("the cron " + flaw.Message)
	case ours.MatchString(strings.ToUpper(expr)):
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
