package simulate

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// server is a resident `scheduled serve` on a machine of its own. It dispatches each job at
// its slot. What is owed after an outage of the machine, and what has failed since, it finds
// out as a rescue does.
type server struct {
	*game
	rng   *rand.Rand
	away  outages     // of its machine
	sent  []time.Time // the newest dispatches, the last ones perhaps still to come
	paced time.Time   // the last of those that are late
}

// How serve dispatches. The numbers are those of package serve.
const (
	sweepEvery = 5 * time.Minute  // looks at a job that is not confirmed
	firstRetry = 15 * time.Second // after a dispatch that GitHub refused; the wait doubles
	lastRetry  = 30 * time.Minute
	pace       = time.Second // between two dispatches that are late
	perMinute  = 75
	perHour    = 399
)

// served is a job that serve dispatches.
type served struct {
	job    Job
	look   func() (v schedule.Verdict, known bool) // what the job owes now, if GitHub answers
	create func(at, slot time.Time)                // a run

	watched bool            // since the last look
	window  schedule.Window // at the last look
	due     bool            // is to be dispatched
	turn    time.Time       // when it may be; zero if it has none yet
	refused int             // dispatches of the window
}

func newServer(g *game) *server {
	r := g.delivery.regime
	return &server{game: g, rng: source(g.seed, "serve"),
		away: newOutages(r.Away, r.AwayEvery, g.delivery.from, g.delivery.to, source(g.seed, "outages of serve"))}
}

// serve dispatches a job from the beginning of the simulation on.
func (s *server) serve(j *served) {
	if !j.job.Schedule.Spec().Disabled {
		s.at(s.delivery.from, func() { s.wake(j) })
	}
}

// wake looks at a job, and again when there can be something to do.
func (s *server) wake(j *served) {
	if next := s.act(j); !next.IsZero() && next.Before(s.delivery.to) {
		s.at(next, func() { s.wake(j) })
	}
}

// act dispatches a job if it is due, and returns when to look again; zero for never.
func (s *server) act(j *served) (next time.Time) {
	if out, is := s.away.at(s.now); is {
		j.watched, j.due, j.turn = false, false, time.Time{}
		s.sent = slices.DeleteFunc(s.sent, s.now.Before) // no job has its turn any more
		return out.End
	}
	late := !j.watched
	j.watched = true
	if w := j.job.Schedule.Window(s.now); w != j.window {
		j.window, j.due, j.refused = w, !late, 0
	}
	next = j.job.Schedule.Next(s.now)
	if j.window.IsZero() || !j.due && !s.owes(j) {
		return next
	}
	again := s.now.Add(sweepEvery)
	if j.due {
		again = s.send(j, late)
	}
	if next.IsZero() || again.Before(next) {
		return again
	}
	return next
}

// owes looks whether the job is due. It returns false if there is nothing left to do in the
// window.
func (s *server) owes(j *served) bool {
	v, known := j.look()
	j.due = known && v.Dispatch
	return !known || !slices.Contains([]schedule.Why{schedule.Fulfilled, schedule.Young, schedule.Why(schedule.Expired)}, v.Why)
}

// send dispatches a job, if it has its turn, and returns when to look again.
func (s *server) send(j *served, late bool) time.Time {
	if j.turn.IsZero() {
		j.turn = s.nextTurn(late)
	}
	if s.now.Before(j.turn) {
		return j.turn
	}
	j.turn = time.Time{}
	created, accepted := s.delivery.dispatch(s.now, s.rng)
	if _, out := s.delivery.outage(s.now); out || !accepted {
		wait := min(firstRetry<<min(j.refused, 10), lastRetry)
		j.refused++
		return s.now.Add(wait)
	}
	j.due, j.refused = false, 0
	j.create(created, j.window.Start)
	return s.now.Add(sweepEvery)
}

// nextTurn takes the next time for a dispatch that the limits leave.
func (s *server) nextTurn(late bool) time.Time {
	at := s.now
	for _, limit := range []struct {
		most int
		in   time.Duration
	}{{perMinute, time.Minute}, {perHour, time.Hour}} {
		if n := len(s.sent) - limit.most; n >= 0 && at.Before(s.sent[n].Add(limit.in)) {
			at = s.sent[n].Add(limit.in)
		}
	}
	if late {
		if turn := s.paced.Add(pace); at.Before(turn) {
			at = turn
		}
		s.paced = at
	}
	i, _ := slices.BinarySearchFunc(s.sent, at, time.Time.Compare)
	s.sent = slices.Insert(s.sent, i, at)
	s.sent = s.sent[max(0, len(s.sent)-perHour):]
	return at
}
