package schedule

import (
	"testing"
	"time"
)

func TestNearestRank(t *testing.T) {
	rows := []struct {
		sorted []time.Duration
		share  float64
		want   time.Duration
		known  bool
	}{
		{nil, 0.5, 0, false},
		{[]time.Duration{7}, 0, 7, true},
		{[]time.Duration{7}, 1, 7, true},
		{[]time.Duration{1, 2, 3, 4}, 0.5, 2, true},
		{[]time.Duration{1, 2, 3, 4, 5}, 0.5, 3, true},
		{[]time.Duration{1, 2, 3, 4}, 0.76, 4, true},
		{[]time.Duration{1, 2, 3, 4}, 0.75, 3, true},
		{[]time.Duration{1, 2, 3, 4}, 1.5, 4, true},
	}
	for _, row := range rows {
		if got, known := NearestRank(row.sorted, row.share); got != row.want || known != row.known {
			t.Errorf("%v, share %v: %d, %v; want %d, %v", row.sorted, row.share, got, known, row.want, row.known)
		}
	}
}
