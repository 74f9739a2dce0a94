package ledger

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// madeBy is the project file whose ledger, as a program before this layout left it, is in
// testdata/former: three runs of "clean", of which the second failed, a pause of "report",
// and a dispatch.
const madeBy = "/home/ann/app/pyproject.toml"

// copyOf copies a folder while it may be in use, file by file, as cp does.
func copyOf(t testing.TB, folder string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		part, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Mkdir(filepath.Join(to, part), 0o755)
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return errors.Join(err, os.WriteFile(filepath.Join(to, part), content, 0o600))
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// withFormer returns a project with a ledger that an older program has made there.
func withFormer(t testing.TB) *Ledger {
	t.Helper()
	l := openLedger(t, t.TempDir())
	all, err := Folder(l.file)
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	write(t, filepath.Join(all.Name(), l.stem()+hash(defaultFile)+tookOver), fmt.Appendf(nil, "%q\n", l.file))
	execute(t, l, "clean", noon, true)
	if _, err := l.Pause("report", noon); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(all.Name(), l.stem()+hash(defaultFile)+tookOver)); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestHistoryGoesWithTheFolder(t *testing.T) {
	folder := t.TempDir()
	l := openLedger(t, folder)
	execute(t, l, "clean", noon, true)
	for _, change := range []func() (bool, error){
		func() (bool, error) { return l.Pause("clean", noon) },
		func() (bool, error) { return l.Resume("clean", noon.Add(time.Hour)) },
		func() (bool, error) { return l.Pause("clean", noon.Add(2*time.Hour)) },
	} {
		if changed, err := change(); !changed || err != nil {
			t.Fatal(changed, err)
		}
	}
	if err := l.Cancel("clean", Lane{Number: 1, Of: 2}, noon); err != nil {
		t.Fatal(err)
	}
	check := func(l *Ledger, successes int) {
		t.Helper()
		if got := runs(t, l, "clean"); len(got) != successes || !got[0].Success {
			t.Errorf("runs %+v", got)
		}
		pauses, err := l.Pauses("clean", noon.AddDate(0, 0, 1))
		if err != nil || len(pauses) != 2 || !paused(t, l, "clean") {
			t.Errorf("pauses %v, %v", pauses, err)
		}
		if !l.Cancelled("clean", Lane{Number: 1, Of: 2}, noon.Add(-time.Hour)) {
			t.Error("the request to cancel is lost")
		}
	}
	copied := openLedger(t, copyOf(t, folder))
	check(copied, 1)
	execute(t, copied, "clean", noon, true)
	check(copied, 2)
	check(l, 1) // from there each goes on by itself

	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(folder, moved); err != nil {
		t.Fatal(err)
	}
	check(openLedger(t, moved), 1)
	if of := openLedger(t, moved).of(t); of != defaultFile {
		t.Errorf("names contain %q", of)
	}
}

// What is the same in a copy must not be shared with it.
func TestCopiesShareNoLock(t *testing.T) {
	for name, l := range map[string]*Ledger{"fresh": openLedger(t, t.TempDir()), "of an older program": withFormer(t)} {
		execute(t, l, "clean", noon, true)
		copied := openLedger(t, copyOf(t, filepath.Dir(l.file)))
		for _, of := range []*Ledger{l, copied} {
			unlock, err := of.Lock(t.Context(), "clean", func() { t.Error(name, "waited for a copy") })
			defer unlock()
			if err != nil {
				t.Fatal(name, err)
			}
			leave, taken, err := of.TakeServe()
			defer leave()
			if !taken || err != nil {
				t.Error(name, "a copy is served already", err)
			}
		}
		if l.Mark("clean", 1) == copied.Mark("clean", 1) {
			t.Error(name, "a copy would end what this project has left alive")
		}
	}
}

// TestCopyAtAnyInstant copies the folder while another process records runs and writes the
// history anew: each run that had ended before the copy began is a success in it.
func TestCopyAtAnyInstant(t *testing.T) {
	for name, l := range map[string]*Ledger{"fresh": openLedger(t, t.TempDir()), "of an older program": withFormer(t)} {
		t.Run(name, func(t *testing.T) {
			fill(t, l, "clean", keep+slack, func(run int64) bool { return true })
			recorded := recording(t, filepath.Dir(l.file))
			for range 40 {
				time.Sleep(rand.N(5 * time.Millisecond))
				ended := recorded()
				folder := copyOf(t, filepath.Dir(l.file))
				copied := openFile(t, filepath.Join(folder, defaultFile), func(string) {}) // a line may be half copied
				known := map[int64]bool{}
				for _, run := range runs(t, copied, "clean") {
					known[run.ID] = run.Success
				}
				if !known[ended] {
					t.Fatalf("run %d had ended before the copy, and is no success in it", ended)
				}
				if err := os.RemoveAll(folder); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// recording starts a process that records runs until the test ends, and returns what tells
// the id of the last one that has ended.
func recording(t *testing.T, project string) func() int64 {
	t.Helper()
	p := process(t, "loop", project)
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	ids := make(chan int64, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var id int64
			_, _ = fmt.Sscan(lines.Text(), &id)
			select { // only the newest is kept
			case <-ids:
			default:
			}
			ids <- id
		}
		close(ids)
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		for range ids {
		}
		_ = p.Wait()
	})
	return func() int64 { return <-ids }
}

func TestFormerLedgerIsTakenOver(t *testing.T) {
	project := t.TempDir()
	former := filepath.Join(project, folderName)
	if err := os.CopyFS(former, os.DirFS(filepath.Join("testdata", "former"))); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{project, copyOf(t, project)} {
		l := openLedger(t, folder)
		for pass := range 2 {
			got := runs(t, l, "clean")
			if len(got) != 3+pass || !got[0].Success || got[1].Success || !got[2].Success || !got[2].Started.Equal(noon.AddDate(0, 0, 2)) {
				t.Errorf("runs %+v", got)
			}
			if !paused(t, l, "report") {
				t.Error("the pause is lost")
			}
			if known, err := l.Dispatches(); err != nil || len(known) != 1 {
				t.Errorf("dispatches %+v, %v", known, err)
			}
			if of := l.of(t); of != madeBy {
				t.Errorf("names contain %q", of)
			}
			if pass == 0 {
				execute(t, l, "clean", noon.AddDate(1, 0, 0), true)
				l = openLedger(t, copyOf(t, folder))
			}
		}
	}
}

// Of several that older programs have made, the one of this path is taken over, and else the
// newest one. The others are named once.
func TestOneOfSeveralFormerLedgersIsTakenOver(t *testing.T) {
	first := withFormer(t)
	project := filepath.Join(t.TempDir(), "app")
	if err := os.Rename(filepath.Dir(first.file), project); err != nil {
		t.Fatal(err)
	}
	all := filepath.Join(project, folderName)
	if err := os.CopyFS(all, os.DirFS(filepath.Join("testdata", "former"))); err != nil {
		t.Fatal(err)
	}
	theirs := first.stem() + hash(madeBy)
	older, newer := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(all, theirs, jobName(madeBy, "clean")+".log"), older, older); err != nil {
		t.Fatal(err)
	}
	back, other := copyOf(t, project), copyOf(t, project)
	for _, folder := range []string{back, other} {
		if err := os.Chtimes(filepath.Join(folder, folderName, theirs, jobName(madeBy, "clean")+".log"), newer, newer); err != nil {
			t.Fatal(err)
		}
	}
	for folder, want := range map[string]string{project: first.file, back: madeBy} {
		var warnings []string
		l := openFile(t, filepath.Join(folder, defaultFile), func(w string) { warnings = append(warnings, w) })
		if got := l.of(t); got != want || l.of(t) != want {
			t.Errorf("took over %s, want %s", got, want)
		}
		if len(warnings) != 1 || strings.Contains(warnings[0], first.stem()+hash(want)) || !strings.Contains(warnings[0], "do not count any more") {
			t.Errorf("warnings %q", warnings)
		}
	}
	own := &Ledger{file: first.file, warn: func(string) {}}
	if err := os.Rename(other, filepath.Dir(own.file)); err != nil {
		t.Fatal(err)
	}
	if got := own.of(t); got != own.file {
		t.Errorf("took over %s, want the own %s", got, first.file)
	}
}

// Neither what kill -9 leaves of the file that names the path, nor its loss, loses a run.
func TestTornNoteOfAFormerLedger(t *testing.T) {
	l := withFormer(t)
	note := filepath.Join(filepath.Dir(l.file), folderName, l.stem()+hash(defaultFile)+tookOver)
	runs(t, l, "clean")
	whole := read(t, note)
	for n := range whole {
		write(t, note, whole[:n])
		for _, l := range []*Ledger{openLedger(t, copyOf(t, filepath.Dir(l.file))), l} {
			if got := runs(t, l, "clean"); len(got) != 1 || !got[0].Success {
				t.Fatalf("cut at %d: runs %+v of %s", n, got, l.file)
			}
		}
	}
}

// Processes that take the ledger over at once, and are killed, run no window again.
func TestFormerLedgerIsTakenOverByManyAtOnce(t *testing.T) {
	for range 5 {
		l := withFormer(t)
		project := filepath.Dir(l.file)
		var processes []*exec.Cmd
		for i := range 6 {
			p := process(t, "execute", project)
			if err := p.Start(); err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				time.AfterFunc(rand.N(20*time.Millisecond), func() { _ = p.Process.Kill() })
			}
			processes = append(processes, p)
		}
		for i, p := range processes {
			if err := p.Wait(); err != nil && i%2 != 0 {
				t.Error(err)
			}
		}
		if _, err := os.Stat(filepath.Join(project, "executions")); err == nil {
			t.Fatal("a window that was recorded was run again")
		}
		for _, l := range []*Ledger{l, openLedger(t, copyOf(t, project))} {
			if got := runs(t, l, "clean"); len(got) != 1 || !paused(t, l, "report") {
				t.Fatalf("runs %+v", got)
			}
		}
	}
}

// Removing a ledger that was taken over frees no lock and loses no end, as with any other.
func TestFormerLedgerIsRemovedDuringARun(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can lock a folder for one job")
	}
	l := withFormer(t)
	unlock, err := l.Lock(t.Context(), "clean", nil)
	if err != nil {
		t.Fatal(err)
	}
	e := start(t, l, "clean", noon)
	if err := os.RemoveAll(filepath.Join(filepath.Dir(l.file), folderName)); err != nil {
		t.Fatal(err)
	}
	other := openLedger(t, filepath.Dir(l.file))
	var finish sync.Once
	again, err := other.Lock(t.Context(), "clean", func() {
		finish.Do(func() { err = e.Finish(noon, true, "") })
		unlock()
	})
	defer again()
	finish.Do(func() { t.Error("locked twice") })
	if got := runs(t, other, "clean"); err != nil || len(got) != 1 || !got[0].Success {
		t.Errorf("runs %+v, %v", got, err)
	}
}

// Project files of which even the readable part of the name is the same stay apart.
func TestProjectFilesOfAlikeNamesStayApart(t *testing.T) {
	folder := t.TempDir()
	var files []*Ledger
	for i, name := range []string{"pyproject.toml", "a b.toml", "a-b.toml", "a-b", "A-b.toml", "other.toml"} {
		l := openFile(t, filepath.Join(folder, name), func(w string) { t.Error(w) })
		for range i + 1 {
			execute(t, l, "clean", noon, true)
		}
		unlock, err := l.Lock(t.Context(), "clean", func() { t.Error(name, "waited") })
		defer unlock()
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, l)
	}
	copied := copyOf(t, folder)
	for i, l := range files {
		there := openFile(t, filepath.Join(copied, filepath.Base(l.file)), func(w string) { t.Error(w) })
		for _, l := range []*Ledger{l, there} {
			if got := runs(t, l, "clean"); len(got) != i+1 {
				t.Errorf("%s: %d runs, want %d", l.file, len(got), i+1)
			}
		}
	}
	// The history of one is not read under the name of another.
	write(t, files[1].path(t, "clean"), read(t, files[2].path(t, "clean")))
	damaged := openFile(t, files[1].file, func(string) {})
	if got := runs(t, damaged, "clean"); len(got) != 0 {
		t.Errorf("runs %+v", got)
	}
	names, err := os.ReadDir(filepath.Join(copied, folderName))
	if err != nil || slices.ContainsFunc(names, func(d fs.DirEntry) bool { return strings.HasSuffix(d.Name(), tookOver) }) {
		t.Errorf("%v, %v", names, err)
	}
}
