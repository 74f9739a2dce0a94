// Package ledger keeps the history of jobs that run outside GitHub Actions, so
// that a job under any cron keeps its promise on one machine.
//
// The ledger is the folder .scheduled beside the project file. Each project file has
// its own folder in there, and each job has two files in that: the lock, and the
// history, which is made of lines that cat shows:
//
//	# scheduled ledger 2: job "clean" of "pyproject.toml"
//	2f0c6d8e15a79b34 {"run":1,"started":"2026-11-21T10:37:02Z","slot":"2026-11-21T10:37:00Z"}
//	90ab33e1c2d4f576 {"run":1,"started":"2026-11-21T10:37:02Z","slot":"2026-11-21T10:37:00Z","ended":"2026-11-21T10:38:40Z","success":true}
//
// A run has a line for its start, and then one for its end. Each line begins with
// its checksum, which also covers the name of the project file and the job: a line
// that is torn, damaged, or from another history is not read. What cannot be read
// is unknown, and unknown means run. So a history survives kill -9 and damage. It
// goes with the folder: a project that was moved has its history, and so has a copy,
// from where each goes on by itself.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Ledger is the local history of the jobs of one project file. It keeps nothing
// open between calls, so many processes can share it.
type Ledger struct {
	file string // the project file: absolute, its folder through no symbolic link
	warn func(string)
	held []*os.File
}

// Exists reports whether there is a ledger beside the project file.
func Exists(projectFile string) bool {
	_, err := os.Lstat(filepath.Join(filepath.Dir(projectFile), folderName))
	return !errors.Is(err, fs.ErrNotExist)
}

// Open returns the ledger of a project file. Its folder is created when it is needed.
// The methods call warn with a sentence when runs that were recorded do not count,
// because the history is damaged, or there are several. Their errors have a hint.
func Open(projectFile string, warn func(string)) (*Ledger, error) {
	file, err := filepath.Abs(projectFile)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(file))
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	return &Ledger{file: filepath.Join(dir, filepath.Base(file)), warn: warn}, nil
}

// Runs returns the job's recorded runs, the oldest first. Their IDs count from 1
// within the job. A run without a recorded end was interrupted or is still
// running: not a success.
func (l *Ledger) Runs(jobID string) ([]schedule.Run, error) {
	dir, err := l.folder()
	if err != nil {
		return nil, fmt.Errorf("read history of job %q: %w", jobID, err)
	}
	defer dir.Close()
	h, err := load(dir, jobID)
	if err != nil {
		return nil, fmt.Errorf("read history of job %q: %w", jobID, l.withHint(err))
	}
	if h.flaw != "" {
		l.warn(fmt.Sprintf("the history %s is damaged (%s): what is lost is unknown, so the job may run once more",
			filepath.Join(dir.Name(), h.name), h.flaw))
	}
	return h.runs(), nil
}

// Past returns the job's recorded runs like Runs, with Active set for those that execute:
// as many of the newest without an end as processes hold a lock. All runs since known are
// there; known is zero if all runs ever are. This is for people: when they read it, it may
// have changed.
func (l *Ledger) Past(jobID string) (runs []schedule.Run, known time.Time, err error) {
	runs, err = l.Runs(jobID)
	if mayExecute(runs) { // else it is not worth a look at all locks of all jobs
		busy := l.busy(jobID)
		runs, err = l.Runs(jobID) // not older than the locks
		activate(runs, busy)
	}
	if len(runs) == 0 {
		return nil, time.Time{}, err
	}
	first := len(runs) - 1
	for first > 0 && runs[first-1].ID == runs[first].ID-1 {
		first--
	}
	if runs[first].ID > 1 {
		known = runs[first].Created
	}
	return runs, known, nil
}

// open reports whether a run has no recorded end.
func open(r schedule.Run) bool { return r.Failed && r.Updated.Equal(r.Created) }

// mayExecute reports whether one of the newest runs has no end.
func mayExecute(runs []schedule.Run) bool {
	for _, r := range slices.Backward(runs) {
		if open(r) || !r.Lane {
			return open(r)
		}
	}
	return false
}

// activate sets Active for as many of the newest runs without an end.
func activate(runs []schedule.Run, busy int) {
	for i := len(runs) - 1; i >= 0 && busy > 0; i-- {
		r := &runs[i]
		if open(*r) {
			r.Active, r.Failed = true, false
			busy--
		}
		if !r.Lane { // it was alone
			break
		}
	}
}

// Execution is a run whose start is recorded, and whose end is not yet.
type Execution struct {
	Next time.Time // when it asks to be run next, if it succeeds; set it before Finish

	ledger *Ledger
	jobID  string
	lane   Lane
	record record
}

// Start records that the job's entrypoint is about to start, to serve that window.
// When it returns, the start is on disk, and so is the room for the end. The caller
// holds the job's lock from before Start until after Finish.
func (l *Ledger) Start(jobID string, now time.Time, window schedule.Window) (*Execution, error) {
	return l.start(jobID, record{Started: now.UTC(), Slot: window.Start.UTC()})
}

// StartLane is Start for a job of which each slot has a run of its own: the run confirms
// that window, whenever it starts. The caller holds the lane's lock from before StartLane
// until after Finish. Where there are several, both take the job's lock for a moment.
func (l *Ledger) StartLane(ctx context.Context, jobID string, lane Lane, now time.Time, window schedule.Window) (*Execution, error) {
	if lane.Of > 1 {
		unlock, err := l.Lock(ctx, jobID, nil)
		defer unlock()
		if err != nil {
			return nil, fmt.Errorf("record start of job %q: %w", jobID, err)
		}
	}
	e, err := l.start(jobID, record{Started: now.UTC(), Slot: window.Start.UTC(), Lane: !window.IsZero(), Backfill: lane.Backfill})
	if e != nil {
		e.lane = lane
	}
	return e, err
}

func (l *Ledger) start(jobID string, r record) (*Execution, error) {
	e := &Execution{ledger: l, jobID: jobID, record: r}
	err := l.update(jobID, func(dir *os.Root, h *history) error {
		if err := e.record.check(); err != nil {
			return err
		}
		e.record.Run = h.next
		return h.add(dir, r.Started, string(h.line(e.record))+reserve)
	})
	if err != nil {
		return nil, fmt.Errorf("record start of job %q: %w", jobID, err)
	}
	return e, nil
}

// ID returns the number of the run within its job.
func (e *Execution) ID() int64 { return e.record.Run }

// Mark returns a text that no other run of any job on this machine has. It contains the
// path of the project: a copy, which has the same runs, has other marks.
func (l *Ledger) Mark(jobID string, run int64) string {
	return fmt.Sprintf("%s-%d", jobName(l.file, jobID), run)
}

// Finish records when and how the run ended. cause says in one line why it was not
// a success; it is cut to what fits. If the start was lost meanwhile, because the
// ledger was removed, it is recorded again.
func (e *Execution) Finish(end time.Time, ok bool, cause string) error {
	r := e.record
	r.Ended, r.Success, r.Cause = end.UTC(), ok, problem.Cut(cause, maxCause)
	if ok && !e.Next.IsZero() {
		r.Next = e.Next.UTC()
	}
	if e.lane.Of > 1 {
		unlock, err := e.ledger.Lock(context.Background(), e.jobID, nil) // the work is done
		defer unlock()
		if err != nil {
			return fmt.Errorf("record end of run %d of job %q: %w", r.Run, e.jobID, err)
		}
	}
	err := e.ledger.update(e.jobID, func(dir *os.Root, h *history) error {
		if err := r.check(); err != nil {
			return err
		}
		for len(h.line(r)) > len(reserve) {
			r.Cause = problem.Cut(r.Cause, utf8.RuneCountInString(r.Cause)/2)
		}
		at, reserved := h.reserved[r.Run]
		if start, known := h.records[r.Run]; known && !start.Started.Equal(r.Started) {
			r.Run, reserved = h.next, false
		}
		if reserved && h.fill(dir, at, r) == nil {
			return nil
		}
		return h.add(dir, end, string(h.line(r)))
	})
	if err != nil {
		return fmt.Errorf("record end of run %d of job %q: %w", r.Run, e.jobID, err)
	}
	return nil
}

// update passes the job's history to do.
func (l *Ledger) update(jobID string, do func(*os.Root, *history) error) error {
	dir, err := l.folder()
	if err != nil {
		return err
	}
	defer dir.Close()
	h, err := load(dir, jobID)
	if err != nil {
		return l.withHint(err)
	}
	return l.withHint(do(dir.Root, h))
}
