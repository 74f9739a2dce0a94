//go:build race

package github

// rare is how much less of a long test is done with the race detector, which makes
// each step ten times as slow and has nothing new to see: all of it is done without.
const rare = 4
