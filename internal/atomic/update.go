package atomic

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// The time that Update waits for another one, and how often it looks.
const (
	patience = 10 * time.Second
	interval = 20 * time.Millisecond
	ancient  = time.Minute // a lock of that age was left behind, even by the clock of a network's server
)

// ErrLink is the error of an Update of a symbolic link.
var ErrLink = errors.New("it is a symbolic link, and scheduled does not write through links")

// ErrBusy is the error of an Update that has waited for another one for too long.
var ErrBusy = errors.New("another process is changing it")

// Update gives a file of a folder the content that change makes of its present one, which
// is nil if there is no file. The file keeps its permissions. If change returns an error,
// or nothing new, the file stays as it is. Updates of one file wait for each other, and if
// something else writes the file meanwhile, change is asked again.
//
// The temporary file is the lock, and moving it into place frees it.
func Update(dir *os.Root, name string, most int64, change func(content []byte) ([]byte, error)) error {
	temp := prefix + "lock-" + name + suffix
	f, err := create(dir, temp)
	if err != nil {
		return cause(err)
	}
	moved, err := update(dir, name, temp, f, most, change)
	if !moved {
		f.Close() // of no account: it is removed
		err = errors.Join(err, dir.Remove(temp))
	}
	return err
}

// create creates the lock, and waits if it is there. One that is older than any Update takes
// was left behind by a process that was killed, and is removed.
func create(dir *os.Root, temp string) (*os.File, error) {
	var first fs.FileInfo
	for waited := time.Duration(0); ; waited += interval {
		f, err := dir.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
		there, err := dir.Lstat(temp)
		if first == nil {
			first = there
		}
		switch {
		case err != nil: // it was freed meanwhile
		case time.Since(there.ModTime()) > ancient, waited >= patience && same(first, there):
			takeAway(dir, temp, there)
		case waited >= patience:
			return nil, ErrBusy
		}
		time.Sleep(interval)
	}
}

// takeAway removes a lock that was left behind. One that another process has put in its place
// meanwhile is put back.
func takeAway(dir *os.Root, temp string, left fs.FileInfo) {
	old := prefix + rand.Text() + suffix
	if dir.Rename(temp, old) != nil {
		return // it was freed
	}
	if taken, err := dir.Lstat(old); err == nil && !os.SameFile(left, taken) {
		_ = dir.Link(old, temp) // if that fails, its owner finds out before it writes
	}
	_ = dir.Remove(old) // Sweep removes it otherwise
}

// same reports whether a lock is still the one that it was.
func same(was, is fs.FileInfo) bool {
	return was != nil && os.SameFile(was, is) && was.ModTime().Equal(is.ModTime())
}

// update reads and changes a file, and moves the temporary file into its place. It returns
// whether the temporary file is gone.
func update(dir *os.Root, name, temp string, f *os.File, most int64, change func([]byte) ([]byte, error)) (moved bool, err error) {
	var before, after []byte
	for tries := 0; ; tries++ {
		if before, err = Present(dir, name, most); err != nil {
			return false, err
		}
		if after, err = change(before); err != nil || bytes.Equal(before, after) {
			return false, err
		}
		if int64(len(after)) > most {
			return false, tooLarge(most)
		}
		now, err := Present(dir, name, most)
		if err != nil {
			return false, err
		}
		if bytes.Equal(before, now) {
			break
		}
		if tries == 3 {
			return false, ErrBusy
		}
	}
	if info, err := dir.Stat(name); err == nil {
		if err := dir.Chmod(temp, info.Mode().Perm()); err != nil {
			return false, err
		}
	}
	if _, err := f.Write(after); err != nil {
		return false, err
	}
	ours, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	there, err := dir.Lstat(temp)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, fmt.Errorf("%w, and has removed the lock of this one: %w", ErrBusy, err)
	case err != nil:
		return true, err
	case !os.SameFile(ours, there): // this process slept, and another one has removed its lock
		return true, ErrBusy
	}
	err = dir.Rename(temp, name)
	return err == nil, err
}

// Present returns what Update would change: the content of a regular file, nil if there is
// none.
func Present(dir *os.Root, name string, most int64) ([]byte, error) {
	info, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, ErrLink
	}
	return Read(dir.FS(), name, most)
}
