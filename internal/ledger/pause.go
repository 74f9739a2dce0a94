package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// maxPauses is how many pauses of a job that are over are remembered.
const maxPauses = 50

// The mark of a pause, and of one that is over: that has the time of its end, so that each
// has a name of its own and they sort by age.
const (
	pausedMark  = ".paused"
	resumedMark = ".resumed-"
	everMark    = ".resumed" // there is, or was, one of those
	markTime    = "20060102T150405.000000000Z"
)

// Pause marks the job as paused: `run` skips it, unless it is forced. changed is false if
// it was paused already, or another process was faster. When Pause returns, the mark is on
// the disk. Only the name of the file says that the job is paused; its content says since
// when.
func (l *Ledger) Pause(jobID string, now time.Time) (changed bool, err error) {
	return l.mark(jobID, "pause", func(dir place, name string) error {
		f, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(f, pausedSince, now.UTC().Format(time.RFC3339Nano))
		_ = f.Sync()
		return f.Close()
	})
}

// pausedSince comes before the time in a mark.
const pausedSince = "paused"

// Resume ends the pause. changed is false if there was none. The mark gets another name, in
// one step, and is remembered: see Pauses.
func (l *Ledger) Resume(jobID string, now time.Time) (changed bool, err error) {
	return l.mark(jobID, "resume", func(dir place, name string) error {
		over := jobName(dir.of, jobID) + resumedMark
		if ever, err := dir.OpenFile(jobName(dir.of, jobID)+everMark, os.O_WRONLY|os.O_CREATE, 0o600); err == nil {
			_ = ever.Close()
		}
		err := dir.Rename(name, over+now.UTC().Format(markTime))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			err = dir.Remove(name) // then it is not remembered
		}
		if err != nil {
			return err
		}
		marks, _ := fs.Glob(dir.FS(), over+"*") // sorted; the pattern is valid
		for _, old := range marks[:max(0, len(marks)-maxPauses)] {
			_ = dir.Remove(old) // what stays there does no harm
		}
		return nil
	})
}

// Pauses returns the job's pauses, the oldest first: the newest of those that are over, and
// the one that is not, until now. One whose beginning was lost is left out.
func (l *Ledger) Pauses(jobID string, now time.Time) (schedule.Pauses, error) {
	dir, err := l.folder()
	if err != nil {
		return nil, fmt.Errorf("read pauses of job %q: %w", jobID, err)
	}
	defer dir.Close()
	over := jobName(dir.of, jobID) + resumedMark
	var marks []string
	if _, err := dir.Lstat(jobName(dir.of, jobID) + everMark); err == nil { // else it is not worth a look at all files of all jobs
		marks, _ = fs.Glob(dir.FS(), over+"*")
	}
	var pauses schedule.Pauses
	for _, name := range append(marks, pauseName(dir.of, jobID)) {
		until, ended := strings.CutPrefix(name, over)
		end, err := time.Parse(markTime, until)
		if !ended {
			end, err = now, nil
		}
		start, known := beginning(dir.Root, name)
		if err == nil && known && start.Before(end) {
			pauses = append(pauses, schedule.Window{Start: start, End: end.UTC()})
		}
	}
	return pauses, nil
}

// beginning reads from a mark since when the job was paused.
func beginning(dir *os.Root, name string) (start time.Time, known bool) {
	content, err := readFile(dir, name, maxMark)
	if err != nil {
		return start, false
	}
	since, marked := strings.CutPrefix(string(content), pausedSince+" ")
	start, err = time.Parse(time.RFC3339Nano, strings.TrimSpace(since))
	return start.UTC(), marked && err == nil
}

// maxMark is how long a mark can be, in bytes.
const maxMark = 100

// mark changes the job's mark. It is no change if do finds that somebody has done it.
func (l *Ledger) mark(jobID, verb string, do func(dir place, name string) error) (changed bool, err error) {
	dir, err := l.folder()
	if err != nil {
		return false, fmt.Errorf("%s job %q: %w", verb, jobID, err)
	}
	defer dir.Close()
	err = do(dir, pauseName(dir.of, jobID))
	if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = atomic.SyncDir(dir.Root)
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
	_, err = dir.Lstat(pauseName(dir.of, jobID))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether job %q is paused: %w", jobID, l.withHint(err))
	}
	return true, nil
}

func pauseName(of, jobID string) string { return jobName(of, jobID) + pausedMark }
