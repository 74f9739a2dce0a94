package migrate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// triggers set when a job runs, by the type of trigger in the script's answer. zone is
// that of the scheduler. They return why the job cannot be imported, "" if it can.
var triggers = map[string]func(j *Job, t fields, kind string, zone any) (why string){
	"interval": func(j *Job, t fields, _ string, zone any) string {
		why := j.interval(t)
		j.bounds(t)
		if t["start_date"] == nil {
			return why
		}
		if zone := j.zone(t["timezone"], zone, true); zone != "" {
			j.set("timezone", zone)
		}
		return why
	},
	"crontab": func(j *Job, t fields, _ string, zone any) string { return j.celeryCron(t, j.zone(nil, zone, false)) },
	"cron": func(j *Job, t fields, _ string, zone any) string {
		why := j.fieldCron(t, j.zone(t["timezone"], zone, true))
		j.bounds(t)
		return why
	},
	"expression": (*Job).cronText,
	"date":       (*Job).date,
	"django-q":   func(j *Job, t fields, _ string, _ any) string { return j.djangoQ(t) },
	"words":      func(j *Job, t fields, _ string, _ any) string { return j.inWords(t) },
	"every":      func(j *Job, t fields, _ string, _ any) string { return j.chain(t) },
	"solar":      func(*Job, fields, string, any) string { return "no sunrise or sunset on GitHub: choose a time" },
}

// trigger sets when the job runs, from what the script says about it. It returns why the
// job cannot be imported, "" if it can.
func (j *Job) trigger(t fields, kind string, zone any) (why string) {
	if set := triggers[t.shown("type")]; set != nil {
		return set(j, t, kind, zone)
	}
	return fmt.Sprintf("a computed schedule: %v", t["source"])
}

// cronText sets a cron that is one text. In APScheduler's "the day of week numbers are
// different from cron": 0 is Monday.
// https://apscheduler.readthedocs.io/en/3.x/modules/triggers/cron.html
func (j *Job) cronText(t fields, kind string, zone any) (why string) {
	expression, ok := t.text("expression")
	if !ok {
		return "a computed cron"
	}
	if kind != "apscheduler" {
		return j.expression(expression, "")
	}
	if parts := strings.Fields(expression); len(parts) == 5 {
		parts[4] = weekdayNames(parts[4])
		expression = strings.Join(parts, " ")
	}
	return j.expression(expression, j.zone(t["timezone"], zone, true))
}

// date sets a single time.
func (j *Job) date(t fields, _ string, zone any) (why string) {
	date, ok := moment(t["run_date"])
	if !ok {
		return "a single run, at the start of its scheduler or at a computed time"
	}
	if len(date) == len(time.DateOnly) {
		date += "T00:00:00"
	}
	j.set("run-at", raw(date))
	if zone := j.zone(t["timezone"], zone, true); zone != "" && !hasOffset.MatchString(date) {
		j.set("timezone", zone)
	}
	j.kept(j.From.Line, "the date")
	return ""
}

// seconds of the fields of an interval.
var intervalFields = map[string]float64{
	"weeks": 7 * 86400, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1, "milliseconds": 1e-3, "microseconds": 1e-6,
}

func (j *Job) interval(t fields) (why string) {
	total := 0.0
	for name, unit := range intervalFields {
		if t[name] == nil {
			continue
		}
		text, _ := t.text(name)
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return "a computed interval"
		}
		total += n * unit
	}
	if !(total > 0) || total > 366*86400 {
		return "a computed interval"
	}
	exact := time.Duration(total * float64(time.Second))
	if j.each(exact) == exact {
		j.kept(j.From.Line, "every %s", j.get("every"))
	} else {
		j.lost(j.From.Line, "the interval of %g seconds: the shortest unit is a minute", total)
	}
	return ""
}

// both sets a cron that ran only on days that both its fields name, where cron takes
// either.
func (j *Job) both(parts []string, zone string) (why string) {
	if !strings.HasPrefix(parts[2], "*") && !strings.HasPrefix(parts[4], "*") {
		j.lost(j.From.Line, "days that are both %s of the month and %s of the week: cron runs on either", parts[2], parts[4])
	}
	return j.expression(strings.Join(parts, " "), zone)
}

// expression sets a cron of five fields, or of six with the seconds last.
func (j *Job) expression(cron, zone string) (why string) {
	parts := strings.Fields(cron)
	if len(parts) == 6 {
		if parts[5] != "0" {
			j.lost(j.From.Line, "the seconds %q of its cron", parts[5])
		}
		parts = parts[:5]
	}
	j.cron(j.From.Line, zone, strings.Join(parts, " "))
	return ""
}

// fieldCron sets a cron trigger of APScheduler: "If you omit some fields, those of lower
// significance than the least significant one that is given get their minimum, the others
// *", in our words.
// https://apscheduler.readthedocs.io/en/3.x/modules/triggers/cron.html
func (j *Job) fieldCron(t fields, zone string) (why string) {
	order := []string{"year", "month", "day", "week", "day_of_week", "hour", "minute", "second"}
	least := -1
	for i, name := range order {
		if t[name] != nil {
			least = i
		}
	}
	part := func(name, minimum string) string {
		text, ok := t.text(name)
		switch {
		case t[name] != nil && !ok:
			why = "a computed " + name
		case ok:
			return strings.ReplaceAll(text, " ", "")
		case slices.Index(order, name) > least && least >= 0:
			return minimum
		}
		return "*"
	}
	for _, name := range []string{"year", "week"} {
		if text := part(name, "*"); text != "*" {
			j.lost(j.From.Line, "%s = %s: a cron has no such field", name, text)
		}
	}
	if second := part("second", "0"); second != "0" {
		j.lost(j.From.Line, "second = %s: the unit here is a minute", second)
	}
	if strings.HasPrefix(strings.ToLower(t.shown("day")), "last ") {
		return "no cron can express " + t.shown("day") + " of a month"
	}
	day, weekday := apsDay(part("day", "1")), weekdayNames(part("day_of_week", "*"))
	if ordinal := ordinalDay.FindStringSubmatch(strings.ToLower(t.shown("day"))); ordinal != nil {
		if weekday != "*" {
			j.lost(j.From.Line, "days that are both the %s and a %s: a cron names one of them", t.shown("day"), weekday)
		}
		day, weekday = "*", strings.ToUpper(ordinal[2])+"#"+ordinal[1]
	}
	if weekday != "*" && t["day"] == nil {
		day = "*"
	}
	parts := []string{part("minute", "0"), part("hour", "0"), day, part("month", "1"), weekday}
	if why != "" {
		return why
	}
	return j.both(parts, zone)
}

func (f fields) shown(name string) string {
	text, _ := f.text(name)
	return text
}

var ordinalDay = pattern.New(`^([1-5])(?:st|nd|rd|th) +(mon|tue|wed|thu|fri|sat|sun)$`)

// apsDay returns a day of the month as our crons write it.
func apsDay(day string) string {
	if strings.EqualFold(day, "last") {
		return "L"
	}
	return day
}

// bounds sets the dates between which a trigger runs.
func (j *Job) bounds(t fields) {
	for _, bound := range []struct{ name, key string }{{"start_date", "start"}, {"end_date", "until"}} {
		if t[bound.name] == nil {
			continue
		}
		if date, ok := moment(t[bound.name]); ok {
			j.set(bound.key, raw(date))
			j.kept(j.From.Line, "%s", bound.name)
		} else {
			j.glue(j.From.Line, "add %[2]s: %[1]s is computed", bound.name, bound.key)
		}
	}
	if t["jitter"] != nil {
		j.kept(j.From.Line, "jitter: assigned times spread the jobs")
	}
}

var (
	isoDate   = pattern.New(`^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$`)
	hasOffset = pattern.New(`T.*(?:Z|[+-]\d\d:\d\d)$`)
)

// moment returns a literal date or time as TOML has it.
func moment(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		parts := isoDate.FindStringSubmatch(v)
		if parts == nil {
			return "", false
		}
		if parts[2] == "" {
			return parts[1], true
		}
		if len(parts[2]) == 5 {
			parts[2] += ":00"
		}
		if len(parts[3]) == 5 {
			parts[3] = parts[3][:3] + ":" + parts[3][3:]
		}
		return parts[1] + "T" + parts[2] + parts[3], true
	case map[string]any:
		if v["type"] != "datetime" || v["tzinfo"] != nil {
			return "", false
		}
		at := func(name string) int {
			n, _ := v[name].(json.Number)
			i, _ := strconv.Atoi(n.String())
			return i
		}
		date := fmt.Sprintf("%04d-%02d-%02d", at("year"), at("month"), at("day"))
		if v["hour"] == nil {
			return date, at("day") > 0
		}
		return fmt.Sprintf("%sT%02d:%02d:%02d", date, at("hour"), at("minute"), at("second")), at("day") > 0
	}
	return "", false
}

// djangoQ are the schedule types of Django Q, by name and by the value in its database.
// https://django-q2.readthedocs.io/en/master/schedules.html
var djangoQ = map[string]string{
	"HOURLY": "hour", "DAILY": "day", "WEEKLY": "week", "BIWEEKLY": "2 weeks", "MONTHLY": "month", "BIMONTHLY": "2 months", "QUARTERLY": "3 months", "YEARLY": "12 months",
	"H": "hour", "D": "day", "W": "week", "BW": "2 weeks", "M": "month", "BM": "2 months", "Q": "3 months", "Y": "12 months",
}

func (j *Job) djangoQ(t fields) (why string) {
	kind := t.shown("kind")
	if next := t["next_run"]; next != nil && kind != "ONCE" && kind != "O" {
		if clock, _ := next.(map[string]any); clock["type"] == "clock" {
			j.at(fmt.Sprintf("%v:%02v", clock["hour"], clock["minute"]))
			j.glue(j.From.Line, "add timezone if Django's TIME_ZONE was not UTC: the time is in UTC here")
		} else {
			j.glue(j.From.Line, "add at, or leave the job its assigned time: next_run set it before")
		}
	}
	switch every := djangoQ[kind]; {
	case every != "":
		j.set("every", every)
		j.kept(j.From.Line, "schedule type %s", kind)
	case kind == "MINUTES" || kind == "I":
		return j.interval(fields{"minutes": t["minutes"]})
	case kind == "CRON" || kind == "C":
		cron, ok := t.text("cron")
		if !ok {
			return "a computed cron"
		}
		j.glue(j.From.Line, "add timezone if Django's TIME_ZONE was not UTC: the times are in UTC here")
		return j.expression(cron, "")
	default:
		date, ok := moment(t["next_run"])
		if !ok {
			return "a single run, at a computed time"
		}
		j.set("run-at", raw(date))
		j.kept(j.From.Line, "next_run")
	}
	return ""
}

// frequencies are words for cadences in other tools.
var frequencies = map[string]string{
	"minutely": "minute", "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "yearly": "12 months", "annually": "12 months", "quarterly": "3 months",
}

// inWords sets a schedule that is written in words, with a cron, or with a time of day.
func (j *Job) inWords(t fields) (why string) {
	if cron, ok := t.text("cron"); ok {
		return j.expression(cron, "")
	}
	var words []string
	for _, name := range []string{"every", "frequency"} {
		if word := strings.ToLower(t.shown(name)); word != "" {
			words = append(words, cmp.Or(frequencies[word], word))
		}
	}
	slices.Sort(words) // a number is before its unit
	if every := strings.Join(words, " "); every != "" {
		j.set("every", every)
		j.kept(j.From.Line, "every %s", every)
	} else {
		j.set("every", "day").comment = "the original does not say when it runs"
		j.glue(j.From.Line, "set every or cron: the file does not say when the job runs")
	}
	if at, ok := t.text("at"); ok {
		j.at(at)
	}
	return ""
}

// at sets a time of day.
func (j *Job) at(text string) {
	if hour, minute, ok := clock(text); ok {
		j.set("at", fmt.Sprintf("%02d:%02d", hour, minute))
		return
	}
	j.glue(j.From.Line, "write the time %q as at = \"HH:MM\"", text)
}

var weekday = pattern.New(`^(?:mon|tues|wednes|thurs|fri|satur|sun)day$`)

// chained is what the calls of a chain say so far.
type chained struct {
	n        int
	unit, at string // "" for none
}

// chain sets a schedule of the package schedule: every(2).days.at("10:30").
// https://schedule.readthedocs.io/en/stable/examples.html
func (j *Job) chain(t fields) (why string) {
	c := chained{n: 1}
	links, _ := t["chain"].([]any)
	for _, link := range links {
		call, _ := link.(map[string]any)
		name, _ := call["name"].(string)
		args, _ := call["args"].([]any)
		if name == "second" || name == "seconds" {
			return j.interval(fields{"seconds": json.Number(strconv.Itoa(c.n))})
		}
		if why := j.link(&c, name, args); why != "" {
			return why
		}
	}
	if c.unit == "" {
		return "no time at which it runs"
	}
	j.kept(j.From.Line, "every %s", c.unit)
	if minute, ok := strings.CutPrefix(c.at, ":"); ok && c.unit == "hour" {
		j.set("cron", cmp.Or(strings.TrimLeft(minute, "0"), "0")+" * * * *")
		return ""
	}
	j.set("every", c.unit)
	switch {
	case c.at == "":
	case strings.Contains(c.unit, "hour") || strings.Contains(c.unit, "minute"):
		j.glue(j.From.Line, "check whether the minute matters: it was at %s, and the job has an assigned one", c.at)
	default:
		j.at(c.at)
		if j.get("timezone") == nil {
			j.zone(nil, nil, true)
		}
	}
	return ""
}

// link reads a call of a chain.
func (j *Job) link(c *chained, name string, args []any) (why string) {
	arg := func(i int) string {
		if i < len(args) {
			return fields{"arg": args[i]}.shown("arg")
		}
		return ""
	}
	switch singular := strings.TrimSuffix(name, "s"); {
	case name == "every" && len(args) > 0:
		var err error
		if c.n, err = strconv.Atoi(arg(0)); err != nil {
			return "a computed interval"
		}
	case slices.Contains([]string{"minute", "hour", "day", "week"}, singular):
		c.unit = every(c.n, singular)
	case weekday.MatchString(name):
		c.unit = name
	case name == "at":
		c.at = arg(0)
		if zone := arg(1); zone != "" {
			j.set("timezone", zone)
		}
	case name == "to":
		j.lost(j.From.Line, "a random interval up to %s: each job has a fixed one", arg(0))
	case name == "until" && len(args) > 0:
		j.bounds(fields{"end_date": args[0]})
	case name == "every" || name == "tag" || name == "until":
	default:
		return "a schedule with " + name
	}
	return ""
}
