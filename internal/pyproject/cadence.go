package pyproject

import (
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// cadenceList names every cadence: "minute, hour, day, week or month".
var cadenceList = func() string {
	var names []string
	for _, c := range schedule.Cadences {
		names = append(names, string(c))
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}()

// cadenceWords are what people call a cadence elsewhere.
var cadenceWords = []struct {
	words   string
	cadence schedule.Cadence
}{
	{"minute minutely min m 1m 60s", schedule.Minute},
	{"hour hourly hr h 1h 60m 60min", schedule.Hour},
	{"day daily nightly midnight d 1d 24h", schedule.Day},
	{"week weekly w wk 1w 7d monday tuesday wednesday thursday friday saturday sunday", schedule.Week},
	{"month monthly mo 1mo 30d", schedule.Month},
}

// cadenceHint returns the remedy for a string that is not a cadence.
func cadenceHint(s string) string {
	if fields := strings.Fields(s); len(fields) == 5 {
		return "did you mean " + problem.Quote(string(cronCadence(fields))) + "? The time of day is assigned, not chosen"
	}
	word := strings.ToLower(strings.Trim(s, " @"))
	for _, prefix := range []string{"every ", "each ", "once a ", "once per ", "1 "} {
		word = strings.TrimPrefix(word, prefix)
	}
	var long []string
	for _, row := range cadenceWords {
		for w := range strings.FieldsSeq(row.words) {
			if word == w || word == w+"s" {
				return didYouMean(string(row.cadence))
			}
			// Any short word is near one such as "h".
			if len(w) > 2 && w[0] > '9' {
				long = append(long, w)
			}
		}
	}
	near := nearest(word, long)
	for _, row := range cadenceWords {
		if near != "" && slices.Contains(strings.Fields(row.words), near) {
			return didYouMean(string(row.cadence))
		}
	}
	return "use " + cadenceList
}

// cronCadence returns the cadence that comes nearest to the five fields of a cron.
func cronCadence(fields []string) schedule.Cadence {
	cadences := []schedule.Cadence{schedule.Week, schedule.Month, schedule.Month, schedule.Day, schedule.Hour}
	for i, field := range []string{fields[4], fields[3], fields[2], fields[1], fields[0]} {
		if !strings.HasPrefix(field, "*") && field != "?" {
			return cadences[i]
		}
	}
	return schedule.Minute
}
