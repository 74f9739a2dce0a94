package serve

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestFileAway has the project file away for a moment, which nobody is told, and for good. It
// comes back as it was.
func TestFileAway(t *testing.T) {
	w := newWorld(t, at("2026-11-29T12:00:00Z"), 1)
	w.source.path = w.File
	loads := 0
	w.Load = func() (*Project, error) { loads++; return &Project{}, nil }
	write := func() {
		t.Helper()
		if err := os.WriteFile(w.File, []byte("[project]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	look := func(after time.Duration, away bool, want int) {
		t.Helper()
		w.now = w.now.Add(after)
		w.Server.wake(w.now)
		if _, _, _, err := w.board.standing(w.now); (err != nil) != away || loads != want {
			t.Errorf("at %v: %v, %d loads", w.now, err, loads)
		}
	}
	write()
	look(0, false, 1) // it is new to the loop
	for range 2 {
		if err := os.Remove(w.File); err != nil {
			t.Fatal(err)
		}
		look(longest, false, 1)
		write()
		look(time.Second, false, 1)
	}
	if err := os.Remove(w.File); err != nil {
		t.Fatal(err)
	}
	look(longest, false, 1)
	look(longest, true, 1)
	look(longest, true, 1)
	if w.reloads != 2 {
		t.Errorf("it is said %d times", w.reloads-1)
	}
	write()
	look(longest, false, 2)
	look(longest, false, 2)
}

// TestSameTime replaces the file by one of the same size and time, as what unpacks a release
// does. A new time alone is no change.
func TestSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pyproject.toml")
	s := source{path: path}
	for _, step := range []struct {
		content string
		time    time.Time
		changed bool
	}{{"one", noon, true}, {"two", noon, true}, {"two", noon.Add(time.Hour), false}, {"three", noon.Add(time.Hour), true}} {
		err := errors.Join(os.WriteFile(path+".new", []byte(step.content), 0o600), os.Chtimes(path+".new", step.time, step.time), os.Rename(path+".new", path))
		if changed, unread := s.changed(); changed != step.changed || err != nil || unread != nil {
			t.Errorf("%+v: %v, %v, %v", step, changed, err, unread)
		}
	}
}
