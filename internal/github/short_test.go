package github

import "testing"

// share returns how often a long test repeats itself: n times, and a quarter of that in
// a short run.
func share(n int) int {
	if testing.Short() {
		return n / 4
	}
	return n
}
