package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	longPatience = 10 * time.Minute // for all requests of one Past
	pastPages    = 100              // maximum to read of one list
	pastEvidence = 750              // the most runs to ask for evidence: 30 days of an hourly job, and within the 1,000 requests an hour of GITHUB_TOKEN
	perWindow    = 5                // the most successful ones of one window
	perWindowRed = 2                // the most of the others
	atOnce       = 8                // requests; GitHub allows 100
)

// shortestRetention is how long GitHub keeps runs at least.
// https://docs.github.com/organizations/managing-organization-settings/configuring-the-retention-period-for-github-actions-artifacts-and-logs-in-your-organization
// "For private, internal, and GitHub Enterprise Server repositories: between 1 day
// and 400 days"
const shortestRetention = 24 * time.Hour

// Past is what GitHub knows about the windows of a job.
type Past struct {
	schedule.Past
	Now     time.Time // GitHub's clock when it sent the list, or refused to, UTC
	Short   bool      // GitHub has older runs, which were not listed to limit the requests
	Unasked int       // windows with a success that was not checked, to limit the requests
	Err     error     // why its runs, or most of them, could not be read; else nil
	Lost    error     // why the first of the others in schedule.Past.Unread could not be read; nil if there are none
}

// Past reads the runs of a job as far back as the reach says, and looks for evidence
// in them: one request for each page of the list, and usually one for each window.
// A run that cannot be read is no error, unless none can be read. The fields of
// schedule.Past that are not about runs stay empty: Since and Paused. The error is a
// *Denied, a *Failure, or that of ctx.
func (c *Client) Past(ctx context.Context, q Query, reach schedule.Reach) (Past, error) {
	patient, cancel := context.WithTimeoutCause(ctx, longPatience, fmt.Errorf("no answer within %v", longPatience))
	defer cancel()
	r := newReading(c, q)
	err := r.readBack(patient, reach)
	past := Past{Now: r.now}
	if failure, ok := errors.AsType[*Failure](err); ok {
		past.Now = cmp.Or(r.now, failure.Now)
	}
	if err == nil {
		past.Unasked, err = r.askWindows(patient)
	}
	if err == nil {
		err = r.askLate(patient)
	}
	if ctx.Err() != nil {
		return Past{}, context.Cause(ctx)
	}
	past.Lost, past.Short = r.lost, r.page != 0
	past.Past = r.past()
	if err == nil {
		_, unasked := r.doubted()
		past.Unasked += unasked
	}
	return past, denied(Actions, err)
}

// readBack reads pages until they cover all windows in reach.
func (r *reading) readBack(ctx context.Context, reach schedule.Reach) error {
	if err := r.readPage(ctx); err != nil {
		return err
	}
	r.window.Start = r.query.from(reach, r.now)
	for r.page != 0 && r.page <= pastPages && !r.covered() {
		if err := r.readPage(ctx); err != nil {
			return err
		}
	}
	return nil
}

// from returns the start of the oldest window in reach that needs evidence.
func (q Query) from(reach schedule.Reach, now time.Time) time.Time {
	from := reach.From(q.Schedule, now)
	if len(q.Told) == 0 {
		return from
	}
	windows := slices.DeleteFunc(q.Schedule.Windows(now, from, 0), func(w schedule.Window) bool { return q.told(w) })
	if len(windows) == 0 {
		return now
	}
	return windows[len(windows)-1].Start
}

// told reports whether the caller has the evidence of a window.
func (q Query) told(w schedule.Window) bool {
	return q.Told[schedule.Window{Start: w.Start.UTC(), End: w.End.UTC()}]
}

// known returns the time since which all runs are known; zero if all are.
func (r *reading) known() time.Time {
	switch {
	case r.page != 0:
		return cmp.Or(r.since, r.oldest.Created)
	case r.first:
		return time.Time{}
	}
	// Runs that were deleted or have expired leave no trace but the numbers of others.
	kept, oldest := r.now.Add(-shortestRetention), r.oldest.Created
	if _, unnumbered := r.numbers[0]; !oldest.IsZero() && (!unnumbered || oldest.Before(kept)) {
		return oldest
	}
	return kept
}

// gaps returns the times between runs whose numbers do not follow on each other: those
// in between were deleted.
func (r *reading) gaps() (gaps []schedule.Window) {
	if _, unnumbered := r.numbers[0]; unnumbered {
		return nil
	}
	numbers := slices.Sorted(maps.Keys(r.numbers))
	for i, number := range numbers[min(1, len(numbers)):] {
		if before := numbers[i]; number > before+1 {
			gaps = append(gaps, schedule.Window{Start: r.numbers[before], End: r.numbers[number]})
		}
	}
	return gaps
}

// deleted reports whether the numbers of the runs show that some were deleted that may
// have been of the window.
func (r *reading) deleted() bool {
	_, unnumbered := r.numbers[0]
	before := r.page == 0 && !r.first && !unnumbered && r.oldest.Created.After(r.window.Start)
	return before || slices.ContainsFunc(r.gaps(), func(gap schedule.Window) bool {
		return gap.End.After(r.window.Start) && gap.Start.Before(r.window.End)
	})
}

// askWindows asks runs for evidence, one of each window at a time, until each window
// has evidence or no run is left. It returns how many windows it gave up on.
func (r *reading) askWindows(ctx context.Context) (unasked int, _ error) {
	windows := r.inquiries()
	for len(windows) > 0 {
		var ask []schedule.Run
		windows = slices.DeleteFunc(windows, func(w inquiry) bool {
			run, open := r.next(w)
			if !open || len(r.asked) == pastEvidence {
				if r.giveUp(w) {
					unasked++
				}
				return true
			}
			r.asked[run.ID] = true
			ask = append(ask, run)
			return false
		})
		if err := r.askAll(ctx, ask); err != nil {
			return unasked, err
		}
	}
	return unasked, nil
}

// inquiry is a window and the runs that can confirm it.
type inquiry struct {
	window schedule.Window
	runs   []schedule.Run // the successful ones first
	ask    []schedule.Run // some of them, in the order to ask
}

// inquire returns the inquiry of a window; ok is false if no run can confirm it.
func inquire(w schedule.Window, runs []schedule.Run) (about inquiry, ok bool) {
	able := schedule.Candidates(w, runs)
	for _, run := range runs {
		if w.Contains(run.Slot) && !w.Contains(run.Created) && !run.Active && !run.Void { // a backfill
			able = append(able, run)
		}
	}
	left := map[bool]int{true: perWindow, false: perWindowRed}
	ask := slices.DeleteFunc(slices.Clone(able), func(run schedule.Run) bool {
		left[run.Success]--
		return left[run.Success] < 0
	})
	return inquiry{w, able, ask}, len(able) > 0
}

// inquiries returns the windows that a run could confirm, newest first.
func (r *reading) inquiries() (windows []inquiry) {
	near := r.near()
	for _, w := range r.query.Schedule.Windows(r.now, r.window.Start, 0) {
		if about, ok := inquire(w, near[w.Start]); ok && !r.query.told(w) {
			windows = append(windows, about)
		}
	}
	return windows
}

// near returns the finished runs by the starts of the windows that they could confirm.
func (r *reading) near() map[time.Time][]schedule.Run {
	near := map[time.Time][]schedule.Run{}
	for _, run := range r.all() {
		if run.Active || run.Void {
			continue
		}
		starts := map[time.Time]bool{}
		for _, at := range []time.Time{run.Created, run.Updated, run.Slot} {
			if !at.IsZero() {
				starts[r.query.Schedule.Window(at).Start] = true
			}
		}
		for start := range starts {
			near[start] = append(near[start], run)
		}
	}
	delete(near, time.Time{}) // those in no window
	return near
}

// next returns the run to ask next about a window; open is false if the window is
// confirmed or no run is left.
func (r *reading) next(w inquiry) (run schedule.Run, open bool) {
	for _, run := range w.ask {
		if confirm(r.runs[run.ID], w.window) {
			return run, false
		}
		if !r.asked[run.ID] {
			return run, true
		}
	}
	return run, false
}

// giveUp notes that the remaining runs of a window will not be asked. It reports
// whether the window may have evidence in a successful one of them.
func (r *reading) giveUp(w inquiry) (unsure bool) {
	for _, run := range w.runs {
		if confirm(r.runs[run.ID], w.window) {
			return false
		}
	}
	for _, run := range w.runs {
		if run.Success && !r.asked[run.ID] {
			r.unread[run.ID], unsure = true, true
		}
	}
	return unsure
}

// askAll asks runs for evidence, several at once. It stops early if the others would
// fail, too.
func (r *reading) askAll(ctx context.Context, runs []schedule.Run) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	each(runs, func(run schedule.Run) {
		if ctx.Err() != nil {
			return
		}
		answered, err := r.evidence(ctx, run)
		mu.Lock()
		defer mu.Unlock()
		if r.note(run.ID, answered, err) {
			cancel(err) // the first one counts
		}
	})
	return context.Cause(ctx)
}

// each calls do for all items, for as many at once as requests may be sent.
func each[T any](items []T, do func(T)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, item := range items {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			do(item)
		})
	}
	group.Wait()
}

// note stores the answer about the run with that id. It reports whether it is useless to ask others: a
// right is missing, a rate limit is used up, or more requests failed in a row than are
// sent at once.
func (r *reading) note(id int64, answered []schedule.Run, err error) (vain bool) {
	if err == nil {
		r.runs[id], r.failures = answered, 0
		return false
	}
	r.unread[id] = true
	r.lost = cmp.Or(r.lost, err)
	r.failures++
	return hopeless(err) || r.failures > atOnce
}

// hopeless reports whether other requests for runs will fail, too: a right is
// missing, or a rate limit is used up.
func hopeless(err error) bool {
	_, refused := errors.AsType[*Denied](denied(Actions, err))
	return refused || Limited(err)
}
