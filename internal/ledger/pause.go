package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
)

// Pause marks the job as paused: `run` skips it, unless it is forced. changed is false if
// it was paused already, or another process was faster. When Pause returns, the mark is on
// the disk. Only the name of the file counts; its content is for people.
func (l *Ledger) Pause(jobID string, now time.Time) (changed bool, err error) {
	return l.mark(jobID, "pause", func(dir *os.Root, name string) error {
		f, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(f, "paused", now.UTC().Format(time.RFC3339))
		return f.Close()
	})
}

// Resume removes the mark of Pause. changed is false if there was none.
func (l *Ledger) Resume(jobID string) (changed bool, err error) {
	return l.mark(jobID, "resume", (*os.Root).Remove)
}

// mark changes the job's mark. It is no change if do finds that somebody has done it.
func (l *Ledger) mark(jobID, verb string, do func(dir *os.Root, name string) error) (changed bool, err error) {
	dir, err := l.folder()
	if err != nil {
		return false, fmt.Errorf("%s job %q: %w", verb, jobID, err)
	}
	defer dir.Close()
	err = do(dir, l.pauseName(jobID))
	if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = atomic.SyncDir(dir)
	}
	if err != nil {
		return false, fmt.Errorf("%s job %q: %w", verb, jobID, l.withHint(err))
	}
	return true, nil
}

// Paused reports whether the job is paused.
func (l *Ledger) Paused(jobID string) (bool, error) {
	dir, err := l.folder()
	if err != nil {
		return false, fmt.Errorf("look whether job %q is paused: %w", jobID, err)
	}
	defer dir.Close()
	_, err = dir.Lstat(l.pauseName(jobID))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether job %q is paused: %w", jobID, l.withHint(err))
	}
	return true, nil
}

func (l *Ledger) pauseName(jobID string) string { return l.jobName(jobID) + ".paused" }
