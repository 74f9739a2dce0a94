package github

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// snapshot takes one of the default branch, which stays readable during the test.
func snapshot(t *testing.T, client *Client) *Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	s, err := client.Snapshot(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var treeFiles = map[string]string{
	"pyproject.toml":       "[project]\n",
	"empty":                "",
	"a/b/c.txt":            "deep\r\nno newline",
	"a/b.txt":              "sorts before a/b/",
	"a/run.sh":             ghtest.Exec("#!/bin/sh\n"),
	"link":                 ghtest.Link("a/b/c.txt"),
	"a/up":                 ghtest.Link("../pyproject.toml"),
	"loop":                 ghtest.Link("loop"),
	"ünicode/a file.txt":   "odd name\n",
	".github/workflows/ci": "ci\n",
}

// TestSnapshot checks that it is the file system it says to be, also where the
// tree is too large for one answer.
func TestSnapshot(t *testing.T) {
	for _, limit := range []int{0, 3} {
		t.Run(fmt.Sprintf("limit %d", limit), func(t *testing.T) {
			fake := ghtest.New(t)
			fake.Commit("main", treeFiles)
			fake.SetTreeLimit(limit)
			s := snapshot(t, newClient(t, fake.URL))
			if s.Branch != "main" || s.Commit != fake.Head("main") {
				t.Errorf("%s at %s", s.Branch, s.Commit)
			}
			fake.Commit("main", map[string]string{"empty": "meanwhile", "pyproject.toml": ghtest.Absent})
			if err := fstest.TestFS(withoutLoop{s}, "pyproject.toml", "empty", "a/b/c.txt", "a/run.sh", "link", "a/up", "ünicode/a file.txt"); err != nil {
				t.Error(err)
			}
			for name, want := range map[string]string{"link": "deep\r\nno newline", "a/up": "[project]\n", "empty": "", "ünicode/a file.txt": "odd name\n"} {
				if got, err := fs.ReadFile(s, name); err != nil || string(got) != want {
					t.Errorf("%s: %q, %v", name, got, err)
				}
			}
			if _, err := s.Stat("loop"); err == nil {
				t.Error("a link to itself leads somewhere")
			}
			for _, name := range []string{"none", "a/none", "empty/none", "none/none"} {
				if _, err := fs.Stat(s, name); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// A file whose size GitHub does not say is read whole, not as an empty one.
func TestUnknownSize(t *testing.T) {
	content := []byte("[project]\n")
	s := &Snapshot{
		whole:   true,
		folders: map[string][]entry{".": {{name: "pyproject.toml", mode: modeFile, id: blobID(content, sha1Digits)}}},
		files:   map[string][]byte{blobID(content, sha1Digits): content},
	}
	if got, err := atomic.Read(s, "pyproject.toml", 100); err != nil || string(got) != string(content) {
		t.Errorf("read %q, %v", got, err)
	}
	if _, err := atomic.Read(s, "pyproject.toml", 5); err == nil {
		t.Error("the limit does not count")
	}
}

// withoutLoop hides what fstest.TestFS would try to open.
type withoutLoop struct{ *Snapshot }

func (w withoutLoop) Open(name string) (fs.File, error) {
	f, err := w.Snapshot.Open(name)
	if dir, ok := f.(*openDir); ok {
		dir.rest = withoutEntry(dir.rest)
	}
	return f, err
}

func (w withoutLoop) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := w.Snapshot.ReadDir(name)
	return withoutEntry(list), err
}

func withoutEntry(list []fs.DirEntry) []fs.DirEntry {
	return slices.DeleteFunc(list, func(e fs.DirEntry) bool { return e.Name() == "loop" })
}

// TestSnapshotRequests checks that a file costs a request when it is read, and
// once, and none if its content is known.
func TestSnapshotRequests(t *testing.T) {
	fake := ghtest.New(t)
	fake.Commit("main", treeFiles)
	s := snapshot(t, newClient(t, fake.URL))
	count := func(want int) {
		t.Helper()
		if got := fake.Requests(); len(got) != want {
			t.Errorf("want %d requests, got %v", want, got)
		}
	}
	count(2) // the branch, the tree
	s.Know([]byte("[project]\n"))
	for range 2 {
		if content, err := fs.ReadFile(s, "pyproject.toml"); err != nil || string(content) != "[project]\n" {
			t.Errorf("%q, %v", content, err)
		}
		if _, err := fs.Stat(s, "a/b.txt"); err != nil {
			t.Error(err)
		}
	}
	count(0)
	if !s.Known("pyproject.toml") || s.Known("a/b.txt") || s.Known("none") {
		t.Error("it does not know what it knows")
	}
	for range 2 {
		if _, err := fs.ReadFile(s, "a/b.txt"); err != nil {
			t.Error(err)
		}
	}
	count(1)
}

// TestSnapshotErrors distinguishes a missing branch from a repository that the token
// may not read, and notices a wrong content.
func TestSnapshotErrors(t *testing.T) {
	fake := ghtest.New(t)
	fake.Commit("main", treeFiles)
	client := newClient(t, fake.URL)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := client.Snapshot(ctx, "none")
	if _, ok := errors.AsType[*BranchError](err); !ok {
		t.Errorf("no branch: %v", err)
	}
	s := snapshot(t, client)
	fake.Break(ghtest.Fault{Path: "/git/blobs/", Body: `{"encoding":"base64","content":"eA=="}`, Once: true})
	if content, err := fs.ReadFile(s, "a/b.txt"); err == nil || s.Err() == nil {
		t.Errorf("read %q, %v", content, s.Err())
	}
	lacks := func(want Right) {
		t.Helper()
		_, err1 := client.Snapshot(ctx, "main")
		_, err2 := client.DefaultBranch(ctx)
		for _, err := range []error{err1, err2} {
			if denied, ok := errors.AsType[*Denied](err); !ok || denied.Lacks != want {
				t.Errorf("want %s missing: %v", want, err)
			}
		}
	}
	fake.SetToken("another")
	lacks(Valid)
	fake.SetToken("")
	fake.Break(ghtest.Fault{Status: 404, Body: `{"message":"Not Found"}`})
	lacks(Read)
}
