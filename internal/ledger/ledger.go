// Package ledger keeps the history of jobs that run outside GitHub Actions, so
// that a job under any cron keeps its promise on one machine. It lies in the
// folder .scheduled of the project and survives kill -9 and damage to its
// file: what cannot be read is unknown, and unknown means run.
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

// folder is where the ledger lies in the project.
const folder = ".scheduled"

// Ledger is the local history of one project's jobs. It holds nothing open
// between calls, so that many processes can share it.
type Ledger struct {
	dir  string
	warn func(string)
}

// Open opens the ledger of the project in that folder, and creates it where
// there is none. warn is told, in a sentence, when the ledger's file turns out
// to be broken and is set aside; it may be called by every method.
func Open(projectDir string, warn func(string)) (*Ledger, error) {
	l := &Ledger{dir: filepath.Join(projectDir, folder), warn: warn}
	if err := l.makeFolder(); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	return l, nil
}

// makeFolder makes the folder and the file by which git ignores it, each
// without following a symbolic link, which a repository could have planted.
func (l *Ledger) makeFolder() error {
	if err := os.Mkdir(l.dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(l.dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%q is a symbolic link or a file; it has to be a folder", l.dir)
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

// Lock waits until this process alone may run the job, or ctx ends. It calls
// onWait once if it has to wait. The lock is held until unlock is called or
// the process ends, however it ends; locks of different jobs are independent.
// Read the clock after Lock returns: the window may be another one by then.
func (l *Ledger) Lock(ctx context.Context, jobID string, onWait func()) (unlock func(), err error) {
	unlock, err = l.acquire(ctx, fmt.Sprintf("%x.lock", sha256.Sum256([]byte(jobID))), 100*time.Millisecond, onWait)
	if err != nil {
		return nil, fmt.Errorf("lock job %q: %w", jobID, err)
	}
	return unlock, nil
}

// acquire takes the lock of that name, trying anew every so often.
func (l *Ledger) acquire(ctx context.Context, name string, every time.Duration, onWait func()) (unlock func(), err error) {
	path := filepath.Join(l.dir, name)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", path)
	}
	lock := flock.New(path)
	locked, err := lock.TryLock()
	if err == nil && !locked {
		onWait()
		_, err = lock.TryLockContext(ctx, every)
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// Runs returns the job's runs that the ledger knows, the oldest first. A run's
// ID counts from 1 within the job. A run whose end was not recorded was
// interrupted or still goes on: it is no success.
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

// Start records that the job's entrypoint is about to start, to serve that
// window. The record is on disk when Start returns. The caller holds the job's
// lock, from before Start until after Finish.
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

// Finish records when and how the run that Start returned has ended. cause
// says in a line why it was no success.
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
