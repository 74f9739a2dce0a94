package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// delivery is how GitHub delivers the ticks of all workflows in the simulated time.
type delivery struct {
	regime   Regime
	from, to time.Time
	outages  outages
}

func newDelivery(r Regime, from, to time.Time, rng *rand.Rand) delivery {
	return delivery{regime: r, from: from, to: to, outages: newOutages(r.Outage, r.Between, from, to, rng)}
}

// outages are times in which something is down.
type outages []schedule.Window

// newOutages returns one outage of so many hours at a random time of each stretch of so
// many days.
func newOutages(hours, days float64, from, to time.Time, rng *rand.Rand) (all outages) {
	if hours == 0 {
		return nil
	}
	length, stretch := minutes(60*hours), minutes(24*60*days)
	for at := from; at.Before(to); at = at.Add(stretch) {
		begin := at.Add(time.Duration(rng.Int64N(int64(stretch - length))))
		all = append(all, schedule.Window{Start: begin, End: begin.Add(length)})
	}
	return all
}

// at returns the outage at t, and whether there is one.
func (o outages) at(t time.Time) (schedule.Window, bool) {
	for _, out := range o {
		if out.Contains(t) {
			return out, true
		}
	}
	return schedule.Window{}, false
}

// outage returns the outage of GitHub at t, and whether there is one.
func (s delivery) outage(t time.Time) (schedule.Window, bool) { return s.outages.at(t) }

// seen returns the time of the runs that GitHub lists now: of now, unless its list is behind.
func (s delivery) seen(now time.Time, rng *rand.Rand) time.Time {
	if rng.Float64() < s.regime.Stale {
		return now.Add(-minutes(s.regime.Behind))
	}
	return now
}

// dispatch returns when a dispatch creates its run, and false if GitHub refuses it.
func (s delivery) dispatch(at time.Time, rng *rand.Rand) (created time.Time, accepted bool) {
	if s.regime.Refused > 0 && rng.Float64() < s.regime.Refused {
		return at, false
	}
	if len(s.regime.Dispatch) > 0 {
		at = at.Add(s.regime.Dispatch.draw(rng))
	}
	return at, true
}

// deliver returns when the crons of one workflow start runs, sorted.
func (s delivery) deliver(crons []schedule.Cron, rng *rand.Rand) ([]time.Time, error) {
	var alone, throttled []time.Time
	for _, c := range crons {
		due, err := s.due(c)
		if err != nil {
			return nil, err
		}
		if len(s.regime.Gaps) > 0 && often(due) {
			throttled = append(throttled, due...)
		} else {
			alone = append(alone, due...)
		}
	}
	if days := s.to.Sub(s.from).Hours() / 24; s.regime.Whole > 0 && float64(len(alone)+len(throttled)) >= s.regime.Whole*days {
		alone, throttled = nil, append(throttled, alone...)
	}
	for i, at := range alone {
		alone[i] = s.delay(at, rng)
	}
	delivered := s.spoil(append(alone, s.throttle(throttled, rng)...), rng)
	slices.SortFunc(delivered, time.Time.Compare)
	return delivered, nil
}

// due returns when a cron fires in the simulated time. Where the clocks go forward, a
// time that does not exist is due right after the jump:
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#onschedule
// Where they go back, it is due once, which is an assumption.
func (s delivery) due(c schedule.Cron) ([]time.Time, error) {
	parsed, err := schedule.ParseCron(c.Expr, c.Zone)
	if err != nil {
		return nil, fmt.Errorf("read cron: %w", err)
	}
	const day = 24 * time.Hour
	alike := parsed.Zone() == "UTC" && strings.HasSuffix(c.Expr, " * * *") // all days are the same, so one is enough
	end := s.to
	if tomorrow := s.from.Add(day); alike && tomorrow.Before(end) {
		end = tomorrow
	}
	var due []time.Time
	for at := parsed.Next(s.from.Add(-1)); !at.IsZero() && at.Before(end); at = parsed.Next(at) {
		due = append(due, at)
	}
	for i := 0; alike && len(due) > 0; i++ {
		at := due[i].Add(day)
		if !at.Before(s.to) {
			break
		}
		due = append(due, at)
	}
	return due, nil
}

// nearHour is the middle between an hour and a day, as a ratio: a cron that fires more
// often is delivered as the hourly ones that people measured, any other as the daily
// ones.
const nearHour = 5 * time.Hour

// often reports whether a cron fires at times that are no further apart than nearHour.
func often(due []time.Time) bool {
	for i := 1; i < len(due); i++ {
		if due[i].Sub(due[i-1]) <= nearHour {
			return true
		}
	}
	return false
}

// delay returns when a tick arrives. One that is due in an outage is not delayed, so
// it is lost.
func (s delivery) delay(at time.Time, rng *rand.Rand) time.Time {
	if _, out := s.outage(at); out || len(s.regime.Delay) == 0 {
		return at
	}
	return at.Add(s.regime.Delay.draw(rng))
}

// throttle thins out the ticks of a workflow: at random times, with the gaps of the
// regime in between, GitHub starts one run for all ticks since the last time.
// "Cadence kept, phase not": https://github.com/IronSecCo/ironclaw/issues/620
func (s delivery) throttle(due []time.Time, rng *rand.Rand) []time.Time {
	slices.SortFunc(due, time.Time.Compare)
	var delivered []time.Time
	for at := s.from; len(due) > 0; at = at.Add(max(time.Second, s.regime.Gaps.draw(rng))) {
		if due[0].After(at) {
			continue
		}
		delivered = append(delivered, at)
		for len(due) > 0 && !due[0].After(at) {
			due = due[1:]
		}
	}
	return delivered
}

// spoil drops and doubles ticks, and drops those that arrive in an outage or
// outside the simulated time.
func (s delivery) spoil(ticks []time.Time, rng *rand.Rand) []time.Time {
	var kept []time.Time
	for _, at := range ticks {
		dropped, doubled := rng.Float64() < s.regime.Dropped, rng.Float64() < s.regime.Doubled
		if _, out := s.outage(at); out || dropped || at.Before(s.from) || !at.Before(s.to) {
			continue
		}
		kept = append(kept, at)
		if doubled {
			kept = append(kept, at.Add(time.Duration(rng.Int64N(int64(time.Minute)))))
		}
	}
	return kept
}
