package github

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	// watchEvidence is the maximum number of runs that one Watch asks for evidence. Four
	// rescues an hour of 1,000 jobs with four ticks a day take 4 * (10 pages of workflows
	// + 40 of runs + 150) = 800 of the 1,000 requests an hour of GITHUB_TOKEN:
	// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#primary-rate-limit-for-github_token-in-github-actions
	watchEvidence = 150
	watchInAll    = 200 // with the lists

	// evidencePatience ends the search for evidence in time for dispatches.
	evidencePatience = 90 * time.Second

	// watchTurn is how long each job keeps its place in the order to ask.
	watchTurn = 15 * time.Minute
)

// confirm asks runs for evidence of the current windows: for each job the successful
// ones, the oldest first, and then the newest others, until one confirms the window. It
// asks about several jobs at once. If the requests do not suffice for all jobs, others
// come first in the next round. What it did not ask is Unasked; what gave no answer is
// Unread. Then it asks those runs of previous windows that alarms need, and those by which
// jobs seem to fail. The error is a *Denied, or that of ctx.
func (w *watching) confirm(ctx context.Context, reserve int) error {
	ctx, cancel := context.WithTimeout(ctx, evidencePatience)
	defer cancel()
	c := confirming{watching: w, budget: w.client.budget(min(watchEvidence, watchInAll-w.sent), reserve)}
	ask := func(q question) { c.ask(ctx, q) }
	each(turned(c.questions(), c.left, c.now), ask)
	each(turned(c.deep(), c.left, c.now), func(q question) { c.askBefore(ctx, q) })
	each(turned(c.suspicions(), c.left, c.now), ask)
	if refused, ok := errors.AsType[*Denied](denied(Actions, c.vain)); ok {
		return refused
	}
	return nil
}

// confirming is the work of confirm.
type confirming struct {
	*watching
	*budget
}

// question is what to ask about one job.
type question struct {
	inquiry
	watch   *Watch
	reading *reading
}

// questions returns those about all jobs with a finished run that may be evidence.
func (c *confirming) questions() (questions []question) {
	for i := range c.watches {
		watch := &c.watches[i]
		about, ok := inquire(schedule.Rescue(watch.Watch, c.now).Window, watch.Runs)
		if !ok {
			continue
		}
		questions = append(questions, c.question(watch, about))
	}
	return questions
}

// suspicions returns the questions about the jobs that seem to fail by the runs of their
// previous window: a step after a successful execution may have failed.
func (c *confirming) suspicions() (questions []question) {
	for i := range c.watches {
		watch := &c.watches[i]
		v := schedule.Rescue(watch.Watch, c.now)
		adjusted := watch.Watch
		adjusted.Schedule = adjusted.Schedule.Adjusted(watch.Runs, c.now)
		failure, failing := schedule.Failing(adjusted, v)
		if !failing || failure.Runs == 0 || failure.Window == v.Window {
			continue
		}
		ended := slices.DeleteFunc(slices.Clone(watch.Runs), func(run schedule.Run) bool { return run.Success })
		if about, ok := inquire(failure.Window, ended); ok {
			questions = append(questions, c.question(watch, about))
		}
	}
	return questions
}

// deep returns the questions about earlier windows that alarms need.
func (c *confirming) deep() (questions []question) {
	for i := range c.watches {
		watch := &c.watches[i]
		if len(watch.Asks(schedule.Rescue(watch.Watch, c.now), c.now)) > 0 {
			questions = append(questions, c.question(watch, inquiry{}))
		}
	}
	return questions
}

// askBefore asks the runs of the windows before the current one, back to the first that is
// confirmed: the successful ones, and of the others the newest. Those after an execution
// skip, with success, so no older one can have executed. A doubt about them leaves the
// current window as it is.
func (c *confirming) askBefore(ctx context.Context, q question) {
	watch := q.watch
	for _, window := range watch.Asks(schedule.Rescue(watch.Watch, c.now), c.now) {
		about, _ := inquire(window, watch.Runs)
		red := false
		for _, run := range about.ask {
			if watch.Asked[run.ID] || !run.Started.IsZero() || red && !run.Success {
				red = red || !run.Success
				continue
			}
			red = red || !run.Success
			if !c.take(ctx, run) {
				return
			}
			answered, err := q.reading.evidence(ctx, run)
			if c.note(err); err != nil {
				return
			}
			watch.answer(run.ID, answered)
			if confirm(answered, window) {
				return
			}
		}
		if slices.ContainsFunc(watch.Runs, func(run schedule.Run) bool { return run.Confirms(window) }) {
			return
		}
	}
}

// answer takes in what a run answered.
func (w *Watch) answer(id int64, answered []schedule.Run) {
	w.Runs = append(slices.DeleteFunc(w.Runs, func(r schedule.Run) bool { return r.ID == id }), answered...)
	w.Asked[id] = true
}

func (c *confirming) question(watch *Watch, about inquiry) question {
	if watch.Asked == nil {
		watch.Unread, watch.Unasked, watch.Asked = map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	}
	reading := newReading(c.client, Query{Job: watch.Job})
	reading.now = c.now
	return question{about, watch, reading}
}

// turned returns the questions in the order of the round at that time. If there are
// more than requests are left, each round begins at another place. The number of places
// has no divisor in common with the 1, 4 and 24 turns between two rounds, so that a few
// rounds begin at all of them, and later ones in between, where a job took several
// requests.
func turned(all []question, left int, now time.Time) []question {
	const between = 5
	places := len(all)*9/5/max(left, 1) + 1
	for places%2 == 0 || places%3 == 0 {
		places++
	}
	turn := int(now.Unix() / int64(watchTurn/time.Second))
	first := len(all) * (turn%places*between + turn/places%between) / (places * between)
	return slices.Concat(all[first:], all[:first])
}

// ask asks the runs of one job.
func (c *confirming) ask(ctx context.Context, q question) {
	watch := q.watch
	for _, run := range q.runs {
		if run.Success {
			watch.Unasked[run.ID] = true
		}
	}
	for _, run := range q.inquiry.ask {
		if watch.Asked[run.ID] {
			continue
		}
		if !c.take(ctx, run) {
			return
		}
		answered, err := q.reading.evidence(ctx, run)
		if c.note(err); ctx.Err() != nil {
			return
		}
		delete(watch.Unasked, run.ID)
		if err != nil {
			watch.Unread[run.ID] = true
			continue
		}
		watch.answer(run.ID, answered)
		if confirm(answered, q.window) {
			return
		}
	}
	// So many that were asked in vain leave a doubt that only a run of the job can end.
	maps.Copy(watch.Unread, watch.Unasked)
	clear(watch.Unasked)
}

// LastSuccess returns the newest of the known runs of a job whose entrypoint is known to
// have succeeded; zero if none is. It asks two of them at most.
func (c *Client) LastSuccess(ctx context.Context, job string, w schedule.Watch, now time.Time) schedule.Run {
	ctx, cancel := Within(ctx, patience, "read the last success")
	defer cancel()
	runs := slices.DeleteFunc(slices.Clone(w.Runs), func(run schedule.Run) bool { return !run.Success || w.Asked[run.ID] })
	slices.SortFunc(runs, func(a, b schedule.Run) int { return b.Created.Compare(a.Created) })
	reading := newReading(c, Query{Job: job})
	reading.now = now
	for _, run := range runs[:min(2, len(runs))] {
		answered, err := reading.evidence(ctx, run)
		if err != nil {
			break
		}
		for _, run := range answered {
			if !run.Started.IsZero() {
				return run
			}
		}
	}
	return schedule.Run{}
}
