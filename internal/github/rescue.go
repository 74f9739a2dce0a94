package github

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Watch is a job that a rescue checks.
type Watch struct {
	Workflow string // name of its file
	Job      string // its id, which is the name of the workflow's one job
	schedule.Watch
}

// watchRequests is the maximum number of requests of one Watch for lists of runs. The
// list of all runs of 1,000 jobs with four ticks a day is 40 pages a day.
const watchRequests = 120

// Watch fills in the latest runs of each job on a branch, as far back as they matter
// to schedule.Rescue, and sets Known to how far that is. It stops after watchRequests,
// perhaps before the start of a window. It reads the list of all runs of the
// repository, and then the lists of single jobs once that takes fewer requests. Then it
// looks for evidence of the current windows in the runs: see confirm. reserve is the
// number of requests to leave to others. It returns GitHub's clock, UTC. The error is a
// *Denied, a *Failure, or that of ctx.
func (c *Client) Watch(ctx context.Context, branch string, reserve int, watches []Watch) (now time.Time, _ error) {
	patient, cancel := context.WithTimeoutCause(ctx, longPatience, fmt.Errorf("no answer within %v", longPatience))
	defer cancel()
	w := watching{client: c, branch: branch, watches: watches, files: map[string]int{}}
	for i := range watches {
		w.files[watches[i].Workflow] = i
		w.open = append(w.open, i)
	}
	err := w.read(patient)
	if err == nil {
		err = w.confirm(patient, reserve)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return w.now, denied(Actions, err)
}

// watching is the work of Watch.
type watching struct {
	client  *Client
	branch  string
	watches []Watch
	files   map[string]int // which of watches has which file

	now      time.Time
	requests int
	failures int       // in a row, to list the runs of a job
	open     []int     // the watches that more runs can still change
	pages    int       // of the list of all runs, read so far
	total    int       // pages that it has
	oldest   time.Time // creation of the oldest run on those read
}

func (w *watching) read(ctx context.Context) error {
	for w.pages == 0 || len(w.open) > 0 && w.left() <= len(w.open) {
		if w.requests == watchRequests {
			return nil
		}
		if err := w.readPage(ctx); err != nil {
			return err
		}
	}
	for _, i := range slices.Clone(w.open) {
		for page := 1; slices.Contains(w.open, i) && w.requests < watchRequests; page++ {
			if err := w.ask(ctx, i, page); err != nil {
				return err
			}
		}
	}
	return nil
}

// left estimates how many more pages of all runs lead back to the start of the
// earliest open window, from the rate of runs so far.
func (w *watching) left() int {
	start := w.now
	for _, i := range w.open {
		if s := w.watches[i].Schedule.Prev(w.now); s.Before(start) {
			start = s
		}
	}
	left := max(1, w.total-w.pages)
	if read := w.now.Sub(w.oldest); read > 0 {
		left = min(left, 1+int(float64(w.pages)*float64(w.oldest.Sub(start))/float64(read)))
	}
	return left
}

// readPage reads the next page of the list of all runs.
func (w *watching) readPage(ctx context.Context) error {
	w.pages++
	list, err := w.get(ctx, fmt.Sprintf("actions/runs?per_page=%d&page=%d", perPage, w.pages))
	if err != nil {
		return err
	}
	w.total = max((list.value.Total+perPage-1)/perPage, w.pages)
	if oldest := list.value.oldest(); w.pages == 1 || !oldest.IsZero() && oldest.Before(w.oldest) {
		w.oldest = oldest
	}
	known := w.oldest
	if len(list.value.Runs) == 0 || !list.more && w.pages == w.total {
		known = time.Time{}
	}
	w.add(list.value.Runs, known, w.open)
	return nil
}

// ask reads a page of the runs of one job. A workflow that does not exist has none. If
// GitHub fails for one job, that stays unread; if it fails for all, that is an error.
func (w *watching) ask(ctx context.Context, i, page int) error {
	list, err := w.get(ctx, fmt.Sprintf("actions/workflows/%s/runs?per_page=%d&page=%d", url.PathEscape(w.watches[i].Workflow), perPage, page))
	if err != nil && !Missing(err) {
		w.open = slices.DeleteFunc(w.open, func(open int) bool { return open == i })
		if w.failures++; hopeless(err) || w.failures > atOnce {
			return err
		}
		return nil
	}
	w.failures = 0
	known := list.value.oldest()
	if !list.more && list.value.Total <= page*perPage {
		known = time.Time{}
	}
	w.add(list.value.Runs, known, []int{i})
	return nil
}

func (w *watching) get(ctx context.Context, path string) (answer[runList], error) {
	w.requests++
	list, err := get[runList](ctx, w.client, path)
	if err == nil && w.now.IsZero() {
		if w.now, err = w.client.clock(list.header); err != nil {
			err = w.client.failure("read run list", nil, err)
		}
	}
	return list, err
}

// add gives the runs of a page to their jobs. The page was read for some of the
// watches: their runs since known are now complete. Those that no older run can
// change are no longer open.
func (w *watching) add(runs []workflowRun, known time.Time, readFor []int) {
	for _, listed := range runs {
		file, _, _ := strings.Cut(listed.Path, "@") // a ref may follow
		file = path.Base(file)
		i, watched := w.files[file]
		if !watched || !listed.counts(w.client.repository, file, w.branch) || listed.Created.Sub(w.now) > maxLead {
			continue
		}
		run, runs := listed.run(w.watches[i].Schedule), &w.watches[i].Runs
		run.URL = w.client.page(run.URL)
		at := slices.IndexFunc(*runs, func(r schedule.Run) bool { return r.ID == run.ID })
		if at < 0 {
			*runs = append(*runs, run)
		} else if byAge((*runs)[at], run) < 0 {
			(*runs)[at] = run // it changed since the other page
		}
	}
	for _, i := range readFor {
		w.watches[i].Known = known
	}
	w.open = slices.DeleteFunc(w.open, func(i int) bool {
		v := schedule.Rescue(w.watches[i].Watch, w.now)
		settled := v.Window.IsZero() || v.Why == schedule.Running || v.Why == schedule.Young
		return settled || w.watches[i].Known.Before(v.Window.Start)
	})
}

// Refused reports whether GitHub understood a request and refused it.
func Refused(err error) bool {
	failure, ok := errors.AsType[*Failure](err)
	return ok && failure.refused()
}

// Limited reports whether a rate limit made a request fail.
func Limited(err error) bool {
	failure, ok := errors.AsType[*Failure](err)
	return ok && failure.limited
}
