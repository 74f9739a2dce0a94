package schedule

import (
	"cmp"
	"fmt"
	"iter"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// fields are the five fields of a cron.
type fields struct {
	minutes, hours, days, months, weekdays set // Sunday is 0

	lastDay bool   // L: the last day of the month
	nth     [7]set // MON#1: which ones of a weekday in the month

	// Whether a field begins with *. Such hours are elapsed time, and where neither
	// days nor weekdays are such, one of them is enough, "as POSIX":
	// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html
	anyHour, anyDay, anyWeekday bool
}

// either reports whether one of days and weekdays is enough.
func (f fields) either() bool { return !f.anyDay && !f.anyWeekday }

// set is a set of numbers below 64.
type set uint64

func span(low, high, step int) (s set) {
	if step == 1 && low <= high {
		return 1<<(high+1) - 1<<low
	}
	for n := low; n <= high; n += step {
		s |= 1 << n
	}
	return s
}

func (s set) has(n int) bool { return s&(1<<n) != 0 }
func (s set) lowest() int    { return bits.TrailingZeros64(uint64(s)) }
func (s set) highest() int   { return bits.Len64(uint64(s)) - 1 }
func (s set) from(n int) set { return s &^ (1<<n - 1) } // its numbers from n on
func (s set) to(n int) set   { return s & (1<<(n+1) - 1) }
func (s set) size() int      { return bits.OnesCount64(uint64(s)) }

// turn adds later to the numbers, which are below size; those beyond it begin at 0 again.
func (s set) turn(later, size int) set {
	later %= size
	return (s<<later | s>>(size-later)) & (1<<size - 1)
}

// all yields the numbers in ascending order.
func (s set) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(s.lowest()) {
				return
			}
		}
	}
}

// field is one of the five.
type field struct {
	name      string
	low, high int
	names     []string                             // of its values, from low
	assigned  func(n hash) int                     // the value of H
	number    func(n hash) uint64                  // what H is computed from, before its modulus
	of        func(f *fields) (s *set, star *bool) // where it is stored
}

var theFields = []field{
	{"minute", 0, 59, nil, hash.minute, func(n hash) uint64 { return uint64(n) },
		func(f *fields) (*set, *bool) { return &f.minutes, nil }},
	{"hour", 0, 23, nil, hash.hour, func(n hash) uint64 { return uint64(n / 48) },
		func(f *fields) (*set, *bool) { return &f.hours, &f.anyHour }},
	{"day", 1, 31, nil, hash.day, func(n hash) uint64 { return uint64(n / 1152) },
		func(f *fields) (*set, *bool) { return &f.days, &f.anyDay }},
	{"month", 1, 12, strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"), hash.month, func(n hash) uint64 { return uint64(n / 32256) },
		func(f *fields) (*set, *bool) { return &f.months, nil }},
	{"weekday", 0, 7, strings.Fields("SUN MON TUE WED THU FRI SAT"), hash.weekday, func(n hash) uint64 { return uint64(n / 1152) },
		func(f *fields) (*set, *bool) { return &f.weekdays, &f.anyWeekday }},
}

// parseFields reads the five fields of a cron. n is what H stands for.
func parseFields(expr string, n hash) (f fields, _ *Flaw) {
	parts := strings.Fields(expr)
	if flaw := notFive(expr, parts); flaw != nil {
		return f, flaw
	}
	for i, field := range theFields {
		for member := range strings.SplitSeq(parts[i], ",") {
			if flaw := f.add(field, member, n); flaw != nil {
				flaw.Message = "is " + strconv.Quote(expr) + ": " + flaw.Message
				return f, flaw
			}
		}
		if _, star := field.of(&f); star != nil {
			*star = parts[i][0] == '*'
		}
	}
	return f, nil
}

// lengths are those of the months in a leap year.
var lengths = [...]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// never reports whether no date fits. Every day of the year falls on each weekday some
// time, 29 February too.
func (f *fields) never() bool {
	for month := range f.months.all() {
		for day := 1; day <= lengths[month]; day++ {
			inDays := f.days.has(day) || f.lastDay && (day == lengths[month] || month == 2 && day == 28)
			inWeek := f.weekdays != 0
			for weekday := range f.nth {
				inWeek = inWeek || f.nth[weekday].has((day+6)/7)
			}
			either := !f.anyDay && !f.anyWeekday
			if inDays && inWeek || either && (inDays || inWeek) {
				return false
			}
		}
	}
	return true
}

// shorthands are the words that some crons know instead of fields, and our cadences.
var shorthands = map[string]Cadence{
	"@hourly": Hour, "@daily": Day, "@midnight": Day, "@weekly": Week, "@monthly": Month,
	"@yearly": "12 months", "@annually": "12 months",
}

// zoned is a cron behind its time zone, as some crons take it: "CRON_TZ=Europe/Berlin 0 9
// * * *".
var zoned = form(`(?is)^\s*(?:CRON_)?TZ=(\S*)\s*(.*?)\s*$`)

// notFive says what is wrong with a cron that does not have five fields.
func notFive(expr string, parts []string) *Flaw {
	short := strings.ToLower(strings.TrimSpace(expr))
	every, known := shorthands[short]
	switch m := zoned().FindStringSubmatch(expr); {
	case m != nil:
		return &Flaw{Message: "is " + strconv.Quote(expr) + ", and names its time zone in the wrong place", Hint: fmt.Sprintf("write cron = %q and timezone = %q", cmp.Or(m[2], "30 9 * * 1-5"), cmp.Or(m[1], "Europe/Berlin"))}
	case known:
		return &Flaw{Message: "is " + strconv.Quote(expr) + "; it must have five fields", Hint: fmt.Sprintf("write every = %q instead of cron", every)}
	case strings.HasPrefix(short, "@every "):
		return &Flaw{Message: "is " + strconv.Quote(expr) + "; it must have five fields", Hint: `write every, as in every = "2 hours"`}
	case len(parts) == 6:
		return &Flaw{Message: "has six fields; it must have five: minute, hour, day, month, weekday", Hint: "remove the field for seconds or years"}
	case len(parts) != 5:
		return &Flaw{Message: fmt.Sprintf("is %q; it must have five fields: minute, hour, day, month, weekday", expr), Hint: `write it as in cron = "30 9 * * 1-5"`}
	}
	return nil
}

var (
	memberForm = form(`^(?:(\*)|([Hh])(?:\((\w+)-(\w+)\))?|(\w+)(?:-(\w+))?)(?:/(\d{1,4}))?$`)
	nthForm    = form(`^(\w+)#(\w+)$`)
)

// add adds one member of a list to a field: *, */n, a, a/n, a-b, a-b/n, H, H/n, H(a-b),
// H(a-b)/n, L or MON#1.
func (f *fields) add(field field, member string, n hash) *Flaw {
	into, _ := field.of(f)
	switch {
	case strings.EqualFold(member, "L") && field.name == "day":
		f.lastDay = true
		return nil
	case field.name == "weekday" && nthForm().MatchString(member):
		return f.addNth(field, nthForm().FindStringSubmatch(member))
	}
	m := memberForm().FindStringSubmatch(member)
	if m == nil {
		return &Flaw{Message: fmt.Sprintf("the %s %q is not valid", field.name, member), Hint: memberHint(field, member)}
	}
	low, high := field.low, field.high
	if field.name == "weekday" {
		high = 6 // 7 is another name of 0
	}
	step, steps := 1, m[7] != ""
	if steps {
		step, _ = strconv.Atoi(m[7])
		if step < 1 || step > high-low+1 {
			return &Flaw{Message: fmt.Sprintf("the step %d of the %s %q must be 1 to %d", step, field.name, member, high-low+1), Hint: stepHint(field, step)}
		}
	}
	first, last := cmp.Or(m[3], m[5]), cmp.Or(m[4], m[6])
	if first != "" {
		var flaw *Flaw
		if low, high, flaw = field.bounds(member, first, last, steps); flaw != nil {
			return flaw
		}
	}
	if m[2] != "" { // H
		switch number := field.number(n); {
		case steps:
			low += int(number % uint64(min(step, high-low+1)))
		case first != "":
			low += int(number % uint64(high-low+1))
			high = low
		default:
			low = field.assigned(n)
			high = low
		}
	}
	*into |= span(low, high, step)
	if field.name == "weekday" && into.has(7) {
		*into = *into&^(1<<7) | 1
	}
	return nil
}

// bounds reads the ends of a range; last is "" for a single value.
func (field field) bounds(member, first, last string, steps bool) (low, high int, _ *Flaw) {
	low, flaw := field.value(member, first)
	if flaw != nil {
		return 0, 0, flaw
	}
	high = low
	switch {
	case last != "":
		if high, flaw = field.value(member, last); flaw != nil {
			return 0, 0, flaw
		}
	case steps && field.name == "weekday":
		low, high = low%7, 6
	case steps:
		high = field.high
	}
	if high < low {
		hint := fmt.Sprintf("write it as two ranges or a list, as in %q", field.split(low, high))
		if strings.Contains(member, "(") {
			hint = fmt.Sprintf("write the lower end first, as in H(%s-%s)", last, first)
		}
		return 0, 0, &Flaw{Message: fmt.Sprintf("the range %q of the %s runs backwards", member, field.name), Hint: hint}
	}
	return low, high, nil
}

// split writes a range that runs over the end of its field as two.
func (field field) split(low, high int) string {
	top := field.high
	if field.name == "weekday" {
		low, top = low%7, 6
	}
	if low == field.low {
		return fmt.Sprintf("%d-%d", low, high)
	}
	return fmt.Sprintf("%d-%d,%d-%d", low, top, field.low, high)
}

// value reads a number or a name.
func (field field) value(member, text string) (int, *Flaw) {
	if i := slices.Index(field.names, strings.ToUpper(text)); i >= 0 {
		return field.low + i, nil
	}
	v, err := strconv.Atoi(text)
	if err != nil || len(text) > 2 {
		return 0, &Flaw{Message: fmt.Sprintf("the %s %q is not valid", field.name, member), Hint: memberHint(field, text)}
	}
	if v < field.low || v > field.high {
		return 0, &Flaw{Message: fmt.Sprintf("the %s %q must be %d to %d", field.name, member, field.low, field.high), Hint: memberHint(field, text)}
	}
	return v, nil
}

// addNth adds the n-th of a weekday in the month: MON#1.
func (f *fields) addNth(field field, m []string) *Flaw {
	weekday, flaw := field.value(m[0], m[1])
	if flaw != nil {
		return flaw
	}
	which, err := strconv.Atoi(m[2])
	if err != nil || which < 1 || which > 5 {
		return &Flaw{Message: fmt.Sprintf("the weekday %q must have a number from 1 to 5 after the #", m[0]), Hint: "write MON#1 for the first Monday of the month"}
	}
	f.nth[weekday%7] |= 1 << which
	return nil
}

// memberHint returns the remedy for a member that cannot be read.
func memberHint(field field, member string) string {
	switch {
	case member == "?":
		return "write * for any " + field.name
	case field.name == "weekday":
		return "write 0 to 7 or SUN to SAT, a range such as 1-5, or MON#1 for the first Monday"
	case field.name == "day":
		return "write 1 to 31, a range such as 1-7, or L for the last day of the month"
	case field.name == "month":
		return "write 1 to 12 or JAN to DEC, or a range such as 6-8"
	}
	return fmt.Sprintf("write %d to %d, a range such as 9-17, a step such as */10, or H for an assigned %s", field.low, field.high, field.name)
}

// stepHint returns the remedy for a step that is longer than the field.
func stepHint(field field, step int) string {
	for _, u := range units {
		if string(u.name) == field.name && step > 0 && int64(step) <= u.most {
			return fmt.Sprintf("write every = %q instead of cron", fmt.Sprintf("%d %ss", step, field.name))
		}
	}
	return "write a step such as */2"
}
