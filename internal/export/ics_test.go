package export

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// icsEvents reads the events of a calendar, whose lines have to be as RFC 5545 wants them.
func icsEvents(t *testing.T, text string) (events []map[string]string) {
	t.Helper()
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line of %d bytes: %q", len(line), line)
		}
		if rest, folded := strings.CutPrefix(line, " "); folded {
			lines[len(lines)-1] += rest
		} else {
			lines = append(lines, line)
		}
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		if line == "BEGIN:VEVENT" {
			events = append(events, map[string]string{})
		} else if len(events) > 0 {
			events[len(events)-1][name] = strings.NewReplacer(`\n`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(value)
		}
	}
	return events
}

// TestCalendar has the next slots of each job, at most icsMost of them, and each under the
// UID that it has at another time too.
func TestCalendar(t *testing.T) {
	p := loaded(t, "testdata/kinds.toml")
	events := icsEvents(t, exported(t, "ics", p)["jobs.ics"])
	got, uids := map[string][]string{}, map[string]string{}
	for _, e := range events {
		got[e["SUMMARY"]] = append(got[e["SUMMARY"]], e["DTSTART"])
		if other, twice := uids[e["UID"]]; twice {
			t.Errorf("%s and %s are both %s", e["SUMMARY"], other, e["UID"])
		}
		uids[e["UID"]] = e["SUMMARY"] + e["DTSTART"]
		if e["DTSTAMP"] != "20261129T120030Z" {
			t.Errorf("made at %s", e["DTSTAMP"])
		}
	}
	want := map[string][]string{}
	for _, job := range p.Jobs {
		for slot := job.Schedule.Next(now); !slot.IsZero() && slot.Before(now.AddDate(1, 0, 1)) && len(want[job.ID]) < icsMost && job.ID != "disabled"; slot = job.Schedule.Next(slot) {
			want[job.ID] = append(want[job.ID], slot.Format("20060102T150405Z"))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	p.Now = now.Add(time.Hour)
	kept := 0
	for _, e := range icsEvents(t, exported(t, "ics", p)["jobs.ics"]) {
		if same, ok := uids[e["UID"]]; ok && same == e["SUMMARY"]+e["DTSTART"] {
			kept++
		} else if ok {
			t.Errorf("%s is now %s", same, e["UID"])
		}
	}
	if kept < len(events)*3/4 {
		t.Errorf("%d of %d events kept their UID", kept, len(events))
	}
}

// TestCalendarOfMany has an event of each of many jobs, and one note about them.
func TestCalendarOfMany(t *testing.T) {
	p := project(t, quick)
	job := p.Jobs[0]
	for range 3*icsAll/2 - 1 {
		p.Jobs = append(p.Jobs, job)
	}
	result, err := Make("ics", p)
	if n := strings.Count(result.Files[0].Content, "BEGIN:VEVENT"); err != nil || n != len(p.Jobs) || len(result.Notes) != 1 {
		t.Errorf("%d events of %d jobs, notes %q, %v", n, len(p.Jobs), result.Notes, err)
	}
}

// TestCalendarText keeps texts of any length and kind.
func TestCalendarText(t *testing.T) {
	for n := range 90 {
		for _, text := range []string{strings.Repeat("a", n), strings.Repeat("ü", n), strings.Repeat("𝄞", n), strings.Repeat(`\n;,`, n)} {
			var c calendar
			c.add("BEGIN", "VEVENT")
			c.add("SUMMARY", icsText(text))
			if got := icsEvents(t, c.String())[0]["SUMMARY"]; got != text {
				t.Fatalf("%q, want %q", got, text)
			}
		}
	}
	if got := slices.Collect(strings.SplitSeq(icsText("a\r\nb\nc;d,e\\"), `\n`)); !slices.Equal(got, []string{"a", "b", `c\;d\,e\\`}) {
		t.Error(got)
	}
}
