package ledger

import (
	"os"
	"path/filepath"
	"runtime"
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

// openLedger opens the ledger of a folder's pyproject.toml, which must not turn out
// to be damaged.
func openLedger(t testing.TB, folder string) *Ledger {
	t.Helper()
	return openFile(t, filepath.Join(folder, defaultFile), func(warning string) { t.Error(warning) })
}

func openFile(t testing.TB, file string, warn func(string)) *Ledger {
	t.Helper()
	l, err := Open(file, warn)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// path returns the path of the job's file.
func (l *Ledger) path(t testing.TB, jobID string) string {
	t.Helper()
	dir, err := l.folder()
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	return filepath.Join(dir.Name(), jobName(dir.of, jobID)+".log")
}

// of returns what the names in the ledger contain.
func (l *Ledger) of(t testing.TB) string {
	t.Helper()
	dir, err := l.folder()
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	return dir.of
}

// start records that a run has started.
func start(t testing.TB, l *Ledger, jobID string, at time.Time) *Execution {
	t.Helper()
	e, err := l.Start(jobID, at, daily.Window(at))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// execute records a run that took an hour.
func execute(t testing.TB, l *Ledger, jobID string, at time.Time, ok bool) (run int64) {
	t.Helper()
	e := start(t, l, jobID, at)
	if err := e.Finish(at.Add(time.Hour), ok, "exit code 3"); err != nil {
		t.Fatal(err)
	}
	return e.record.Run
}

func runs(t testing.TB, l *Ledger, jobID string) []schedule.Run {
	t.Helper()
	runs, err := l.Runs(jobID)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// fill writes a history of n runs at once.
func fill(t testing.TB, l *Ledger, jobID string, n int64, success func(run int64) bool) {
	t.Helper()
	h := newHistory(l.of(t), jobID)
	content := []byte(h.header)
	for run := int64(1); run <= n; run++ {
		start := noon.Add(time.Duration(run) * time.Minute)
		content = append(content, h.line(record{Run: run, Started: start, Slot: start, Ended: start, Success: success(run)})...)
	}
	write(t, l.path(t, jobID), content)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRunsTellHowEachEnded(t *testing.T) {
	l := openLedger(t, t.TempDir())
	day := 24 * time.Hour
	execute(t, l, "clean", noon, true)
	execute(t, l, "clean", noon.Add(day), false)
	start(t, l, "clean", noon.Add(2*day).In(time.FixedZone("", 3600)))
	want := []schedule.Run{
		{ID: 1, Attempt: 1, Created: noon, Updated: noon.Add(time.Hour), Success: true, Started: noon},
		{ID: 2, Attempt: 1, Created: noon.Add(day), Updated: noon.Add(day + time.Hour), Failed: true, Outcome: "failed: exit code 3"},
		{ID: 3, Attempt: 1, Created: noon.Add(2 * day), Updated: noon.Add(2 * day), Failed: true},
	}
	if diff := cmp.Diff(want, runs(t, l, "clean")); diff != "" {
		t.Error(diff)
	}
}

// The slot of a lane is decisive, and so is when a job asked to be run next, unless it failed.
func TestLane(t *testing.T) {
	l := openLedger(t, t.TempDir())
	next, window := noon.Add(5*time.Hour), daily.Window(noon.AddDate(0, 0, -3))
	for _, ok := range []bool{true, false} {
		e, err := l.StartLane(t.Context(), "clean", Lane{Number: 1, Of: 2}, noon, window)
		if err != nil {
			t.Fatal(err)
		}
		e.Next = next
		if err := e.Finish(noon, ok, ""); err != nil {
			t.Fatal(err)
		}
	}
	want := []schedule.Run{
		{ID: 1, Attempt: 1, Created: noon, Updated: noon, Success: true, Started: noon, Slot: window.Start, Lane: true, Next: next},
		{ID: 2, Attempt: 1, Created: noon, Updated: noon, Failed: true, Slot: window.Start, Lane: true},
	}
	if diff := cmp.Diff(want, runs(t, l, "clean")); diff != "" {
		t.Error(diff)
	}
}

// What cat shows.
func TestFileIsReadable(t *testing.T) {
	folder := t.TempDir()
	l := openLedger(t, folder)
	window := daily.Window(noon.AddDate(0, 0, -3)) // a forced run may serve an older one
	e, err := l.Start("Täglich ☀", noon, window)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Finish(noon, false, "it said <no> & left"); err != nil {
		t.Fatal(err)
	}
	path := l.path(t, "Täglich ☀")
	if name := filepath.Base(path); !strings.HasPrefix(name, "t-glich---") {
		t.Errorf("name %s", name)
	}
	lines := strings.Split(string(read(t, path)), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
		if i > 0 && lines[i] != "" {
			lines[i] = "SUM" + lines[i][sumSize:]
		}
	}
	slot := window.Start.Format(time.RFC3339)
	want := []string{
		`# scheduled ledger 2: job "Täglich ☀" of "pyproject.toml"`,
		`SUM {"run":1,"started":"2026-11-21T12:00:00.123456789Z","slot":"` + slot + `"}`,
		`SUM {"run":1,"started":"2026-11-21T12:00:00.123456789Z","slot":"` + slot + `","ended":"2026-11-21T12:00:00.123456789Z","cause":"it said <no> & left"}`,
		"",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

func TestCauseIsCutToWhatFits(t *testing.T) {
	l := openLedger(t, t.TempDir())
	for i, cause := range []string{strings.Repeat("x", 5000), strings.Repeat("\x00", 400), strings.Repeat("日", 400), "\xff\n\u2028"} {
		e := start(t, l, "clean", noon)
		if err := e.Finish(noon, false, cause); err != nil {
			t.Fatal(err)
		}
		if got := len(runs(t, l, "clean")); got != i+1 {
			t.Errorf("%.5q: %d runs", cause, got)
		}
	}
	if n := strings.Count(string(read(t, l.path(t, "clean"))), "\n"); n != 1+4*2 {
		t.Errorf("%d lines", n)
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

func TestEveryProjectFileHasItsOwnHistory(t *testing.T) {
	folder := t.TempDir()
	l := openLedger(t, folder)
	execute(t, l, "clean", noon, true)
	other := openFile(t, filepath.Join(folder, "other.toml"), func(w string) { t.Error(w) })
	if got := runs(t, other, "clean"); len(got) != 0 {
		t.Errorf("another project file has the runs %+v", got)
	}
	execute(t, other, "clean", noon, false)
	if got := runs(t, l, "clean"); len(got) != 1 || !got[0].Success {
		t.Errorf("runs: %+v", got)
	}
}

// A way through a link leads to the same project.
func TestLinkToTheProjectHasItsHistory(t *testing.T) {
	folder, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil && runtime.GOOS == "windows" {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	execute(t, openLedger(t, folder), "clean", noon, true)
	if got := runs(t, openLedger(t, link), "clean"); len(got) != 1 {
		t.Errorf("runs: %+v", got)
	}
}

// TestHistoryKeepsWhatIsOwed has a job that catches up. A slot that always fails does not
// push the successes of other slots out, which would then be run again, until they expire.
func TestHistoryKeepsWhatIsOwed(t *testing.T) {
	l := openLedger(t, t.TempDir())
	h := newHistory(l.of(t), "clean")
	content := []byte(h.header)
	hour := func(n int64) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	const hours, failures = 40 * 24, 3000
	for run := int64(1); run <= hours; run++ {
		content = append(content, h.line(record{Run: run, Started: hour(run), Slot: hour(run), Ended: hour(run), Success: true, Lane: true})...)
	}
	for run := int64(hours + 1); run <= hours+failures; run++ {
		content = append(content, h.line(record{Run: run, Started: hour(hours), Slot: hour(2), Ended: hour(hours), Lane: true})...)
	}
	write(t, l.path(t, "clean"), content)
	for range 3 {
		execute(t, l, "clean", hour(hours), false)
	}
	kept := map[time.Time]bool{}
	for _, run := range runs(t, l, "clean") {
		if !run.Started.IsZero() {
			kept[run.Slot] = true
		}
	}
	for run := int64(1); run <= hours; run++ {
		if owed := run > hours-30*24; owed && !kept[hour(run)] {
			t.Fatalf("the success of slot %v is lost", hour(run))
		}
	}
	if n := strings.Count(string(read(t, l.path(t, "clean"))), "\n"); len(kept) > 31*24 || n > keep+31*24+10 {
		t.Errorf("%d successes in %d lines", len(kept), n)
	}
}

func TestHistoryIsBoundedButKeepsTheNewestSuccess(t *testing.T) {
	l := openLedger(t, t.TempDir())
	fill(t, l, "clean", keep, func(run int64) bool { return run <= 3 })
	execute(t, l, "another", noon, false)
	execute(t, l, "clean", noon, false)
	got := runs(t, l, "clean")
	if first, last := got[0].ID, got[len(got)-1].ID; len(got) != keep || first != 2 || last != keep+1 {
		t.Errorf("%d runs from %d to %d", len(got), first, last)
	}
	fill(t, l, "clean", keep+slack, func(run int64) bool { return run <= 3 })
	for range 5 {
		execute(t, l, "clean", noon, false)
	}
	got = runs(t, l, "clean")
	if first, second := got[0].ID, got[1].ID; len(got) != keep+1 || first != 3 || second != slack+6 {
		t.Errorf("%d runs: %d, %d, …", len(got), first, second)
	}
	if n := strings.Count(string(read(t, l.path(t, "clean"))), "\n"); n > keep+10 {
		t.Errorf("%d lines", n)
	}
	if got := len(runs(t, l, "another")); got != 1 {
		t.Errorf("another job has %d runs", got)
	}
}

func TestFolderIgnoresItselfInGit(t *testing.T) {
	project := t.TempDir()
	execute(t, openLedger(t, project), "clean", noon, true)
	execute(t, openLedger(t, project), "clean", noon, true)
	if got := read(t, filepath.Join(project, ".scheduled", ".gitignore")); string(got) != "*\n" {
		t.Errorf("%q", got)
	}
}

func TestErrorsAreValues(t *testing.T) {
	l := openLedger(t, t.TempDir())
	blockedLock := l.path(t, "clean")
	blockedLock = strings.TrimSuffix(blockedLock, ".log") + ".lock"
	if err := os.Mkdir(blockedLock, 0o755); err != nil {
		t.Fatal(err)
	}
	asFile := t.TempDir()
	write(t, filepath.Join(asFile, folderName), nil)
	for _, test := range []struct {
		name string
		do   func() error
		want string
	}{
		{"project is missing", func() error { _, err := Open(filepath.Join(asFile, "x", "y"), nil); return err }, "open ledger: "},
		{"folder is a file", func() error { _, err := openLedger(t, asFile).Runs("clean"); return err }, "must be a folder"},
		{"lock is a folder", func() error { _, err := l.Lock(t.Context(), "clean", nil); return err }, `lock job "clean": open ` + blockedLock + ": not a regular file"},
		{"no time", func() error { _, err := l.Start("clean", noon.AddDate(9000, 0, 0), schedule.Window{}); return err }, "year outside of range"},
		{"no end", func() error { return start(t, l, "clean", noon).Finish(noon.AddDate(9000, 0, 0), true, "") }, "year outside of range"},
	} {
		err := test.do()
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
	if got := runs(t, l, "clean"); len(got) != 1 {
		t.Errorf("runs: %+v", got)
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
