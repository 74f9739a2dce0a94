package serve

import (
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
}

// hear takes in an answer, with the times before the request and after the answer by this
// machine's clock. One that contradicts the others shows that a clock was set.
func (o *offset) hear(asked, answered, date time.Time) {
	low, high := date.Sub(answered), date.Add(time.Second).Sub(asked)
	if o.known && low <= o.high && o.low <= high {
		low, high = max(low, o.low), min(high, o.high)
	}
	o.known, o.low, o.high = true, low, high
}

// forget makes the next answer count alone.
func (o *offset) forget() { o.known = false }

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
	for _, id := range ids {
		g.changed(id)
	}
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
