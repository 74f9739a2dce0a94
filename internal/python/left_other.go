//go:build !linux

package python

// EndLeft finds nothing: only Linux shows the environment of other processes.
func EndLeft(string) int { return 0 }
