package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// celeryCron sets a crontab of Celery, whose fields are those of cron and are all "*" by
// default. https://docs.celeryq.dev/en/stable/reference/celery.schedules.html
func (j *Job) celeryCron(t fields, zone string) (why string) {
	var parts []string
	for _, name := range []string{"minute", "hour", "day_of_month", "month_of_year", "day_of_week"} {
		text, ok := t.text(name)
		if list, isList := t[name].([]any); isList {
			var items []string
			for _, item := range list {
				items = append(items, fmt.Sprint(item))
			}
			text, ok = strings.Join(items, ","), len(items) > 0
		}
		switch {
		case t[name] == nil:
			text = "*"
		case !ok:
			return "a computed " + name
		}
		if strings.HasPrefix(name, "day_of_w") || strings.HasPrefix(name, "month") {
			text = longName.ReplaceAllString(text, "$1") // Celery takes sunday for sun
		}
		text = aroundTheEnd(name, text)
		parts = append(parts, strings.ReplaceAll(text, " ", ""))
	}
	return j.both(parts, zone)
}

// celeryFields are the least and the greatest value of a field, and the names from the
// least on.
var celeryFields = map[string]struct {
	least, greatest int
	names           string
}{
	"minute": {0, 59, ""}, "hour": {0, 23, ""}, "day_of_month": {1, 31, ""},
	"month_of_year": {1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"},
	"day_of_week":   {0, 6, "sun mon tue wed thu fri sat"},
}

// aroundTheEnd writes a range that goes on from the least value, as Celery's can, as a
// list: the hours 22-1 are 22,23,0,1.
func aroundTheEnd(name, text string) string {
	field := celeryFields[name]
	number := func(value string) int {
		if i := slices.Index(strings.Fields(field.names), strings.ToLower(value)); i >= 0 {
			return i + field.least
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < field.least || n > field.greatest {
			return -1
		}
		return n
	}
	parts := strings.Split(text, ",")
	for i, part := range parts {
		span, by, _ := strings.Cut(strings.TrimSpace(part), "/")
		first, last, _ := strings.Cut(span, "-")
		from, to := number(first), number(last)
		step, err := strconv.Atoi(cmp.Or(by, "1"))
		if err != nil || step < 1 || from < 0 || to < 0 || from <= to {
			continue
		}
		var list []string
		for n := from; n <= field.greatest+1+to-field.least; n += step {
			list = append(list, strconv.Itoa(field.least+(n-field.least)%(field.greatest-field.least+1)))
		}
		parts[i] = strings.Join(list, ",")
	}
	return strings.Join(parts, ",")
}

var longName = pattern.New(`(?i)\b(sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)[a-z]+\b`)

var (
	number      = pattern.New(`\b[0-6]\b`)
	namedRange  = pattern.New(`^[A-Za-z]`)
	toTheSunday = pattern.New(`(?i)\b(mon|tue|wed|thu|fri|sat)-sun\b`)
)

var weekdays = []string{"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}

// weekdayNames returns a field whose 0 is Monday with names for numbers. In a range our
// Sunday comes last as 7 only. The step of a range of names does nothing in APScheduler.
func weekdayNames(field string) string {
	parts := strings.Split(field, ",")
	for i, part := range parts {
		base, step, _ := strings.Cut(part, "/")
		if base == "*" && step != "" {
			base = "0-6"
		}
		if namedRange.MatchString(base) {
			step = ""
		}
		base = number.ReplaceAllStringFunc(base, func(n string) string { return weekdays[n[0]-'0'] })
		base = toTheSunday.ReplaceAllStringFunc(base, func(days string) string {
			return fmt.Sprintf("%d-7", slices.Index(weekdays, strings.ToUpper(days[:3]))+1)
		})
		if parts[i] = base; step != "" {
			parts[i] = base + "/" + step
		}
	}
	return strings.Join(parts, ",")
}
