package schedule

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// synonyms are other words for a schedule, and what they mean: an `every`, or a cron if it
// has five fields.
var synonyms = map[string]string{
	"minutely": "minute", "hourly": "hour", "daily": "day", "nightly": "day", "midnight": "day", "weekly": "week", "monthly": "month",
	"yearly": "12 months", "annually": "12 months", "annual": "12 months", "year": "12 months", "years": "12 months",
	"quarterly": "3 months", "quarter": "3 months", "quarters": "3 months",
	"fortnight": "2 weeks", "fortnightly": "2 weeks", "biweekly": "2 weeks", "bi-weekly": "2 weeks", "bimonthly": "2 months",
	"60 seconds": "minute", "60 minutes": "hour", "24 hours": "day", "7 days": "week",
	"half hour": "30 minutes", "half-hour": "30 minutes", "quarter hour": "15 minutes", "twice a day": "12 hours", "twice daily": "12 hours",
	"weekday": "H H * * 1-5", "weekdays": "H H * * 1-5", "workday": "H H * * 1-5", "workdays": "H H * * 1-5", "working day": "H H * * 1-5",
	"business day": "H H * * 1-5", "business days": "H H * * 1-5", "monday to friday": "H H * * 1-5", "mon-fri": "H H * * 1-5",
	"weekend": "H H * * 0,6", "weekends": "H H * * 0,6",
}

// KnownWords lists the single words that Meant knows, sorted, to find misspelt ones.
var KnownWords = sync.OnceValue(func() []string {
	var words []string
	for word := range synonyms {
		if !strings.ContainsAny(word, " -") {
			words = append(words, word)
		}
	}
	for _, u := range units {
		words = append(words, string(u.name), string(u.name)+"s")
	}
	for _, day := range weekdays {
		words = append(words, strings.ToLower(day))
	}
	slices.Sort(words)
	return words
})

// short are the units by the names that people give them.
var short = sync.OnceValue(func() map[string]Cadence {
	named := map[string]Cadence{}
	for _, u := range units {
		for _, name := range append(strings.Fields(u.short), string(u.name), string(u.name)+"s") {
			named[name] = u.name
		}
	}
	return named
})

var amount = form(`^(\d{1,6})[ -]*([a-z]+)$`)

// Meant returns what was probably meant by a string that is not an `every`: the key
// "every" or "cron" and its valid value; "" if it cannot be guessed.
func Meant(s string) (key, value string) {
	if fields, flaw := parseFields(s, 0); flaw == nil && !fields.never() {
		return "cron", s
	}
	word := strings.Join(strings.Fields(strings.ToLower(strings.Trim(s, " @."))), " ")
	for _, prefix := range []string{"every ", "each ", "once a ", "once per ", "once every ", "per ", "a ", "on ", "other "} {
		if rest, found := strings.CutPrefix(word, prefix); found && prefix == "other " {
			word = "2 " + rest
		} else if found {
			word = rest
		}
	}
	value = cmp.Or(synonyms[word], weekdayOf(word), amountOf(word))
	switch {
	case value == "":
		return "", ""
	case len(strings.Fields(value)) == 5:
		return "cron", value
	}
	if _, flaws := Parse(Spec{Every: value}); len(flaws) > 0 {
		return "", ""
	}
	return "every", value
}

// weekdayOf returns the weekday of a word such as "Mon" or "mondays"; "" for another.
func weekdayOf(word string) string {
	for _, day := range weekdays {
		day = strings.ToLower(day)
		if word == day || word == day+"s" || len(word) >= 3 && strings.HasPrefix(day, word) {
			return day
		}
	}
	return ""
}

// amountOf returns the `every` of an amount of time such as "2h" or "1 day".
func amountOf(word string) string {
	m := amount().FindStringSubmatch(word)
	if m == nil {
		return string(short()[word])
	}
	n, _ := strconv.Atoi(m[1])
	if seconds := m[2] == "s" || strings.HasPrefix("seconds", m[2]) && len(m[2]) > 2; seconds {
		return synonyms[strconv.Itoa(n)+" seconds"]
	}
	unit := short()[m[2]]
	switch text := strconv.Itoa(n) + " " + string(unit) + "s"; {
	case unit == "":
		return ""
	case n == 1:
		return string(unit)
	default:
		return cmp.Or(synonyms[text], text)
	}
}
