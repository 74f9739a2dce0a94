package migrate

import (
	"strings"
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
