package schedule

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// PacemakerWaits are how long a rescue can wait for the next one without a runner, the
// shortest first: each is the wait timer of an environment, which is in whole minutes.
// https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments#wait-timer
var PacemakerWaits = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

// pacemakerOverrun is how much longer than asked a wait may take. GitHub does not say; it is
// an assumption.
const pacemakerOverrun = time.Minute

// PacemakerMark begins the name of a run that is a Link: "Pacemaker: 15 min from
// 2026-11-29T12:00:00Z". GitHub shows the name of a run, but not the inputs of its dispatch.
const PacemakerMark = "Pacemaker: "

// PacemakerWait returns how long a rescue that ends now waits for the next one: the longest
// of PacemakerWaits that ends before the next slot of any job, even if it takes a minute
// longer; else the shortest. Where no job has a next slot, it is zero, it waits for none and
// returns 0.
func PacemakerWait(now, next time.Time) time.Duration {
	if next.IsZero() {
		return 0
	}
	wait := PacemakerWaits[0]
	for _, longer := range PacemakerWaits[1:] {
		if now.Add(longer + pacemakerOverrun).Before(next) {
			wait = longer
		}
	}
	return wait
}

// PacemakerStays reports whether the next slot is too near for any wait: then a rescue that
// was waited for stays on its runner until the slot and looks again. That is two minutes at
// most. Waits alone would start half of the jobs more than two minutes late.
func PacemakerStays(now, next time.Time) bool {
	return next.After(now) && !now.Add(PacemakerWaits[0]+pacemakerOverrun).Before(next)
}

// PacemakerMostStays is for how many slots in a row a rescue stays. So it leaves its runner
// after four minutes, also where a slot comes every minute.
const PacemakerMostStays = 2

// Link is a rescue that waits before it looks.
type Link struct {
	Wait  time.Duration // one of PacemakerWaits; 0 if unknown
	Asked time.Time     // when it was dispatched; zero if unknown
}

// Until returns when its wait is over; zero if that is unknown.
func (l Link) Until() time.Time {
	if l.Wait == 0 || l.Asked.IsZero() {
		return time.Time{}
	}
	return l.Asked.Add(l.Wait)
}

// Short reports whether its wait was over too early, if it is now: the environment has no
// timer. "Running a workflow that references an environment that does not exist will create
// an environment with the referenced name", without rules.
// https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments
func (l Link) Short(now time.Time) bool { return now.Before(l.Until().Add(-waitTolerance)) }

// waitTolerance is how much earlier than asked a wait may end. GitHub does not say how
// exact its timers are; the clocks of its servers differ by seconds.
const waitTolerance = 15 * time.Second

// The inputs of a dispatch that starts a Link.
const (
	WaitInput  = "wait"     // minutes; 0 for a rescue at once
	AskedInput = "asked-at" // RFC 3339
)

// Inputs returns those of a link.
func (l Link) Inputs() map[string]string {
	return map[string]string{WaitInput: strconv.Itoa(int(l.Wait / time.Minute)), AskedInput: l.Asked.UTC().Format(time.RFC3339)}
}

// ReadLink returns the link that a run with these inputs is; ok is false if it is none. What
// cannot be read is unknown.
func ReadLink(wait, asked string) (l Link, ok bool) {
	minutes, err := strconv.Atoi(wait)
	if err != nil || minutes <= 0 {
		return Link{}, false
	}
	if d := time.Duration(minutes) * time.Minute; slices.Contains(PacemakerWaits, d) {
		l.Wait = d
	}
	if at, err := time.Parse(time.RFC3339, asked); err == nil {
		l.Asked = at.UTC()
	}
	return l, true
}

// LinkNamed returns the link that a run with that name is; ok is false if it is none.
func LinkNamed(name string) (l Link, ok bool) {
	rest, ok := strings.CutPrefix(name, PacemakerMark)
	if !ok {
		return l, false
	}
	wait, asked, _ := strings.Cut(rest, " min from ")
	return ReadLink(wait, asked)
}
