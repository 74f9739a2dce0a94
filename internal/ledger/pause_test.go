package ledger

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

func paused(t *testing.T, l *Ledger, jobID string) bool {
	t.Helper()
	is, err := l.Paused(jobID)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func TestPause(t *testing.T) {
	dir := t.TempDir()
	l := openLedger(t, dir)
	for i, step := range []struct {
		pause, changed bool
	}{{false, false}, {true, true}, {true, false}, {false, true}, {false, false}, {true, true}} {
		var changed bool
		var err error
		if step.pause {
			changed, err = l.Pause("clean", noon)
		} else {
			changed, err = l.Resume("clean", noon.Add(time.Hour))
		}
		if err != nil || changed != step.changed {
			t.Errorf("step %d: changed %v, %v", i, changed, err)
		}
		if got := paused(t, openLedger(t, dir), "clean"); got != step.pause {
			t.Errorf("step %d: paused is %v", i, got)
		}
	}
	if paused(t, l, "report") {
		t.Error("another job is paused")
	}
}

// Of many processes at once, exactly one has changed something.
func TestPauseAtOnce(t *testing.T) {
	dir := t.TempDir()
	for _, do := range []func(l *Ledger) (bool, error){
		func(l *Ledger) (bool, error) { return l.Pause("clean", noon) },
		func(l *Ledger) (bool, error) { return l.Resume("clean", noon.Add(time.Hour)) },
	} {
		var changes atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			l := openLedger(t, dir)
			all.Go(func() {
				changed, err := do(l)
				if err != nil {
					t.Error(err)
				}
				if changed {
					changes.Add(1)
				}
			})
		}
		all.Wait()
		if n := changes.Load(); n != 1 {
			t.Errorf("%d changes", n)
		}
	}
}

// A mark that was cut short by kill -9, and whatever else has its name, is a mark.
func TestTornPause(t *testing.T) {
	l := openLedger(t, t.TempDir())
	dir, err := l.folder()
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, mark := range []func(name string) error{
		func(name string) error { return dir.WriteFile(name, nil, 0o600) },
		func(name string) error { return dir.Symlink("nowhere", name) },
		func(name string) error { return dir.Mkdir(name, 0o700) },
	} {
		if err := mark(pauseName(dir.of, "clean")); err != nil {
			t.Fatal(err)
		}
		if !paused(t, l, "clean") {
			t.Error("not paused")
		}
		if changed, err := l.Resume("clean", noon.Add(time.Hour)); !changed || err != nil || paused(t, l, "clean") {
			t.Errorf("resume: %v, %v", changed, err)
		}
	}
}

// Pauses that are over are remembered, up to a number; one whose mark is torn is not.
func TestPauses(t *testing.T) {
	l := openLedger(t, t.TempDir())
	pauses := func(now time.Time) schedule.Pauses {
		t.Helper()
		pauses, err := l.Pauses("clean", now)
		if err != nil {
			t.Fatal(err)
		}
		return pauses
	}
	if got := pauses(noon); got != nil {
		t.Errorf("a new ledger has %v", got)
	}
	var want schedule.Pauses
	for n := range maxPauses + 3 {
		w := schedule.Window{Start: noon.Add(time.Duration(n) * time.Hour), End: noon.Add(time.Duration(n)*time.Hour + 30*time.Minute + 5)}
		if _, err := l.Pause("clean", w.Start); err != nil {
			t.Fatal(err)
		}
		open := schedule.Window{Start: w.Start, End: w.Start.Add(time.Minute)}
		if got := pauses(open.End); got[len(got)-1] != open {
			t.Fatalf("while it is paused: %v", got[len(got)-1])
		}
		if _, err := l.Resume("clean", w.End); err != nil {
			t.Fatal(err)
		}
		want = append(want, w)
	}
	if diff := cmp.Diff(want[3:], pauses(noon.Add(time.Hour))); diff != "" {
		t.Error(diff)
	}
	dir, err := l.folder()
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if err := dir.WriteFile(jobName(dir.of, "clean")+resumedMark+want[5].End.Format(markTime), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(want[3:5:5], want[6:]...), pauses(noon)); diff != "" {
		t.Error(diff)
	}
	if other, err := l.Pauses("report", noon); other != nil || err != nil {
		t.Errorf("another job: %v, %v", other, err)
	}
}
