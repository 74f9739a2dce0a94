package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// past is what became of a job's windows.
type past struct {
	job      pyproject.Job
	now      time.Time
	accounts []schedule.Account // the newest first; never empty
	workflow string             // the state of its workflow, as GitHub words it, or notRegistered; "" where there is no GitHub
	unasked  int                // windows that would have taken too many requests
	lost     error              // why some run could not be read; nil if all that had to be were
	unread   error              // why no run could be read, and all windows are unknown; else nil
}

// notRegistered is the state of a workflow that GitHub does not know.
const notRegistered = "missing"

// archive is where the past of a project's jobs is kept: on GitHub, or in the
// local ledger.
type archive struct {
	origin    origin
	client    *github.Client // nil for the ledger
	branch    string         // the default branch; "" if GitHub does not tell
	workflows map[string]github.Workflow
	told      bool           // GitHub told the workflows
	book      *ledger.Ledger // nil if nothing ever ran here
	retention int            // days that GitHub keeps runs for; 0 if the environment does not say
	now       func() time.Time
}

// archive opens the past of a project: that on GitHub, if it is known where and
// there is a token or no ledger.
func (p *Program) archive(ctx context.Context, project *project, token string) (*archive, error) {
	a := &archive{origin: p.origin(ctx, project.dir, token), retention: p.retention(), now: p.Now}
	local := ledger.Exists(project.dir)
	if a.origin.repository == "" || a.origin.token == "" && local && !p.onGitHub() {
		var err error
		if local {
			a.book, err = ledger.Open(project.dir, p.say)
		}
		return a, err
	}
	if err := project.Hosted(); err != nil {
		return nil, err
	}
	var err error
	log := &shared{w: p.Stderr}
	if a.client, err = p.client(a.origin, log, log); err != nil {
		return nil, &exitError{exitUsage, err, ""}
	}
	a.workflows, err = a.client.Workflows(ctx)
	a.told = err == nil
	a.branch, _ = a.client.DefaultBranch(ctx) // else each list of runs tells, or is asked for it
	if _, refused := errors.AsType[*github.Denied](err); refused {
		err = nil // the list of runs, which matters more, may not be
	}
	return a, err
}

// recall opens the past of a project for read, and tells people meanwhile what it
// is doing.
func (p *Program) recall(project *project, token string, doing func() string, read func(context.Context, *archive) error) error {
	ctx, stop := withSignals()
	defer stop()
	defer p.progress(doing)()
	archive, err := p.archive(ctx, project, token)
	if err != nil {
		return err
	}
	return archive.denied(read(ctx, archive))
}

// note tells people what they have to know beside a result.
func (p *Program) note(remarks []string) {
	for _, remark := range remarks {
		p.say("note: " + remark)
	}
}

// shared lets several goroutines write to one stream.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

// read reads the past of a job.
func (a *archive) read(ctx context.Context, job pyproject.Job, reach schedule.Reach) (past, error) {
	if a.client != nil {
		return a.readGitHub(ctx, job, reach)
	}
	return a.readLedger(job, reach)
}

func (a *archive) readGitHub(ctx context.Context, job pyproject.Job, reach schedule.Reach) (past, error) {
	workflow, registered := a.workflows[job.File()]
	known, err := a.client.Past(ctx, github.Query{Workflow: job.File(), DefaultBranch: a.branch, Schedule: job.Schedule}, reach)
	switch {
	case err == nil:
	case github.Missing(err) && a.told && !registered:
		known = github.Past{Now: known.Now, Past: schedule.Past{Schedule: job.Schedule}}
		workflow = github.Workflow{State: notRegistered, Created: known.Now}
	default:
		return past{}, err
	}
	known.Since, known.Paused = workflow.Created, workflow.Paused()
	return past{
		job:      job,
		now:      known.Now,
		accounts: known.Accounts(reach.From(job.Schedule, known.Now), known.Now),
		workflow: workflow.State,
		unasked:  known.Unasked,
		lost:     known.Lost,
	}, nil
}

func (a *archive) readLedger(job pyproject.Job, reach schedule.Reach) (past, error) {
	now := a.now()
	known := schedule.Past{Schedule: job.Schedule, Since: now}
	if a.book != nil {
		var err error
		if known.Runs, known.Known, err = a.book.Past(job.ID); err != nil {
			return past{}, err
		}
		if len(known.Runs) > 0 {
			known.Since = known.Runs[0].Created
		}
	}
	return past{job: job, now: now, accounts: known.Accounts(reach.From(job.Schedule, now), now)}, nil
}

// source says in words where the past comes from.
func (a *archive) source() string {
	if a.client != nil {
		return a.origin.repository
	}
	return "the local ledger"
}

// denied gives the error of a token that may not read it its exit code.
func (a *archive) denied(err error) error {
	if _, ok := errors.AsType[*github.Denied](err); !ok {
		return err
	}
	const needs = "reading runs takes the permission `actions: read`"
	hint := "the token lacks it, or there is no such repository: " + needs + ". " +
		"Give it to GITHUB_TOKEN under `permissions:` of the workflow's job, to a fine-grained token as Actions: read; a classic token has it by the scope repo"
	if a.origin.token == "" {
		hint = "there is no token: set GITHUB_TOKEN, or log in with `gh auth login`. " + needs
	}
	return &exitError{exitDenied, err, hint}
}

// remarks are what people have to know beside the table.
func (a *archive) remarks(p past) (remarks []string) {
	name := problem.Show(p.job.ID)
	switch p.workflow {
	case notRegistered:
		remarks = append(remarks, fmt.Sprintf("%s: %s has no workflow %s yet: run `scheduled sync` and merge the file into the default branch", name, a.origin.repository, p.job.File()))
	case "disabled_manually":
		remarks = append(remarks, fmt.Sprintf("%s: paused, somebody disabled its workflow: `gh workflow enable %s` resumes it", name, p.job.File()))
	case "disabled_inactivity":
		remarks = append(remarks, fmt.Sprintf("%s: GitHub disabled its workflow after 60 days without activity in the repository: `gh workflow enable %s` resumes it", name, p.job.File()))
	case "disabled_fork":
		remarks = append(remarks, fmt.Sprintf("%s: its workflow is disabled, as every schedule of a fork is: `gh workflow enable %s` turns it on", name, p.job.File()))
	case "deleted":
		remarks = append(remarks, fmt.Sprintf("%s: its workflow was deleted: run `scheduled sync` and merge the file into the default branch", name))
	}
	if remark := forgotten(p.job, p.accounts[0].Window, a.retention); a.client != nil && remark != "" {
		remarks = append(remarks, remark)
	}
	if p.lost != nil {
		remarks = append(remarks, fmt.Sprintf("%s: not every run could be read, and what became of its window is unknown here: %v", name, p.lost))
	}
	if p.unasked > 0 {
		remarks = append(remarks, fmt.Sprintf("%s: %s not looked into, which would have taken too many requests; they are unknown here", name, problem.Count(p.unasked, "window")))
	}
	return remarks
}

// retention returns for how many days GitHub keeps runs, as it tells the runs
// themselves; 0 if it does not.
func (p *Program) retention() int {
	days, _ := strconv.Atoi(p.getenv("GITHUB_RETENTION_DAYS"))
	return days
}

// forgotten is the remark on a job whose runs GitHub keeps for less than a window,
// "" if it keeps them long enough. A month counts as the longest there is.
func forgotten(job pyproject.Job, w schedule.Window, days int) string {
	const day = 24 * time.Hour
	length := w.End.Sub(w.Start)
	if job.Schedule.Every() == schedule.Month {
		length = 31 * day
	}
	if days <= 0 || time.Duration(days)*day >= length {
		return ""
	}
	return fmt.Sprintf("%s: GitHub keeps its runs for %s only, so the evidence of a window is gone before the window is over: raise that in Settings > Actions > General", problem.Show(job.ID), problem.Count(days, "day"))
}
