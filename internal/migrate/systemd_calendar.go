package migrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// calendar is a calendar expression of systemd. A nil list is any value.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html#Calendar%20Events
type calendar struct {
	weekdays                                     []int // 0 is Sunday
	years, months, days, hours, minutes, seconds []int
	fromEnd                                      bool // days count from the end of the month, where 1 is the last
	zone                                         string
}

// calendarWords are expressions that have a name.
var calendarWords = map[string]string{
	"minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00", "weekly": "Mon *-*-* 00:00:00",
	"monthly": "*-*-01 00:00:00", "quarterly": "*-01,04,07,10-01 00:00:00", "semiannually": "*-01,07-01 00:00:00", "semi-annually": "*-01,07-01 00:00:00",
	"yearly": "*-01-01 00:00:00", "annually": "*-01-01 00:00:00", "anually": "*-01-01 00:00:00",
}

// readCalendar reads a calendar expression.
func readCalendar(text string) (c calendar, ok bool) {
	tokens := strings.Fields(strings.TrimSpace(text))
	if n := len(tokens); n > 1 && !strings.ContainsAny(tokens[n-1], ":*") && schedule.KnownZone(tokens[n-1]) {
		c.zone, tokens = tokens[n-1], tokens[:n-1]
	}
	if len(tokens) == 1 {
		if word := calendarWords[strings.ToLower(tokens[0])]; word != "" {
			tokens = strings.Fields(word)
		} else if date, clock, both := strings.Cut(tokens[0], "T"); both && strings.Contains(clock, ":") {
			tokens = []string{date, clock}
		}
	}
	zero := []int{0}
	c.hours, c.minutes, c.seconds = zero, zero, zero
	if len(tokens) > 0 && letter.MatchString(tokens[0]) {
		if c.weekdays, ok = weekdaysOf(tokens[0]); !ok {
			return c, false
		}
		tokens = tokens[1:]
	}
	if len(tokens) > 0 && !strings.Contains(tokens[0], ":") {
		if !c.date(tokens[0]) {
			return c, false
		}
		tokens = tokens[1:]
	}
	if len(tokens) > 0 {
		if !c.clock(tokens[0]) {
			return c, false
		}
		tokens = tokens[1:]
	}
	return c, len(tokens) == 0 && text != ""
}

var letter = pattern.New(`^[A-Za-z]`)

var shortDays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func weekdaysOf(text string) (days []int, ok bool) {
	number := func(name string) int {
		if len(name) < 3 {
			return -1
		}
		at := slices.Index(shortDays, strings.ToLower(name[:3]))
		if at < 0 || len(name) > 3 && !strings.EqualFold(name, time.Weekday(at).String()) {
			return -1
		}
		return at
	}
	for item := range strings.SplitSeq(strings.Trim(text, ","), ",") {
		first, last, isRange := strings.Cut(item, "..")
		if !isRange {
			first, last, isRange = strings.Cut(item, "-")
		}
		if !isRange {
			last = first
		}
		a, b := number(first), number(last)
		if a < 0 || b < 0 {
			return nil, false
		}
		for ; a != b; a = (a + 1) % 7 {
			days = append(days, a)
		}
		days = append(days, b)
	}
	slices.Sort(days)
	return slices.Compact(days), true
}

// date reads a date such as *-*-01, 12-24 or *-02~01.
func (c *calendar) date(text string) bool {
	text, day, fromEnd := strings.Cut(text, "~")
	c.fromEnd = fromEnd
	parts := strings.Split(text, "-")
	if !fromEnd && len(parts) > 1 {
		day, parts = parts[len(parts)-1], parts[:len(parts)-1]
	}
	ok := true
	switch len(parts) {
	case 2:
		if c.years, ok = values(parts[0], 1970, 2199, false); !ok {
			return false
		}
	case 1:
	default:
		return false
	}
	if c.months, ok = values(parts[len(parts)-1], 1, 12, false); !ok {
		return false
	}
	c.days, ok = values(day, 1, 31, fromEnd)
	return ok
}

// clock reads a time such as 09:00, *:0/15 or 8..18:30:00.
func (c *calendar) clock(text string) bool {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	var hours, minutes bool
	c.hours, hours = values(parts[0], 0, 23, false)
	c.minutes, minutes = values(parts[1], 0, 59, false)
	if len(parts) == 3 {
		whole := fraction.ReplaceAllString(parts[2], "")
		seconds := false
		c.seconds, seconds = values(whole, 0, 59, false)
		return hours && minutes && seconds
	}
	return hours && minutes
}

var fraction = pattern.New(`\.\d+`)

var calendarItem = pattern.New(`^(\*|\d+)(?:\.\.(\d+))?(?:/(\d+))?$`)

// values reads a list of values, nil for all. Those that count from the end repeat
// towards it.
func values(text string, low, high int, fromEnd bool) (list []int, ok bool) {
	if text == "*" {
		return nil, true
	}
	for item := range strings.SplitSeq(text, ",") {
		m := calendarItem.FindStringSubmatch(item)
		if m == nil {
			return nil, false
		}
		first, last, step := low, high, 1
		if m[1] != "*" {
			first, _ = strconv.Atoi(m[1])
			last = first
			if first < 100 && low == 1970 {
				first += 2000
				last = first
			}
		}
		if m[3] != "" {
			step, _ = strconv.Atoi(m[3])
			if last = high; fromEnd {
				last = 1
			}
		}
		if m[2] != "" {
			last, _ = strconv.Atoi(m[2])
		}
		if step < 1 || min(first, last) < low || max(first, last) > high {
			return nil, false
		}
		if fromEnd {
			for n := max(first, last); n >= min(first, last); n -= step {
				list = append(list, n)
			}
			continue
		}
		if first > last {
			return nil, false
		}
		for n := first; n <= last; n += step {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), true
}

// cronOf writes values as a field of a cron.
func cronOf(list []int, low, high int) string {
	if list == nil || len(list) == high-low+1 {
		return "*"
	}
	if len(list) > 2 {
		step := list[1] - list[0]
		even := true
		for i := 1; i < len(list); i++ {
			even = even && list[i]-list[i-1] == step
		}
		switch {
		case even && step > 1 && list[0] == low && list[len(list)-1]+step > high:
			return fmt.Sprintf("*/%d", step)
		case even && step > 1:
			return fmt.Sprintf("%d-%d/%d", list[0], list[len(list)-1], step)
		}
	}
	var items []string
	for i := 0; i < len(list); {
		end := i
		for end+1 < len(list) && list[end+1] == list[end]+1 {
			end++
		}
		if end-i > 1 {
			items = append(items, fmt.Sprintf("%d-%d", list[i], list[end]))
		} else {
			end = i
			items = append(items, strconv.Itoa(list[i]))
		}
		i = end + 1
	}
	return strings.Join(items, ",")
}

// crons returns the crons for it, without years and seconds; exact is false if a cron
// cannot say it, and these say more.
func (c calendar) crons() (crons []string, exact bool) {
	clock := cronOf(c.minutes, 0, 59) + " " + cronOf(c.hours, 0, 23)
	months, weekdays := cronOf(c.months, 1, 12), cronOf(c.weekdays, 0, 6)
	if c.fromEnd && c.days != nil {
		days, exact := c.daysFromEnd()
		if weekdays != "*" {
			return []string{fmt.Sprintf("%s * %s %s", clock, months, weekdays)}, false
		}
		for _, d := range days {
			crons = append(crons, clock+" "+d+" *")
		}
		return crons, exact
	}
	days := cronOf(c.days, 1, 31)
	if days != "*" && weekdays != "*" && !strings.HasPrefix(days, "*") {
		nth := c.nth()
		if nth == "" {
			return []string{fmt.Sprintf("%s * %s %s", clock, months, weekdays)}, false
		}
		days, weekdays = "*", nth
	}
	return []string{fmt.Sprintf("%s %s %s %s", clock, days, months, weekdays)}, true
}

// nth writes weekdays of certain weeks of the month, such as MON#1; "" if the days are no
// whole weeks.
func (c calendar) nth() string {
	var items []string
	left := len(c.days)
	for week := 1; week <= 5; week++ {
		n := 0
		for day := week*7 - 6; day <= min(week*7, 31); day++ {
			if slices.Contains(c.days, day) {
				n++
			}
		}
		if n != 0 && n != min(7, 31-week*7+7) {
			return ""
		}
		if left -= n; n > 0 {
			for _, day := range c.weekdays {
				items = append(items, fmt.Sprintf("%s#%d", strings.ToUpper(shortDays[day]), week))
			}
		}
	}
	return strings.Join(items, ",")
}

// daysFromEnd returns pairs of a day and months.
func (c calendar) daysFromEnd() (pairs []string, exact bool) {
	months := c.months
	if months == nil {
		months = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	}
	if slices.Equal(c.days, []int{1}) {
		return []string{"L " + cronOf(c.months, 1, 12)}, true
	}
	for _, length := range []int{31, 30} {
		var those, days []int
		for _, m := range months {
			if m != 2 && time.Date(2026, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day() == length {
				those = append(those, m)
			}
		}
		for _, n := range c.days {
			if n <= length {
				days = append(days, length+1-n)
			}
		}
		if slices.Sort(days); len(those) > 0 && len(days) > 0 {
			pairs = append(pairs, cronOf(days, 1, 31)+" "+cronOf(those, 1, 12))
		}
	}
	if slices.Contains(months, 2) {
		return append(pairs, "L 2"), false
	}
	return pairs, true
}

// dates returns all its times if it has years and they are few, as local datetimes.
func (c calendar) dates() (list []string) {
	if c.years == nil || c.months == nil || c.days == nil || c.hours == nil || c.minutes == nil ||
		len(c.years)*len(c.months)*len(c.days)*len(c.hours)*len(c.minutes) > 100 {
		return nil
	}
	for _, y := range c.years {
		for _, m := range c.months {
			length := time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day()
			for _, d := range c.days {
				if c.fromEnd {
					d = length + 1 - d
				}
				date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
				if d < 1 || d > length || c.weekdays != nil && !slices.Contains(c.weekdays, int(date.Weekday())) {
					continue
				}
				for _, h := range c.hours {
					for _, min := range c.minutes {
						list = append(list, fmt.Sprintf("%sT%02d:%02d:00", date.Format(time.DateOnly), h, min))
					}
				}
			}
		}
	}
	slices.Sort(list)
	return list
}
