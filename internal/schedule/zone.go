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

// readings returns the instants at which the clocks of a zone show a wall time, which is
// given in UTC: none if it is skipped, two if it is repeated. jump is the first instant
// after the gap that skips it.
func readings(wall time.Time, zone *time.Location) (at []time.Time, jump time.Time) {
	year, month, day := wall.Date()
	guess := time.Date(year, month, day, wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	before, after := guess.ZoneBounds()
	for _, inside := range []time.Time{before.Add(-1), guess, after} {
		_, offset := inside.Zone()
		t := wall.Add(-time.Duration(offset) * time.Second)
		if shows(t, wall, zone) && !slices.ContainsFunc(at, t.Equal) {
			at = append(at, t)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	if len(at) == 0 {
		jump = before
		if !after.IsZero() && skips(after, wall) {
			jump = after
		}
	}
	return at, jump.UTC()
}

// shows reports whether the clocks of a zone show the wall time at an instant.
func shows(t, wall time.Time, zone *time.Location) bool {
	return clockOf(t.In(zone)).Equal(wall)
}

// skips reports whether the clocks go from before a wall time to after it at the change.
func skips(change, wall time.Time) bool {
	_, offset := change.Add(-1).Zone()
	before := change.UTC().Add(time.Duration(offset) * time.Second)
	return !wall.Before(before) && wall.Before(clockOf(change))
}

// clockOf returns what the clocks show at an instant, in UTC.
func clockOf(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// fixed returns the instant of a wall time: the first of two, and the end of a gap.
func fixed(wall time.Time, zone *time.Location) time.Time {
	if zone == time.UTC {
		return wall
	}
	at, jump := readings(wall, zone)
	if len(at) == 0 {
		return jump
	}
	return at[0]
}

// KnownZone reports whether there is a time zone of that name.
func KnownZone(name string) bool {
	_, err := location(name)
	return err == nil && name != ""
}

// ZoneHint returns the remedy for an unknown time zone: the one that was probably
// meant, if it can be guessed.
func ZoneHint(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == ' ' || r == '_' })
	place := []byte(strings.Join(words, "_"))
	for i := range place {
		if i == 0 || strings.IndexByte("/_-", place[i-1]) >= 0 {
			place[i] = strings.ToUpper(string(place[i]))[0]
		}
	}
	for _, area := range []string{"", "Europe/", "America/", "Asia/", "Africa/", "Australia/", "Pacific/", "Atlantic/", "Indian/"} {
		if meant := area + string(place); KnownZone(meant) {
			return "did you mean timezone = " + strconv.Quote(meant) + "?"
		}
	}
	if upper := strings.ToUpper(name); KnownZone(upper) {
		return "did you mean timezone = " + strconv.Quote(upper) + "?"
	}
	return `write a name of the IANA database, as in timezone = "Europe/Berlin": https://en.wikipedia.org/wiki/List_of_tz_database_time_zones`
}
