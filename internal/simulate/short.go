package simulate

import "time"

// ThrottledShort returns how many percent of its windows a job with such short windows
// serves in a year of the regime throttled, with the default spares and a rescue every
// 15 minutes. TestThrottledShort measures it.
func ThrottledShort(window time.Duration) int {
	served := 0
	for _, row := range throttledShort {
		if served == 0 || window >= row.window {
			served = row.served
		}
	}
	return served
}

// throttledShort is the table of ThrottledShort, the shortest windows first.
var throttledShort = []struct {
	window time.Duration
	served int // percent
}{
	{5 * time.Minute, 39},
	{10 * time.Minute, 67},
}

// Late95 returns how late 19 of 20 windows of a daily job are served at most in a year of
// the regime throttled, with the default spares and a rescue that often; 0 for none.
// TestLate95 measures it.
func Late95(rescue time.Duration) time.Duration {
	for _, row := range late95 {
		if 0 < rescue && rescue <= row.rescue {
			return row.late
		}
	}
	return late95[len(late95)-1].late
}

// late95 is the table of Late95. Its last row is that of no rescue.
var late95 = []struct{ rescue, late time.Duration }{
	{15 * time.Minute, 36 * time.Minute},
	{time.Hour, 144 * time.Minute},
	{6 * time.Hour, 408 * time.Minute},
	{0, 606 * time.Minute},
}
