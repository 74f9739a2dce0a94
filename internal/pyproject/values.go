package pyproject

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// flaw is what is wrong with the value of a key. The message continues the key's
// name: "must be a string".
type flaw struct {
	message string
	hint    string // "" if an example of a valid value will do
}

// wrongType is the flaw of a value of the wrong TOML type.
var wrongType = &flaw{}

func parseText(value any) (string, *flaw) {
	s, ok := value.(string)
	if !ok {
		return "", wrongType
	}
	if mark := Forbidden(s); mark != "" {
		hint := "remove it"
		if strings.HasPrefix(mark, "expression") {
			hint = "write a plain value, or pass it with the options env and secrets"
		}
		return "", &flaw{"must not contain the " + mark, hint}
	}
	return s, nil
}

// parseName reads a name that assigned times are computed from.
func parseName(value any) (string, *flaw) {
	s, flawed := parseText(value)
	if flawed == nil && len(s) > 1000 {
		flawed = &flaw{"is longer than 1000 bytes", "shorten it"}
	}
	return s, flawed
}

func parseLabels(value any) ([]string, *flaw) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	if len(list) == 0 {
		return nil, &flaw{message: "must have at least one label"}
	}
	var labels []string
	for _, element := range list {
		label, flawed := parseText(element)
		if flawed != nil {
			return nil, flawed
		}
		if label == "" || label != strings.TrimSpace(label) {
			return nil, &flaw{message: fmt.Sprintf("contains the label %s, which is not a valid label", problem.Quote(label))}
		}
		labels = append(labels, label)
	}
	return labels, nil
}

// durations are the valid values of an option that says how long something
// takes: at least a second, and whole seconds.
type durations struct {
	option string
	unit   string // the unit that a number without one probably has
	most   time.Duration
	limit  string // the bounds, in words
	zero   bool   // is one of them
	least  time.Duration
	days   bool // can be written, as "30d"
}

// "35 days / workflow run", https://docs.github.com/actions/reference/actions-limits
var timeouts = durations{option: "timeout", unit: "m", most: 35 * 24 * time.Hour, limit: "a run can last at most 35 days"}

var backoffs = durations{option: "backoff", unit: "s", most: 24 * time.Hour, limit: "it must be at most 24 hours"}

// For a short window it is cut to half of that, so that a project can have one patience
// for all jobs.
var patiences = durations{option: "patience", unit: "m", most: 365 * 24 * time.Hour, limit: "it must be at most 365 days", zero: true}

var (
	durationForm = pattern.New(`^(\d+h)?(\d+m)?(\d+s)?$`)
	dayForm      = pattern.New(`^(\d{1,4})d((?:\d.*)?)$`)
	durationPart = pattern.New(`([\d.-]+)\s*([a-z]*)`)
)

// durationUnits maps the units that people write to ours.
var durationUnits = map[string]string{
	"s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
	"m": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
	"h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
}

func (d durations) parse(value any) (time.Duration, *flaw) {
	s, flawed := parseText(value)
	if flawed != nil {
		return 0, flawed
	}
	hours := d.inHours(s)
	if hours == "" {
		return 0, &flaw{fmt.Sprintf("is %s, which is not a duration", problem.Quote(s)), d.hint(s)}
	}
	duration, err := time.ParseDuration(hours)
	if err != nil || duration > d.most || duration < d.least {
		hint := fmt.Sprintf(`write %s = "%dh" or less`, d.option, d.most/time.Hour)
		if d.days {
			hint = fmt.Sprintf(`write %s = "%dd" or less`, d.option, d.most/(24*time.Hour))
		}
		if err == nil && duration < d.least {
			hint = fmt.Sprintf(`write %s = "%dm" or more`, d.option, d.least/time.Minute)
		}
		return 0, &flaw{fmt.Sprintf("is %s; %s", problem.Quote(s), d.limit), hint}
	}
	if duration == 0 && !d.zero {
		return 0, &flaw{message: fmt.Sprintf("is %s; it must be at least one second", problem.Quote(s))}
	}
	return duration, nil
}

// inHours returns a duration without days; "" for what is none.
func (d durations) inHours(s string) string {
	if m := dayForm.FindStringSubmatch(s); m != nil && d.days {
		days, _ := strconv.Atoi(m[1])
		s = fmt.Sprintf("%dh%s", 24*days, m[2])
	}
	if !durationForm.MatchString(s) {
		return ""
	}
	return s
}

// hint returns the remedy for an invalid duration: the probable meaning of "30
// minutes", "2 days" or "30", or "" if there is none.
func (d durations) hint(s string) string {
	var meant strings.Builder
	for _, part := range durationPart.FindAllStringSubmatch(strings.ToLower(s), -1) {
		number, unit := part[1], cmp.Or(part[2], d.unit)
		days, err := strconv.Atoi(number)
		if err == nil && (unit == "w" || unit == "week" || unit == "weeks") {
			number, unit, days = strconv.Itoa(7*days), "d", 7*days
		}
		switch inDays := err == nil && days < 10_000 && (unit == "d" || unit == "day" || unit == "days"); {
		case inDays && d.days && meant.Len() == 0:
			meant.WriteString(number + "d")
			continue
		case inDays:
			number, unit = strconv.Itoa(days*24), "h"
		}
		short, ok := durationUnits[unit]
		if !ok {
			return ""
		}
		meant.WriteString(number + short)
	}
	if d.inHours(meant.String()) == "" {
		return ""
	}
	if _, flawed := d.parse(meant.String()); flawed != nil {
		return ""
	}
	return "write " + d.option + " = " + strconv.Quote(meant.String())
}

// pythonForm matches every Python version that some tool accepts: 3.12, 3.x, 3.13t,
// pypy3.10, >=3.11,<3.14. Whether the job's own tool does is checked elsewhere.
var pythonForm = pattern.New(`^[0-9A-Za-z.*,<>=!~^|+ -]*[0-9A-Za-z][0-9A-Za-z.*,<>=!~^|+ -]*$`)

func parsePython(value any) (string, *flaw) {
	s, flawed := parseText(value)
	if flawed == nil && !pythonForm.MatchString(s) {
		flawed = &flaw{message: fmt.Sprintf("is %s, which is not a Python version", problem.Quote(s))}
	}
	return s, flawed
}

// numbers returns what parses an integer within bounds.
func numbers(low, high int) func(value any) (int, *flaw) {
	return func(value any) (int, *flaw) {
		n, ok := value.(int64)
		if !ok {
			return 0, wrongType
		}
		if n < int64(low) || n > int64(high) {
			return 0, &flaw{message: fmt.Sprintf("is %d; it must be %d to %d", n, low, high)}
		}
		return int(n), nil
	}
}

// prefixForm allows no workflow files that are hidden or look like flags. A prefix is
// never empty, so that the files do not take the names of other workflows.
var prefixForm = pattern.New(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

func parsePrefix(value any) (string, *flaw) {
	s, flawed := parseText(value)
	if flawed == nil && !prefixForm.MatchString(s) {
		flawed = &flaw{message: fmt.Sprintf("is %s; it must be 1 to 40 of A-Z a-z 0-9 . _ - and begin with a letter or digit", problem.Quote(s))}
	}
	return s, flawed
}

// rescues are the values of the option rescue, and the interval of each.
var rescues = map[any]time.Duration{"15m": 15 * time.Minute, "1h": time.Hour, "6h": 6 * time.Hour, false: 0}

func parseRescue(value any) (time.Duration, *flaw) {
	shown := fmt.Sprint(value)
	switch value := value.(type) {
	case string:
		shown = problem.Quote(value)
	case bool:
	default:
		return 0, wrongType
	}
	every, ok := rescues[value]
	if !ok {
		return 0, &flaw{"is " + shown + `; it must be "15m", "1h", "6h" or false`, `write rescue = "15m", "1h" or "6h", or rescue = false for none`}
	}
	return every, nil
}

// AllProjects is the value of the option pages for a page of all projects; thisProject is
// what true means.
const (
	AllProjects = "all-projects"
	thisProject = "this"
)

// pagesOf are the values of the option pages, and whose jobs the page shows.
var pagesOf = map[any]string{true: thisProject, AllProjects: AllProjects, false: ""}

func parsePages(value any) (string, *flaw) {
	switch value.(type) {
	case string, bool:
	default:
		return "", wrongType
	}
	whose, ok := pagesOf[value]
	if !ok {
		return "", &flaw{fmt.Sprintf("is %s; it must be true, false or %q", problem.Quote(fmt.Sprint(value)), AllProjects), ""}
	}
	return whose, nil
}

func exampleHint(name, example string) string {
	return "write it as in " + name + " = " + example
}

// parseLines reads a string that can have several lines.
func parseLines(value any) (string, *flaw) {
	s, ok := value.(string)
	if !ok {
		return "", wrongType
	}
	s = strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	_, flawed := parseText(inOneLine.Replace(s))
	return s, flawed
}

var inOneLine = strings.NewReplacer("\n", " ", "\t", " ")

// oneOf reads one of some words.
func oneOf(words []string, set func(o *Options, word string)) func(any) (setting, *flaw) {
	return func(value any) (setting, *flaw) {
		s, flawed := parseText(value)
		if flawed == nil && !slices.Contains(words, s) {
			flawed = &flaw{message: "is " + problem.Quote(s) + "; it must be " + quotedList(words)}
			if near := nearest(s, words); near != "" {
				flawed.hint = didYouMean(near)
			}
		}
		return func(o *Options) { set(o, s) }, flawed
	}
}

// parseEnvironment reads the name of a deployment environment, which "may not exceed
// 255 characters",
// https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments
func parseEnvironment(value any) (string, *flaw) {
	s, flawed := parseText(value)
	if flawed == nil && (s == "" || s != strings.TrimSpace(s) || utf8.RuneCountInString(s) > 255) {
		flawed = &flaw{message: fmt.Sprintf("is %s, which is not a valid name for an environment", problem.Quote(s))}
	}
	return s, flawed
}
