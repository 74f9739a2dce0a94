// Package past says what became of the windows of jobs, from the runs on GitHub or
// from the local ledger.
package past

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Job is a job to read the past of.
type Job struct {
	ID       string
	File     string // name of its workflow file, without a folder
	Schedule schedule.Schedule
	Local    bool // it does not run on GitHub: its past is in the ledger

	Project string         // path of its pyproject.toml, among several projects; else ""
	Ledger  *ledger.Ledger // of its project, among several; nil for that of the archive

	Told map[schedule.Window]bool // those whose evidence is known already, in UTC: it is not asked for
}

// History is what became of a job's windows.
type History struct {
	Job
	Now      time.Time          // the clock of GitHub, or of the local machine
	Accounts []schedule.Account // the newest first; empty before the first slot
	Workflow string             // the state of its workflow as GitHub words it, or github.Unregistered; "" for the ledger
	Marked   bool               // the ledger has the job as paused
	Unread   error              // why no run could be read, so that all windows are unknown; else nil

	Deleted []schedule.Window // times in reach in which runs were created that have been deleted since
	Known   time.Time         // every run created since then is known, except those in Deleted; zero if every run ever is

	past    schedule.Past     // what the accounts are of
	from    time.Time         // where the first of the windows in reach began
	asked   schedule.Schedule // with the slots that runs asked for; zero if no run is known
	runs    int               // of its workflow that GitHub has
	created time.Time         // when its workflow was; zero if unknown
	short   bool              // older runs were not listed, to limit the requests
	unasked int               // windows that would have taken too many requests
	lost    error             // why the first of the unreadable runs could not be read; nil without any
}

// Current returns the account of the current window; found is false without one.
func (h History) Current() (current schedule.Account, found bool) {
	if len(h.Accounts) > 0 && h.Accounts[0].Window.Contains(h.Now) {
		return h.Accounts[0], true
	}
	return current, false
}

// Before returns the account of the last window that is over; found is false without
// one.
func (h History) Before() (before schedule.Account, found bool) {
	for _, a := range h.Accounts {
		if !a.Window.Contains(h.Now) {
			return a, true
		}
	}
	return before, false
}

// Next returns the next slot, which a run may have asked for; zero if there is none, or the job is disabled.
func (h History) Next() time.Time {
	if h.Standing() == schedule.Disabled {
		return time.Time{}
	}
	return cmp.Or(h.asked.Next(h.Now), h.Schedule.Next(h.Now))
}

// Standing says why the job owes no run; "" if it does.
func (h History) Standing() schedule.Reason { return h.Schedule.Standing(h.Now) }

// Archive holds the past of a project's jobs.
type Archive struct {
	// Repository and Client are set for an archive on GitHub. Retention is the number
	// of days that GitHub keeps runs for, 0 if unknown. Reserve is the number of
	// requests to leave to the runs of jobs where they share the token.
	Repository string
	Client     *github.Client
	Retention  int
	Reserve    int

	// Ledger is the local archive, nil if nothing ever ran there, and Now its time. An
	// archive on GitHub has it for local jobs.
	Ledger *ledger.Ledger
	Now    time.Time

	branch    string                     // the default branch; "" if GitHub does not say
	workflows map[string]github.Workflow // nil if GitHub does not say
}

// The time for the list of workflows, and for all runs that are asked for at once.
const (
	listPatience = 2 * time.Minute
	readPatience = 5 * time.Minute
)

// Begin reads what all jobs on GitHub share: the list of workflows. Call it before
// the other methods. A token that may not list workflows may still read runs, so that
// is no error.
func (a *Archive) Begin(ctx context.Context) (err error) {
	if a.Client == nil {
		return nil
	}
	ctx, cancel := github.Within(ctx, listPatience, "read workflows")
	defer cancel()
	a.workflows, err = a.Client.Workflows(ctx)
	a.branch, _ = a.Client.DefaultBranch(ctx) // without it, each list of runs says or asks
	if _, denied := errors.AsType[*github.Denied](err); denied {
		return nil
	}
	return err
}

// Source names the archive.
func (a *Archive) Source() string {
	if a.Client != nil {
		return a.Repository
	}
	return localLedger
}

// URL is the address of the archive's repository; "" for the ledger.
func (a *Archive) URL() string {
	if a.Client != nil {
		return a.Client.Page()
	}
	return ""
}

// old is the age at which a workflow should have had a run: GitHub keeps them for longer.
const old = 24 * time.Hour

const localLedger = "the local ledger"

// SourceOf names where the past of a job is.
func (a *Archive) SourceOf(job Job) string {
	if job.Local {
		return localLedger
	}
	return a.Source()
}

// Read reads the past of a job, as far back as the reach says. The error is a
// *github.Denied, a *github.Failure, one of the ledger, or the cause that ended ctx.
func (a *Archive) Read(ctx context.Context, job Job, reach schedule.Reach) (History, error) {
	if a.Client == nil || job.Local {
		return a.readLedger(job, reach)
	}
	ctx, cancel := github.Within(ctx, readPatience, "read runs")
	defer cancel()
	return a.readGitHub(ctx, job, reach)
}

func (a *Archive) readGitHub(ctx context.Context, job Job, reach schedule.Reach) (History, error) {
	known, err := a.Client.Past(ctx, a.query(job), reach)
	if github.Missing(err) && a.absent(job) {
		known, err = github.Past{Now: known.Now, Past: schedule.Past{Schedule: job.Schedule}}, nil
	}
	if err != nil {
		return History{}, err
	}
	return a.historyOf(job, known, reach), nil
}

// absent reports whether GitHub lists no workflow of the job.
func (a *Archive) absent(job Job) bool {
	_, registered := a.workflows[job.File]
	return a.workflows != nil && !registered
}

func (a *Archive) query(job Job) github.Query {
	return github.Query{Workflow: job.File, Job: job.ID, DefaultBranch: a.branch, Absent: a.absent(job), Created: a.workflows[job.File].Created, Schedule: job.Schedule, Told: job.Told}
}

// historyOf returns what became of the windows of a job on GitHub.
func (a *Archive) historyOf(job Job, known github.Past, reach schedule.Reach) History {
	workflow := a.workflows[job.File]
	if len(known.Runs) == 0 && a.absent(job) {
		workflow, known.Known = github.Workflow{State: github.Unregistered, Created: known.Now}, time.Time{}
	}
	known.Since, known.Paused = workflow.Created, workflow.Paused()
	known.Pauses = schedule.PauseBefore(workflow.Enabled(), known.Runs, known.Gaps)
	paused := known.Paused || job.Schedule.Standing(known.Now) == schedule.Disabled
	if len(known.Runs) == 0 && !paused && !workflow.Created.IsZero() && workflow.Created.Before(known.Now.Add(-old)) {
		known.Known = known.Now // they may all be deleted
	}
	from := reach.From(job.Schedule, known.Now)
	return History{
		Job:      job,
		Now:      known.Now,
		Accounts: known.Accounts(from, known.Now),
		Workflow: workflow.State,
		Deleted:  slices.DeleteFunc(known.Gaps, func(gap schedule.Window) bool { return !gap.End.After(from) }),
		Known:    known.Known,
		past:     known.Past,
		from:     from,
		asked:    job.Schedule.Adjusted(known.Runs, known.Now),
		runs:     len(known.Runs),
		created:  workflow.Created,
		short:    known.Short,
		unasked:  known.Unasked,
		lost:     known.Lost,
	}
}

func (a *Archive) readLedger(job Job, reach schedule.Reach) (History, error) {
	known := schedule.Past{Schedule: job.Schedule, Since: a.Now}
	if book := cmp.Or(job.Ledger, a.Ledger); book != nil {
		var err error
		if known.Runs, known.Known, err = book.Past(job.ID); err == nil {
			known.Paused, err = book.Paused(job.ID)
		}
		if err == nil {
			known.Pauses, err = book.Pauses(job.ID, a.Now)
		}
		if err != nil {
			return History{}, err
		}
		if len(known.Runs) > 0 {
			known.Since = known.Runs[0].Created
		}
		for i, run := range known.Runs {
			known.Runs[i] = job.Schedule.Belated(run)
		}
	}
	from := reach.From(job.Schedule, a.Now)
	return History{Job: job, Now: a.Now, Accounts: known.Accounts(from, a.Now), Marked: known.Paused, past: known, from: from, asked: job.Schedule.Adjusted(known.Runs, a.Now)}, nil
}
