package ledger

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// oldLedger returns a ledger of the format before this one, as bbolt wrote it: two
// jobs with three runs, and the third was interrupted, "" and "täglich 日本" with as
// many, and "report" with 150. Every third run succeeded, from the first on.
func oldLedger(t testing.TB) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(read(t, filepath.Join("testdata", "ledger.db.gz"))))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// withOld returns the path of a project file beside an older ledger.
func withOld(t testing.TB, file string, old []byte) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), folderName)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, oldName), old)
	return filepath.Join(filepath.Dir(folder), file)
}

func TestOldLedgerIsConverted(t *testing.T) {
	l := openFile(t, withOld(t, defaultFile, oldLedger(t)), func(w string) { t.Error(w) })
	for i, job := range []string{"clean", "", "täglich 日本", "report"} {
		want := 3
		if job == "report" {
			want = 150
		}
		for pass := range 3 { // the first two read the old file, the third the new one
			got := runs(t, l, job)
			if len(got) != want+pass/2 {
				t.Fatalf("%q: %d runs, want %d", job, len(got), want)
			}
			for k, r := range got[:want] {
				start := noon.AddDate(0, 0, k).Add(time.Duration(i) * time.Minute)
				ended := start.Add(time.Hour)
				if k == 2 {
					ended = start
				}
				if r.ID != int64(k+1) || !r.Created.Equal(start) || !r.Updated.Equal(ended) || r.Success != (k%3 == 0) {
					t.Errorf("%q: run %+v", job, r)
				}
			}
			if pass == 1 {
				if got := execute(t, l, job, noon.AddDate(1, 0, 0), true); got != int64(want+1) {
					t.Errorf("%q: next run has id %d", job, got)
				}
			}
		}
	}
	if got := runs(t, l, "another"); len(got) != 0 {
		t.Errorf("another job has %d runs", len(got))
	}
}

func TestOldLedgerBelongsToOneProjectFile(t *testing.T) {
	file := withOld(t, "other.toml", oldLedger(t))
	other := openFile(t, file, func(w string) { t.Error(w) })
	if got := runs(t, other, "clean"); len(got) != 0 {
		t.Errorf("other.toml has %d runs", len(got))
	}
	l := openLedger(t, filepath.Dir(file))
	if got := runs(t, l, "clean"); len(got) != 3 {
		t.Errorf("%d runs", len(got))
	}
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(filepath.Dir(file))); err != nil {
		t.Fatal(err)
	}
	if got := runs(t, openLedger(t, to), "clean"); len(got) != 3 {
		t.Errorf("a copy has %d runs", len(got))
	}
}

func TestOldLedgerIsConvertedByManyAtOnce(t *testing.T) {
	file := withOld(t, defaultFile, oldLedger(t))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			l := openFile(t, file, func(w string) { t.Error(w) })
			unlock, err := l.Lock(t.Context(), "clean", nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			execute(t, l, "clean", noon.AddDate(1, 0, 0), true)
		})
	}
	group.Wait()
	if got := runs(t, openFile(t, file, func(string) {}), "clean"); len(got) != 3+8 {
		t.Errorf("%d runs", len(got))
	}
}

// No damage of the old file invents a success, and none is an error.
func TestDamagedOldLedger(t *testing.T) {
	old := oldLedger(t)
	for i, damage := range damages(len(old), 40) {
		l := openFile(t, withOld(t, defaultFile, damage(old)), func(w string) { t.Error(w) })
		for _, r := range runs(t, l, "report") {
			start := noon.AddDate(0, 0, int(r.ID-1)).Add(3 * time.Minute)
			if r.Success && (r.ID%3 != 1 || !r.Started.Equal(start)) {
				t.Errorf("damage %d: an invented success: %+v", i, r)
			}
		}
		execute(t, l, "report", noon.AddDate(1, 0, 0), true)
	}
}

// A record is found wherever it is in the file.
func TestOldRecordAcrossReads(t *testing.T) {
	old := oldLedger(t)
	want := len(runs(t, openFile(t, withOld(t, defaultFile, old), nil), "report"))
	for _, before := range []int{1<<20 - 70_000, 1<<20 - 9000, 2<<20 - 100_000, 1 << 20} {
		moved := append(make([]byte, before), old...)
		if got := len(runs(t, openFile(t, withOld(t, defaultFile, moved), nil), "report")); got != want {
			t.Errorf("%d bytes before: %d runs, want %d", before, got, want)
		}
	}
}

// TestOldLedgerIsAdoptedOnce has an older program begin another ledger after the first
// one was adopted. The runs of the first are not lost.
func TestOldLedgerIsAdoptedOnce(t *testing.T) {
	l := openFile(t, withOld(t, defaultFile, oldLedger(t)), func(w string) { t.Error(w) })
	if got := runs(t, l, "clean"); len(got) != 3 {
		t.Fatalf("%d runs, want 3", len(got))
	}
	again := filepath.Join(filepath.Dir(l.file), folderName, oldName)
	write(t, again, []byte("another"))
	if got := runs(t, l, "clean"); len(got) != 3 {
		t.Errorf("%d runs after an older program began another ledger, want 3", len(got))
	}
	if got := read(t, again); string(got) != "another" {
		t.Errorf("the ledger of the older program contains %q", got)
	}
}
