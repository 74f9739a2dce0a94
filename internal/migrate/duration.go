package migrate

import (
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// limit sets the time limit of the job, as timeout(1) takes it.
func (j *Job) limit(line int, text string) bool {
	d, ok := elapsed(text)
	if !ok || d < time.Second {
		return false
	}
	j.set("timeout", lengthOf(d))
	j.kept(line, "time limit %s", lengthOf(d))
	return true
}

var amounts = pattern.New(`(\d+(?:\.\d+)?)\s*([A-Za-zµ]*)`)

var unitsOfTime = map[string]time.Duration{
	"": time.Second, "s": time.Second, "sec": time.Second, "second": time.Second, "seconds": time.Second,
	"ms": time.Millisecond, "msec": time.Millisecond, "us": time.Microsecond, "usec": time.Microsecond,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour,
	// "M, month (defined as 30.44 days), y, year (defined as 365.25 days)", systemd.time(7)
	"M": 2630016 * time.Second, "month": 2630016 * time.Second, "months": 2630016 * time.Second,
	"y": 31557600 * time.Second, "year": 31557600 * time.Second, "years": 31557600 * time.Second,
}

// elapsed reads a time span such as 300, 5m, 1.5h or "1h 30min"; a number alone is
// seconds.
func elapsed(text string) (sum time.Duration, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" || strings.TrimSpace(amounts.ReplaceAllString(text, "")) != "" {
		return 0, false
	}
	for _, m := range amounts.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		unit, known := unitsOfTime[m[2]]
		if !known {
			unit, known = unitsOfTime[strings.ToLower(m[2])]
		}
		if err != nil || !known || n*float64(unit) > float64(100*365*24*time.Hour) {
			return 0, false
		}
		sum += time.Duration(n * float64(unit))
	}
	return sum, true
}

// lengthOf returns a time span as our options take it, in whole seconds.
func lengthOf(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d%time.Minute != 0:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d > time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h" + strconv.Itoa(int(d%time.Hour/time.Minute)) + "m"
	}
	return strconv.Itoa(int(d/time.Minute)) + "m"
}
