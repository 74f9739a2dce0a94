package schedule

import (
	"fmt"
	"time"
)

// MaxSpares is the most spare ticks a job can ask for.
const MaxSpares = 5

// DefaultSpares returns the number of spare ticks in a window, unless the project sets
// another one. They exist because GitHub delays and drops ticks under load.
// https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
// "If the load is sufficiently high enough, some queued jobs may be dropped."
func (s Schedule) DefaultSpares() int { return s.spares }

// defaultSpares returns the number for windows of that length.
func defaultSpares(window time.Duration) int {
	const day = 24 * time.Hour
	switch {
	case window < time.Hour:
		return 0
	case window < 12*time.Hour:
		return 2
	case window < 4*day:
		return 3
	case window < 28*day:
		return 6
	}
	return 5
}

// Shortest returns the length of the schedule's shortest window.
func (s Schedule) Shortest() time.Duration {
	const day = 24 * time.Hour
	switch r := s.rule.(type) {
	case interval:
		return time.Duration(r.step) * time.Second
	case calendar:
		switch {
		case !r.anyDay:
			return 28 * day
		case !r.anyWeekday:
			return 7 * day
		}
	}
	return day
}

// Cron is one entry of `on.schedule`.
type Cron struct {
	Expr  string // five fields
	Zone  string // the time zone of Expr, "UTC" or an IANA name
	Words string // what Expr says: "every day at 10:37 UTC"
	Spare bool   // false for the primary tick, which falls on the slot
}

// Crons returns the primary tick and after it the given number of spare ticks,
// all in the same window and no two at the same minute and day. Cadence minute
// has none: GitHub's shortest interval is five minutes.
func (s Schedule) Crons(spares int) []Cron {
	switch r := s.rule.(type) {
	case interval:
		if r.step < 300 {
			return nil
		}
		at := time.Unix(r.first, 0).UTC()
		crons := []Cron{{Expr: fmt.Sprintf("%d * * * *", at.Minute()), Zone: "UTC", Words: r.String()}}
		for i := 1; i <= spares; i++ {
			minute := (at.Minute() + i*60/(spares+1)) % 60
			crons = append(crons, Cron{Expr: fmt.Sprintf("%d * * * *", minute), Zone: "UTC", Words: fmt.Sprintf("every hour at minute %d", minute), Spare: true})
		}
		return crons
	case calendar:
		crons := []Cron{r.cron()}
		for i := 1; i <= spares; i++ {
			tick := r.spare(i, spares).cron()
			tick.Spare = true
			crons = append(crons, tick)
		}
		return crons
	}
	return nil
}

// spare returns the schedule of the i-th of n spare ticks. They divide the window
// evenly. Those of a month come 1, 2, 4, 8, 16 days after the slot, and skip the 29th
// to 31st, which not every month has.
func (c calendar) spare(i, n int) calendar {
	switch {
	case !c.anyDay:
		c.days = 1 << ((c.days.lowest()-1+1<<(i-1))%28 + 1)
	case !c.anyWeekday:
		c.weekdays = 1 << ((c.weekdays.lowest() + i*7/(n+1)) % 7)
	default:
		c.hours = 1 << ((c.hours.lowest() + i*24/(n+1)) % 24)
	}
	return c
}

func (c calendar) cron() Cron {
	clock := fmt.Sprintf("%02d:%02d %s", c.hours.lowest(), c.minutes.lowest(), c.zone)
	cron := Cron{Zone: c.zone.String()}
	at := fmt.Sprintf("%d %d", c.minutes.lowest(), c.hours.lowest())
	switch {
	case !c.anyDay:
		cron.Expr, cron.Words = fmt.Sprintf("%s %d * *", at, c.days.lowest()), fmt.Sprintf("every month on the %s at %s", ordinal(c.days.lowest()), clock)
	case !c.anyWeekday:
		cron.Expr, cron.Words = fmt.Sprintf("%s * * %d", at, c.weekdays.lowest()), fmt.Sprintf("every %s at %s", weekdays[c.weekdays.lowest()], clock)
	default:
		cron.Expr, cron.Words = at+" * * *", "every day at "+clock
	}
	return cron
}

// String says in words when the job is due: "every Monday at 10:37 UTC".
func (s Schedule) String() string { return s.rule.String() }
