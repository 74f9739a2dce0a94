// Package atomic writes files whole or not at all: under a temporary name first, then
// moved into place, so that a reader never sees a part of one. It also reads files that
// may come from somebody else.
package atomic

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// The names of files that are not in place yet.
const (
	prefix = ".scheduled-"
	suffix = ".tmp"
)

// Write writes a file in a folder, and replaces a file of that name. It follows no
// symbolic link.
func Write(dir *os.Root, name string, content []byte, perm fs.FileMode) error {
	return write(dir, name, content, perm, false)
}

// WriteDurably is like Write. When it returns, the file is on the disk and survives a
// power failure.
func WriteDurably(dir *os.Root, name string, content []byte, perm fs.FileMode) error {
	return write(dir, name, content, perm, true)
}

func write(dir *os.Root, name string, content []byte, perm fs.FileMode, durable bool) error {
	temp := prefix + rand.Text() + suffix
	f, err := dir.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if err != nil {
		return cause(err)
	}
	if _, err = f.Write(content); err == nil && durable {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = dir.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(cause(err), dir.Remove(temp))
	}
	if durable {
		return SyncDir(dir)
	}
	return nil
}

// cause returns what is wrong without the call and the temporary name: who calls Write knows
// which file it is.
func cause(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	if at, ok := errors.AsType[*os.LinkError](err); ok {
		return at.Err
	}
	return err
}

// Sweep removes the temporary files that killed calls have left in a folder. A running
// call moves its file within moments, so a file that is a minute old is stale.
func Sweep(dir *os.Root, now time.Time) error {
	temps, err := fs.Glob(dir.FS(), prefix+"*"+suffix)
	if err != nil {
		return err
	}
	for _, temp := range temps {
		info, err := dir.Lstat(temp)
		if err == nil && now.Sub(info.ModTime()) > time.Minute {
			err = dir.Remove(temp)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove %s: %w", temp, err)
		}
	}
	return nil
}
