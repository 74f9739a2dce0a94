package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/report"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	pastEvery = 5 * time.Minute
	pastPrice = 8 * time.Second     // a further pause for each request of the last look: 450 an hour
	pastAge   = 30 * 24 * time.Hour // how far it looks back

	// pastReserve is how many requests it leaves: for an hour of dispatches, and the sweeps.
	pastReserve = perHour + 3*rescue.Reserve
)

// pasts are the looks at the history of jobs, for the page. They take many requests, so
// there are none unless somebody looks at the page.
type pasts struct {
	wanted  bool
	next    time.Time      // not before; zero: at once
	known   *report.Report // nil before the first look
	failure error          // of the last look
}

// history returns what is known of the history of the jobs on GitHub, and has a page say
// where that is from. If it is old, it is read anew for the next page.
func (g *GitHub) history(page *report.Report) map[string]report.Job {
	defer g.wakeUp()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pasts.wanted = true
	page.Source, page.URL = g.Client.Repository()+" and the local ledger", new(g.Client.Page())
	jobs := map[string]report.Job{}
	switch known := g.pasts.known; {
	case known != nil:
		page.Loop.Remark = ". GitHub was read " + past.Late(max(0, g.offset.at(g.Clock.Now()).Sub(known.Now))) + " ago"
		for _, job := range known.Jobs {
			jobs[job.Job] = job
		}
	default:
		page.Loop.Remark = ". The history on GitHub is not read yet"
	}
	if g.pasts.failure != nil {
		page.Loop.Remark += "; it cannot be read now: " + g.pasts.failure.Error()
	}
	return jobs
}

// readPast reads the history of all jobs on GitHub. What an earlier look found to be served is
// not asked for again.
func (g *GitHub) readPast(ctx context.Context) {
	g.mu.Lock()
	var jobs []pyproject.Job
	for _, r := range g.jobs {
		jobs = append(jobs, r.job)
	}
	at, known := g.offset.at(g.Clock.Now()), g.pasts.known
	left, reset := g.Client.Remaining(), g.Client.Reset()
	g.mu.Unlock()
	client, made, err := g.Client.Anew(), known, error(nil)
	if left >= 0 && left < pastReserve && at.Before(reset) {
		err = fmt.Errorf("GitHub's rate limit has %d requests left, which are kept to start jobs", left)
	} else {
		made, err = readReport(github.Once(ctx), client, jobs, known, len(g.board.declared()))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pasts = pasts{known: made, failure: err, next: g.offset.at(g.Clock.Now()).Add(max(pastEvery, time.Duration(client.Sent())*pastPrice))}
}

// readReport reads the history of some jobs. In case of an error, what was known is returned.
func readReport(ctx context.Context, client *github.Client, jobs []pyproject.Job, known *report.Report, all int) (*report.Report, error) {
	archive := &past.Archive{Repository: client.Repository(), Client: client, Reserve: pastReserve}
	if err := archive.Begin(ctx); err != nil {
		return known, err
	}
	var asked []past.Job
	for _, job := range jobs {
		asked = append(asked, pastJob(job))
	}
	if known != nil {
		known.Tell(asked)
	}
	histories, err := archive.ReadAll(ctx, asked, schedule.Reach{Windows: report.WindowsOf(all), Age: pastAge}, func() {})
	if err != nil {
		return known, err
	}
	made := &report.Report{}
	for i, h := range histories {
		made.Now = h.Now
		made.Add(jobs[i], h)
	}
	if known != nil {
		made.Recall(*known)
	}
	return made, nil // a job that cannot be read says why
}
