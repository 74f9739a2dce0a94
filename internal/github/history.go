package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	perPage    = 100 // the most that GitHub returns
	coverPages = 30  // maximum to read for the window itself
	countPages = 10  // maximum to read after that to count the missed windows before it
	maxAsked   = 50  // maximum number of runs to ask for evidence of the window; the first one nearly always has it
	maxEarlier = 5   // the same for all windows before it; the first one usually has it, too
	maxFailed  = 2   // after that many, runs without success in earlier windows are not asked
	attempts   = 3   // maximum number of earlier attempts to ask of a run whose re-run failed
)

// Query says which job's history to read.
type Query struct {
	Workflow      string    // the job's workflow file: "scheduled-clean-files.yml"
	Job           string    // its id, which is the name of the workflow's one job
	DefaultBranch string    // "" asks GitHub
	Absent        bool      // GitHub has no such workflow, so that it has no runs
	Created       time.Time // when the workflow was, and no run before; zero if unknown
	Schedule      schedule.Schedule
	Tick          schedule.Tick // what is to be decided, without what the history says; its Now is not used
}

// History is what GitHub knows about a job: as much as schedule.Decide needs for one
// window, not everything.
type History struct {
	Now  time.Time      // GitHub's clock when it sent the list, UTC
	Runs []schedule.Run // in any order; Started is set only where evidence was looked for

	// Known is the start of the oldest window that evidence was looked for in; zero if
	// that is so for all. See schedule.Tick.
	Known time.Time

	Deleted bool // a run of the window was deleted, or may have been of it: the evidence may be gone
}

// History reads a job's past runs and looks for evidence that confirms the
// window. Usually two requests suffice: the list of runs, and the jobs of one.
// It gives up after a minute. The error is a *Failure, or that of ctx.
func (c *Client) History(ctx context.Context, q Query) (History, error) {
	patient, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no answer within %v", patience))
	defer cancel()
	r := newReading(c, q)
	err := r.read(patient)
	if ctx.Err() != nil {
		return History{}, context.Cause(ctx)
	}
	if failure, ok := errors.AsType[*Failure](err); ok {
		failure.Now, failure.history = cmp.Or(r.now, failure.Now), true
		return History{}, failure
	}
	return History{Now: r.now, Runs: r.all(), Known: r.asking, Deleted: r.deleted()}, err
}

// reading is a history being read.
type reading struct {
	client *Client
	query  Query
	branch string // the default branch
	now    time.Time
	window schedule.Window

	page     int                      // to read next; 0 after the last
	listed   map[int64]bool           // every run on a page so far
	oldest   schedule.Run             // of those
	since    time.Time                // they are all that were created since then; zero if the oldest says it
	shuffled bool                     // they were not listed newest first, as they should be
	first    bool                     // the workflow's first run ever is among them
	numbers  map[int]time.Time        // when they were created, by their numbers; 0 if one has none
	runs     map[int64][]schedule.Run // those that belong to the job, see Run.Void: each as it was listed or, once it was asked, as its jobs show it
	asked    map[int64]bool           // those asked for evidence
	unread   map[int64]bool           // those that were asked without an answer
	lost     error                    // why, for the first of them
	failures int                      // to answer, in a row
	earlier  int                      // runs of earlier windows asked so far
	asking   time.Time                // start of the oldest window that was asked about; zero for all
}

func newReading(c *Client, q Query) *reading {
	return &reading{client: c, query: q, branch: q.DefaultBranch, page: 1,
		listed: map[int64]bool{}, numbers: map[int]time.Time{}, runs: map[int64][]schedule.Run{}, asked: map[int64]bool{}, unread: map[int64]bool{}}
}

// read reads pages until they cover the window, and asks for evidence. If there is
// none, it reads on to count the missed windows. If no window matters it reads only the
// first page, for the clock.
func (r *reading) read(ctx context.Context) error {
	for r.page == 1 || r.page != 0 && r.page <= coverPages && !r.covered() {
		if err := r.readPage(ctx); err != nil {
			return err
		}
	}
	for more := countPages; ; more-- {
		confirmed, err := r.confirm(ctx)
		if err != nil || confirmed {
			return err
		}
		last := r.page == 0 || more == 0 || r.window.IsZero()
		if (last || !r.shuffled) && r.count(ctx) || last {
			return nil
		}
		if err := r.readPage(ctx); err != nil {
			return err
		}
	}
}

// covered reports whether no older run can have started in the window. The runs of a
// job do not overlap, so the first one that ended before the window is enough. (The
// end of a re-run says nothing.)
func (r *reading) covered() bool {
	return r.window.IsZero() || r.oldest.Created.Before(r.window.Start) && (r.oldest.Attempt > 1 || r.oldest.Updated.Before(r.window.Start))
}

// count asks runs of earlier windows for evidence, those of the newest window first,
// until a window has it: schedule.Decide counts the missed windows from there, up to a
// maximum. It reports whether older pages cannot change that number.
func (r *reading) count(ctx context.Context) (counted bool) {
	var first time.Time // start of the oldest window that is counted; zero if that is any
	if all := r.query.Schedule.Windows(r.window.Start.Add(-1), cmp.Or(r.oldest.Created, r.now), schedule.MaxMissed); len(all) == schedule.MaxMissed {
		first = all[len(all)-1].Start
	}
	near := r.near()
	for _, start := range slices.Backward(slices.SortedFunc(maps.Keys(near), time.Time.Compare)) {
		w := r.query.Schedule.Window(start)
		if w.IsZero() || !w.Start.Before(r.window.Start) || w.Start.Before(first) {
			continue
		}
		r.asking = w.End
		if r.page != 0 && !r.oldest.Created.Before(w.Start) {
			return false // its first runs may be on the next page
		}
		found, known := r.confirmEarlier(ctx, w, near[start])
		if known {
			r.asking = w.Start
		}
		if found || !known {
			return true
		}
	}
	if r.asking = first; r.page == 0 || r.oldest.Created.Before(first) || r.query.Schedule.Prev(r.oldest.Created).IsZero() {
		return true
	}
	r.asking = cmp.Or(r.query.Schedule.Next(r.oldest.Created), r.window.Start)
	return false
}

// confirmEarlier asks the candidates of a window before the decisive one. known is
// false if successful ones were not asked, to limit the requests, or one did not answer.
// A run without success is asked only if it is the newest of its window: those after the
// execution skip, with success. From maxFailed on it counts as one that did not execute.
func (r *reading) confirmEarlier(ctx context.Context, w schedule.Window, runs []schedule.Run) (found, known bool) {
	for _, run := range schedule.Candidates(w, runs) {
		if !run.Slot.IsZero() {
			continue // a backfill serves only its own window
		}
		if !r.asked[run.ID] && !run.Success && r.earlier >= maxFailed {
			break
		}
		if !r.asked[run.ID] {
			if r.earlier == maxEarlier {
				return false, false
			}
			r.earlier++
			r.asked[run.ID] = true
			answered, err := r.evidence(ctx, run)
			if err != nil {
				return false, false
			}
			r.runs[run.ID] = answered
		}
		if confirm(r.runs[run.ID], w) {
			return true, true
		}
		if !run.Success {
			break
		}
	}
	return false, true
}

// confirm asks the candidates for evidence until one confirms the window.
func (r *reading) confirm(ctx context.Context) (confirmed bool, _ error) {
	for _, run := range schedule.Candidates(r.window, r.all()) {
		if r.asked[run.ID] {
			continue
		}
		if len(r.asked) == maxAsked {
			fmt.Fprintf(r.client.log, "none of %d runs executed the entrypoint; not checking more\n", maxAsked)
			return false, nil
		}
		r.asked[run.ID] = true
		answered, err := r.evidence(ctx, run)
		if err != nil {
			return false, err
		}
		r.runs[run.ID] = answered
		if confirm(answered, r.window) {
			return true, nil
		}
	}
	return false, nil
}

// all returns the runs.
func (r *reading) all() []schedule.Run {
	return slices.Concat(slices.Collect(maps.Values(r.runs))...)
}

// confirm reports whether one of the runs confirms the window.
func confirm(runs []schedule.Run, w schedule.Window) bool {
	return slices.ContainsFunc(runs, func(run schedule.Run) bool { return run.Confirms(w) })
}

// evidence asks a run what its jobs show, and returns it with that, or a run for each of
// its lanes. If an execution of the last attempt failed, that of an earlier one may have
// succeeded. A run that was deleted since it was listed is void.
func (r *reading) evidence(ctx context.Context, run schedule.Run) ([]schedule.Run, error) {
	all, err := r.jobs(ctx, run, "jobs")
	if status(err) == http.StatusNotFound {
		run.Void, err = true, nil
	}
	run.Attempt = max(run.Attempt, all.attempt) // it may have been re-run since it was listed
	all.attempt = run.Attempt
	for n := 1; err == nil && !all.executed() && !run.Success && n < run.Attempt && n <= attempts; n++ {
		var earlier shown
		if earlier, err = r.jobs(ctx, run, fmt.Sprintf("attempts/%d/jobs", n)); err == nil {
			earlier.attempt = n
			all.merge(earlier)
		}
		if status(err) == http.StatusNotFound {
			err = nil
		}
	}
	return all.of(run), err
}

// jobs reads what the jobs of an attempt show.
func (r *reading) jobs(ctx context.Context, run schedule.Run, of string) (shown, error) {
	jobs, err := get[jobList](ctx, r.client, fmt.Sprintf("actions/runs/%d/%s?per_page=%d", run.ID, of, perPage))
	if err != nil {
		return shown{}, err
	}
	return jobs.value.shows(r.query.Job).sound(run.Created, r.now), nil
}

// readPage reads the next page of the list.
func (r *reading) readPage(ctx context.Context) error {
	path := fmt.Sprintf("actions/workflows/%s/runs?per_page=%d", url.PathEscape(r.query.Workflow), perPage)
	if r.page > 1 {
		path += fmt.Sprintf("&page=%d", r.page)
	}
	list, err := get[runList](ctx, r.client, path)
	if err != nil {
		return err
	}
	if r.page == 1 {
		if err := r.begin(ctx, list); err != nil {
			return err
		}
	}
	if list.more || r.page*perPage < list.value.Total {
		r.page++
	} else {
		r.page = 0
	}
	if !r.add(list.value.Runs) {
		r.page = 0 // a list that repeats itself has no end
	}
	return nil
}

// begin takes the clock, the window and the default branch from the first page.
func (r *reading) begin(ctx context.Context, list answer[runList]) (err error) {
	if r.now, err = r.client.clock(list.header); err == nil {
		err = ahead(list.value.Runs, r.now)
	}
	if err != nil {
		r.now = time.Time{}
		return r.client.failure("read run list", nil, err)
	}
	r.query.Tick.Now = r.now
	r.window = r.query.Tick.Asks(r.query.Schedule)
	if r.branch == "" && len(list.value.Runs) > 0 {
		r.branch, err = r.client.defaultBranch(ctx, list.value.Runs)
	}
	return err
}

// defaultBranch takes the default branch from the runs, or asks for it. If that
// fails, it takes the branch of the newest scheduled run.
// https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
// "Scheduled workflows will only run on the default branch."
func (c *Client) defaultBranch(ctx context.Context, runs []workflowRun) (string, error) {
	for _, run := range runs {
		if run.Repository.DefaultBranch != "" {
			return run.Repository.DefaultBranch, nil
		}
	}
	found, err := get[repository](ctx, c, "")
	if branch := branchOf(runs); err != nil && branch != "" {
		return branch, nil
	}
	return found.value.DefaultBranch, err
}

// branchOf returns the branch of the newest scheduled run; "" if there is none.
func branchOf(runs []workflowRun) string {
	var scheduled workflowRun
	for _, run := range runs {
		if run.Event == "schedule" && run.Created.After(scheduled.Created) {
			scheduled = run
		}
	}
	return scheduled.Branch
}

// add adds the runs of a page and reports whether any was new. A run can be on two
// pages if the list changes while it is read.
func (r *reading) add(runs []workflowRun) (added bool) {
	for _, listed := range runs {
		run := listed.run(r.query.Schedule)
		run.URL = r.client.page(run.URL)
		if !r.listed[run.ID] {
			r.listed[run.ID] = true
			added = true
			r.first = r.first || listed.Number == 1
			r.numbers[listed.Number] = listed.Created
			r.track(run)
		}
		if run.ID <= 0 || run.Created.IsZero() {
			continue
		}
		run.Void = !listed.counts(r.client.repository, r.query.Workflow, r.branch)
		if known, ok := r.runs[run.ID]; !ok || !r.asked[run.ID] && byAge(run, known[0]) >= 0 {
			r.runs[run.ID] = []schedule.Run{run}
		}
	}
	return added
}

// track tracks the oldest run seen and whether the list is out of order.
func (r *reading) track(run schedule.Run) {
	switch {
	case run.Created.IsZero():
	case r.oldest.Created.IsZero(), !run.Created.After(r.oldest.Created):
		r.oldest = run
	default:
		r.shuffled = true
	}
}
