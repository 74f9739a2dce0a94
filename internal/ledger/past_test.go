package ledger

import (
	"errors"
	"testing"
	"time"
)

func TestPastTellsWhichRunIsActive(t *testing.T) {
	l := openLedger(t, t.TempDir())
	active := func() (active []int64) {
		runs, known, err := l.Past("clean")
		if !known.IsZero() {
			err = errors.Join(err, errors.New("runs are missing"))
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			if r.Active == r.Failed { // none succeeded
				t.Errorf("run %d: active %v, failed %v", r.ID, r.Active, r.Failed)
			}
			if r.Active {
				active = append(active, r.ID)
			}
		}
		return active
	}
	if got := active(); got != nil {
		t.Errorf("nothing ran, and %d are active", got)
	}
	start(t, l, "clean", noon) // was interrupted: its process is gone, and the lock with it
	if got := active(); got != nil {
		t.Errorf("the interrupted run %d is active", got)
	}
	unlock, err := l.Lock(t.Context(), "clean", func() { t.Error("locked") })
	if err != nil {
		t.Fatal(err)
	}
	e := start(t, l, "clean", noon)
	if got := active(); len(got) != 1 || got[0] != e.record.Run {
		t.Errorf("%d are active, want %d", got, e.record.Run)
	}
	if err := e.Finish(noon.Add(time.Hour), false, ""); err != nil {
		t.Fatal(err)
	}
	if got := active(); got != nil {
		t.Errorf("the ended run %d is active", got)
	}
	unlock()
}

func TestPastTellsHowFarItReaches(t *testing.T) {
	l := openLedger(t, t.TempDir())
	if _, known, err := l.Past("clean"); err != nil || !known.IsZero() {
		t.Error(known, err)
	}
	fill(t, l, "clean", keep, func(run int64) bool { return run == 3 })
	if runs, known, err := l.Past("clean"); err != nil || len(runs) != keep || !known.IsZero() {
		t.Errorf("%d runs, known since %v: %v", len(runs), known, err)
	}
	for range 5 { // more than are kept, apart from the newest success
		execute(t, l, "clean", noon.AddDate(1, 0, 0), false)
	}
	runs, known, err := l.Past("clean")
	if err != nil || runs[0].ID != 3 || !known.Equal(runs[1].Created) {
		t.Errorf("run %d, then %d; known since %v: %v", runs[0].ID, runs[1].ID, known, err)
	}
}
