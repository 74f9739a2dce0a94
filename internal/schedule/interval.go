package schedule

import "time"

// interval is a schedule of elapsed time: the instants that are step apart.
type interval struct {
	first  int64 // one of them, in seconds since 1970, which may be any
	step   int64 // seconds, at least 60
	unit   unit
	chosen bool // a person chose the minute
}

func (i interval) next(t time.Time) time.Time {
	return i.at(floorDiv(t.Unix()-i.first, i.step) + 1)
}

func (i interval) prev(t time.Time) time.Time {
	return i.at(floorDiv(t.Unix()-i.first, i.step))
}

func (i interval) at(k int64) time.Time { return time.Unix(i.first+k*i.step, 0).UTC() }

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

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
