package serve

import (
	"context"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/report"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// report returns the page of a board, with the history of each job. The error says that
// nobody waits for it any more.
func (w *Web) report(ctx context.Context, b shownBoard, entries []entry) (*report.Report, error) {
	made := &report.Report{
		Now: b.Now.Truncate(time.Second), Title: b.Project, Source: "the local ledger",
		Loop: &report.Loop{Problems: b.Problems}, Jobs: make([]report.Job, 0, len(entries)),
	}
	hosted := map[string]report.Job{}
	if w.GitHub != nil {
		hosted = w.GitHub.history(made)
	}
	read, logs := w.ledgerReader(ctx, b.Now, len(entries)), w.Local.logNames()
	for i, p := range entries {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		known, found := hosted[p.id]
		switch {
		case p.job == nil:
			made.Jobs = append(made.Jobs, broken(p.id))
		case !p.hosted:
			made.Add(*p.job, read(*p.job))
			addLogs(&made.Jobs[i], p.slug, logs)
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

// ledgerReader returns what reads the history of a job that runs here, one of some jobs.
func (w *Web) ledgerReader(ctx context.Context, now time.Time, jobs int) func(pyproject.Job) past.History {
	archive, unread := &past.Archive{Now: now}, error(nil)
	if ledger.Exists(w.File) {
		archive.Ledger, unread = ledger.Open(w.File, func(string) {})
	}
	reach := schedule.Reach{Windows: report.WindowsOf(jobs)}
	return func(job pyproject.Job) past.History {
		h, err := past.History{}, unread
		if err == nil {
			h, err = archive.Read(ctx, pastJob(job), reach)
		}
		if err != nil {
			h = past.History{Job: pastJob(job), Now: now, Unread: err}
		}
		return h
	}
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

// addLogs has the windows of a job lead to the logs of their runs.
func addLogs(job *report.Job, slug string, logs map[string]bool) {
	for n, w := range job.Windows {
		if w.RunID == nil {
			continue
		}
		if name := logName(slug, *w.RunID); logs[name] {
			job.Windows[n].URL = new(logPath(name))
		}
	}
}
