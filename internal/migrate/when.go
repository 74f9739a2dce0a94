package migrate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// nicknames are cron's words for common schedules, and how we say them.
// https://man7.org/linux/man-pages/man5/crontab.5.html#EXTENSIONS
var nicknames = map[string][]key{
	"@hourly":   {{name: "every", value: "hour"}},
	"@daily":    {{name: "every", value: "day"}, {name: "at", value: "00:00"}},
	"@midnight": {{name: "every", value: "day"}, {name: "at", value: "00:00"}},
	"@weekly":   {{name: "every", value: "sunday"}, {name: "at", value: "00:00"}},
	"@monthly":  {{name: "cron", value: "0 0 1 * *"}},
	"@yearly":   {{name: "cron", value: "0 0 1 1 *"}},
	"@annually": {{name: "cron", value: "0 0 1 1 *"}},
}

// cron sets when the job runs by crons of the original, or nicknames of them, in a time
// zone; "" for UTC.
func (j *Job) cron(line int, zone string, crons ...string) {
	if keys := nicknames[strings.ToLower(crons[0])]; len(crons) == 1 && keys != nil {
		for _, k := range keys {
			j.set(k.name, k.value)
		}
	} else if len(crons) == 1 {
		j.set("cron", crons[0])
	} else {
		j.set("cron", crons)
	}
	if zone != "" && zone != "UTC" && j.get("every") != "hour" {
		j.set("timezone", zone)
	}
	j.kept(line, "schedule %s", strings.Join(crons, ", "))
}

// spaced sets that the job runs every so often, as in "1h 30min".
func (j *Job) spaced(line int, text string) {
	exact, ok := elapsed(text)
	if !ok || exact <= 0 {
		j.lost(line, "interval %s: it cannot be read", text)
		return
	}
	if d := j.each(exact); d != exact {
		j.lost(line, "the interval of %s: it is %s here", exact, lengthOf(d))
	} else {
		j.kept(line, "interval %s", text)
	}
}

// each sets that the job runs every so often, to the minute. It returns the interval that
// it has.
func (j *Job) each(exact time.Duration) time.Duration {
	d := max(exact.Round(time.Minute), time.Minute)
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"week", 7 * 24 * time.Hour}, {"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if d%unit.length == 0 {
			j.set("every", every(int(d/unit.length), unit.name))
			break
		}
	}
	return d
}

// every writes "day" or "3 days".
func every(n int, unit string) string {
	if n == 1 {
		return unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

var clockForm = pattern.New(`(?i)^(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s*([ap])?\.?(?:m\.?)?$`)

// clock reads a time of day, such as 9:05, 9:05:00, 9 pm or noon.
func clock(text string) (hour, minute int, ok bool) {
	switch strings.ToLower(text) {
	case "noon":
		return 12, 0, true
	case "midnight":
		return 0, 0, true
	}
	m := clockForm.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, false
	}
	hour, _ = strconv.Atoi(m[1])
	minute, _ = strconv.Atoi(m[2])
	if hour > 23 || minute > 59 || m[3] != "" && hour > 12 {
		return 0, 0, false
	}
	if m[3] != "" {
		hour %= 12
		if strings.EqualFold(m[3], "p") {
			hour += 12
		}
	}
	return hour, minute, true
}
