package schedule

import (
	"fmt"
	"slices"
	"strings"
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

func (i instants) String() string {
	first := "once at " + i[0].Format("2006-01-02 15:04")
	if len(i) == 1 {
		return first
	}
	return fmt.Sprintf("%d times from %s", len(i), i[0].Format("2006-01-02 15:04"))
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

func (u union) String() string {
	words := make([]string, len(u))
	for i, c := range u {
		words[i] = c.words
	}
	return strings.Join(words, ", and ")
}
