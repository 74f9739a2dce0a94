//go:build race

package simulate

// raceEnabled says that the race detector is on, which makes every step take ten
// times as long. Then the same cases are simulated for a shorter time: the run
// without it has the long ones.
const raceEnabled = true
