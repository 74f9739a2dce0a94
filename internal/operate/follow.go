package operate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

const (
	firstPoll     = 2 * time.Second
	longPoll      = 15 * time.Second // between two looks at one run; GITHUB_TOKEN has 1,000 requests an hour
	maxUnanswered = 5                // looks in a row without an answer: then the waiting ends
	alive         = time.Minute      // a run that does not change is told this often
)

// Follow waits until the runs are over, and tells each change of each. It returns an error
// for each run that did not succeed, with its cause, or the cause that ended ctx: then the
// runs go on.
func (e *Engine) Follow(ctx context.Context, runs []*Run) error {
	var following []*followed
	for _, r := range runs {
		switch {
		case r.ID != 0 && r.Err == nil:
			following = append(following, &followed{Run: r})
		case r.Started && r.Err == nil:
			r.Err = problem.New("look at the Actions tab", "GitHub does not say which run of %s was started, so it cannot be followed", problem.Show(r.Job.ID))
		}
	}
	for poll, waited := firstPoll, time.Duration(0); ; poll = min(poll*3/2, max(longPoll, time.Duration(len(following))*time.Second)) {
		var open []*followed
		for _, f := range following {
			if ctx.Err() == nil && !e.update(ctx, f) {
				open = append(open, f)
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if following = open; len(open) == 0 {
			return nil
		}
		if waited += poll; waited >= alive {
			waited = 0
			e.Say(fmt.Sprintf("still waiting for %s", problem.Count(len(open), "run")))
		}
		e.wait(ctx, poll)
	}
}

// followed is a run that is waited for.
type followed struct {
	*Run
	status     string // the last one that was told
	unanswered int    // looks in a row without an answer
}

// update reads the state of a run, and reports whether there is nothing more to wait for.
func (e *Engine) update(ctx context.Context, f *followed) (over bool) {
	name := problem.Show(f.Job.ID)
	state, err := e.Client.RunState(ctx, f.ID)
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil:
		if f.unanswered++; f.unanswered < maxUnanswered && !github.Missing(err) {
			return false
		}
		f.Err = fmt.Errorf("wait for run %d of %s: %w", f.ID, name, err)
		return true
	}
	f.unanswered = 0
	if word := state.Status; !state.Over() && word != f.status {
		f.status = word
		e.Say(fmt.Sprintf("%s: run %d is %s: %s", name, f.ID, inWords(word), f.URL))
	}
	if !state.Over() {
		return false
	}
	f.Conclusion = state.Conclusion
	if state.Succeeded() {
		e.Say(fmt.Sprintf("%s: run %d succeeded: %s", name, f.ID, f.URL))
		return true
	}
	cause, err := e.Client.Cause(ctx, f.ID)
	if err != nil || cause == "" {
		cause = "it ended as " + state.Conclusion
	}
	f.Err = problem.New("see "+f.URL, "%s: run %d did not succeed: %s", name, f.ID, strings.TrimPrefix(cause, "failed: "))
	return true
}

// inWords writes a status of GitHub's for people: "in_progress" is "in progress".
func inWords(status string) string {
	words := []byte(status)
	for i, b := range words {
		if b == '_' {
			words[i] = ' '
		}
	}
	return string(words)
}
