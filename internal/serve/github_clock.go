package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// maxOffset is how far this machine's clock may be from GitHub's without a remark.
const maxOffset = 5 * time.Second

// offset is how far GitHub's clock is ahead of this machine's. GitHub's Date is cut to the
// second and some time under way, so that each answer tells no more than bounds. Answers
// that agree make them closer.
type offset struct {
	known     bool
	low, high time.Duration
	asked     int       // answers that were asked for only to know more
	next      time.Time // when to ask for one; zero if that is not worked out
}

const (
	exact    = 100 * time.Millisecond // a difference between the bounds that is small enough
	mostAsks = 4                      // each makes them half as far apart, as far as GitHub answers quickly
)

// when returns when to ask so that the answer tells most: when GitHub's clock comes to a full
// second, if it is between the bounds; zero if they are close enough.
func (o *offset) when(now time.Time) time.Time {
	if !o.known || o.high-o.low <= exact || o.asked >= mostAsks {
		return time.Time{}
	}
	if o.next.IsZero() || o.next.Sub(now).Abs() > 2*time.Second {
		between := (o.low + o.high) / 2
		o.next = now.Add(between).Truncate(time.Second).Add(time.Second - between)
	}
	return o.at(o.next)
}

// hear takes in an answer, with the times before the request and after the answer by this
// machine's clock. One that contradicts the others shows that a clock was set.
func (o *offset) hear(asked, answered, date time.Time) {
	low, high := date.Sub(answered), date.Add(time.Second).Sub(asked)
	if o.known && low <= o.high && o.low <= high {
		low, high = max(low, o.low), min(high, o.high)
	} else {
		o.asked = 0
	}
	if !o.known || low != o.low || high != o.high {
		o.next = time.Time{}
	}
	o.known, o.low, o.high = true, low, high
}

// forget makes the next answer count alone.
func (o *offset) forget() { *o = offset{low: o.low} }

// value returns the least that the offset can be: a run that is created before its slot would
// serve the window before, or ask for a time to come.
func (o *offset) value() time.Duration { return o.low }

// at returns GitHub's time, given this machine's.
func (o *offset) at(now time.Time) time.Time { return now.Add(o.value()) }

// here returns this machine's time, given GitHub's; zero stays zero.
func (o *offset) here(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Add(-o.value())
}

// heard takes in GitHub's clock. If it is another one than before, all slots are.
func (g *GitHub) heard(asked, answered, date time.Time) {
	g.mu.Lock()
	was := g.offset.value()
	g.offset.hear(asked, answered, date)
	is := g.offset.value()
	var ids []string
	if (is - was).Abs() > grace {
		g.jump()
	}
	if (is - was).Abs() > 50*time.Millisecond {
		for id := range g.jobs {
			ids = append(ids, id)
		}
	}
	if off := is.Round(time.Second).Abs(); off > maxOffset {
		g.tell("offset", problem.New("set this machine's clock", "this machine's clock is not GitHub's: %s. Jobs start at their slots by GitHub's", apart(is)))
	} else {
		g.tell("offset", nil)
	}
	g.mu.Unlock()
	if len(ids) > 0 {
		g.changed(ids...)
	}
}

// narrow asks for the time when that tells most about the offset.
func (g *GitHub) narrow(ctx context.Context) {
	g.mu.Lock()
	g.offset.asked, g.offset.next = g.offset.asked+1, time.Time{}
	g.mu.Unlock()
	_, _ = g.readBranch(ctx)
}

// apart says how far the clocks are apart. It is cut, so that it is not said at each change.
func apart(ahead time.Duration) string {
	unit := 5 * time.Second
	if ahead.Abs() > 2*time.Minute {
		unit = time.Minute
	}
	if ahead < 0 {
		return fmt.Sprintf("it is ahead by about %v", -ahead.Round(unit))
	}
	return fmt.Sprintf("it is behind by about %v", ahead.Round(unit))
}
