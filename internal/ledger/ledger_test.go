package ledger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

var (
	daily = schedule.New(schedule.Day, "project", "clean")
	noon  = time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.UTC)
)

// openLedger opens a ledger that must not turn out to be broken.
func openLedger(t testing.TB, project string) *Ledger {
	t.Helper()
	l, err := Open(project, func(warning string) { t.Error(warning) })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// execute records a run that took an hour.
func execute(t testing.TB, l *Ledger, jobID string, start time.Time, ok bool) (id int64) {
	t.Helper()
	id, err := l.Start(jobID, start, daily.Window(start))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Finish(jobID, id, start.Add(time.Hour), ok, "exit code 3"); err != nil {
		t.Fatal(err)
	}
	return id
}

func runs(t testing.TB, l *Ledger, jobID string) []schedule.Run {
	t.Helper()
	runs, err := l.Runs(jobID)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func TestRunsTellHowEachEnded(t *testing.T) {
	l := openLedger(t, t.TempDir())
	day := 24 * time.Hour
	execute(t, l, "clean", noon, true)
	execute(t, l, "clean", noon.Add(day), false)
	if _, err := l.Start("clean", noon.Add(2*day).In(time.FixedZone("", 3600)), daily.Window(noon)); err != nil {
		t.Fatal(err)
	}
	want := []schedule.Run{
		{ID: 1, Attempt: 1, Created: noon, Updated: noon.Add(time.Hour), Success: true, Started: noon},
		{ID: 2, Attempt: 1, Created: noon.Add(day), Updated: noon.Add(day + time.Hour), Failed: true},
		{ID: 3, Attempt: 1, Created: noon.Add(2 * day), Updated: noon.Add(2 * day), Failed: true},
	}
	if diff := cmp.Diff(want, runs(t, l, "clean")); diff != "" {
		t.Error(diff)
	}
}

func TestRecordKeepsSlotAndCause(t *testing.T) {
	l := openLedger(t, t.TempDir())
	window := daily.Window(noon.AddDate(0, 0, -3)) // a forced run may serve an older one
	id, err := l.Start("clean", noon, window)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Finish("clean", id, noon, false, strings.Repeat("x", 2*maxCause)); err != nil {
		t.Fatal(err)
	}
	var got record
	if err := l.update("clean", func(h history) error { got, _ = h.get(id); return nil }); err != nil {
		t.Fatal(err)
	}
	want := record{Started: noon, Slot: window.Start, Ended: noon, Cause: strings.Repeat("x", maxCause)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryJobIDHasItsOwnHistoryAndLock(t *testing.T) {
	l := openLedger(t, t.TempDir())
	ids := []string{"", "a", "A", "a\x00", "a/b", "../a", "con", "a:b", "é", "e\u0301", "\xff", strings.Repeat("a", 100_000)}
	for i, id := range ids {
		unlock, err := l.Lock(t.Context(), id, func() { t.Errorf("waited for the lock of %.20q", id) })
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		for n := range i + 1 {
			if got, want := execute(t, l, id, noon, true), int64(n+1); got != want {
				t.Errorf("%.20q: run has id %d, want %d", id, got, want)
			}
		}
	}
	for i, id := range ids {
		if got, want := len(runs(t, l, id)), i+1; got != want {
			t.Errorf("%.20q: %d runs, want %d", id, got, want)
		}
	}
}

func TestHistoryIsBoundedButKeepsTheNewestSuccess(t *testing.T) {
	l := openLedger(t, t.TempDir())
	fill(t, l, "clean", keep, func(id int64) bool { return id <= 3 })
	execute(t, l, "another", noon, false)
	execute(t, l, "clean", noon, false)
	got := runs(t, l, "clean")
	if first, last := got[0].ID, got[len(got)-1].ID; len(got) != keep || first != 2 || last != keep+1 {
		t.Errorf("%d runs from %d to %d", len(got), first, last)
	}
	for range 5 {
		execute(t, l, "clean", noon, false)
	}
	got = runs(t, l, "clean")
	if first, second := got[0].ID, got[1].ID; len(got) != keep+1 || first != 3 || second != 7 {
		t.Errorf("%d runs: %d, %d, …", len(got), first, second)
	}
	if got := len(runs(t, l, "another")); got != 1 {
		t.Errorf("another job has %d runs", got)
	}
}

// fill records n runs at once.
func fill(t testing.TB, l *Ledger, jobID string, n int64, success func(id int64) bool) {
	t.Helper()
	err := l.update(jobID, func(h history) error {
		for id := int64(1); id <= n; id++ {
			start := noon.Add(time.Duration(id) * time.Minute)
			if err := h.put(id, record{Started: start, Slot: start, Ended: start, Success: success(id)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFolderIgnoresItselfInGit(t *testing.T) {
	project := t.TempDir()
	openLedger(t, project)
	openLedger(t, project)
	got, err := os.ReadFile(filepath.Join(project, ".scheduled", ".gitignore"))
	if err != nil || string(got) != "*\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestLockWaitsForTheSameJobOnly(t *testing.T) {
	project := t.TempDir()
	mine, theirs := openLedger(t, project), openLedger(t, project)
	unlock, err := mine.Lock(t.Context(), "clean", func() { t.Error("waited for a free lock") })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	waits := 0
	_, err = theirs.Lock(ctx, "clean", func() { waits++; cancel() })
	if !errors.Is(err, context.Canceled) || waits != 1 {
		t.Errorf("locked twice: %v after %d waits", err, waits)
	}
	again, err := theirs.Lock(t.Context(), "clean", func() { unlock() })
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestErrorsAreValues(t *testing.T) {
	blocked := func(name string) *Ledger {
		l := openLedger(t, t.TempDir())
		if err := os.Mkdir(filepath.Join(l.dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		return l
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	asFile := t.TempDir()
	if err := os.WriteFile(filepath.Join(asFile, folder), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		do   func() error
		want string
	}{
		{"project is missing", func() error { _, err := Open(filepath.Join(file, "x"), nil); return err }, "open ledger: "},
		{"folder is a file", func() error { _, err := Open(asFile, nil); return err }, "must be a folder"},
		{"no lock for the file", func() error { _, err := blocked("ledger.lock").Runs("clean"); return err }, `read history of job "clean": `},
		{"unknown run", func() error { return openLedger(t, t.TempDir()).Finish("clean", 7, noon, true, "") }, `record end of run 7 of job "clean": its start is not in the ledger`},
	} {
		err := test.do()
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func BenchmarkLedger(b *testing.B) {
	l := openLedger(b, b.TempDir())
	fill(b, l, "clean", keep, func(int64) bool { return true })
	b.Run("Runs", func(b *testing.B) {
		for b.Loop() {
			runs(b, l, "clean")
		}
	})
	b.Run("Start+Finish", func(b *testing.B) {
		for b.Loop() {
			execute(b, l, "clean", noon, true)
		}
	})
}
