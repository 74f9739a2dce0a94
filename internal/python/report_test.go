package python

import (
	"io"
	"testing"
)

// Python reads little of the file byte by byte.
func TestExchange(t *testing.T) {
	t.Parallel()
	x, err := newExchange(runner())
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	if first, err := io.ReadAll(x); err != nil || len(first) == 0 || len(first) > 200 {
		t.Errorf("Python reads %d bytes, %v", len(first), err)
	}
}
