package schedule

import (
	"math"
	"time"
)

// NearestRank returns the duration that the given share of the durations do not exceed:
// 0.5 for the median. They are sorted from the shortest. Without any, there is none.
func NearestRank(sorted []time.Duration, share float64) (at time.Duration, known bool) {
	if len(sorted) == 0 {
		return 0, false
	}
	rank := int(math.Ceil(share * float64(len(sorted)))) // counts from 1
	return sorted[min(max(rank, 1), len(sorted))-1], true
}
