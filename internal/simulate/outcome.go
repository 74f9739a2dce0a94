package simulate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

func (w window) inTime() bool { return w.served && w.InTime(w.late) }

// Sum returns what became of several jobs, under an id for all of them.
func Sum(id string, outcomes []Outcome) Outcome {
	sum := Outcome{ID: id}
	for _, o := range outcomes {
		sum.Executions += o.Executions
		sum.Needless += o.Needless
		sum.Ticks += o.Ticks
		sum.Dispatches += o.Dispatches
		sum.Serves += o.Serves
		sum.Minutes += o.Minutes
		sum.windows = append(sum.windows, o.windows...)
	}
	sum.Minutes = tenths(sum.Minutes)
	return sum.counted()
}

// counted returns the outcome with the numbers from its windows.
func (o Outcome) counted() Outcome {
	o.Windows = len(o.windows)
	var late []time.Duration
	for _, w := range o.windows {
		if !w.reached {
			o.Unreached++
		}
		if w.expired && !w.served {
			o.Expired++
		}
		if w.inTime() {
			o.InTime++
		}
		if w.served {
			late = append(late, w.late)
		}
	}
	o.Served = len(late)
	o.Lateness = lateness(late)
	return o
}

func lateness(late []time.Duration) Lateness {
	slices.Sort(late)
	of := func(share float64) *float64 {
		rank, known := schedule.NearestRank(late, share)
		if !known {
			return nil
		}
		return new(tenths(rank.Minutes()))
	}
	return Lateness{P50: of(0.5), P95: of(0.95), Max: of(1)}
}

func tenths(n float64) float64 { return math.Round(n*10) / 10 }

// Pen is the signs of a picture: those for parts of the time in which all windows were in
// time, all were served, nine in ten were, fewer were, and none begins.
type Pen [5]string

// NewPen returns the signs, which are ASCII characters if others may not be shown.
func NewPen(ascii bool) Pen {
	if ascii {
		return Pen{"#", "+", "-", "!", "."}
	}
	return Pen{"█", "▓", "▒", "!", "·"}
}

// Key explains the signs.
func (p Pen) Key() string {
	return fmt.Sprintf("%s all in time  %s all served  %s nine in ten served  %s fewer  %s no window begins", p[0], p[1], p[2], p[3], p[4])
}

// Picture draws the simulated time as a line of signs, each for the windows that begin
// in its part.
func (o Outcome) Picture(width int, pen Pen) string {
	if len(o.windows) == 0 {
		return strings.Repeat(pen[4], width)
	}
	parts := make([]Outcome, width)
	begin, end := o.windows[0].Start, o.windows[len(o.windows)-1].End
	for _, w := range o.windows {
		part := &parts[int(float64(width)*w.Start.Sub(begin).Seconds()/end.Sub(begin).Seconds())]
		part.windows = append(part.windows, w)
	}
	var line strings.Builder
	for _, part := range parts {
		line.WriteString(pen[part.counted().grade()])
	}
	return line.String()
}

// grade returns which sign of a Pen says what became of the windows.
func (o Outcome) grade() int {
	switch {
	case o.Windows == 0:
		return 4
	case o.InTime == o.Windows:
		return 0
	case o.Served == o.Windows:
		return 1
	case o.Served*10 >= o.Windows*9:
		return 2
	}
	return 3
}

// Lateness is how long after the slot windows were served, in minutes: half of them
// within P50, and so on; nil if none was served.
type Lateness struct {
	P50 *float64 `json:"p50_minutes"`
	P95 *float64 `json:"p95_minutes"`
	Max *float64 `json:"max_minutes"`
}
