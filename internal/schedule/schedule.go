// Package schedule says when a job is due and whether its window still has to
// be run. It is pure: values in, values out, no clock and no I/O. All times
// are UTC.
package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// Cadence is how often a job runs: the `every` of its table.
type Cadence string

// The cadences of the public `scheduled` format.
const (
	Minute Cadence = "minute"
	Hour   Cadence = "hour"
	Day    Cadence = "day"
	Week   Cadence = "week"
	Month  Cadence = "month"
)

// Cadences lists every cadence, the shortest first.
var Cadences = []Cadence{Minute, Hour, Day, Week, Month}

// Schedule is a cadence together with the job's slot: the one instant in each period
// that is assigned to the job. Its zero value is not usable; call New.
type Schedule struct {
	every   Cadence
	second  int // 0 to 59, cadence minute only
	minute  int // one of minutes
	hour    int // 0 to 23
	weekday int // 0 to 6, Sunday is 0
	day     int // 1 to 28, so that every month has it
}

// minutes are the minutes of the hour that slots may take: all that are not within
// one minute of a quarter hour, when most crons fire and GitHub drops ticks. https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
// "High load times include the start of every hour."
var minutes = func() []int {
	var quiet []int
	for minute := range 60 {
		if off := minute % 15; off >= 2 && off <= 13 {
			quiet = append(quiet, minute)
		}
	}
	return quiet
}()

// New assigns the slots of a job: version 1 of the algorithm, frozen. They
// depend on nothing but the three arguments, so adding a job moves no other,
// upgrading the program moves none, and every machine agrees. project is the
// normalised name of the Python project, or the seed that replaces it.
func New(every Cadence, project, id string) Schedule {
	sum := sha256.Sum256([]byte("scheduled/v1\n" + project + "/" + id))
	n := binary.BigEndian.Uint64(sum[:8])
	return Schedule{
		every:   every,
		second:  int(n % 60),
		minute:  minutes[n%48],
		hour:    int(n / 48 % 24),
		weekday: int(n / 1152 % 7),
		day:     int(n/1152%28) + 1,
	}
}

// Every returns the cadence.
func (s Schedule) Every() Cadence { return s.every }

// Next returns the first slot after t.
func (s Schedule) Next(t time.Time) time.Time {
	slot := s.slot(t, 0)
	if !slot.After(t) {
		slot = s.slot(t, 1)
	}
	return slot
}

// Prev returns the last slot at or before t.
func (s Schedule) Prev(t time.Time) time.Time {
	slot := s.slot(t, 0)
	if slot.After(t) {
		slot = s.slot(t, -1)
	}
	return slot
}

// slot returns the slot of the calendar period that lies n periods after the one that
// contains t. time.Date carries the overflow.
func (s Schedule) slot(t time.Time, n int) time.Time {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := s.hour, s.minute, 0
	switch s.every {
	case Minute:
		hour, minute, second = t.Hour(), t.Minute()+n, s.second
	case Hour:
		hour = t.Hour() + n
	case Day:
		day += n
	case Week:
		day += s.weekday - int(t.Weekday()) + 7*n
	case Month:
		month, day = month+time.Month(n), s.day
	default:
		panic(fmt.Sprintf("schedule: no cadence %q", s.every))
	}
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}

// Window is the time from one slot to the next: Start belongs to it, End does
// not. Windows are anchored to the slot, not to the calendar, so a tick that
// arrives hours late still belongs to the window it was meant for.
type Window struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Window returns the window that contains t.
func (s Schedule) Window(t time.Time) Window {
	start := s.Prev(t)
	return Window{Start: start, End: s.slot(start, 1)}
}

// Contains reports whether t lies in the window.
func (w Window) Contains(t time.Time) bool {
	return !t.Before(w.Start) && t.Before(w.End)
}

// Key returns the idempotency key of a job's window: the job id and the slot,
// as in "clean-files@2026-11-21T10:37:00Z".
func (w Window) Key(id string) string {
	return id + "@" + w.Start.Format(time.RFC3339)
}
