package simulate

import (
	"math/rand/v2"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// chain are rescues each of which starts the next one behind the wait timer of an
// environment. They are in a concurrency group of their own.
type chain struct {
	rng    *rand.Rand
	waits  bool        // the next one waits, or has begun and not ended
	coming []time.Time // the next slot of each job
}

// pulse is how a rescue of the chain, in one of the two engines, looks and dispatches: now,
// and then it calls ended if it could.
type pulse func(ended func())

// pace has a rescue that ends now, and has stayed for that many slots, go on with the chain: it
// stays for the next slot where that is near, or starts the next rescue. One that a cron
// started does so only if nothing waits.
func (g *game) pace(look pulse, stays int) {
	if !g.project.Pacemaker || g.chain.waits || !g.now.Before(g.delivery.to) {
		return
	}
	next := g.nextSlot()
	if stays < schedule.PacemakerMostStays && schedule.PacemakerStays(g.now, next) {
		g.chain.waits = true
		g.minutes += int(next.Sub(g.now).Minutes() + 0.5)
		g.at(next.Add(relooking), func() { g.link(look, stays+1) })
		return
	}
	wait := schedule.PacemakerWait(g.now, next)
	if wait == 0 {
		return
	}
	created, accepted := g.delivery.dispatch(g.now, g.chain.rng)
	if _, out := g.delivery.outage(g.now); out || !accepted {
		return // the next tick of a cron restarts the chain
	}
	over := created.Add(wait)
	if overrun := g.delivery.regime.Overrun; len(overrun) > 0 {
		over = over.Add(overrun.draw(g.chain.rng))
	}
	if out, is := g.delivery.outage(over); is {
		over = out.End
	}
	g.chain.waits = true
	g.at(over.Add(queueing+looking), func() { g.link(look, 0) })
}

// relooking is how long a rescue that stayed takes to have the list of runs again.
const relooking = 2 * time.Second

// link has a rescue of the chain look, again after it stayed.
func (g *game) link(look pulse, stays int) {
	g.chain.waits = false
	for _, w := range g.workflows {
		w.tally.reached(g.now)
	}
	look(func() { g.pace(look, stays) })
}

// nextSlot returns the first slot of any job after now; zero if there is none.
func (g *game) nextSlot() (first time.Time) {
	for i, w := range g.workflows {
		if !g.chain.coming[i].After(g.now) {
			g.chain.coming[i] = w.job.Schedule.Next(g.now)
		}
		if at := g.chain.coming[i]; !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}
