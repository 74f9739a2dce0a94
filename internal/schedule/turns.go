package schedule

import (
	"slices"
	"sync"
	"time"
)

// turn is a change of the clocks: from one time of day to another, in minutes. It
// happens on those weekdays.
type turn struct {
	from, to int
	weekdays set
}

// turnings are the changes of the clocks of a zone.
type turnings struct {
	turns   []turn // each kind of change once
	changes []time.Time
}

var turned sync.Map // *turnings by *time.Location

// turnsOf returns the changes from 2024 to 2043: years that are fixed, since nothing
// may depend on today's date.
func turnsOf(zone *time.Location) *turnings {
	if known, ok := turned.Load(zone); ok {
		return known.(*turnings)
	}
	all := &turnings{}
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	end := from.AddDate(20, 0, 0)
	for p := periodOf(from, zone); !p.end.IsZero() && p.end.Before(end); {
		p = periodOf(p.end, zone)
		all.add(p)
	}
	turned.Store(zone, all)
	return all
}

// add adds the change at the start of a period. It belongs to the date of the hour that
// is skipped or repeated.
func (all *turnings) add(p period) {
	before, after := p.before, p.begins()
	if before.Equal(after) {
		return
	}
	all.changes = append(all.changes, p.start)
	date := before.Add(-1)
	if after.After(before) {
		date = before
	}
	date = date.Truncate(day)
	t := turn{from: int(before.Sub(date).Minutes()), to: int(after.Sub(date).Minutes()), weekdays: 1 << date.Weekday()}
	i := slices.IndexFunc(all.turns, func(known turn) bool { return known.from == t.from && known.to == t.to })
	if i < 0 {
		all.turns = append(all.turns, t)
		return
	}
	all.turns[i].weekdays |= t.weekdays
}

// touches reports whether the clocks can change on a date of the fields.
func (t turn) touches(f fields) bool {
	weekdays, plain := f.onlyWeekdays()
	return !plain || weekdays&t.weekdays != 0
}

// image returns when the times of day come on a date with the change: in minutes since
// its midnight, sorted. Fixed hours come once, wildcards as often as the clocks show
// them.
func (t turn) image(times []int, wild bool) []int {
	var at []int
	for _, time := range times {
		switch skipped := time >= t.from && time < t.to; {
		case skipped && !wild:
			at = append(at, t.from)
		case skipped:
		case time < t.from:
			at = append(at, time)
		}
		if time >= t.to && (time >= t.from || wild) {
			at = append(at, time+t.from-t.to)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}
