package atomic_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
)

// Updates at once wait for each other, and none is lost. The file keeps its mode.
func TestUpdate(t *testing.T) {
	dir, path := open(t)
	add := func(content []byte) ([]byte, error) {
		n, _ := strconv.Atoi(string(content))
		return []byte(strconv.Itoa(n + 1)), nil
	}
	if err := atomic.Update(dir, "a", 100, add); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(path, "a"), 0o666); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(filepath.Join(path, "a"))
	if err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for range 10 {
		writers.Go(func() {
			if err := atomic.Update(dir, "a", 100, add); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	if content, _ := os.ReadFile(filepath.Join(path, "a")); string(content) != "11" {
		t.Errorf("11 updates wrote %q", content)
	}
	if after, err := os.Stat(filepath.Join(path, "a")); err != nil || after.Mode() != before.Mode() {
		t.Errorf("mode %v became %v, %v", before.Mode(), after.Mode(), err)
	}
	if names := list(t, path); len(names) != 1 {
		t.Errorf("left %q", names)
	}
}

// What an editor writes meanwhile is seen. An error, and no change, leave the file alone.
func TestUpdateAgain(t *testing.T) {
	dir, path := open(t)
	file := filepath.Join(path, "a")
	asked := 0
	err := atomic.Update(dir, "a", 100, func(content []byte) ([]byte, error) {
		if asked++; asked == 1 {
			if content != nil {
				t.Errorf("read %q", content)
			}
			return []byte("lost"), os.WriteFile(file, []byte("theirs"), 0o600)
		}
		return append(content, " and ours"...), nil
	})
	if content, _ := os.ReadFile(file); err != nil || asked != 2 || string(content) != "theirs and ours" {
		t.Errorf("asked %d times, wrote %q, %v", asked, content, err)
	}
	err = atomic.Update(dir, "a", 100, func([]byte) ([]byte, error) {
		asked++
		return []byte("lost"), os.WriteFile(file, []byte(strconv.Itoa(asked)), 0o600)
	})
	if !errors.Is(err, atomic.ErrBusy) {
		t.Errorf("while it kept changing: %v", err)
	}
	before, _ := os.Stat(file)
	refused := errors.New("refused")
	if err := atomic.Update(dir, "a", 100, func([]byte) ([]byte, error) { return []byte("lost"), refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if err := atomic.Update(dir, "a", 100, func(content []byte) ([]byte, error) { return content, nil }); err != nil {
		t.Error(err)
	}
	if err := atomic.Update(dir, "a", 100, func([]byte) ([]byte, error) { return make([]byte, 101), nil }); err == nil {
		t.Error("wrote what it could not read again")
	}
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
		t.Errorf("wrote the file: %v", err)
	}
	if names := list(t, path); len(names) != 1 {
		t.Errorf("left %q", names)
	}
}

// A link is neither followed nor replaced.
func TestUpdateLink(t *testing.T) {
	dir, path := open(t)
	if err := os.WriteFile(filepath.Join(path, "a"), []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a", filepath.Join(path, "link")); err != nil && runtime.GOOS == "windows" {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	err := atomic.Update(dir, "link", 100, func([]byte) ([]byte, error) { return []byte("new"), nil })
	if !errors.Is(err, atomic.ErrLink) {
		t.Errorf("got %v", err)
	}
	if content, _ := os.ReadFile(filepath.Join(path, "a")); string(content) != "kept" {
		t.Errorf("wrote %q", content)
	}
}

// TestUpdateLost removes the temporary file meanwhile.
func TestUpdateLost(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nobody can remove an open file")
	}
	dir, path := open(t)
	err := atomic.Update(dir, "a", 100, func([]byte) ([]byte, error) {
		found, _ := filepath.Glob(filepath.Join(path, ".*lock-a*"))
		if len(found) != 1 {
			t.Fatal(found)
		}
		return []byte("new"), os.Remove(found[0])
	})
	if !errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// A lock that a killed process has left is removed, and one of a running process is not.
func TestUpdateAfterKill(t *testing.T) {
	dir, path := open(t)
	lock := filepath.Join(path, ".scheduled-lock-a.tmp")
	if err := os.WriteFile(lock, []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(lock, old, old); err != nil {
		t.Fatal(err)
	}
	if err := atomic.Update(dir, "a", 100, func([]byte) ([]byte, error) { return []byte("whole"), nil }); err != nil {
		t.Fatal(err)
	}
	if content, _ := os.ReadFile(filepath.Join(path, "a")); string(content) != "whole" {
		t.Errorf("wrote %q", content)
	}
	if names := list(t, path); len(names) != 1 {
		t.Errorf("left %q", names)
	}
}

// A process that slept until another one had removed its lock writes nothing.
func TestUpdateOfSleeper(t *testing.T) {
	dir, path := open(t)
	lock := filepath.Join(path, ".scheduled-lock-a.tmp")
	err := atomic.Update(dir, "a", 100, func([]byte) ([]byte, error) {
		return []byte("late"), errors.Join(os.Rename(lock, lock+".moved"), os.WriteFile(lock, []byte("half"), 0o644))
	})
	if !errors.Is(err, atomic.ErrBusy) {
		t.Errorf("got %v", err)
	}
	if content, err := os.ReadFile(lock); err != nil || string(content) != "half" {
		t.Errorf("the lock of the other one has %q, %v", content, err)
	}
	if _, err := os.Stat(filepath.Join(path, "a")); err == nil {
		t.Error("wrote the file")
	}
}
