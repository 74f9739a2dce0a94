package schedule

import "fmt"

// MaxSpares is the most spare ticks a job can ask for.
const MaxSpares = 5

// DefaultSpares returns the number of spare ticks in a window of this cadence, unless
// the project sets another one. They exist because GitHub delays and drops ticks under
// load.
// https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
// "If the load is sufficiently high enough, some queued jobs may be dropped."
func DefaultSpares(every Cadence) int { return defaultSpares[every] }

var defaultSpares = map[Cadence]int{Hour: 2, Day: 3, Week: 6, Month: 5}

// Cron is one entry of `on.schedule`.
type Cron struct {
	Expr  string // five fields, in UTC
	Words string // what Expr says: "every day at 10:37 UTC"
	Spare bool   // false for the primary tick, which falls on the slot
}

// Crons returns the primary tick and after it the given number of spare ticks,
// all in the same window and no two at the same minute and day. Cadence minute
// has none: GitHub's shortest interval is five minutes.
func (s Schedule) Crons(spares int) []Cron {
	if s.every == Minute {
		return nil
	}
	crons := []Cron{{Expr: s.expr(), Words: s.String()}}
	for i := 1; i <= spares; i++ {
		tick := s.spare(i, spares)
		crons = append(crons, Cron{Expr: tick.expr(), Words: tick.String(), Spare: true})
	}
	return crons
}

// spare returns the schedule of the i-th of n spare ticks. They divide the window
// evenly. Those of a month come 1, 2, 4, 8, 16 days after the slot, and skip the 29th
// to 31st, which not every month has.
func (s Schedule) spare(i, n int) Schedule {
	switch s.every {
	case Hour:
		s.minute = (s.minute + i*60/(n+1)) % 60
	case Day:
		s.hour = (s.hour + i*24/(n+1)) % 24
	case Week:
		s.weekday = (s.weekday + i*7/(n+1)) % 7
	case Month:
		s.day = (s.day-1+1<<(i-1))%28 + 1
	}
	return s
}

func (s Schedule) expr() string {
	switch s.every {
	case Hour:
		return fmt.Sprintf("%d * * * *", s.minute)
	case Day:
		return fmt.Sprintf("%d %d * * *", s.minute, s.hour)
	case Week:
		return fmt.Sprintf("%d %d * * %d", s.minute, s.hour, s.weekday)
	default:
		return fmt.Sprintf("%d %d %d * *", s.minute, s.hour, s.day)
	}
}

// String says in words when the job is due: "every Monday at 10:37 UTC".
func (s Schedule) String() string {
	clock := fmt.Sprintf("%02d:%02d UTC", s.hour, s.minute)
	switch s.every {
	case Minute:
		return fmt.Sprintf("every minute at second %d", s.second)
	case Hour:
		return fmt.Sprintf("every hour at minute %d", s.minute)
	case Day:
		return "every day at " + clock
	case Week:
		return fmt.Sprintf("every %s at %s", weekdays[s.weekday], clock)
	default:
		return fmt.Sprintf("every month on the %s at %s", ordinal(s.day), clock)
	}
}

var weekdays = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

// ordinal writes a day of the month, 1 to 28, as "1st", "2nd", "11th".
func ordinal(day int) string {
	suffix := "th"
	if day/10 != 1 {
		switch day % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(day, suffix)
}
