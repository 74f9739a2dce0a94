package past

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Latency is how long after their slots GitHub accepted the dispatches of a resident loop,
// created their runs, and started them. Those that caught up slots at which no loop was
// there are only counted.
type Latency struct {
	Runs     int     `json:"runs"`
	CaughtUp int     `json:"caught_up"`
	Accepted Seconds `json:"accepted"`
	Created  Seconds `json:"created"`
	Started  Seconds `json:"started"`
}

// Seconds are percentiles; null without any value.
type Seconds struct {
	P50 *float64 `json:"p50"`
	P95 *float64 `json:"p95"`
	P99 *float64 `json:"p99"`
}

// LatencyOf returns that of some dispatches; nil if none was accepted.
func LatencyOf(dispatches []ledger.Dispatch) *Latency {
	var l Latency
	var accepted, created, started []time.Duration
	for _, d := range dispatches {
		switch {
		case d.Accepted.IsZero():
			continue
		case d.CaughtUp:
			l.CaughtUp++
			continue
		}
		l.Runs++
		accepted = after(accepted, d.Slot, d.Accepted)
		created = after(created, d.Slot, d.Created)
		started = after(started, d.Slot, d.Started)
	}
	if l.Runs+l.CaughtUp == 0 {
		return nil
	}
	l.Accepted, l.Created, l.Started = secondsOf(accepted), secondsOf(created), secondsOf(started)
	return &l
}

// after adds how long after the slot something was, if that is known.
func after(all []time.Duration, slot, at time.Time) []time.Duration {
	if at.IsZero() {
		return all
	}
	return append(all, max(0, at.Sub(slot)))
}

func secondsOf(all []time.Duration) (s Seconds) {
	slices.Sort(all)
	for _, row := range []struct {
		share float64
		value **float64
	}{{0.5, &s.P50}, {0.95, &s.P95}, {0.99, &s.P99}} {
		if d, known := schedule.NearestRank(all, row.share); known {
			*row.value = new(d.Round(time.Millisecond).Seconds())
		}
	}
	return s
}

// Words says it on one line, for people.
func (l *Latency) Words() string {
	if l.Runs == 0 {
		return fmt.Sprintf("serve caught up %s", problem.Count(l.CaughtUp, "run"))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "serve started %s at their slots", problem.Count(l.Runs, "run"))
	for i, row := range []struct {
		verb string
		Seconds
	}{{"accepted", l.Accepted}, {"created", l.Created}, {"started", l.Started}} {
		if row.P50 == nil {
			continue
		}
		mark := ", "
		if i == 0 {
			mark = "; half, 95 % and 99 % of them were "
		}
		fmt.Fprintf(&b, "%s%s within %s, %s, %s", mark, row.verb, inSeconds(row.P50), inSeconds(row.P95), inSeconds(row.P99))
	}
	if l.CaughtUp > 0 {
		fmt.Fprintf(&b, "; it caught up %d more", l.CaughtUp)
	}
	return b.String()
}

// inSeconds writes seconds for people: tenths of a few, else whole ones, or minutes.
func inSeconds(s *float64) string {
	d := time.Duration(*s * float64(time.Second))
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
