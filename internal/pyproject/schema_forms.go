package pyproject

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// The patterns of the schema are in the syntax that JavaScript, Go and Python share, which
// excludes \p{…}, lookahead and flags.

// invisible are the characters that Forbidden refuses.
const invisible = "\\x00-\\x1f\\x7f-\\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"

// text is a string of which Forbidden accepts everything.
func text() form {
	return form{"type": "string", "not": form{"pattern": "[" + invisible + `]|\$\{\{`}}
}

// linesForm is what parseLines accepts and is not blank.
func linesForm() form {
	return form{"type": "string", "pattern": `[^ \t\r\n]`,
		"not": form{"pattern": "[" + strings.Replace(invisible, `\x00-\x1f`, `\x00-\x08\x0b\x0c\x0e-\x1f`, 1) + `]|\$\{\{`}}
}

// but returns a form with more conditions. Those under "not" are added to its own.
func (f form) but(more form) form {
	all := maps.Clone(f)
	for key, value := range more {
		if own, ok := all["not"]; ok && key == "not" {
			value = form{"anyOf": []any{own, value}}
		}
		all[key] = value
	}
	return all
}

// matching is a text that a pattern matches.
func matching(p *pattern.Pattern) form { return text().but(form{"pattern": p.String()}) }

// trimmed is a text that is not empty, without spaces around it.
func trimmed() form { return text().but(form{"pattern": `^[^ ]([^\n]*[^ ])?$`}) }

func always(f form) func() form { return func() form { return f } }

var switchForm = always(form{"type": "boolean"})

// integerForm is an integer within bounds.
func integerForm(low, high int) func() form {
	return always(form{"type": "integer", "minimum": low, "maximum": high})
}

// wordForm is one of some words.
func wordForm(words ...string) func() form { return always(form{"enum": words}) }

// listForm is a list.
func listForm(items form) form { return form{"type": "array", "items": items, "maxItems": maxItems} }

// filledForm is a list that is not empty.
func filledForm(items form) form { return listForm(items).but(form{"minItems": 1}) }

// oneOrSeveral is a value, or a list of such, perhaps each only once.
func oneOrSeveral(item form, most int, unique bool) form {
	return form{"anyOf": []form{item, filledForm(item).but(form{"maxItems": most, "uniqueItems": unique})}}
}

// tableForm is a table of values by name.
func tableForm(name, value form) form {
	return form{"type": "object", "propertyNames": name, "additionalProperties": value, "maxProperties": maxItems}
}

// keysForm is a table with these keys.
func keysForm(properties form, required ...string) form {
	f := form{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		f["required"] = required
	}
	return f
}

// upTo returns a pattern of the numbers from 0 to n, with zeros before them.
func upTo(n int) string {
	digits := strconv.Itoa(n)
	alternatives := []string{digits}
	if len(digits) > 1 {
		alternatives = append(alternatives, fmt.Sprintf(`[0-9]{1,%d}`, len(digits)-1))
	}
	for i, digit := range digits { // the same up to here, and less in this place
		if digit == '0' || i == 0 && digit == '1' {
			continue
		}
		low := 0
		if i == 0 {
			low = 1
		}
		alternatives = append(alternatives, fmt.Sprintf(`%s[%d-%c][0-9]{%d}`, digits[:i], low, digit-1, len(digits)-i-1))
	}
	if len(digits) == 1 {
		alternatives = []string{fmt.Sprintf("[0-%s]", digits)}
	}
	return "0*(" + strings.Join(alternatives, "|") + ")"
}

// form is a duration, which is too long if one of its parts is.
func (d durations) form() form {
	of := func(unit time.Duration, letter string) string { return "(" + upTo(int(d.most/unit)) + letter + ")?" }
	days := ""
	if d.days {
		days = of(24*time.Hour, "d")
	}
	short := `^$`
	switch {
	case d.least > time.Minute:
		short = fmt.Sprintf(`^(0+d)?(0+h)?(%sm)?(0*[0-5]?[0-9]s)?$`, upTo(int(d.least/time.Minute)-1))
	case !d.zero:
		short = `^(0+h)?(0+m)?(0+s)?$`
	}
	return text().but(form{"pattern": "^" + days + of(time.Hour, "h") + of(time.Minute, "m") + of(time.Second, "s") + "$", "not": form{"pattern": short}})
}

func everyForm() form {
	var units []string
	for cadence, most := range schedule.Units() {
		units = append(units, fmt.Sprintf("(%s )?%ss?", upTo(most), cadence))
	}
	return form{
		"description": "how often the job runs: a unit, or several, as in `\"2 hours\"`, or a weekday, as in `\"monday\"`",
		"type":        "string",
		"pattern":     "^(" + strings.Join(append(units, schedule.Weekdays()...), "|") + ")$",
		"not":         form{"pattern": "^0+ "},
		"examples":    []string{"day", "2 hours", "monday"},
	}
}

func cronForm() form {
	var fields []string
	for _, field := range schedule.Fields() {
		value := upTo(field.High)
		if len(field.Names) > 0 {
			value = "(" + value + "|" + anyCase(field.Names...) + ")"
		}
		members := []string{`\*`, `[Hh](\(` + value + "-" + value + `\))?`, value + "(-" + value + ")?"}
		member := "(" + strings.Join(members, "|") + ")(/" + upTo(field.High+1) + ")?"
		if field.Name == "day" {
			member += "|[Ll]"
		}
		if field.Name == "weekday" {
			member += "|" + value + "#0*[1-5]"
		}
		fields = append(fields, "("+member+")(,("+member+"))*")
	}
	return text().but(form{"pattern": "^[ \u00a0]*" + strings.Join(fields, "[ \u00a0]+") + "[ \u00a0]*$"})
}

// anyCase returns a pattern of words in any case.
func anyCase(words ...string) string {
	var patterns []string
	for _, word := range words {
		var b strings.Builder
		for _, r := range word {
			if low, high := strings.ToLower(string(r)), strings.ToUpper(string(r)); low != high {
				b.WriteString("[" + high + low + "]")
			} else {
				b.WriteRune(r)
			}
		}
		patterns = append(patterns, b.String())
	}
	return "(" + strings.Join(patterns, "|") + ")"
}

const (
	dateText = `[0-9]{4}-[0-9]{2}-[0-9]{2}`
	timeText = `[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.0+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?`
)

func datetimeForm() form { return form{"type": "string", "pattern": "^" + dateText + timeText + "$"} }

func dateForms() form { return form{"type": "string", "pattern": "^" + dateText + "$"} }

func momentForms() form {
	return form{"type": "string", "pattern": "^" + dateText + "(" + strings.Replace(timeText, `\.0+`, `\.[0-9]+`, 1) + ")?$"}
}

// zoneAreas and zoneNames are the first parts, and the whole names without a slash, of the
// IANA database. https://data.iana.org/time-zones/tz-link.html
const (
	zoneAreas = `Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US`
	zoneNames = `CET|CST6CDT|Cuba|EET|EST|EST5EDT|Egypt|Eire|GB|GB-Eire|GMT|GMT[+]0|GMT-0|GMT0|Greenwich|HST|Hongkong|Iceland|Iran|Israel|Jamaica|Japan|Kwajalein|Libya|MET|MST|MST7MDT|NZ|NZ-CHAT|Navajo|PRC|PST8PDT|Poland|Portugal|ROC|ROK|Singapore|Turkey|UCT|UTC|Universal|W-SU|WET|Zulu`
)

func zoneForm() form {
	return form{"type": "string", "pattern": "^((" + zoneAreas + ")(/[A-Za-z0-9_+-]+)+|" + zoneNames + ")$"}
}

// pythonName is the form of an identifier as far as ASCII goes.
const pythonName = `[^\x00-@\x5b-\x5e\x60\x7b-\x7f][^\x00-/:-@\x5b-\x5e\x60\x7b-\x7f]*`

func entrypointForm() form {
	const path = pythonName + `(\.` + pythonName + `)*`
	return text().but(form{
		"description": "what the job calls: `module:callable`",
		"pattern":     "^" + path + ":" + path + "$",
		"not":         form{"pattern": `(^|[.:])(` + strings.Join(slices.Sorted(maps.Keys(keywords)), "|") + `)([.:]|$)`},
		"examples":    []string{"app.jobs:clean"},
	})
}
