package schedule

import (
	"slices"
	"time"
)

// instants is a schedule of single times, sorted, each once.
type instants []time.Time

func (i instants) next(t time.Time) time.Time {
	n, found := slices.BinarySearchFunc(i, t, time.Time.Compare)
	if found {
		n++
	}
	if n == len(i) {
		return time.Time{}
	}
	return i[n]
}

func (i instants) prev(t time.Time) time.Time {
	n, found := slices.BinarySearchFunc(i, t, time.Time.Compare)
	switch {
	case found:
		return i[n]
	case n == 0:
		return time.Time{}
	}
	return i[n-1]
}

// union is a schedule that is due whenever one of several is.
type union []calendar

func (u union) next(t time.Time) time.Time {
	var first time.Time
	for _, c := range u {
		if at := c.next(t); first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

func (u union) prev(t time.Time) time.Time {
	var last time.Time
	for _, c := range u {
		last = latest(last, c.prev(t))
	}
	return last
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
