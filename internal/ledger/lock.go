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
	"slices"
	"sync"
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
//
// Who takes several locks takes them in this order, so that nobody waits in a circle: the
// job or one of its lanes, what jobs share, and then, to record something, the job of a
// lane.
func (l *Ledger) Lock(ctx context.Context, jobID string, onWait func()) (unlock func(), err error) {
	return l.take(ctx, jobLock(jobID), once(onWait))
}

// LockLane is Lock for one of the job's lanes: only one process executes in it at a time.
// It calls onWait each time it finds the lock taken.
func (l *Ledger) LockLane(ctx context.Context, jobID string, lane Lane, onWait func()) (unlock func(), err error) {
	return l.take(ctx, laneLock(jobID, lane), onWait)
}

// LockShared is Lock for what several jobs of the project share, by its name.
func (l *Ledger) LockShared(ctx context.Context, name string, onWait func()) (unlock func(), err error) {
	return l.take(ctx, lock{fmt.Sprintf("take lock %q", name), func(of string) string {
		return "shared-" + slug(name) + "-" + hash("scheduled lock\x00"+of+"\x00"+name)
	}}, once(onWait))
}

// TakeServe takes the lock of the one resident loop that serves the project, if it is free.
// As with Lock, it may be held even if there is an error.
func (l *Ledger) TakeServe() (leave func(), taken bool, err error) {
	leave, err = l.tryLock(lock{name: func(of string) string { return "serve-" + hash("scheduled serve\x00"+of) }})
	if errors.Is(err, errLocked) {
		return leave, false, nil
	}
	if err != nil {
		err = fmt.Errorf("take the place of the loop: %w", l.withHint(err))
	}
	return leave, err == nil, err
}

// Lane is one of several lanes in which a job executes: its number, and how many there are.
// A job with one lane has the lock of the job as that of the lane.
type Lane struct {
	Number, Of int
	Backfill   bool // a person starts the run for its slot
}

// lock is a lock of the ledger.
type lock struct {
	doing string                 // for errors
	name  func(of string) string // the name of its file, without the ending
}

func jobLock(jobID string) lock { return laneLock(jobID, Lane{}) }

func laneLock(jobID string, lane Lane) lock {
	return lock{fmt.Sprintf("lock job %q", jobID), func(of string) string { return laneName(of, jobID, lane) }}
}

// laneName is the name of the files of a lane, without the ending.
func laneName(of, jobID string, lane Lane) string {
	name := jobName(of, jobID)
	if lane.Of > 1 {
		name += fmt.Sprintf("-lane-%d", lane.Number)
	}
	return name
}

// once returns a function that calls do the first time only.
func once(do func()) func() {
	if do == nil {
		return nil
	}
	return sync.OnceFunc(do)
}

// take waits until it has the lock.
func (l *Ledger) take(ctx context.Context, which lock, onWait func()) (unlock func(), err error) {
	for {
		unlock, err = l.tryLock(which)
		if errors.Is(err, errLocked) {
			if onWait != nil {
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
			err = fmt.Errorf("%s: %w", which.doing, l.withHint(err))
		}
		return unlock, err
	}
}

// Held returns the files of the locks that are held. If a child process inherits them, the
// locks stay taken until the child has ended too, even after kill -9 of this process. That
// works on Unix.
func (l *Ledger) Held() []*os.File { return slices.Clone(l.held) }

// hold adds files of a lock to those that are held, and returns what lets go of them.
func (l *Ledger) hold(files ...*os.File) (unlock func()) {
	l.held = append(l.held, files...)
	return sync.OnceFunc(func() {
		for _, f := range slices.Backward(files) {
			f.Close()
		}
		l.held = slices.DeleteFunc(l.held, func(f *os.File) bool { return slices.Contains(files, f) })
	})
}

// errLocked says that another process holds the lock.
var errLocked = errors.New("another process runs the job")

// tryLock takes a lock if it is free. In the project's own folder, its place goes by the
// name of the project file in any case: that does not change when the ledger is removed.
func (l *Ledger) tryLock(which lock) (unlock func(), err error) {
	nothing := func() {}
	project, err := os.Open(filepath.Dir(l.file))
	if err != nil {
		return nothing, err
	}
	key := sha256.Sum256([]byte(which.name(filepath.Base(l.file))))
	if err := lockFolder(project, int64(binary.BigEndian.Uint64(key[:])>>2)); err != nil {
		project.Close()
		return nothing, err
	}
	file, err := l.tryLockFile(which)
	switch {
	case errors.Is(err, errLocked):
		project.Close()
		return nothing, err
	case err != nil:
		return l.hold(project), err
	}
	return l.hold(project, file), nil
}

// tryLockFile takes the lock of the file in the ledger if it is free. The lock is that of
// the open file, so it counts only while the name still belongs to that file.
func (l *Ledger) tryLockFile(which lock) (*os.File, error) {
	dir, err := l.folder()
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	name := which.name(dir.of) + ".lock"
	f, err := regularFile(dir.Root, name, os.O_RDWR, maxSize)
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
		err = l.checkLock(which, f)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// checkLock makes sure that the file is still in the ledger. It may have been
// removed while it was being locked.
func (l *Ledger) checkLock(which lock, f *os.File) error {
	dir, err := l.folder()
	if err != nil {
		return err
	}
	defer dir.Close()
	locked, err := f.Stat()
	if err != nil {
		return err
	}
	there, err := dir.Lstat(which.name(dir.of) + ".lock")
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(there, locked) {
		return errLocked
	}
	return err
}

// busy returns how many processes hold the lock of the job, or of one of its lanes.
func (l *Ledger) busy(jobID string) (n int) {
	dir, err := l.folder()
	if err != nil {
		return 0
	}
	defer dir.Close()
	name := jobName(dir.of, jobID)
	lanes, _ := fs.Glob(dir.FS(), name+"-lane-*.lock")
	for _, name := range append(lanes, name+".lock") {
		if f, err := regularFile(dir.Root, name, os.O_RDWR, maxSize); err == nil {
			if errors.Is(lockFile(f, false), errLocked) {
				n++
			}
			f.Close()
		}
	}
	return n
}
