package ledger

import (
	"bytes"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// sound returns an intact ledger file with branches, leaves, free pages and two
// jobs, whose even runs were successes.
func sound(t testing.TB) []byte {
	t.Helper()
	l := openLedger(t, t.TempDir())
	for _, jobID := range []string{"clean", "report"} {
		fill(t, l, jobID, 60, func(id int64) bool { return id%2 == 0 })
		execute(t, l, jobID, noon, true)
	}
	return read(t, l.path())
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// database returns a bbolt file with these buckets, each given by its path.
func database(t *testing.T, buckets ...[][]byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	db, err := open(path, os.OpenFile)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, path := range buckets {
			b, err := tx.CreateBucketIfNotExists(path[0])
			if err != nil {
				return err
			}
			for _, name := range path[1:] {
				if b, err = b.CreateBucket(name); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

// edit changes every page of a kind, except the root, in a copy of the file.
func edit(file []byte, kind uint16, change func(page []byte)) []byte {
	file = slices.Clone(file)
	m, err := newestMeta(file)
	if err != nil {
		panic(err)
	}
	for page := range slices.Chunk(file, pageSize) {
		if flags(page) == kind && order.Uint64(page) != m.root {
			change(page)
		}
	}
	return file
}

// Offsets in a page that the tests damage.
const (
	pageKind     = 8
	pageCount    = 10
	pageOverflow = 12
	metaVersion  = headerSize + 4
	metaPageSize = headerSize + 8
	metaRoot     = headerSize + 16
	metaFreelist = headerSize + 32
	metaPages    = headerSize + 40
	branchKey    = headerSize
	branchChild  = headerSize + 8
	leafKind     = headerSize
	leafKey      = headerSize + 4
	leafKeySize  = headerSize + 8
	leafSize     = headerSize + 12
)

func put16(at int, v uint16) func([]byte) { return func(page []byte) { order.PutUint16(page[at:], v) } }
func put32(at int, v uint32) func([]byte) { return func(page []byte) { order.PutUint32(page[at:], v) } }
func put64(at int, v uint64) func([]byte) { return func(page []byte) { order.PutUint64(page[at:], v) } }

// signed changes a meta page and updates its checksum.
func signed(change func(page []byte)) func([]byte) {
	return func(page []byte) {
		change(page)
		sum := fnv.New64a()
		sum.Write(page[headerSize:72])
		order.PutUint64(page[72:], sum.Sum64())
	}
}

func TestBrokenFileIsSetAside(t *testing.T) {
	const metaPage = 4
	file := sound(t)
	cases := []struct {
		name string
		file []byte
		want string // in the warning
	}{
		{"empty", nil, "not a database"},
		{"text", []byte("hello\n"), "not a database"},
		{"long text", bytes.Repeat([]byte("hello\n"), 10_000), "not a database"},
		{"zeros", make([]byte, 32<<10), "not a database"},
		{"meta pages damaged", edit(file, metaPage, put64(metaRoot, 7)), "not a database"},
		{"one page", file[:pageSize], "cut off"},
		{"cut off", file[:5*pageSize], "cut off"},
		{"cut off in a page", file[:9*pageSize-1], "cut off"},
		{"more pages than fit", edit(file, metaPage, signed(put64(metaPages, 1<<62))), "cut off"},

		{"other database", database(t), "another kind"},
		{"other bucket", database(t, [][]byte{[]byte("x")}), "another kind or version"},
		{"other bucket beside", database(t, [][]byte{bucket}, [][]byte{[]byte("x")}), "another kind"},
		{"bucket in the bucket", database(t, [][]byte{bucket, []byte("x")}), "a bucket among the records"},
		{"other version", edit(file, metaPage, signed(put32(metaVersion, 3))), "another kind"},
		{"other page size", edit(file, metaPage, signed(put32(metaPageSize, 8192))), "another kind"},

		// These two end the whole process if bbolt gets there.
		{"branch to itself", edit(file, branchPage, func(page []byte) { put64(branchChild, order.Uint64(page))(page) }), "used twice"},
		{"endless free pages", edit(file, freelistPage, func(page []byte) { put16(pageCount, 1<<16-1)(page); put64(headerSize, 1<<36)(page) }), "not a list of free pages"},

		{"root outside", edit(file, metaPage, signed(put64(metaRoot, 1<<62))), "outside the file"},
		{"root a meta page", edit(file, metaPage, signed(put64(metaRoot, 1))), "outside the file"},
		{"free pages not listed", edit(file, metaPage, signed(put64(metaFreelist, 1<<64-1))), "outside the file"},
		{"free pages too many", edit(file, freelistPage, put16(pageCount, 600)), "not a list of free pages"},
		{"free page a meta page", edit(file, freelistPage, put64(headerSize, 0)), "outside the file"},
		{"free page in use", edit(file, freelistPage, func(page []byte) { put64(headerSize, order.Uint64(page))(page) }), "used twice"},
		{"branch to a meta page", edit(file, branchPage, put64(branchChild, 0)), "outside the file"},
		{"branch outside", edit(file, branchPage, put64(branchChild, 1<<40)), "outside the file"},
		{"branch without children", edit(file, branchPage, put16(pageCount, 0)), "neither a leaf nor a branch"},
		{"branch too full", edit(file, branchPage, put16(pageCount, 1000)), "reaches out of its page"},
		{"branch key outside", edit(file, branchPage, put32(branchKey, 1<<31)), "reaches out of its page"},
		{"leaf too full", edit(file, leafPage, put16(pageCount, 1000)), "reaches out of its page"},
		{"leaf key outside", edit(file, leafPage, put32(leafKey, 1<<31)), "reaches out of its page"},
		{"leaf value outside", edit(file, leafPage, put32(leafSize, 1<<31)), "reaches out of its page"},
		{"leaf key empty", edit(file, leafPage, put32(leafKeySize, 0)), "not that of a run"},
		{"leaf key longer", edit(file, leafPage, put32(leafKeySize, 48)), "not that of a run"},
		{"leaf key not the branch's", edit(file, branchPage, func(page []byte) { page[headerSize+int(order.Uint32(page[branchKey:]))]-- }), "where a branch has"},
		{"leaf empty", edit(file, leafPage, put16(pageCount, 0)), "an empty leaf"},
		{"leaf keys in disorder", edit(file, leafPage, func(page []byte) { put32(leafKey+elementSize, order.Uint32(page[leafKey:])-elementSize)(page) }), "after key"},
		{"leaf of a bucket", edit(file, leafPage, put32(leafKind, bucketFlag)), "a bucket among the records"},
		{"page of no kind", edit(file, leafPage, put16(pageKind, 0)), "neither a leaf nor a branch"},
		{"page of another id", edit(file, leafPage, put64(0, 99)), "says it is page 99"},
		{"page flows over the next", edit(file, leafPage, put32(pageOverflow, 1)), "used twice"},
		{"page flows out", edit(file, freelistPage, put32(pageOverflow, 1<<32-1)), "outside the file"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) { setAside(t, test.file, test.want) })
	}
}

// setAside checks that a ledger sets that broken file aside and goes on.
func setAside(t *testing.T, file []byte, want string) {
	var warnings []string
	l, err := Open(t.TempDir(), func(w string) { warnings = append(warnings, w) })
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.path(), file, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := runs(t, l, "clean"); len(got) > 0 {
		t.Errorf("%d runs in a broken file", len(got))
	}
	execute(t, l, "clean", noon, true)
	if got := runs(t, l, "clean"); len(got) != 1 || !got[0].Success {
		t.Errorf("runs after setting aside: %+v", got)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], want) {
		t.Errorf("warnings %q, want one with %q", warnings, want)
	}
	aside, err := filepath.Glob(l.path() + ".broken-*Z")
	if err != nil || len(aside) != 1 {
		t.Fatalf("set aside: %q, %v", aside, err)
	}
	if !bytes.Equal(read(t, aside[0]), file) {
		t.Error("the file set aside was changed")
	}
}

func TestFolderInPlaceOfTheFileIsSetAside(t *testing.T) {
	warnings := 0
	l, err := Open(t.TempDir(), func(string) { warnings++ })
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 3; n++ { // within one second: none may replace another
		if err := os.RemoveAll(l.path()); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(l.path(), "x"), 0o755); err != nil {
			t.Fatal(err)
		}
		execute(t, l, "clean", noon, true)
		aside, err := filepath.Glob(l.path() + ".broken-*")
		if err != nil || len(aside) != n || warnings != n {
			t.Fatalf("aside %q, %d warnings, %v", aside, warnings, err)
		}
	}
}

func TestDamagedRecordIsUnknown(t *testing.T) {
	l := openLedger(t, t.TempDir())
	for range 3 {
		execute(t, l, "clean", noon, true)
	}
	err := l.update("clean", func(h history) error {
		failed, other := bytes.Clone(h.bucket.Get(h.key(2))), bytes.Clone(h.bucket.Get(h.key(1)))
		failed[len(failed)-5] ^= 1
		if err := h.bucket.Put(h.key(2), failed); err != nil {
			return err
		}
		return h.bucket.Put(h.key(3), other)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := runs(t, l, "clean"); len(got) != 1 || got[0].ID != 1 {
		t.Errorf("runs: %+v", got)
	}
	if err := l.Finish("clean", 2, noon, true, ""); err == nil {
		t.Error("a run of which nothing is known was finished")
	}
	if got := execute(t, l, "clean", noon, true); got != 4 {
		t.Errorf("next run has id %d", got)
	}
}

// The check of the pages must accept whatever bbolt writes: records that overflow
// pages, trees that grow and shrink, lists of free pages.
func TestSoundFileIsNeverSetAside(t *testing.T) {
	l := openLedger(t, t.TempDir())
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		jobID := strconv.Itoa(random.IntN(10))
		err := l.update(jobID, func(h history) error {
			for range random.IntN(40) {
				r := record{Started: noon, Cause: strings.Repeat("x", random.IntN(1+random.IntN(20_000)))}
				if err := h.put(h.last()+1, r); err != nil {
					return err
				}
			}
			return h.prune(random.IntN(60))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzDamage checks that no damage makes the ledger crash, fail, or report a
// success that was not recorded.
func FuzzDamage(f *testing.F) {
	file := sound(f)
	var recorded []time.Time
	for id := time.Duration(2); id <= 60; id += 2 {
		recorded = append(recorded, noon.Add(id*time.Minute))
	}
	recorded = append(recorded, noon)

	f.Add(uint(len(file)), uint(0), uint(0), []byte{}, uint(0), []byte{}, false)
	f.Add(uint(5*pageSize), uint(0), uint(0), []byte{}, uint(0), []byte{}, false)
	f.Add(uint(len(file)), uint(3), uint(9), []byte{}, uint(0), []byte{}, false)
	for at := uint(0); at < uint(len(file)); at += 2 * pageSize {
		f.Add(uint(len(file)), uint(0), at+headerSize, []byte{255, 255, 255}, at+headerSize+8, []byte{7}, true)
	}
	f.Fuzz(func(t *testing.T, size, copied, at1 uint, bytes1 []byte, at2 uint, bytes2 []byte, resigned bool) {
		broken := slices.Clone(file)
		pages := uint(len(file)) / pageSize
		copy(broken[copied%pages*pageSize:], file[at1%pages*pageSize:][:pageSize])
		for i, b := range bytes1 {
			broken[(at1+uint(i))%uint(len(file))] ^= b
		}
		copy(broken[at2%uint(len(file)):], bytes2)
		if resigned { // as if the meta pages were intact
			signed(func([]byte) {})(broken)
			signed(func([]byte) {})(broken[pageSize:])
		}
		broken = broken[:min(size, uint(len(file)))]

		l, err := Open(t.TempDir(), func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(l.path(), broken, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, jobID := range []string{"clean", "report"} {
			for _, run := range runs(t, l, jobID) {
				if run.Success && !slices.ContainsFunc(recorded, run.Started.Equal) {
					t.Errorf("an invented success: %+v", run)
				}
			}
			start := noon.AddDate(1, 0, 0)
			id := execute(t, l, jobID, start, true)
			last := runs(t, l, jobID)
			if run := last[len(last)-1]; run.ID != id || !run.Started.Equal(start) {
				t.Errorf("after run %d the last is %+v", id, run)
			}
		}
	})
}
