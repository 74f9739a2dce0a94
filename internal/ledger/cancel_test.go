package ledger

import (
	"path/filepath"
	"testing"
	"time"
)

// A request stops older slots of its lane only, whatever order requests come in.
func TestCancel(t *testing.T) {
	project := t.TempDir()
	mine, theirs := openLedger(t, project), openLedger(t, project)
	lane, other := Lane{Number: 0, Of: 2}, Lane{Number: 1, Of: 2}
	for _, slot := range []time.Time{noon.Add(time.Hour), noon, noon.Add(-time.Hour)} {
		if err := theirs.Cancel("clean", lane, slot); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		lane Lane
		slot time.Time
		want bool
	}{
		{lane, noon, true},
		{lane, noon.Add(time.Hour).Truncate(time.Second), false},
		{lane, noon.Add(2 * time.Hour), false},
		{other, noon, false},
		{Lane{Number: 0, Of: 1}, noon, false},
	} {
		if got := mine.Cancelled("clean", row.lane, row.slot); got != row.want {
			t.Errorf("%v %v: %v", row.lane, row.slot, got)
		}
	}
	write(t, filepath.Join(filepath.Dir(mine.path(t, "clean")), cancelName(mine.of(t), "clean", lane)), []byte("torn"))
	if mine.Cancelled("clean", lane, noon) {
		t.Error("a torn request stops something")
	}
}

// A request of a clock that was ahead stops nothing that begins later, and is in no
// other's way.
func TestUncancel(t *testing.T) {
	l, lane := openLedger(t, t.TempDir()), Lane{Number: 0, Of: 1}
	for _, row := range []struct {
		asks time.Time
		want bool
	}{
		{noon.Add(5 * time.Hour), false},
		{noon, true},
	} {
		if err := l.Cancel("clean", lane, row.asks); err != nil {
			t.Fatal(err)
		}
		if err := l.Uncancel("clean", lane, noon.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if got := l.Cancelled("clean", lane, noon.Add(-time.Hour)); got != row.want {
			t.Errorf("after the request for %v: %v", row.asks, got)
		}
	}
}

// Lanes of a job execute side by side, and what jobs share only once. Both are held for a
// child process, and no more once they are let go.
func TestLanes(t *testing.T) {
	project := t.TempDir()
	mine, theirs := openLedger(t, project), openLedger(t, project)
	first, err := mine.LockLane(t.Context(), "clean", Lane{Number: 0, Of: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := mine.LockShared(t.Context(), "database", nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(mine.Held()); n != 4 {
		t.Errorf("%d files held", n)
	}
	second, err := theirs.LockLane(t.Context(), "clean", Lane{Number: 1, Of: 2}, func() { t.Error("waited for a free lane") })
	if err != nil {
		t.Fatal(err)
	}
	if n := theirs.busy("clean"); n != 2 {
		t.Errorf("%d lanes are busy", n)
	}
	second()
	waits := 0
	second, err = theirs.LockLane(t.Context(), "clean", Lane{Number: 0, Of: 2}, func() {
		if waits++; waits == 2 {
			first()
		}
	})
	if err != nil || waits != 2 {
		t.Errorf("%d waits, %v", waits, err)
	}
	taken, err := theirs.LockShared(t.Context(), "database", shared)
	if err != nil {
		t.Fatal(err)
	}
	taken()
	second()
	if n := len(mine.Held()) + len(theirs.Held()); n != 0 {
		t.Errorf("%d files held", n)
	}
}
