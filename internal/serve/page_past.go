package serve

import (
	"cmp"
	"context"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/report"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// recollection is what was read of the history of jobs that run here. It is kept while
// somebody looks at the page, which is read again and again.
type recollection struct {
	mu     sync.Mutex // also of all reading: one page at a time
	jobs   map[string]recalled
	forget *time.Timer
}

// recalled is what was read of a job.
type recalled struct {
	of    *pyproject.Job // as it was declared
	stamp ledger.Stamp
	until time.Time
	job   report.Job
}

const (
	holds  = 5 * time.Minute // what was read of a job, unless something happens
	forget = 2 * time.Minute // after the last page
)

// report returns the page of a board, with the history of each job. The error says that
// nobody waits for it any more.
func (w *Web) report(ctx context.Context, b shownBoard, entries []entry) (*report.Report, error) {
	made := &report.Report{
		Now: b.Now.Truncate(time.Second), Title: cmp.Or(w.board.named(), b.Project), Source: "the local ledger",
		Loop: &report.Loop{Problems: b.Problems}, Jobs: make([]report.Job, 0, len(entries)),
	}
	hosted := map[string]report.Job{}
	if w.GitHub != nil {
		hosted = w.GitHub.history(made)
	}
	w.recollection.mu.Lock()
	defer w.recollection.mu.Unlock()
	read, logs := w.reader(ctx, b.Now, entries), w.Local.logNames()
	for i, p := range entries {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		known, found := hosted[p.id]
		switch {
		case p.job == nil:
			made.Jobs = append(made.Jobs, broken(p.id))
		case !p.hosted:
			made.Jobs = append(made.Jobs, withLogs(read(p), p.slug, logs))
		case found:
			made.Jobs = append(made.Jobs, known)
		default:
			made.Add(*p.job, past.History{Job: pastJob(*p.job), Now: b.Now})
		}
		job := &made.Jobs[i]
		job.Live, job.Next = &b.Jobs[i], b.Jobs[i].Next
	}
	return made, nil
}

// broken is a job with errors on the page.
func broken(id string) report.Job {
	return report.Job{ShownHistory: past.ShownHistory{Shown: past.Shown{Job: id}}, Slug: pyproject.FolderSlug(id)}
}

// pastJob returns a job as an archive takes it.
func pastJob(job pyproject.Job) past.Job {
	return past.Job{ID: job.ID, File: job.File(), Schedule: job.Schedule}
}

// reader returns what reads the history of a job that runs here, one of some jobs. The caller
// holds the lock of the recollection.
func (w *Web) reader(ctx context.Context, now time.Time, jobs []entry) func(entry) report.Job {
	archive, never, reach := &past.Archive{Now: now}, &past.Archive{Now: now}, schedule.Reach{Windows: report.WindowsOf(len(jobs))}
	var stamps map[string]ledger.Stamp
	var unread error
	if ledger.Exists(w.File) {
		archive.Ledger, unread = ledger.Open(w.File, func(string) {})
	}
	if archive.Ledger != nil {
		stamps, unread = archive.Ledger.Stamps(w.board.declared())
	}
	known := w.recollection.jobs
	w.recollection.keep(len(jobs))
	return func(p entry) report.Job {
		r := known[p.id]
		if r.of != p.job || r.stamp != stamps[p.id] || !now.Before(r.until) || unread != nil {
			h, err, from := past.History{}, unread, archive
			if stamps[p.id] == (ledger.Stamp{}) {
				from = never // has it run: thousands of jobs may be new
			}
			if err == nil {
				h, err = from.Read(ctx, pastJob(*p.job), reach)
			}
			if err != nil {
				h = past.History{Job: pastJob(*p.job), Now: now, Unread: err}
			}
			var of report.Report
			of.Add(*p.job, h)
			r = recalled{of: p.job, stamp: stamps[p.id], until: earliest(now.Add(holds), h.Next()), job: of.Jobs[0]}
		}
		w.recollection.jobs[p.id] = r
		return r.job
	}
}

// keep begins anew, for some jobs, and forgets them later.
func (r *recollection) keep(jobs int) {
	r.jobs = make(map[string]recalled, jobs)
	if r.forget != nil {
		r.forget.Stop()
	}
	r.forget = time.AfterFunc(forget, func() {
		r.mu.Lock()
		r.jobs = nil
		r.mu.Unlock()
		debug.FreeOSMemory()
	})
}

// logNames returns the names of the logs that there are.
func (l *Local) logNames() map[string]bool {
	names := map[string]bool{}
	if !ledger.Exists(l.File) {
		return names
	}
	logs, err := l.logs()
	if err != nil {
		return names
	}
	defer logs.Close()
	folder, err := logs.Open(".")
	if err != nil {
		return names
	}
	defer folder.Close()
	files, _ := folder.Readdirnames(-1) // without an error, all of them
	for _, file := range files {
		if name, log := strings.CutSuffix(file, ".log"); log {
			names[name] = true
		}
	}
	return names
}

// withLogs returns a job whose windows lead to the logs of their runs.
func withLogs(job report.Job, slug string, logs map[string]bool) report.Job {
	job.Windows = slices.Clone(job.Windows)
	for n, w := range job.Windows {
		if w.RunID == nil {
			continue
		}
		if name := logName(slug, *w.RunID); logs[name] {
			job.Windows[n].URL = new(logPath(name))
		}
	}
	return job
}
