package github

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// listing reads the runs of many workflows back to the start of a time in question: it
// reads the list of all runs of the repository, and then the lists of single workflows
// once that takes fewer requests.
type listing struct {
	client   *Client
	requests int                                                      // the most to send
	reserve  int                                                      // those to leave to others, of what GitHub still grants
	file     func(i int) string                                       // name of the i-th workflow's file
	start    func(i int) time.Time                                    // of the time in question for it
	add      func(runs []workflowRun, known time.Time, readFor []int) // takes the runs of a page that was read for some workflows, whose runs since known are now complete

	now      time.Time
	sent     int            // requests
	failures int            // in a row, to list the runs of a workflow
	lost     map[int]error  // why the list of a workflow could not be read
	open     []int          // the workflows that more runs can still change, which add knows
	pages    int            // of the list of all runs, read so far
	total    int            // pages that it has
	oldest   time.Time      // creation of the oldest run on those read
	seen     map[string]int // runs on those read, by the files of their workflows
}

// read reads until no workflow is open, or the bound is reached.
func (l *listing) read(ctx context.Context) error {
	for l.pages == 0 || l.worth() {
		if l.bound() != nil {
			return nil
		}
		if err := l.readPage(ctx); err != nil {
			return err
		}
	}
	for _, i := range slices.Clone(l.open) {
		for page := 1; slices.Contains(l.open, i) && l.bound() == nil; page++ {
			if err := l.ask(ctx, i, page); err != nil {
				return err
			}
		}
	}
	return nil
}

// bound is an error if no more requests may be sent.
func (l *listing) bound() error {
	remaining := l.client.Remaining()
	switch {
	case remaining >= 0 && remaining < l.reserve:
		return fmt.Errorf("not read: GitHub's rate limit has %s left, which the runs of jobs need", problem.Count(remaining, "request"))
	case l.sent >= l.requests:
		return fmt.Errorf("not read: one call reads at most %d lists of runs", l.requests)
	}
	return nil
}

// worth reports whether to read on in the list of all runs: the pages back to the starts
// of some open workflows are no more than those of their own lists would be.
func (l *listing) worth() bool {
	open := slices.SortedFunc(slices.Values(l.open), func(a, b int) int { return l.start(b).Compare(l.start(a)) })
	own := 0
	for _, i := range open {
		own += l.own(i)
		if l.left(l.start(i)) <= own {
			return true
		}
	}
	return false
}

// own estimates how many pages of a workflow's own runs lead back to its start, from the
// rate of its runs so far.
func (l *listing) own(i int) int {
	read := l.now.Sub(l.oldest)
	if read <= 0 {
		return 1
	}
	runs := float64(l.seen[l.file(i)]) * float64(l.now.Sub(l.start(i))) / float64(read)
	return 1 + int(min(runs, float64(l.total*perPage))/perPage)
}

// left estimates how many more pages of all runs lead back to a start, from the rate of
// runs so far.
func (l *listing) left(start time.Time) int {
	left := max(1, l.total-l.pages)
	if read := l.now.Sub(l.oldest); read > 0 {
		left = min(left, 1+int(float64(l.pages)*float64(l.oldest.Sub(start))/float64(read)))
	}
	return left
}

// readPage reads the next page of the list of all runs.
func (l *listing) readPage(ctx context.Context) error {
	l.pages++
	list, err := l.get(ctx, fmt.Sprintf("actions/runs?per_page=%d&page=%d", perPage, l.pages))
	if err != nil {
		return err
	}
	l.total = max((list.value.Total+perPage-1)/perPage, l.pages)
	if oldest := list.value.oldest(); l.pages == 1 || !oldest.IsZero() && oldest.Before(l.oldest) {
		l.oldest = oldest
	}
	if l.seen == nil {
		l.seen = map[string]int{}
	}
	for _, run := range list.value.Runs {
		l.seen[run.file()]++
	}
	known := l.oldest
	if len(list.value.Runs) == 0 || !list.more && l.pages == l.total {
		known = time.Time{}
	}
	l.add(list.value.Runs, known, l.open)
	return nil
}

// ask reads a page of the runs of one workflow. One that does not exist has none. If
// GitHub fails for one of them, that stays unread; if it fails for all, that is an error.
func (l *listing) ask(ctx context.Context, i, page int) error {
	list, err := l.get(ctx, fmt.Sprintf("actions/workflows/%s/runs?per_page=%d&page=%d", url.PathEscape(l.file(i)), perPage, page))
	if err != nil && !Missing(err) {
		l.open = slices.DeleteFunc(l.open, func(open int) bool { return open == i })
		if l.lost == nil {
			l.lost = map[int]error{}
		}
		l.lost[i] = denied(Actions, err)
		if l.failures++; hopeless(err) || l.failures > atOnce {
			return err
		}
		return nil
	}
	l.failures = 0
	known := list.value.oldest()
	if !list.more && list.value.Total <= page*perPage {
		known = time.Time{}
	}
	l.add(list.value.Runs, known, []int{i})
	return nil
}

func (l *listing) get(ctx context.Context, path string) (answer[runList], error) {
	l.sent++
	list, err := get[runList](ctx, l.client, path)
	if err == nil && l.now.IsZero() {
		if l.now, err = l.client.clock(list.header); err != nil {
			err = l.client.failure("read run list", nil, err)
		}
	}
	return list, err
}

// file returns the name of the workflow file that the run is of.
func (r workflowRun) file() string {
	file, _, _ := strings.Cut(r.Path, "@") // a ref may follow
	return path.Base(file)
}
