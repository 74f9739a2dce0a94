package export

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// A calendar has the slots of the next year, and at most icsMost of each job, or fewer of
// many jobs. They are single events in UTC: no rule of a calendar can say what a changed
// clock does to a slot.
const (
	icsMost  = 100
	icsAll   = 20_000
	icsAhead = 366 * 24 * time.Hour
	icsTime  = "20060102T150405Z"
)

// ics makes an iCalendar file of the next slots.
// https://www.rfc-editor.org/rfc/rfc5545
func ics(p Project) ([]File, error) {
	c := calendar{stamp: p.Now.UTC().Format(icsTime)}
	c.add("BEGIN", "VCALENDAR")
	c.add("VERSION", "2.0")
	c.add("PRODID", "-//scheduled//"+mark("ics")+"//EN")
	c.add("CALSCALE", "GREGORIAN")
	c.add("METHOD", "PUBLISH")
	c.add("X-WR-CALNAME", icsText(cmp.Or(p.Name, "Scheduled jobs")))
	most := max(1, min(icsMost, icsAll/max(1, len(p.Jobs))))
	for _, job := range p.Jobs {
		if job.Schedule.Spec().Disabled {
			p.notes.add("left out, because of enabled = false", job)
			continue
		}
		slot, end, n := job.Schedule.Next(p.Now), p.Now.Add(icsAhead), 0
		for ; n < most && !slot.IsZero() && slot.Before(end); n++ {
			c.event(job, slot)
			slot = job.Schedule.Next(slot)
		}
		switch {
		case n == most && !slot.IsZero() && slot.Before(end):
			p.notes.add("only the next "+problem.Count(most, "slot"), job)
		case n == 0:
			p.notes.add("has no slot in the next year", job)
		}
	}
	c.add("END", "VCALENDAR")
	return []File{{"jobs.ics", c.String()}}, nil
}

// calendar is an iCalendar file that is being written.
type calendar struct {
	strings.Builder
	stamp string // when it was made
}

// event writes the event of a slot, which a calendar recognises again by its UID.
func (c *calendar) event(job pyproject.Job, slot time.Time) {
	spec := job.Schedule.Spec()
	whose := sha256.Sum256([]byte(spec.Project + "/" + spec.ID))
	at := slot.Format(icsTime)
	says := []string{job.Schedule.String(), job.Runs()}
	if job.Options.Description != "" {
		says = append([]string{job.Options.Description}, says...)
	}
	c.add("BEGIN", "VEVENT")
	c.add("UID", fmt.Sprintf("%s-%x@scheduled", at, whose[:8]))
	c.add("DTSTAMP", c.stamp)
	c.add("DTSTART", at)
	c.add("SUMMARY", icsText(cmp.Or(job.ID, `""`)))
	c.add("DESCRIPTION", icsText(strings.Join(says, "\n")))
	if job.Options.Group != "" {
		c.add("CATEGORIES", icsText(job.Options.Group))
	}
	c.add("TRANSP", "TRANSPARENT") // it takes nobody's time
	c.add("END", "VEVENT")
}

// add writes one line of content, folded: "Lines of text SHOULD NOT be longer than 75
// octets, excluding the line break."
// https://www.rfc-editor.org/rfc/rfc5545#section-3.1
func (c *calendar) add(name, value string) {
	line, most := name+":"+value, 75
	for len(line) > most {
		at := most
		for !utf8.RuneStart(line[at]) {
			at--
		}
		c.WriteString(line[:at] + "\r\n ")
		line, most = line[at:], 74 // after the space
	}
	c.WriteString(line + "\r\n")
}

// icsText writes a value of the type TEXT.
// https://www.rfc-editor.org/rfc/rfc5545#section-3.3.11
func icsText(text string) string { return icsEscapes.Replace(text) }

var icsEscapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)
