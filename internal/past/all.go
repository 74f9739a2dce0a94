package past

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	// atOnce is how many jobs are read at the same time. Each has up to as many
	// requests in flight, of the 100 that GitHub allows.
	atOnce = 8

	// maxRequests ends one ReadAll. Two windows of a job usually take three, and
	// GitHub grants a token of a person 5,000 an hour.
	maxRequests = 4000
)

// ReadAll reads the past of many jobs and calls read after each one, from several
// goroutines. A job that cannot be read has unknown windows and says why in Unread.
// The error is that of the first job if no job could be read, or the cause that ended
// ctx.
func (a *Archive) ReadAll(ctx context.Context, jobs []Job, reach schedule.Reach, read func()) ([]History, error) {
	timed, cancel := github.Within(ctx, readPatience, "read runs")
	defer cancel()
	return a.readAllUntil(ctx, timed, jobs, reach, read)
}

// readAllUntil is ReadAll until timed ends, which leaves the other jobs unread, or ctx
// ends, which is an error.
func (a *Archive) readAllUntil(ctx, timed context.Context, jobs []Job, reach schedule.Reach, read func()) ([]History, error) {
	all := readingAll{archive: a, histories: make([]History, len(jobs))}
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i, job := range jobs {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			all.read(timed, i, job, reach)
			read()
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return all.histories, fillUnread(all.histories, reach)
}

// readingAll is a ReadAll at work.
type readingAll struct {
	archive   *Archive
	histories []History

	mu       sync.Mutex
	stop     error // why no further job is read; nil while jobs are
	failures int   // in a row
}

// read reads the i-th job, unless that is useless.
func (r *readingAll) read(ctx context.Context, i int, job Job, reach schedule.Reach) {
	history, err := History{}, r.stopped(ctx)
	if err == nil {
		history, err = r.archive.Read(ctx, job, reach)
	}
	if err != nil {
		history = History{Job: job, Workflow: r.archive.workflows[job.File].State, Unread: err}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.histories[i] = history
	if err == nil {
		r.failures = 0
	} else if r.failures++; r.failures > atOnce || forbidden(err) {
		r.stop = cmp.Or(r.stop, err)
	}
}

// stopped returns why no further job is read; nil if it is.
func (r *readingAll) stopped(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop = cmp.Or(r.stop, context.Cause(ctx))
	if client := r.archive.Client; r.stop == nil && client != nil {
		r.stop = r.archive.spent(client.Sent(), client.Remaining())
	}
	return r.stop
}

// spent is an error if no more requests may be sent. It is given how many were sent and
// how many GitHub still grants, negative if unknown.
func (a *Archive) spent(sent, remaining int) error {
	switch {
	case remaining >= 0 && remaining < a.Reserve:
		return fmt.Errorf("not read: GitHub's rate limit has %s left, which the runs of jobs need", problem.Count(remaining, "request"))
	case sent >= maxRequests:
		return fmt.Errorf("not read: one call sends at most %d requests", maxRequests)
	}
	return nil
}

// forbidden reports whether a token may not read the runs of any job.
func forbidden(err error) bool {
	_, denied := errors.AsType[*github.Denied](err)
	return denied && !github.Missing(err)
}

// fillUnread gives unknown windows to the jobs that could not be read. The time comes
// from the other jobs.
func fillUnread(histories []History, reach schedule.Reach) (err error) {
	var now time.Time
	for _, h := range histories {
		if h.Unread == nil && h.Now.After(now) {
			now = h.Now
		}
		err = cmp.Or(err, h.Unread)
	}
	if now.IsZero() {
		return err
	}
	for i := range histories {
		h := &histories[i]
		if h.Unread == nil {
			continue
		}
		h.Now = now
		for _, w := range h.Schedule.Windows(now, reach.From(h.Schedule, now), 0) {
			h.Accounts = append(h.Accounts, schedule.Account{Window: w, State: schedule.StateUnknown})
		}
	}
	return nil
}

// Unread is the error of the jobs that could not be read, with one line for each
// cause; nil if all were.
func Unread(histories []History) error {
	const most = 3 // jobs to name
	var causes []error
	names := map[string][]string{}
	for _, h := range histories {
		if h.Unread == nil {
			continue
		}
		cause := h.Unread.Error()
		if names[cause] == nil {
			causes = append(causes, h.Unread)
		}
		names[cause] = append(names[cause], problem.Show(h.ID))
	}
	for i, cause := range causes {
		jobs := names[cause.Error()]
		if more := len(jobs) - most; more > 0 {
			jobs = append(jobs[:most], fmt.Sprintf("%d more", more))
		}
		causes[i] = fmt.Errorf("unknown here: %s: %w", strings.Join(jobs, ", "), cause)
	}
	return errors.Join(causes...)
}
