//go:build unix

package python

import (
	"os"
	"syscall"
)

// inheritable returns a descriptor of a file that stays open in the program that takes
// the place of this one.
func inheritable(f *os.File) (int, error) { return syscall.Dup(int(f.Fd())) }
