package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// Lock waits until this process alone may run the job, or until ctx ends. If it
// has to wait, it calls onWait once. The lock is held until unlock is called or
// the process ends, however it ends. Locks of different jobs are independent.
// Read the clock after Lock returns: by then it may be another window.
//
// The lock is that of a file in the ledger. Removing the ledger, or replacing it with a
// link, does not free the lock: on Linux a part of the project's own folder is locked
// as well. That lock may be held even if there is an error, so call unlock in any case.
func (l *Ledger) Lock(ctx context.Context, jobID string, onWait func()) (unlock func(), err error) {
	for waits := 0; ; waits++ {
		unlock, err = l.tryLock(jobID)
		if errors.Is(err, errLocked) {
			if waits == 0 && onWait != nil {
				onWait()
			}
			select {
			case <-ctx.Done():
				err = ctx.Err()
			case <-time.After(50*time.Millisecond + rand.N(50*time.Millisecond)):
				continue
			}
		}
		if err != nil {
			err = fmt.Errorf("lock job %q: %w", jobID, l.withHint(err))
		}
		return unlock, err
	}
}

// Held returns the files whose locks Lock has taken last. If a child process inherits
// them, the job stays locked until the child has ended too, even after kill -9 of this
// process. That works on Unix.
func (l *Ledger) Held() []*os.File { return l.held }

// errLocked says that another process holds the lock.
var errLocked = errors.New("another process runs the job")

// tryLock takes the job's lock if it is free.
func (l *Ledger) tryLock(jobID string) (unlock func(), err error) {
	nothing := func() {}
	project, err := os.Open(filepath.Dir(l.file))
	if err != nil {
		return nothing, err
	}
	key := sha256.Sum256([]byte(l.jobKey(jobID)))
	if err := lockFolder(project, int64(binary.BigEndian.Uint64(key[:])>>2)); err != nil {
		project.Close()
		return nothing, err
	}
	file, err := l.tryLockFile(jobID)
	switch {
	case errors.Is(err, errLocked):
		project.Close()
		return nothing, err
	case err != nil:
		l.held = []*os.File{project}
		return func() { project.Close() }, err
	}
	l.held = []*os.File{project, file}
	return func() { file.Close(); project.Close() }, nil
}

// tryLockFile takes the lock of the job's file if it is free. The lock is that of
// the open file, so it counts only while the name still belongs to that file.
func (l *Ledger) tryLockFile(jobID string) (*os.File, error) {
	dir, err := l.folder()
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	name := l.lockName(jobID)
	f, err := regularFile(dir, name, os.O_RDWR, maxSize)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = dir.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return nil, errLocked
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Join(dir.Name(), name), err)
	}
	if err = lockFile(f, true); err == nil {
		err = l.checkLock(name, f)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// checkLock makes sure that the file is still in the ledger. It may have been
// removed while it was being locked.
func (l *Ledger) checkLock(name string, f *os.File) error {
	dir, err := l.folder()
	if err != nil {
		return err
	}
	defer dir.Close()
	locked, err := f.Stat()
	if err != nil {
		return err
	}
	there, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(there, locked) {
		return errLocked
	}
	return err
}

// busy reports whether a process holds the job's lock.
func (l *Ledger) busy(jobID string) bool {
	dir, err := l.folder()
	if err != nil {
		return false
	}
	defer dir.Close()
	f, err := regularFile(dir, l.lockName(jobID), os.O_RDWR, maxSize)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(lockFile(f, false), errLocked)
}

func (l *Ledger) lockName(jobID string) string { return l.jobName(jobID) + ".lock" }
