package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
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
	maxSkips   = 50  // the same for the newest execution, one of each window
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
	Told          map[schedule.Window]bool // those that need no evidence, in UTC: the caller has it
	Tick          schedule.Tick            // what is to be decided, without what the history says; its Now is not used
	Run           int64                    // the run that decides, which is not asked; 0 if it is none of the workflow's
	Needs         []Query                  // of the jobs to wait for: Workflow, Job and Schedule
	Cancel        bool                     // a new window cancels older ones, so that it matters what active runs execute
}

// History is what GitHub knows about a job: as much as schedule.Decide needs for one
// window, not everything.
type History struct {
	Now  time.Time      // GitHub's clock when it sent the list, UTC
	Runs []schedule.Run // in any order; Started is set only where evidence was looked for

	// Known is the start of the oldest window that evidence was looked for in; zero if
	// that is so for all. See schedule.Tick.
	Known time.Time

	Created time.Time // of the run that decides, which is wanted of a re-run; zero if unknown

	Pauses schedule.Pauses // in which windows passed that would be owed otherwise

	Needs  []schedule.Need // those of the query; none if nothing has to wait for them
	Unread error           // why one of those could not be read; else nil

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
	var h History
	if failure, ok := errors.AsType[*Failure](err); ok {
		failure.Now, failure.history = cmp.Or(r.now, failure.Now), true
		q.Tick.Now = failure.Now
	} else {
		h = History{Now: r.now, Runs: r.all(), Known: r.asking, Deleted: r.deleted(), Created: r.query.Tick.Created}
		q.Tick.Now, q.Tick.Created = h.Now, h.Created
	}
	q.Tick.Runs, q.Tick.Known, q.Tick.Unknown = h.Runs, h.Known, err != nil
	if q.Cancel && err == nil && schedule.Decide(q.Schedule, q.Tick).Run {
		r.askActive(patient)
		h.Runs = r.all()
	}
	if err == nil {
		h.Pauses = r.pauses(patient, q.Tick)
		q.Tick.Pauses = h.Pauses
	}
	if slots := waiting(q); len(slots) > 0 {
		h.Needs, h.Unread = c.needs(patient, q, r.branch, slots)
	}
	return h, err
}

// waiting returns the slots that have to wait for other jobs, if these have not executed.
func waiting(q Query) (slots []time.Time) {
	if len(q.Needs) == 0 || q.Tick.Now.IsZero() {
		return nil
	}
	d := schedule.Decide(q.Schedule, q.Tick)
	if d.Reason != schedule.Unconfirmed && d.Reason != schedule.HistoryUnknown {
		return nil
	}
	windows := d.Slots
	if !q.Tick.Lane && !q.Tick.Unknown {
		windows = q.Tick.Owes(q.Schedule)
	}
	for _, w := range windows {
		slots = append(slots, w.Start)
	}
	return slots
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
	byHand   map[int64]bool           // those that a person dispatched, to run at once
	asked    map[int64]bool           // those asked for evidence
	unread   map[int64]bool           // those that were asked without an answer
	lost     error                    // why, for the first of them
	failures int                      // to answer, in a row
	hears    bool                     // what runs handed on decides, so that older ones are not asked
	earlier  int                      // runs of earlier windows asked so far
	back     *back                    // of many readings
	asking   time.Time                // start of the oldest window that was asked about; zero for all
}

func newReading(c *Client, q Query) *reading {
	return &reading{client: c, query: q, branch: q.DefaultBranch, page: 1,
		listed: map[int64]bool{}, numbers: map[int]time.Time{}, runs: map[int64][]schedule.Run{}, byHand: map[int64]bool{}, asked: map[int64]bool{}, unread: map[int64]bool{}}
}

// read reads pages until they cover the window, and asks for evidence. If there is
// none, it reads on to count the missed windows. If no window matters it reads only the
// first page, for the clock. What the runs asked for changes the window.
func (r *reading) read(ctx context.Context) error {
	for r.page == 1 || r.page != 0 && r.page <= coverPages && !r.covered() {
		if err := r.readPage(ctx); err != nil {
			return err
		}
		r.adjust()
	}
	if err := r.askEnded(ctx); err != nil {
		return err
	}
	if r.query.Tick.Lane {
		return r.readLane(ctx)
	}
	return r.decide(ctx)
}

// decide asks for evidence of the window, and then of those before.
func (r *reading) decide(ctx context.Context) error {
	r.hears = true
	for more := countPages; ; more-- {
		confirmed, err := r.confirm(ctx)
		if err != nil {
			return err
		}
		last := r.page == 0 || more == 0 || r.window.IsZero()
		catchesUp := r.catchesUp()
		if catchesUp {
			err = r.catchUp(ctx)
		}
		if err != nil {
			return err
		}
		counted := confirmed || catchesUp || r.heard() || (last || !r.shuffled) && r.count(ctx)
		switch {
		case r.window.IsZero():
			return nil
		case counted || last:
			err := r.further(ctx, confirmed)
			if err != nil || !r.adjust() || r.heard() && !r.query.Schedule.Awaited(r.now).IsZero() {
				return err
			}
			continue // an execution asked for a slot that has come
		}
		if err := r.readPage(ctx); err != nil {
			return err
		}
	}
}

// further looks for the newest execution, which says when the next one is.
func (r *reading) further(ctx context.Context, confirmed bool) error {
	var err error
	if !r.heard() {
		err = r.askByHand(ctx)
	}
	if err == nil && !confirmed && !r.heard() {
		err = r.search(ctx)
	}
	if err == nil && r.heard() {
		err = r.hear(ctx)
	}
	return err
}

// heard reports whether a run handed on when the job is to run next.
func (r *reading) heard() bool { return slices.ContainsFunc(r.all(), handsOn) }

func handsOn(run schedule.Run) bool { return !run.Handed.IsZero() }

// hear asks the runs which ended after the newest known one that executed, or handed on
// what an execution asked for, was created: the newest first, as that nearly always hands
// on the last word.
func (r *reading) hear(ctx context.Context) error {
	for failed := 0; len(r.asked) < maxAsked; {
		var said time.Time
		var newest schedule.Run
		for _, run := range r.all() {
			if (handsOn(run) || !run.Started.IsZero()) && run.Created.After(said) {
				said = run.Created
			}
			if !run.Active && !run.Void && run.Slot.IsZero() && !r.asked[run.ID] && run.ID != r.query.Run && (run.Success || failed < maxFailed) && run.Updated.After(newest.Updated) {
				newest = run
			}
		}
		if !newest.Updated.After(said) {
			return nil
		}
		if !newest.Success {
			failed++
		}
		if _, err := r.ask(ctx, newest); err != nil {
			return err
		}
	}
	return nil
}

// adjust takes in what the known runs asked for, and reports whether the window is another.
func (r *reading) adjust() (changed bool) {
	before := r.window
	r.query.Schedule = r.query.Schedule.Adjusted(r.all(), r.now)
	r.window = r.query.Tick.Asks(r.query.Schedule)
	return r.window != before && !r.window.IsZero()
}

// askEnded asks about the last window of a job with single times that has ended: its
// execution may have asked for another.
func (r *reading) askEnded(ctx context.Context) error {
	last := r.query.Schedule.Last(r.now)
	if last.IsZero() || !r.window.IsZero() || r.query.Schedule.Spec().RunAt == nil || r.query.Schedule.Standing(r.now) != schedule.Ended {
		return nil
	}
	_, err := r.confirmed(ctx, last)
	r.adjust()
	return err
}

// askByHand asks the newest run that a person started, if no execution is known to be
// newer: it may have asked for the next one.
func (r *reading) askByHand(ctx context.Context) error {
	var newest, executed schedule.Run
	for _, run := range r.all() {
		if r.byHand[run.ID] && run.Slot.IsZero() && run.Success && !run.Void && run.Created.After(newest.Created) {
			newest = run
		}
		if !run.Started.IsZero() && run.Created.After(executed.Created) {
			executed = run
		}
	}
	if newest.ID == 0 || r.asked[newest.ID] || !newest.Created.After(executed.Created) {
		return nil
	}
	_, err := r.ask(ctx, newest)
	return err
}

// search looks further back for the newest execution, which may have asked for a slot that
// is still to come: then runs skip, window after window. It asks one run of each. There is
// nothing left to ask if the windows before were counted.
func (r *reading) search(ctx context.Context) error {
	near := r.near()
	for _, start := range slices.Backward(slices.SortedFunc(maps.Keys(near), time.Time.Compare)) {
		w := r.query.Schedule.Window(start)
		executed := func(run schedule.Run) bool { return !run.Started.IsZero() }
		if slices.ContainsFunc(near[start], executed) || len(r.asked) >= maxAsked {
			return nil
		}
		for _, run := range schedule.Candidates(w, near[start]) {
			if r.asked[run.ID] || !run.Success || !run.Slot.IsZero() {
				continue
			}
			answered, err := r.ask(ctx, run)
			if err != nil || slices.ContainsFunc(answered, executed) || r.hears && slices.ContainsFunc(answered, handsOn) {
				return err
			}
			break
		}
	}
	return nil
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
	if slices.ContainsFunc(runs, func(run schedule.Run) bool { return run.Lane && run.Confirms(w) }) {
		return true, true
	}
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
			if _, err := r.ask(ctx, run); err != nil {
				return false, false
			}
		}
		if confirm(r.runs[run.ID], w) {
			return true, true
		}
		if slices.ContainsFunc(r.runs[run.ID], handsOn) {
			return false, false
		}
		if !run.Success {
			break
		}
	}
	return false, true
}

// confirm asks the candidates for evidence until one confirms the window. If one hands on
// when the job is to run next, only newer ones can say more: see hear.
func (r *reading) confirm(ctx context.Context) (confirmed bool, _ error) {
	return r.confirmed(ctx, r.window)
}

// confirmed does that for any window.
func (r *reading) confirmed(ctx context.Context, w schedule.Window) (confirmed bool, _ error) {
	known := r.all()
	if confirm(known, w) {
		return true, nil
	}
	for _, run := range schedule.Candidates(w, known) {
		if r.asked[run.ID] {
			continue
		}
		if len(r.asked) >= maxAsked {
			fmt.Fprintf(r.client.log, "none of %d runs executed the entrypoint; not checking more\n", maxAsked)
			return false, nil
		}
		answered, err := r.ask(ctx, run)
		if err != nil {
			return false, err
		}
		if confirm(answered, w) {
			return true, nil
		}
		if r.hears && w == r.window && slices.ContainsFunc(answered, handsOn) {
			return false, nil
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
