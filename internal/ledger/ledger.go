// Package ledger keeps the history of jobs that run outside GitHub Actions, so
// that a job under any cron keeps its promise on one machine. The ledger is in
// the project's folder .scheduled, and survives kill -9 and damage to its file:
// what cannot be read is unknown, and unknown means run.
package ledger

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"go.etcd.io/bbolt"
)

// folder is the folder of the ledger in the project.
const folder = ".scheduled"

// Ledger is the local history of one project's jobs. It keeps nothing open
// between calls, so many processes can share it.
type Ledger struct {
	dir  string
	warn func(string)
}

// Exists reports whether the project in that folder has a ledger.
func Exists(projectDir string) bool {
	_, err := os.Lstat(filepath.Join(projectDir, folder))
	return !errors.Is(err, fs.ErrNotExist)
}

// Open opens the ledger of the project in that folder, and creates its folder if
// there is none. Every method calls warn with a sentence if the ledger's file
// turns out to be broken and is set aside. Errors that say that the folder cannot
// be written have a method Hint.
func Open(projectDir string, warn func(string)) (*Ledger, error) {
	l := &Ledger{dir: filepath.Join(projectDir, folder), warn: warn}
	if err := l.makeFolder(); err != nil {
		return nil, fmt.Errorf("open ledger: %w", withHint(err))
	}
	return l, nil
}

// makeFolder makes the folder, and the file that makes git ignore it. It follows
// no symbolic link, which a repository could have planted.
func (l *Ledger) makeFolder() error {
	if err := os.Mkdir(l.dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(l.dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%q is a symbolic link or a file; it must be a folder", l.dir)
	}
	ignore, err := os.OpenFile(filepath.Join(l.dir, ".gitignore"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = ignore.WriteString("*\n")
	return errors.Join(err, ignore.Close())
}

// Lock waits until this process alone may run the job, or until ctx ends. If it
// has to wait, it calls onWait once. The lock is held until unlock is called or
// the process ends, however it ends. Locks of different jobs are independent.
// Read the clock after Lock returns: by then it may be another window.
func (l *Ledger) Lock(ctx context.Context, jobID string, onWait func()) (unlock func(), err error) {
	unlock, err = l.acquire(ctx, lockName(jobID), 100*time.Millisecond, onWait)
	if err != nil {
		return nil, fmt.Errorf("lock job %q: %w", jobID, withHint(err))
	}
	return unlock, nil
}

// acquire takes the lock of that name, and tries again at that interval.
func (l *Ledger) acquire(ctx context.Context, name string, interval time.Duration, onWait func()) (unlock func(), err error) {
	path := filepath.Join(l.dir, name)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", path)
	}
	lock := flock.New(path)
	locked, err := lock.TryLock()
	if err == nil && !locked {
		onWait()
		_, err = lock.TryLockContext(ctx, interval)
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// busy reports whether a process holds the job's lock.
func (l *Ledger) busy(jobID string) bool {
	path := filepath.Join(l.dir, lockName(jobID))
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	lock := flock.New(path)
	free, err := lock.TryRLock()
	if free {
		_ = lock.Unlock()
	}
	return err == nil && !free
}

func lockName(jobID string) string { return fmt.Sprintf("%x.lock", sha256.Sum256([]byte(jobID))) }

// Runs returns the job's recorded runs, the oldest first. Their IDs count from 1
// within the job. A run without a recorded end was interrupted or is still
// running: not a success.
func (l *Ledger) Runs(jobID string) ([]schedule.Run, error) {
	var runs []schedule.Run
	err := l.use(func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error {
			runs = history{tx.Bucket(bucket), jobID}.runs()
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read history of job %q: %w", jobID, err)
	}
	return runs, nil
}

// Past returns the job's recorded runs like Runs, with Active set for the one that
// a process executes right now. Every run since known is among them; known is zero
// if every run ever is. It is for people: by the time they read it, it is past.
func (l *Ledger) Past(jobID string) (runs []schedule.Run, known time.Time, err error) {
	busy := l.busy(jobID)
	if runs, err = l.Runs(jobID); len(runs) == 0 {
		return nil, time.Time{}, err
	}
	newest := &runs[len(runs)-1]
	newest.Active = busy && newest.Failed && newest.Updated.Equal(newest.Created)
	newest.Failed = newest.Failed && !newest.Active
	first := len(runs) - 1
	for first > 0 && runs[first-1].ID == runs[first].ID-1 {
		first--
	}
	if runs[first].ID > 1 {
		known = runs[first].Created
	}
	return runs, known, nil
}

// Start records that the job's entrypoint is about to start, to serve that
// window. The record is on disk when Start returns. The caller holds the job's
// lock from before Start until after Finish.
func (l *Ledger) Start(jobID string, now time.Time, window schedule.Window) (id int64, err error) {
	err = l.update(jobID, func(h history) error {
		id = h.last() + 1
		return errors.Join(h.put(id, record{Started: now.UTC(), Slot: window.Start.UTC()}), h.prune(keep))
	})
	if err != nil {
		return 0, fmt.Errorf("record start of job %q: %w", jobID, err)
	}
	return id, nil
}

// Finish records when and how the run that Start returned ended. cause says in
// one line why it was not a success.
func (l *Ledger) Finish(jobID string, id int64, end time.Time, ok bool, cause string) error {
	err := l.update(jobID, func(h history) error {
		r, known := h.get(id)
		if !known {
			return errors.New("its start is not in the ledger")
		}
		r.Ended, r.Success, r.Cause = end.UTC(), ok, cause[:min(len(cause), maxCause)]
		return h.put(id, r)
	})
	if err != nil {
		return fmt.Errorf("record end of run %d of job %q: %w", id, jobID, err)
	}
	return nil
}

func (l *Ledger) update(jobID string, do func(history) error) error {
	return l.use(func(db *bbolt.DB) error {
		return db.Update(func(tx *bbolt.Tx) error {
			return do(history{tx.Bucket(bucket), jobID})
		})
	})
}
