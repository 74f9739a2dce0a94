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
