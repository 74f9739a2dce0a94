package atomic_test

import (
	"os"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/atomic"
)

// A file of /proc calls itself empty, and /proc/kmsg never ends.
func TestReadProc(t *testing.T) {
	if content, err := atomic.Read(os.DirFS("/proc/self"), "environ", 1<<20); len(content) != 0 || err != nil {
		t.Errorf("got %d bytes, %v", len(content), err)
	}
}
