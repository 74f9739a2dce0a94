package past

import (
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
)

// TestLatency takes the percentiles of what is known, without those that were caught up.
func TestLatency(t *testing.T) {
	slot := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var all []ledger.Dispatch
	for i := range 100 {
		after := func(d time.Duration) time.Time { return slot.Add(time.Duration(i+1) * d) }
		d := ledger.Dispatch{Job: "a", Slot: slot, Sent: slot, Accepted: after(10 * time.Millisecond), Created: after(20 * time.Millisecond)}
		if i < 50 {
			d.Started = after(time.Second)
		}
		all = append(all, d)
	}
	all = append(all, ledger.Dispatch{Job: "a", Slot: slot, Sent: slot, Void: true},
		ledger.Dispatch{Job: "a", Slot: slot, Sent: slot, Accepted: slot.Add(time.Hour), CaughtUp: true})
	l := LatencyOf(all)
	want := "serve started 100 runs at their slots; half, 95 % and 99 % of them were accepted within 0.5 s, 0.9 s, 1.0 s, " +
		"created within 1.0 s, 1.9 s, 2.0 s, started within 25s, 48s, 50s; it caught up 1 more"
	if l.Words() != want || *l.Accepted.P95 != 0.95 {
		t.Errorf("%s, p95 %v", l.Words(), *l.Accepted.P95)
	}
	if l := LatencyOf(all[100:101]); l != nil {
		t.Errorf("%+v of none", l)
	}
	if words := LatencyOf(all[101:]).Words(); words != "serve caught up 1 run" {
		t.Error(words)
	}
}
