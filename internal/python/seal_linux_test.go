package python

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestSeal: the kernel gives the memory of this process to nobody but root.
func TestSeal(t *testing.T) {
	Seal()
	if dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || dumpable != 0 {
		t.Errorf("%d, %v", dumpable, err)
	}
}
