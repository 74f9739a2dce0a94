package github

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

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
			r.byHand[run.ID] = listed.Event == "workflow_dispatch" && !run.Rescue && run.Asked.IsZero()
		}
		if run.ID <= 0 || run.Created.IsZero() {
			continue
		}
		if run.ID == r.query.Run {
			r.query.Tick.Created = run.Created
		}
		run.Void = !listed.counts(r.client.Repository(), r.query.Workflow, r.branch)
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
