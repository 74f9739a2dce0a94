package serve

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/rescue"
)

// The most dispatches. "No more than 80 content-generating requests per minute and no more
// than 500 content-generating requests per hour"; whether a dispatch is one, GitHub does not
// say:
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
const (
	perMinute = 75
	perHour   = 399
	// margin is added to the minute and to the hour: a request is under way for a while, and
	// the clocks are not the same.
	margin = 2 * time.Second

	atOnce = 16 // without an answer yet; "No more than 100 concurrent requests are allowed"
)

// limits knows when dispatches were sent, in the last hour, or answered.
type limits struct {
	sent  []time.Time
	paced time.Time // when a late window was last started
}

func (l *limits) note(at time.Time) { l.sent = append(l.sent, at) }

// answered takes in when the answer to a dispatch came: GitHub may have got it as late as that.
func (l *limits) answered(sent, at time.Time) {
	if i := slices.Index(l.sent, sent); i >= 0 && at.After(sent) {
		l.sent[i] = at
	}
}

// opens returns when another one may be sent.
func (l *limits) opens(at time.Time) (opens time.Time) {
	l.sent = slices.DeleteFunc(l.sent, func(sent time.Time) bool { return at.Sub(sent) >= time.Hour+margin })
	for i, sent := range l.sent {
		if sent.After(at) { // the clock was set back
			l.sent[i] = at
		}
	}
	slices.SortFunc(l.sent, time.Time.Compare)
	for _, limit := range []struct {
		most int
		in   time.Duration
	}{{perMinute, time.Minute + margin}, {perHour, time.Hour + margin}} {
		if over := len(l.sent) - limit.most; over >= 0 {
			if free := l.sent[over].Add(limit.in); free.After(opens) {
				opens = free
			}
		}
	}
	return opens
}

// admits reports whether a window may be dispatched now, and otherwise sees to it that the
// loop wakes when it may. The caller holds the lock.
func (g *GitHub) admits(r *remote, at time.Time) bool {
	held := g.hold.reason != nil && (g.flying > 0 || r.tries > g.fewest(at))
	if held || g.Branch == "" || at.Before(g.hold.until) {
		r.waited = true
	}
	if held || g.Branch == "" || g.flying >= atOnce {
		return false // an answer wakes the loop
	}
	opens := g.hold.until
	for _, other := range []time.Time{g.limits.opens(at), g.spent(at)} {
		if other.After(opens) {
			opens = other
		}
	}
	turns := r.late || r.waited
	if turns && !at.Before(g.limits.paced) { // else the clock was set back
		if turn := g.limits.paced.Add(pace); turn.After(opens) {
			opens = turn
		}
	}
	if at.Before(opens) {
		g.opens = earliest(g.opens, opens)
		return false
	}
	if turns {
		g.limits.paced = at
	}
	return true
}

// fewest returns how often that job has failed, of those that could be dispatched, which has
// failed least often. To try whether GitHub takes dispatches again, that is the best: what
// the others failed for may be their own fault. The caller holds the lock.
func (g *GitHub) fewest(at time.Time) int {
	fewest := math.MaxInt
	for _, r := range g.jobs {
		if r.phase == due && !r.barred && !at.Before(r.again) {
			fewest = min(fewest, r.tries)
		}
	}
	return fewest
}

// spent returns when GitHub grants requests again, if the runs of jobs need those that are
// left; else zero.
func (g *GitHub) spent(at time.Time) time.Time {
	remaining, reset := g.Client.Remaining(), g.Client.Reset()
	if remaining < 0 || remaining >= rescue.Reserve || !at.Before(reset) {
		return time.Time{}
	}
	return reset
}

// hold stops all dispatches for a while: GitHub has refused, or is in trouble. Then one is
// sent to try.
type hold struct {
	reason error
	kind   string // of the failures
	until  time.Time
	raised time.Time
	tries  int
	silent bool // GitHub has said when to ask again, so nothing is asked before

	row int    // failures of that kind in a row, each of another job than the one before
	job string // of the last one
}

// maxRow is how many failures of one kind in a row are not about single jobs, but for maxDenied
// of a right that is missing: a token has it for all workflows, or for none.
const (
	maxRow    = 10
	maxDenied = 2
)

// fail takes in a failed dispatch that was sent at a time. all says that the others would
// fail as well.
func (h *hold) fail(o outcome, job string, sent, at time.Time) {
	if h.reason != nil && sent.Before(h.raised) { // one of those that were under way
		h.until, h.silent = latest(h.until, at.Add(o.wait)), h.silent || o.waits
		return
	}
	if o.kind == "disabled" { // that is about one job
		h.lift()
		return
	}
	if o.kind != h.kind {
		if h.reason != nil && !o.all && !o.unclear { // GitHub answers again
			h.lift()
		}
		h.kind, h.row, h.job = o.kind, 0, ""
	}
	if job != h.job {
		h.row, h.job = h.row+1, job
	}
	most := maxRow
	if o.kind == "denied" {
		most = maxDenied
	}
	if !o.all && h.row < most && h.reason == nil {
		return
	}
	h.tries++
	h.reason, h.raised, h.silent = o.err, at, o.waits
	h.until = at.Add(max(ladder(h.tries), o.wait))
}

// lift ends the hold: a dispatch was accepted.
func (h *hold) lift() { *h = hold{} }

// ladder returns how long to wait after so many failures in a row.
func ladder(failures int) time.Duration {
	const first, longest = 15 * time.Second, 30 * time.Minute
	return min(first<<min(max(failures-1, 0), 10), longest)
}

// count says how many jobs wait for the limits, once, and how many windows ended meanwhile.
// The caller holds the lock.
func (g *GitHub) count(at time.Time) {
	waiting := 0
	for _, r := range g.jobs {
		if r.phase == due && !r.barred && r.again.IsZero() {
			waiting++
		}
	}
	why := ""
	switch {
	case !g.spent(at).IsZero():
		why = fmt.Sprintf("GitHub's rate limit has %s left, which are kept for the runs of jobs", problem.Count(g.Client.Remaining(), "request"))
	case len(g.limits.sent) >= perMinute:
		why = fmt.Sprintf("serve sends at most %d dispatches a minute and %d an hour", perMinute, perHour)
	}
	switch {
	case waiting == 0 || g.hold.reason != nil:
		g.told["waiting"] = ""
	case why != "" && g.told["waiting"] == "":
		g.told["waiting"] = why
		g.Log.Warn(problem.Count(waiting, "job")+" wait: "+why, "jobs", waiting)
	}
	if g.lapsed > 0 && at.Sub(g.counted).Abs() >= time.Minute {
		g.Log.Error(problem.Count(g.lapsed, "window")+" ended before GitHub accepted a dispatch", "windows", g.lapsed)
		g.lapsed, g.counted = 0, at
	}
}
