package pyproject

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// mostCrons is how many crons a job can have.
const mostCrons = 366

// whenOptions are the options that say when a job runs, and where.
var whenOptions = []option{
	{
		name:     "cron",
		kind:     "a string or a list of strings",
		fallback: "none",
		meaning:  "instead of `every`: five fields, as in `\"30 9 * * 1-5\"`; `H` is an assigned value, `L` the last day of the month, `MON#1` the first Monday; of a list, every one counts",
		example:  `"30 9 * * 1-5"`,
		form:     func() form { return oneOrSeveral(cronForm(), mostCrons, false) },
		single:   true,
		whole:    true,
		most:     mostCrons,
		read: func(r *reader, e *entry) setting {
			crons, listed := r.strings(e, `"30 9 * * 1-5"`), isList(e)
			return func(o *Options) { o.spec.Cron, o.listed = crons, listed }
		},
	},
	{
		name:     "run-at",
		kind:     "a datetime or a list of them",
		fallback: "none",
		meaning:  "instead of `every`: single times, with an offset or local to `timezone`",
		example:  "2026-12-01T09:00:00",
		form:     func() form { return oneOrSeveral(datetimeForm(), 1000, true) },
		single:   true,
		whole:    true,
		most:     1000,
		read: func(r *reader, e *entry) setting {
			times, listed := r.moments(e, "2026-12-01T09:00:00"), isList(e)
			return func(o *Options) { o.spec.RunAt, o.listed = times, listed }
		},
	},
	{
		name:     "at",
		kind:     "a string",
		fallback: "an assigned time",
		meaning:  "time of day of a job that runs every few days, weeks or months, or on a weekday",
		example:  `"09:30"`,
		form:     always(form{"type": "string", "pattern": `^([01][0-9]|2[0-3]):[0-5][0-9]$`}),
		single:   true,
		read: func(r *reader, e *entry) setting {
			at := r.clock(e)
			return func(o *Options) { o.spec.At = at }
		},
	},
	{
		name:     "timezone",
		kind:     "a string",
		fallback: "`\"UTC\"`",
		meaning:  "time zone of the schedule, as the IANA database names it",
		example:  `"Europe/Berlin"`,
		form:     zoneForm,
		parse:    into(parseZone, func(o *Options) *string { return &o.spec.Timezone }),
	},
	{
		name:     "start",
		kind:     "a date or a datetime",
		fallback: "none",
		meaning:  "the first possible time; the periods of `every` are counted from it",
		example:  "2026-12-01",
		form:     momentForms,
		single:   true,
		whole:    true,
		read: func(r *reader, e *entry) setting {
			start, ok := r.moment(e, "2026-12-01")
			if !ok {
				start.Offset = true // so that count has one
			}
			return func(o *Options) { o.spec.Start = &start }
		},
	},
	{
		name:     "until",
		kind:     "a date or a datetime",
		fallback: "none",
		meaning:  "the job runs before this time only",
		example:  "2027-01-01",
		form:     momentForms,
		single:   true,
		read: func(r *reader, e *entry) setting {
			until, ok := r.moment(e, "2027-01-01")
			if !ok {
				return nil
			}
			return func(o *Options) { o.spec.Until = &until }
		},
	},
	{
		name:     "count",
		kind:     "an integer",
		fallback: "no limit",
		meaning:  "how many times the job is due, from `start` on",
		example:  "10",
		form:     integerForm(1, schedule.MaxCount),
		single:   true,
		whole:    true,
		parse:    into(numbers(1, schedule.MaxCount), func(o *Options) *int { return &o.spec.Count }),
	},
	{
		name:     "except",
		kind:     "a list of dates",
		fallback: "none",
		meaning:  fmt.Sprintf("dates in `timezone` on which the job is not due, at most %d; those of a job are added to those of the project", schedule.MaxExcept),
		example:  "[2026-12-25, 2026-12-26]",
		form: func() form {
			return listForm(dateForms()).but(form{"maxItems": schedule.MaxExcept, "uniqueItems": true})
		},
		most: 10 * schedule.MaxExcept,
		read: func(r *reader, e *entry) setting {
			dates := r.dates(e)
			return func(o *Options) { o.spec.Except = together(o.spec.Except, dates) }
		},
	},
	{
		name:     "expires",
		kind:     "a string",
		fallback: "until the job is due again; 7 days for `run-at`",
		meaning:  "how long after its slot a job may still run, `\"15m\"` to `\"30d\"`",
		example:  `"12h"`,
		form:     expiries.form,
		parse:    into(expiries.parse, func(o *Options) *time.Duration { return &o.spec.Expires }),
	},
	{
		name:     "enabled",
		kind:     "a boolean",
		fallback: "true",
		meaning:  "`false` to pause the job; it can still be started by hand",
		example:  "true",
		form:     switchForm,
		single:   true,
		parse: func(value any) (setting, *flaw) {
			enabled, ok := value.(bool)
			if !ok {
				return nil, wrongType
			}
			return func(o *Options) { o.spec.Disabled = !enabled }, nil
		},
	},
	{
		name:     "executor",
		kind:     "a string",
		fallback: "`\"github\"`",
		meaning:  "what runs the job: `\"github\"`, or `\"serve\"` for a scheduler of your own, without a workflow file; needed for jobs that are due more often than every five minutes",
		example:  `"serve"`,
		form:     wordForm("github", "serve"),
		parse:    oneOf([]string{"github", "serve"}, func(o *Options, word string) { o.Serve = word == "serve" }),
	},
	{
		name:     "group",
		kind:     "a string",
		fallback: "none",
		meaning:  "a word for jobs that belong together, shown by `list --json`",
		example:  `"reports"`,
		form:     func() form { return matching(groupForm).but(form{"maxLength": maxWord}) },
		single:   true,
		parse:    into(parseGroup, func(o *Options) *string { return &o.Group }),
	},
	{
		name:     "description",
		kind:     "a string",
		fallback: "the first line of the docstring",
		meaning:  "what the job does",
		example:  `"Send the weekly report"`,
		form:     func() form { return text().but(form{"pattern": `[^ ]`, "maxLength": 1000}) },
		single:   true,
		parse:    into(parseDescription, func(o *Options) *string { return &o.Description }),
	},
}

var expiries = durations{option: "expires", unit: "m", least: 15 * time.Minute, most: 30 * 24 * time.Hour, limit: `it must be "15m" to "30d"`, days: true}

func parseZone(value any) (string, *flaw) {
	s, flawed := parseText(value)
	if flawed == nil && !schedule.KnownZone(s) {
		flawed = &flaw{"is " + problem.Quote(s) + ", which is not a known time zone", schedule.ZoneHint(problem.Cut(s, mostKey))}
	}
	return s, flawed
}

var groupForm = pattern.New(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func parseGroup(value any) (string, *flaw) {
	s, flawed := parseText(value)
	if flawed == nil && (!groupForm.MatchString(s) || len(s) > maxWord) {
		flawed = &flaw{message: fmt.Sprintf("is %s; it must be 1 to %d of A-Z a-z 0-9 . _ - and begin with a letter or digit", problem.Quote(s), maxWord)}
	}
	return s, flawed
}

func parseDescription(value any) (string, *flaw) {
	s, flawed := parseText(value)
	switch {
	case flawed != nil:
	case strings.TrimSpace(s) == "":
		flawed = &flaw{"is empty", "write what the job does, or remove it"}
	case len(s) > 1000:
		flawed = &flaw{"is longer than 1000 bytes", "shorten it"}
	}
	return s, flawed
}

func isList(e *entry) bool {
	_, list := e.value.([]any)
	return list
}

// strings reads a string or a list of them.
func (r *reader) strings(e *entry, example string) []string {
	if !isList(e) {
		s, flawed := parseText(e.value)
		if !r.valid(e, "a string or a list of strings", flawed, exampleHint(e.name, example)) {
			return nil
		}
		return []string{s}
	}
	var list []string
	items := r.several(e, example)
	for _, item := range items {
		s, flawed := parseText(item.value)
		if r.valid(item, "a string", flawed, exampleHint(e.name, "["+example+"]")) {
			list = append(list, s)
		}
	}
	if len(list) < len(items) {
		return nil
	}
	return list
}

// several returns the elements of a list, or reports that there are none.
func (r *reader) several(e *entry, example string) []*entry {
	items := e.items(r.text)
	if len(items) == 0 {
		r.report(r.at(e), "write it as in "+e.name+" = ["+example+"], or remove it", "%s is empty", e.name)
	}
	return items
}

// moments reads a datetime or a list of them.
func (r *reader) moments(e *entry, example string) []schedule.Moment {
	items := []*entry{e}
	if isList(e) {
		items = r.several(e, example)
	}
	return r.all(items, example)
}

// all reads datetimes, and nothing if one of them is wrong.
func (r *reader) all(items []*entry, example string) []schedule.Moment {
	var list []schedule.Moment
	for _, item := range items {
		if m, ok := r.moment(item, example); ok {
			list = append(list, m)
		}
	}
	if len(list) < len(items) {
		return nil
	}
	return list
}

// dates reads a list of dates without slots.
func (r *reader) dates(e *entry) []time.Time {
	if !isList(e) {
		hint := exampleHint(e.name, "[2026-12-25]")
		if at := r.at(e); dateForm.MatchString(strings.Trim(r.text[at.start:at.end], `"'`)) {
			hint = "write a list: " + e.name + " = [" + strings.Trim(r.text[at.start:at.end], `"'`) + "]"
		}
		r.valid(e, "a list of dates", wrongType, hint)
		return nil
	}
	items := e.items(r.text)
	dates, flaws := schedule.Dates(r.all(items, "2026-12-25"))
	for _, f := range flaws {
		r.report(r.at(items[f.Index]), f.Hint, "%s %s", e.name, f.Message)
	}
	return dates
}

// together returns the dates of two sorted lists, sorted, each once.
func together(dates, more []time.Time) []time.Time {
	switch {
	case len(dates) == 0:
		return more
	case len(more) == 0:
		return dates
	}
	both := slices.Concat(dates, more)
	slices.SortFunc(both, time.Time.Compare)
	return slices.CompactFunc(both, time.Time.Equal)
}

var dateForm = pattern.New(`^\d{4}-\d\d-\d\d$`)

// momentForm matches dates and datetimes as Python reads them, and with less or more.
var momentForm = pattern.New(`^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(:\d\d(?:\.\d+)?)?(?:[Zz]|[+-](\d\d):\d\d)?)?`)

// momentKinds are the keys that take only dates, or only datetimes.
var momentKinds = map[string]string{"run-at": "a datetime", "except": "a date"}

// moment reads a date or a datetime, or reports that the value is none.
func (r *reader) moment(e *entry, example string) (_ schedule.Moment, ok bool) {
	at := r.at(e)
	written := r.text[at.start:at.end]
	v, ok := e.value.(time.Time)
	if !ok {
		hint, begin := exampleHint(e.name, example), "write "+e.name+" = "
		if e.shown != "" {
			hint, begin = exampleHint(e.name, "["+example+"]"), "write "
		}
		if s, _ := e.value.(string); momentForm.FindString(s) == s && s != "" {
			hint = begin + unquoted(s) + ", without quotes"
		}
		return schedule.Moment{}, r.valid(e, cmp.Or(momentKinds[e.name], "a date or a datetime"), wrongType, hint)
	}
	m := momentForm.FindStringSubmatch(written)
	y, month, d := v.Date()
	hour, minute, second := v.Clock()
	local := schedule.Moment{Time: time.Date(y, month, d, hour, minute, second, v.Nanosecond(), time.UTC)}
	switch zone := v.Location().String(); {
	case zone == "time-local":
		r.report(at, "add the date, as in "+e.name+" = 2026-12-01T"+v.Format(time.TimeOnly), "%s is a time without a date", e.what())
	case y < 1 || m != nil && m[2] >= "24":
		r.report(at, "correct it", "%s is %s, which Python does not accept", e.what(), written)
	case zone == "date-local":
		local.Date = true
		return local, true
	case m != nil && m[1] == "":
		r.report(at, "write the seconds, as in "+unquoted(written), "%s is %s; Python needs the seconds to read the file", e.what(), written)
	case zone == "datetime-local":
		return local, true
	default:
		return schedule.Moment{Time: v, Offset: true}, true
	}
	return schedule.Moment{}, false
}

// unquoted returns a date or datetime with its seconds.
func unquoted(s string) string {
	if at := strings.IndexAny(s, "Tt "); at > 0 && (len(s) == at+6 || s[at+6] != ':') {
		return s[:at+6] + ":00" + s[at+6:]
	}
	return s
}

// clock reads a time of day. TOML's own are not used: they have seconds.
func (r *reader) clock(e *entry) string {
	if v, ok := e.value.(time.Time); ok && v.Location().String() == "time-local" {
		r.report(r.at(e), "write at = "+strconv.Quote(v.Format("15:04")), "at must be a string, not a time")
		return ""
	}
	s, flawed := parseText(e.value)
	if flawed == nil && s == "" {
		flawed = &flaw{message: "is empty"}
	}
	r.valid(e, "a string", flawed, exampleHint(e.name, `"09:30"`))
	return s
}
