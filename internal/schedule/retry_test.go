package schedule

import (
	"testing"
	"time"
)

func TestRetry(t *testing.T) {
	slot := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	w := Window{slot, slot.Add(time.Hour)}
	at := func(seconds int) time.Time { return slot.Add(time.Duration(seconds) * time.Second) }
	failed := func(start, end int) Run {
		return Run{Attempt: 1, Created: at(start), Updated: at(end), Failed: true}
	}
	confirmed := Run{Attempt: 1, Created: at(90), Updated: at(95), Started: at(90), Success: true}
	rows := []struct {
		name string
		runs []Run
		now  int
		want int
	}{
		{"no run", nil, 1, 1},
		{"one failure: at once", []Run{failed(0, 2)}, 2, 2},
		{"two", []Run{failed(0, 2), failed(2, 4)}, 5, 19},
		{"three", []Run{failed(0, 2), failed(2, 4), failed(19, 20)}, 21, 50},
		{"four, in any order", []Run{failed(50, 51), failed(0, 2), failed(19, 20), failed(2, 4)}, 60, 111},
		{"of another window", []Run{failed(-9, -8), failed(-6, -5), failed(-4, -3)}, 1, 1},
		{"ahead of a clock that was set back", []Run{failed(100, 101), failed(102, 103)}, 60, 60},
		{"confirmed ahead", []Run{confirmed}, 60, 90},
	}
	for _, row := range rows {
		if got := Retry(w, row.runs, at(row.now)); !got.Equal(at(row.want)) {
			t.Errorf("%s: %v, want %v", row.name, got.Sub(slot), time.Duration(row.want)*time.Second)
		}
	}
}
