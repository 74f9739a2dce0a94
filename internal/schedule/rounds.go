package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rounds are the ticks of a project's rescue. The zero Rounds have none.
type Rounds struct {
	every  time.Duration // a part of a day
	offset time.Duration // of the day's first tick, less than every
}

// RoundsEvery are the possible intervals of a rescue's ticks, the shortest first.
var RoundsEvery = []time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour}

// NewRounds assigns the ticks of a rescue, by the frozen algorithm of slots and on the
// same minutes: the slot of a daily job with the id "rescue:", repeated. project is as
// in New. It panics if every is not in RoundsEvery.
func NewRounds(project string, every time.Duration) Rounds {
	if !slices.Contains(RoundsEvery, every) {
		panic(fmt.Sprintf("schedule: no rounds every %v", every))
	}
	n := newHash(project, "rescue:")
	slot := time.Duration(n.hour())*time.Hour + time.Duration(n.minute())*time.Minute
	return Rounds{every, slot % every}
}

// Every returns the interval of the ticks; 0 if there are none.
func (r Rounds) Every() time.Duration { return r.every }

// Next returns the first tick after t.
func (r Rounds) Next(t time.Time) time.Time {
	t = t.UTC()
	first := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Add(r.offset)
	if t.Before(first) {
		return first
	}
	return first.Add((t.Sub(first)/r.every + 1) * r.every) // tomorrow's first comes after today's last
}

// Crons returns the entries of `on.schedule` that together fire at all ticks; none
// where there are no ticks.
//
// One tick an hour is written as 24 entries that fire once a day each. GitHub delivers
// those late, but it drops most ticks of an entry that fires more often: 25 of 25 daily
// ticks were late and none was dropped,
// https://github.com/robhunter/agentdeals/issues/1848, and of hourly ones 6 to 9 a day
// came, https://github.com/onkartalekar/fpl-intelligence/issues/288
func (r Rounds) Crons() []Cron {
	crons := r.daily(r.every)
	if 0 < r.every && r.every < time.Hour {
		_, minute := r.first()
		list := strings.Join(r.between(minute), ",")
		crons = slices.Insert(crons, 0, Cron{Expr: list + " * * * *", Zone: "UTC", Words: "every hour at minutes " + list})
	}
	return crons
}

// Needed returns the crons that a project needs in which no window of a job is shorter
// than that: all of them for windows of less than four hours, else one tick an hour,
// every six hours, or a day. A window of a day or a week may be an hour shorter, where
// the clocks change.
func (r Rounds) Needed(shortest time.Duration) []Cron {
	crons := r.Crons()
	for _, row := range []struct{ shortest, every time.Duration }{
		{4 * time.Hour, time.Hour}, {23 * time.Hour, 6 * time.Hour}, {(7*24 - 1) * time.Hour, 24 * time.Hour},
	} {
		if shortest >= row.shortest {
			crons = r.daily(max(r.every, row.every))
		}
	}
	return crons
}

// daily returns the entries that fire once a day each, as far apart as that.
func (r Rounds) daily(every time.Duration) (crons []Cron) {
	if r.every == 0 {
		return nil
	}
	for hour, minute := r.first(); hour < 24; hour += max(1, int(every.Hours())) {
		crons = append(crons, Cron{Expr: fmt.Sprintf("%d %d * * *", minute, hour), Zone: "UTC", Words: fmt.Sprintf("every day at %02d:%02d UTC", hour, minute)})
	}
	return crons
}

// between returns the minutes of the ticks of an hour, without the first one.
func (r Rounds) between(first int) (minutes []string) {
	for m := first + int(r.every.Minutes()); m < 60; m += int(r.every.Minutes()) {
		minutes = append(minutes, fmt.Sprint(m))
	}
	return minutes
}

// String says in words when the ticks are: "every 15 minutes from minute 7".
func (r Rounds) String() string {
	hour, minute := r.first()
	switch {
	case r.every == 0:
		return "never"
	case r.every < time.Hour:
		return fmt.Sprintf("every %d minutes from minute %d", int(r.every.Minutes()), minute)
	case r.every == time.Hour:
		return fmt.Sprintf("every hour at minute %d", minute)
	}
	return fmt.Sprintf("every %d hours from %02d:%02d UTC", int(r.every.Hours()), hour, minute)
}

// first returns the time of the day's first tick.
func (r Rounds) first() (hour, minute int) {
	return int(r.offset / time.Hour), int(r.offset % time.Hour / time.Minute)
}
