package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// sound returns a history of 40 runs of "clean". The even ones succeeded.
func sound(t testing.TB, l *Ledger) []byte {
	t.Helper()
	for n := 1; n <= 40; n++ {
		execute(t, l, "clean", noon.Add(time.Duration(n)*time.Minute), n%2 == 0)
	}
	return read(t, l.path(t, "clean"))
}

// damages returns n ways to damage a file of that size, always the same ones.
func damages(size, n int) []func([]byte) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	part := func(b []byte) (from, to int) {
		from = random.IntN(len(b) + 1)
		return from, from + random.IntN(min(len(b)-from, len(b)/4)+1)
	}
	kinds := []func([]byte) []byte{
		func(b []byte) []byte { // bits flipped
			for range 1 + random.IntN(20) {
				b[random.IntN(len(b))] ^= 1 << random.IntN(8)
			}
			return b
		},
		func(b []byte) []byte { return b[:random.IntN(len(b))] }, // cut off
		func(b []byte) []byte { // lines swapped
			lines := bytes.SplitAfter(b, []byte("\n"))
			random.Shuffle(len(lines), func(i, k int) { lines[i], lines[k] = lines[k], lines[i] })
			return slices.Concat(lines...)
		},
		func(b []byte) []byte { // a block twice
			from, to := part(b)
			return slices.Insert(b, random.IntN(len(b)), slices.Clone(b[from:to])...)
		},
		func(b []byte) []byte { // a block over another
			from, to := part(b)
			copy(b[random.IntN(len(b)):], slices.Clone(b[from:to]))
			return b
		},
		func(b []byte) []byte { // zeros
			from, to := part(b)
			clear(b[from:to])
			return b
		},
		func(b []byte) []byte { // a block gone
			from, to := part(b)
			return slices.Delete(b, from, to)
		},
		func(b []byte) []byte { // digits changed
			for range 20 {
				if i := random.IntN(len(b)); b[i] >= '0' && b[i] <= '9' {
					b[i] = '0' + byte(random.IntN(10))
				}
			}
			return b
		},
	}
	all := make([]func([]byte) []byte, n)
	for i := range all {
		all[i] = func(b []byte) []byte { return kinds[i%len(kinds)](slices.Clone(b)) }
	}
	return all
}

// checkDamaged checks a damaged copy of a sound history: no success is invented,
// each run whose line is intact is known, and the ledger goes on.
func checkDamaged(t *testing.T, l *Ledger, damaged []byte, jobID string) {
	t.Helper()
	path := l.path(t, jobID)
	write(t, path, damaged)
	want := map[int64]bool{}
	h := newHistory(l.of(t), "clean")
	for line := range bytes.Lines(damaged) {
		if r, ok := h.decode(bytes.TrimRight(line, " \n")); ok && jobID == "clean" {
			want[r.Run] = want[r.Run] || r.Success
		}
	}
	check := func(more int) {
		t.Helper()
		got := runs(t, l, jobID)
		if len(got) != len(want)+more {
			t.Errorf("%d runs, %d lines are intact", len(got), len(want))
		}
		for _, r := range got[:len(got)-more] {
			if r.Success != want[r.ID] || r.Success && (r.ID%2 != 0 || !r.Started.Equal(noon.Add(time.Duration(r.ID)*time.Minute))) {
				t.Errorf("an invented success: %+v", r)
			}
		}
	}
	check(0)
	later := noon.AddDate(1, 0, 0)
	run := execute(t, l, jobID, later, true)
	check(1)
	got := runs(t, l, jobID)
	if last := got[len(got)-1]; last.ID != run || !last.Success || !last.Started.Equal(later) {
		t.Errorf("after run %d the last is %+v", run, last)
	}
	removeAside(t, path)
}

// removeAside removes what was set aside, which would slow down the next case.
func removeAside(t *testing.T, path string) {
	t.Helper()
	aside, err := filepath.Glob(path + ".broken-*")
	for _, path := range aside {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		t.Error(err)
	}
}

func TestNoDamageInventsASuccess(t *testing.T) {
	l := openFile(t, filepath.Join(t.TempDir(), defaultFile), func(string) {})
	file := sound(t, l)
	for i, damage := range damages(len(file), 300) {
		checkDamaged(t, l, damage(file), "clean")
		if t.Failed() {
			t.Fatalf("damage %d", i)
		}
	}
	checkDamaged(t, l, file, "report") // the file of another job
}

func FuzzDamage(f *testing.F) {
	l := openFile(f, filepath.Join(f.TempDir(), defaultFile), func(string) {})
	file := sound(f, l)
	f.Add(uint(len(file)), uint(0), []byte{}, uint(0), []byte{})
	f.Add(uint(len(file)), uint(99), []byte{1, 2, 3}, uint(500), []byte("\n\n"))
	f.Fuzz(func(t *testing.T, size, at1 uint, bytes1 []byte, at2 uint, bytes2 []byte) {
		damaged := slices.Clone(file)
		for i, b := range bytes1 {
			damaged[(at1+uint(i))%uint(len(damaged))] ^= b
		}
		copy(damaged[at2%uint(len(damaged)):], bytes2)
		checkDamaged(t, l, damaged[:min(size, uint(len(damaged)))], "clean")
	})
}

func TestDamagedLineIsUnknown(t *testing.T) {
	var warnings []string
	l := openFile(t, filepath.Join(t.TempDir(), defaultFile), func(w string) { warnings = append(warnings, w) })
	for range 4 {
		execute(t, l, "clean", noon, true)
	}
	path := l.path(t, "clean")
	lines := bytes.SplitAfter(read(t, path), []byte("\n"))
	lines[3][60] ^= 1 // start and end of the second run
	lines[4][60] ^= 1
	lines[7], lines[8] = lines[1], lines[2] // the fourth is that of the first
	damaged := bytes.Join(lines, nil)
	write(t, path, damaged)

	got := runs(t, l, "clean")
	if len(got) != 2 || got[0].ID != 1 || got[1].ID != 3 {
		t.Errorf("runs: %+v", got)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], path+" is damaged (2 lines)") {
		t.Errorf("warnings %q", warnings)
	}
	if got := execute(t, l, "clean", noon, true); got < 4 {
		t.Errorf("next run has id %d", got)
	}
	if got := runs(t, l, "clean"); len(got) != 3 || len(warnings) != 1 {
		t.Errorf("runs %+v, warnings %q", got, warnings)
	}
	aside, err := filepath.Glob(path + ".broken-*Z")
	if err != nil || len(aside) != 1 || !bytes.Equal(read(t, aside[0]), damaged) {
		t.Errorf("set aside: %q, %v", aside, err)
	}
}

// The lines of a start and of an end may be torn at every byte.
func TestTornLine(t *testing.T) {
	l := openFile(t, filepath.Join(t.TempDir(), defaultFile), func(string) {})
	execute(t, l, "clean", noon, true)
	path := l.path(t, "clean")
	before := read(t, path)
	e := start(t, l, "clean", noon.Add(time.Minute))
	started := read(t, path)
	if err := e.Finish(noon.Add(time.Hour), true, ""); err != nil {
		t.Fatal(err)
	}
	ended := read(t, path)

	check := func(name string, torn []byte, want ...bool) {
		t.Helper()
		write(t, path, torn)
		got := runs(t, l, "clean")
		for i, r := range got {
			if i >= len(want) || r.Success != want[i] {
				t.Fatalf("%s: run %+v", name, r)
			}
		}
		if len(got) < 1 || len(got) < len(want)-1 {
			t.Fatalf("%s: %d runs", name, len(got))
		}
		execute(t, l, "clean", noon.AddDate(1, 0, 0), true)
		again := runs(t, l, "clean")
		if len(again) != len(got)+1 || !again[len(got)].Success || !again[0].Success {
			t.Fatalf("%s: then runs %+v", name, again)
		}
		removeAside(t, path)
	}
	blank := len(started) - len(reserve) + 5 // after this point every 50th byte is enough
	for n := len(before); n < len(started); n += step(n, blank) {
		check(fmt.Sprintf("start cut at %d", n), started[:n], true, false)
		zeros := append(slices.Clone(started[:n]), make([]byte, len(started)-n)...)
		check(fmt.Sprintf("start zero from %d", n), zeros, true, false)
	}
	end := len(started) - len(reserve)
	complete := end + len(bytes.TrimRight(ended[end:], " \n"))
	for n := end; n < len(ended); n += step(n, complete+5) {
		torn := slices.Concat(ended[:n], started[n:])
		check(fmt.Sprintf("end torn at %d", n), torn, true, n >= complete)
		check(fmt.Sprintf("end torn before %d", n), slices.Concat(started[:n], ended[n:]), true, n == end)
	}
}

// step is 1 before the blank part of a line, and more inside of that.
func step(n, blank int) int {
	if n < blank {
		return 1
	}
	return 50
}

func TestNewlineIsMissingAtTheEnd(t *testing.T) {
	l := openLedger(t, t.TempDir())
	execute(t, l, "clean", noon, true)
	path := l.path(t, "clean")
	write(t, path, bytes.TrimRight(read(t, path), " \n"))
	for n := range 3 {
		execute(t, l, "clean", noon, true)
		if got := runs(t, l, "clean"); len(got) != n+2 {
			t.Errorf("runs: %+v", got)
		}
	}
}

// What an editor does to lines does no harm.
func TestLinesOfAnEditor(t *testing.T) {
	l := openLedger(t, t.TempDir())
	execute(t, l, "clean", noon, true)
	start(t, l, "clean", noon)
	path := l.path(t, "clean")
	write(t, path, bytes.ReplaceAll(read(t, path), []byte("\n"), []byte("\r\n")))
	if got := runs(t, l, "clean"); len(got) != 2 || !got[0].Success {
		t.Errorf("runs: %+v", got)
	}
}

func TestTooLargeFileIsSetAside(t *testing.T) {
	warnings := 0
	l := openFile(t, filepath.Join(t.TempDir(), defaultFile), func(string) { warnings++ })
	path := l.path(t, "clean")
	write(t, path, nil)
	if err := os.Truncate(path, 10<<30); err != nil {
		t.Skip(err)
	}
	if got := runs(t, l, "clean"); len(got) != 0 || warnings != 1 {
		t.Errorf("%d runs, %d warnings", len(got), warnings)
	}
	execute(t, l, "clean", noon, true)
	if got := runs(t, l, "clean"); len(got) != 1 || warnings != 1 {
		t.Errorf("%d runs, %d warnings", len(got), warnings)
	}
}

func TestFolderInPlaceOfTheFileIsSetAside(t *testing.T) {
	warnings := 0
	l := openFile(t, filepath.Join(t.TempDir(), defaultFile), func(string) { warnings++ })
	path := l.path(t, "clean")
	for n := 1; n <= 3; n++ { // within one second: none may replace another
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(path, "x"), 0o755); err != nil {
			t.Fatal(err)
		}
		runs(t, l, "clean")
		execute(t, l, "clean", noon, true)
		aside, err := filepath.Glob(path + ".broken-*")
		if err != nil || len(aside) != n || warnings != n {
			t.Fatalf("aside %q, %d warnings, %v", aside, warnings, err)
		}
	}
}
