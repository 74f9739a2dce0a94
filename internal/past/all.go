package past

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// ReadAll reads the past of many jobs, and calls read when the runs of one are known. A
// job that cannot be read has unknown windows and says why in Unread. The error is that
// of the first job if no job could be read, or the cause that ended ctx.
func (a *Archive) ReadAll(ctx context.Context, jobs []Job, reach schedule.Reach, read func()) ([]History, error) {
	timed, cancel := github.Within(ctx, readPatience, "read runs")
	defer cancel()
	return a.readAllUntil(ctx, timed, jobs, reach, read)
}

// readAllUntil is ReadAll until timed ends, which leaves the other jobs unread, or ctx
// ends, which is an error.
func (a *Archive) readAllUntil(ctx, timed context.Context, jobs []Job, reach schedule.Reach, read func()) ([]History, error) {
	histories := make([]History, len(jobs))
	var hosted []int
	for i, job := range jobs {
		if a.Client != nil && !job.Local {
			hosted = append(hosted, i)
			continue
		}
		var err error
		if histories[i], err = a.readLedger(job, reach); err != nil {
			histories[i] = a.unread(job, err)
		}
		read()
	}
	a.readHosted(timed, histories, jobs, hosted, reach, read)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return histories, fillUnread(histories, reach)
}

// readHosted reads those of the jobs that run on GitHub. The list of all runs is for
// several jobs: that of one job's runs is shorter.
func (a *Archive) readHosted(ctx context.Context, histories []History, jobs []Job, hosted []int, reach schedule.Reach, read func()) {
	var pasts []github.Past
	var err error
	switch len(hosted) {
	case 0:
		return
	case 1:
		histories[hosted[0]], err = a.readGitHub(ctx, jobs[hosted[0]], reach)
		read()
	default:
		var queries []github.Query
		for _, i := range hosted {
			queries = append(queries, a.query(jobs[i]))
		}
		pasts, err = a.Client.Pasts(ctx, queries, reach, a.Reserve, read)
	}
	for n, i := range hosted {
		switch {
		case err != nil:
			histories[i] = a.unread(jobs[i], err)
		case pasts != nil && pasts[n].Err != nil:
			histories[i] = a.unread(jobs[i], pasts[n].Err)
		case pasts != nil:
			histories[i] = a.historyOf(jobs[i], pasts[n], reach)
		}
	}
}

// unread is the history of a job that could not be read.
func (a *Archive) unread(job Job, err error) History {
	return History{Job: job, Workflow: a.workflows[job.File].State, Unread: err}
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
		names[cause] = append(names[cause], h.name())
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
