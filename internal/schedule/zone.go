package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

var zones sync.Map // by name: reading one takes longer than all else about a schedule

// location returns the IANA time zone of that name.
func location(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location), nil
	}
	top, _, _ := strings.Cut(name, "/")
	// Names that a machine has beside those of the IANA database.
	if slices.Contains([]string{"Local", "localtime", "posix", "posixrules", "right", "Factory"}, top) {
		return nil, fmt.Errorf("unknown time zone %s", name)
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, zone)
	}
	return zone, err
}

// dateOf returns the local date of an instant, as midnight in UTC.
func dateOf(t time.Time, zone *time.Location) time.Time {
	year, month, day := t.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// dateAround returns the stretch of the local date around an instant in which no clock is
// changed.
func dateAround(t time.Time, zone *time.Location) (begin, end time.Time) {
	p := periodOf(t, zone)
	begin = dateOf(t, zone).Add(-p.offset)
	end = begin.Add(day)
	if p.start.After(begin) {
		begin = p.start
	}
	if !p.end.IsZero() && p.end.Before(end) {
		end = p.end
	}
	return begin.UTC(), end.UTC()
}

// period is a time in which the clocks of a zone are not changed.
type period struct {
	start, end time.Time     // zero where it has none
	offset     time.Duration // of the clocks from UTC
	before     time.Time     // what the clocks would show at start without the change
}

// periodOf returns the period of an instant.
func periodOf(t time.Time, zone *time.Location) period {
	if zone == time.UTC {
		return period{}
	}
	offset := func(t time.Time) time.Duration {
		_, seconds := t.In(zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	p := period{offset: offset(t)}
	p.start, p.end = t.In(zone).ZoneBounds()
	if !p.start.IsZero() {
		p.before = p.start.UTC().Add(offset(p.start.Add(-1)))
	}
	if !p.end.IsZero() && !p.end.After(t) { // as time.ZoneBounds has it on 31 December of a leap year
		p.end = t.Add(day)
	}
	return p
}

// wall returns what the clocks show at an instant of the period, in UTC.
func (p period) wall(t time.Time) time.Time { return t.UTC().Add(p.offset) }

// begins returns what the clocks show at the start.
func (p period) begins() time.Time { return p.wall(p.start) }

// instant returns when the clocks show a wall time: at the start if it was skipped.
func (p period) instant(wall time.Time) time.Time {
	t := wall.Add(-p.offset)
	if t.Before(p.start) {
		return p.start.UTC()
	}
	return t
}

// fixed returns the instant of a wall time: the first of two, and the end of a gap.
func fixed(wall time.Time, zone *time.Location) time.Time {
	p := periodOf(wall.Add(-2*day), zone) // no clock is further from UTC, or changed by more
	for !p.end.IsZero() && !wall.Before(p.wall(p.end)) {
		p = periodOf(p.end, zone)
	}
	return p.instant(wall)
}

// KnownZone reports whether there is a time zone of that name.
func KnownZone(name string) bool {
	_, err := location(name)
	return err == nil && name != ""
}

// ZoneHint returns the remedy for an unknown time zone: the one that was probably
// meant, if it can be guessed.
func ZoneHint(name string) string {
	if meant := MeantZone(name); meant != "" {
		return "did you mean timezone = " + strconv.Quote(meant) + "?"
	}
	return `write a name of the IANA database, as in timezone = "Europe/Berlin": https://en.wikipedia.org/wiki/List_of_tz_database_time_zones`
}

// MeantZone returns the time zone that was probably meant by an unknown name, "" if it
// cannot be guessed.
func MeantZone(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == ' ' || r == '_' })
	place := []byte(strings.Join(words, "_"))
	for i := range place {
		if i == 0 || strings.IndexByte("/_-", place[i-1]) >= 0 {
			place[i] = strings.ToUpper(string(place[i]))[0]
		}
	}
	for _, area := range []string{"", "Europe/", "America/", "Asia/", "Africa/", "Australia/", "Pacific/", "Atlantic/", "Indian/"} {
		if meant := area + string(place); KnownZone(meant) {
			return meant
		}
	}
	if upper := strings.ToUpper(name); KnownZone(upper) {
		return upper
	}
	return ""
}
