package ledger

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDispatches records dispatches and what became of them, up to the bounds of the file,
// and tears it at every byte of its last line.
func TestDispatches(t *testing.T) {
	folder := t.TempDir()
	l := openLedger(t, folder)
	slot := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	sent := func(i int) Dispatch {
		return Dispatch{Job: "a <b>\n", Slot: slot, Sent: slot.Add(time.Duration(i) * time.Second)}
	}
	record := func(d Dispatch) {
		t.Helper()
		if err := l.Dispatched(d); err != nil {
			t.Fatal(err)
		}
	}
	read := func() []Dispatch {
		t.Helper()
		known, err := l.Dispatches()
		if err != nil {
			t.Fatal(err)
		}
		return known
	}
	if known := read(); len(known) != 0 {
		t.Errorf("%+v before the first", known)
	}
	record(sent(1))
	accepted := sent(1)
	accepted.Accepted, accepted.Run, accepted.CaughtUp = slot.Add(2*time.Second), 7, true
	record(accepted)
	record(sent(2))
	if diff := cmp.Diff([]Dispatch{accepted, sent(2)}, read()); diff != "" {
		t.Error(diff)
	}

	path := l.path(t, dispatchFile)
	path = filepath.Join(filepath.Dir(path), dispatchFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line := len(dispatchLine(l.of(t), sent(2)))
	for cut := 1; cut < line; cut++ {
		if err := os.WriteFile(path, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		record(sent(3))
		want := []Dispatch{accepted, sent(3)}
		if cut == 1 { // only the newline is lost
			want = []Dispatch{accepted, sent(2), sent(3)}
		}
		if diff := cmp.Diff(want, read()); diff != "" {
			t.Fatalf("cut by %d: %s", cut, diff)
		}
	}

	content, of := []byte{}, l.of(t)
	for i := 10; len(content) <= maxDispatchFile; i++ {
		content = append(content, dispatchLine(of, sent(i))...)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	record(sent(100_000))
	known := read()
	if info, err := os.Stat(path); err != nil || info.Size() > maxDispatchFile/3 || len(known) != keptDispatches || known[len(known)-1] != sent(100_000) {
		t.Errorf("%d bytes of %d dispatches are kept, %v", info.Size(), len(known), err)
	}

	moved := filepath.Join(t.TempDir(), filepath.Base(folder))
	if err := os.Rename(folder, moved); err != nil {
		t.Fatal(err)
	}
	l = openLedger(t, moved)
	if again := read(); len(again) != len(known) {
		t.Errorf("%d of %d dispatches are left after a move", len(again), len(known))
	}
}
