//go:build race

package schedule

// raceEnabled says that the race detector is on, which makes every step take ten
// times as long. Then the same cases are repeated less often: the
// run without it has them in full.
const raceEnabled = true
