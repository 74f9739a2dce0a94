package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// iniSection is a section of a file that Python's configparser reads.
type iniSection struct {
	name    string
	line    int
	comment string // the lines right above it
	values  []iniValue
}

type iniValue struct {
	name, value string
	line        int
}

// iniJobKeys say what the keys of a job are about; all others are arguments.
var iniJobKeys = map[string]string{
	"call": "call", "callback": "call", "every": "every", "frequency": "every", "at": "at", "active": "active", "description": "description",
}

func (s iniSection) value(about string) (iniValue, bool) {
	for _, v := range s.values {
		if iniJobKeys[v.name] == about {
			return v, true
		}
	}
	return iniValue{line: s.line}, false
}

var (
	iniHead  = pattern.New(`(?m)^\s*\[[^\]\n]+\]\s*$`)
	iniCall  = pattern.New(`(?mi)^\s*(?:call|callback)\s*[=:]\s*[\w%(.]`)
	iniEvery = pattern.New(`(?mi)^\s*(?:every|frequency)\s*[=:]\s*\S`)
)

// isINI takes a file with a section that says what to call, and how often.
func isINI(f File) bool {
	return iniHead.Match(f.Text) && iniCall.Match(f.Text) && iniEvery.Match(f.Text)
}

func readINI(r *reader, f File) error {
	sections, err := readConfig(f)
	if err != nil {
		return err
	}
	for _, s := range sections {
		place := Place{f.Path, s.line}
		call, ok := s.value("call")
		if !ok {
			r.skip(place, "[%s] has no call", problem.Cut(s.name, 60))
			continue
		}
		j := Job{ID: s.name, From: place}
		j.set("entrypoint", callable(call.value))
		j.kept(call.line, "%s", call.name)
		if every, ok := s.value("every"); ok {
			at, _ := s.value("at")
			j.frequency(r.Zone, every, at)
		}
		if active, ok := s.value("active"); ok {
			j.active(active)
		}
		description, _ := s.value("description")
		j.describe(cmp.Or(description.value, s.comment))
		r.keywords(&j, s)
		r.add(j)
	}
	return nil
}

// callable writes app.jobs.clean as app.jobs:clean, and app.jobs.Cleaner.run as
// app.jobs:Cleaner.run.
func callable(name string) string {
	if strings.Contains(name, ":") {
		return name
	}
	parts := strings.Split(strings.TrimSuffix(name, "()"), ".")
	at := slices.IndexFunc(parts, func(part string) bool { return part != "" && part[0] >= 'A' && part[0] <= 'Z' })
	if at < 1 {
		at = len(parts) - 1
	}
	if at < 1 {
		return name
	}
	return strings.Join(parts[:at], ".") + ":" + strings.Join(parts[at:], ".")
}

func (j *Job) active(v iniValue) {
	switch strings.ToLower(v.value) {
	case "no", "false", "off", "0", "n", "f":
		j.set("enabled", false)
	case "yes", "true", "on", "1", "y", "t":
	default:
		j.glue(v.line, "set enabled = false if the job is not to run: active is %s", problem.Cut(v.value, 60))
		return
	}
	j.kept(v.line, "active")
}

// frequency sets the schedule.
func (j *Job) frequency(zone string, every, at iniValue) {
	key, value := "every", strings.ToLower(strings.TrimSpace(every.value))
	if nick := nicknames[value]; nick != nil {
		j.cron(every.line, "", value)
		key, value = nick[0].name, fmt.Sprint(nick[0].value)
	} else {
		if meantKey, meant := schedule.Meant(value); meant != "" {
			key, value = meantKey, meant
		}
		j.set(key, value)
		j.kept(every.line, "%s", every.name)
	}
	if at.value != "" {
		j.timeOfDay(key, value, at)
	}
	if j.get("at") == nil && (key != "cron" || !j.timed(value) || strings.Contains(value, "H")) {
		return
	}
	if zone == "" {
		j.zoneUnknown(every.line)
	} else if zone != "UTC" {
		j.set("timezone", zone)
	}
}

// timeOfDay sets at, which is the minute of a job that runs every hour.
func (j *Job) timeOfDay(named, value string, at iniValue) {
	text := strings.TrimSpace(at.value)
	if day, clock, ok := strings.Cut(text, " "); ok && value == "week" && weekday.MatchString(strings.ToLower(day)) {
		text = strings.TrimSpace(clock)
		j.set("every", strings.ToLower(day))
	}
	if minute, err := strconv.Atoi(strings.TrimPrefix(text, ":")); err == nil && strings.HasPrefix(text, ":") && value == "hour" {
		j.keys = j.keys.without("every")
		j.set("cron", fmt.Sprintf("%d * * * *", minute))
		j.kept(at.line, "at")
		return
	}
	hour, minute, ok := clock(text)
	if !ok {
		j.lost(at.line, "at = %s: not a time of day", problem.Cut(text, 60))
		return
	}
	j.kept(at.line, "at")
	if rest, ok := strings.CutPrefix(value, "H H "); ok && named == "cron" {
		j.set("cron", fmt.Sprintf("%d %d %s", minute, hour, rest))
		return
	}
	j.set("at", fmt.Sprintf("%02d:%02d", hour, minute))
}

// keywords sets the arguments, and the variables of those that are secrets.
func (r *reader) keywords(j *Job, s iniSection) {
	var kwargs table
	for _, v := range s.values {
		if iniJobKeys[v.name] != "" {
			continue
		}
		if isSecret(v.name, v.value) {
			variable := variableOf(v.name)
			r.secret(j, v.line, variable, v.value)
			j.glue(v.line, "let the function read %s from its environment: the argument %s is not copied", variable, v.name)
			continue
		}
		kwargs = append(kwargs, key{name: v.name, value: typed(v.value)})
		j.kept(v.line, "the argument %s", v.name)
	}
	if len(kwargs) > 0 {
		j.set("kwargs", kwargs)
	}
}

var (
	iniInteger = pattern.New(`^-?(?:0|[1-9]\d{0,17})$`)
	iniFloat   = pattern.New(`^-?\d+\.\d+$`)
)

// typed reads a value as a number or boolean where it looks like one.
func typed(value string) any {
	switch strings.ToLower(value) {
	case "true", "yes", "on":
		return true
	case "false", "no", "off":
		return false
	}
	if iniInteger.MatchString(value) {
		return raw(value)
	}
	if n, err := strconv.ParseFloat(value, 64); err == nil && iniFloat.MatchString(value) {
		return n
	}
	return value
}
