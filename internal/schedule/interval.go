package schedule

import (
	"fmt"
	"time"
)

// interval is a schedule of elapsed time: the instants that are step apart.
type interval struct {
	first int64 // one of them, in seconds since 1970, which may be any
	step  int64 // seconds, at least 60
	words string
}

func (i interval) next(t time.Time) time.Time {
	return i.at(floorDiv(t.Unix()-i.first, i.step) + 1)
}

func (i interval) prev(t time.Time) time.Time {
	return i.at(floorDiv(t.Unix()-i.first, i.step))
}

func (i interval) at(k int64) time.Time { return time.Unix(i.first+k*i.step, 0).UTC() }

func (i interval) String() string {
	switch at := time.Unix(i.first, 0).UTC(); {
	case i.step == 60:
		return fmt.Sprintf("every minute at second %d", at.Second())
	case i.step == 3600:
		return fmt.Sprintf("every hour at minute %d", at.Minute())
	case i.step%3600 == 0 && 86400%i.step == 0:
		return fmt.Sprintf("%s from %s UTC", i.words, time.Unix(i.first-floorDiv(i.first, i.step)*i.step, 0).UTC().Format("15:04"))
	case i.step%3600 == 0:
		return fmt.Sprintf("%s at minute %d", i.words, at.Minute())
	case 3600%i.step == 0:
		return fmt.Sprintf("%s from minute %d", i.words, at.Minute()%int(i.step/60))
	}
	return i.words
}

// floorDiv divides, rounding down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// mod is the remainder of floorDiv, from 0 to b-1.
func mod(a, b int64) int64 { return a - floorDiv(a, b)*b }
