package github

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// pastsLists is the maximum number of lists of runs that one Pasts reads. 1,000 jobs with
// four ticks a day have 40 pages a day.
const pastsLists = 150

// longestJob is how long before a window a run may have been created that executed in it.
// "Each job in a workflow can run for up to 6 hours of execution time",
// https://docs.github.com/actions/reference/limits
const longestJob = 6 * time.Hour

// Pasts reads the runs of many jobs in a few windows, with far fewer requests than a Past
// for each: the list of all runs of the repository serves all jobs. Then it looks for
// evidence as far as its requests go (see allowance), in the newest windows first, and last in the runs
// that ended without success. What that leaves open is in Unasked. reserve is the number
// of requests to leave to others. It calls listed once the runs of a job are known. If
// they cannot be, or ctx ends before, Past.Err says why. The error is that of all jobs, a
// *Denied, a *Failure, or that of ctx.
func (c *Client) Pasts(ctx context.Context, queries []Query, reach schedule.Reach, reserve int, listed func()) ([]Past, error) {
	patient, cancel := context.WithTimeoutCause(ctx, longPatience, fmt.Errorf("no answer within %v", longPatience))
	defer cancel()
	m := newManyReadings(c, queries, reach, reserve, listed)
	err := m.read(patient)
	if patient.Err() != nil {
		err = context.Cause(patient)
	}
	m.unlisted = denied(Actions, err)
	if m.now.IsZero() && err != nil {
		return nil, m.unlisted
	}
	m.vain = m.unlisted
	if err == nil {
		m.vain = m.confirm(patient, reserve)
	}
	pasts := make([]Past, len(queries))
	for i := range queries {
		pasts[i] = m.past(i)
	}
	return pasts, nil
}

// manyReadings is the work of Pasts.
type manyReadings struct {
	listing
	readings []*reading
	files    map[string]int // which of them has which file
	reach    schedule.Reach
	listed   func()
	unlisted error // why no more lists were read, other than by the bound
	vain     error // why no more runs were asked, other than by the budget
}

func newManyReadings(c *Client, queries []Query, reach schedule.Reach, reserve int, listed func()) *manyReadings {
	m := &manyReadings{listing: listing{client: c, requests: max(1, min(pastsLists, c.allowance(reserve)/2)), reserve: reserve}, files: map[string]int{}, reach: reach, listed: listed}
	m.add, m.file = m.deal, func(i int) string { return queries[i].Workflow }
	m.start = m.back
	for i, q := range queries {
		m.readings = append(m.readings, newReading(c, q))
		m.files[q.Workflow] = i
		m.open = append(m.open, i)
	}
	return m
}

// back returns how far back the runs of a job are needed: to before its oldest window, or
// to its newest run, so that one without any can be told from one whose runs were deleted.
func (m *manyReadings) back(i int) time.Time {
	r := m.readings[i]
	back := r.window.Start.Add(-longestJob)
	if len(r.listed) == 0 && r.since.Before(back) {
		back = time.Time{}
	}
	if created := r.query.Created; created.After(back) {
		return created
	}
	return back
}

// deal gives the runs of a page to their jobs.
func (m *manyReadings) deal(runs []workflowRun, known time.Time, readFor []int) {
	for _, r := range m.readings {
		if r.now.IsZero() { // the first page
			r.now, r.branch = m.now, cmp.Or(r.branch, branchOf(runs))
			r.window.Start = r.query.from(m.reach, r.now)
		}
	}
	of := map[int][]workflowRun{}
	for _, run := range runs {
		if i, ok := m.files[run.file()]; ok && run.Created.Sub(m.now) <= maxLead {
			of[i] = append(of[i], run)
		}
	}
	for i, runs := range of {
		m.readings[i].add(runs)
	}
	for _, i := range readFor {
		r := m.readings[i]
		if r.since = known; known.IsZero() {
			r.page = 0
		}
	}
	m.open = slices.DeleteFunc(m.open, func(i int) bool {
		r := m.readings[i]
		done := r.page == 0 || !r.window.Start.Before(m.now) || r.query.Absent || r.since.Before(m.back(i)) || !r.oldest.Created.IsZero() && r.covered()
		if done {
			m.listed()
		}
		return done
	})
}

// confirm asks for evidence, one run of each job at a time. The error is why it stopped,
// unless the budget is spent.
func (m *manyReadings) confirm(ctx context.Context, reserve int) error {
	b := &budget{left: m.client.allowance(reserve)}
	most := 0
	for _, r := range m.readings {
		r.back = newBack(r)
		most = max(most, len(r.back.windows))
	}
	for _, success := range []bool{true, false} {
		for nth := range most {
			each(m.questions(nth, success), func(q readingInquiry) { q.reading.askWithin(ctx, b, q.inquiry) })
		}
	}
	each(m.readings, func(r *reading) { r.askLateWithin(ctx, b) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return denied(Actions, b.vain)
}

// readingInquiry is a question about a job.
type readingInquiry struct {
	inquiry
	reading *reading
}

// questions returns those about the nth newest window of each job, the newest window
// first: about its runs with success, or without.
func (m *manyReadings) questions(nth int, success bool) (questions []readingInquiry) {
	for _, r := range m.readings {
		if nth >= len(r.back.windows) {
			continue
		}
		w := r.back.windows[nth]
		about, ok := inquire(w, r.back.runs(r)[w.Start])
		about.ask = slices.DeleteFunc(about.ask, func(run schedule.Run) bool { return run.Success != success })
		confirms := func(run schedule.Run) bool { return confirm(r.runs[run.ID], about.window) }
		if ok && len(about.ask) > 0 && !slices.ContainsFunc(about.runs, confirms) {
			questions = append(questions, readingInquiry{about, r})
		}
	}
	slices.SortStableFunc(questions, func(a, b readingInquiry) int { return b.window.Start.Compare(a.window.Start) })
	return questions
}

// back is what a reading looks back at: thousands of windows, perhaps.
type back struct {
	windows []schedule.Window            // in reach, those that need evidence, the newest first
	near    map[time.Time][]schedule.Run // see reading.near
	asked   int                          // how many runs were asked when near was made
}

func newBack(r *reading) *back {
	windows := r.query.Schedule.Windows(r.now, r.window.Start, 0)
	return &back{windows: slices.DeleteFunc(windows, func(w schedule.Window) bool { return r.query.told(w) })}
}

// runs returns the runs by windows. What an answer shows may be for another window than the
// run seemed to be for.
func (b *back) runs(r *reading) map[time.Time][]schedule.Run {
	if b.near == nil || b.asked != len(r.asked) {
		b.near, b.asked = r.near(), len(r.asked)
	}
	return b.near
}

// askWithin asks the runs of a window until one confirms it, within the budget.
func (r *reading) askWithin(ctx context.Context, b *budget, w inquiry) {
	for {
		run, open := r.next(w)
		if !open || !b.take(ctx, run) {
			return
		}
		r.asked[run.ID] = true
		answered, err := r.evidence(ctx, run)
		b.note(err)
		r.note(run.ID, answered, err)
	}
}

// past returns what is known about the job of the i-th query.
func (m *manyReadings) past(i int) Past {
	r, past := m.readings[i], Past{Now: m.now}
	for _, w := range r.inquiries() {
		if r.giveUp(w) {
			past.Unasked++
		}
	}
	_, unasked := r.doubted()
	past.Unasked += unasked
	past.Lost, past.Short, past.Past = r.lost, r.page != 0, r.past()
	if past.Unasked > 0 {
		past.Err = m.vain
	}
	current := r.query.Schedule.Window(m.now)
	if (slices.Contains(m.open, i) || m.lost[i] != nil) && !current.IsZero() && !r.known().Before(current.Start) {
		past.Err = cmp.Or(m.lost[i], m.unlisted, m.bound())
	}
	return past
}

// past returns what is known about the windows in reach.
func (r *reading) past() schedule.Past {
	doubted, _ := r.doubted()
	return schedule.Past{Schedule: r.query.Schedule, Runs: r.all(), Known: r.known(), Gaps: r.gaps(), Unread: r.unread, Doubted: doubted}
}
