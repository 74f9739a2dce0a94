package rescue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// Page has a rescue start the workflow that publishes the page of the jobs, if there is
// something new since it was last started. Of all projects, every run counts that GitHub or a
// dispatch started.
type Page struct {
	All bool // the page shows the jobs of all projects of the repository
}

// Publication is what a rescue did about the page.
type Publication struct {
	State  Published
	Why    error  // of Unpublished
	Of     string // the state of the workflow, if it cannot be started
	Before string // the page of its last run, if that failed; else ""
}

// Published says in one word what became of the page.
type Published string

const (
	Publishing  Published = "started"     // Planned in a dry run
	Unchanged   Published = "unchanged"   // nothing is new
	Unavailable Published = "unavailable" // the workflow is missing, or disabled
	Unpublished Published = "failed"
)

const (
	pagePatience = 30 * time.Second

	// A page that says how long ago it was made should not look forgotten.
	oldestPage = 24 * time.Hour
)

// publish starts the workflow, at the end of a rescue: it must keep nothing else from being
// done. nil if there is no page, or no time.
func (r Rescue) publish(ctx context.Context, report *Report) *Publication {
	p := r.Page
	if p == nil || ctx.Err() != nil {
		return nil
	}
	if report.page != active {
		return &Publication{State: Unavailable, Of: report.page}
	}
	if left := r.Client.Remaining(); 0 <= left && left < Reserve {
		return nil // the next rescue does
	}
	ctx, cancel := github.Within(ctx, pagePatience, "start the workflow that publishes the page")
	defer cancel()
	var last github.RunState
	runs, _, err := r.Client.Latest(ctx, workflow.PagesFile, report.branch)
	if i := slices.IndexFunc(runs, func(run github.RunState) bool { return run.Dispatched }); i >= 0 {
		last = runs[i]
	}
	done := &Publication{State: Publishing}
	if last.Conclusion == "failure" {
		done.Before = last.URL
	}
	switch {
	case err == nil && !report.newSince(last.Created) && !(p.All && r.othersSince(ctx, last.Created)):
		done.State = Unchanged
	case r.DryRun:
		done.State = Published(Planned)
	default:
		if done.Why = r.Client.Publish(ctx, workflow.PagesFile, report.branch); done.Why != nil {
			done.State = Unpublished
		}
	}
	return done
}

// newSince reports whether the page would differ from the one of that time: a run has begun
// or ended in a window that was not confirmed then, a slot has come, or a job was paused.
func (r *Report) newSince(last time.Time) bool {
	if r.Now.Sub(last) >= oldestPage {
		return true
	}
	for _, job := range r.Jobs {
		for _, run := range job.watch.Runs {
			if (run.Updated.After(last) || run.Created.After(last)) && !confirmedBy(job.watch, job.Schedule.Window(run.Created), last) {
				return true
			}
		}
		next, runs := job.Schedule.Next(last), job.Workflow == active && job.Schedule.Standing(r.Now) != schedule.Disabled
		if job.Paused || runs && !next.IsZero() && !next.After(r.Now) {
			return true
		}
	}
	return false
}

// confirmedBy reports whether a window was confirmed at that time already: what runs in it
// later, as spare ticks do, changes nothing.
func confirmedBy(watch schedule.Watch, w schedule.Window, at time.Time) bool {
	return slices.ContainsFunc(watch.Runs, func(run schedule.Run) bool { return !run.Updated.After(at) && run.Confirms(w) })
}

// othersSince reports whether a run of the repository has begun or ended since then. What
// cannot be read is taken as new.
func (r Rescue) othersSince(ctx context.Context, last time.Time) bool {
	runs, known, err := r.Client.Started(ctx, last, 1)
	return err != nil || known.After(last) || slices.ContainsFunc(runs, func(run github.Started) bool {
		return !workflow.Service(run.File) && (run.Updated.After(last) || run.Created.After(last))
	})
}

// words says it to people; "" if there is nothing to say.
func (p *Publication) words() string {
	switch p.State {
	case Publishing:
		return "the page of the jobs is published again"
	case Published(Planned):
		return "the page of the jobs would be published again"
	case Unavailable:
		return "the page of the jobs is not published: its workflow is " + strings.ReplaceAll(p.Of, "_", " ")
	}
	return ""
}

// Warning is what people should know who wait for the page; nil if nothing went wrong. The page
// never makes a rescue fail.
func (p *Publication) Warning() error {
	switch {
	case p == nil:
		return nil
	case p.State == Unpublished:
		return problem.WithHint(fmt.Errorf("publish the page of the jobs: %w", p.Why),
			"the next rescue tries again; GitHub may know the workflow only some minutes after its file came to the default branch")
	case p.Before != "":
		return problem.New("look at that run; `scheduled doctor` checks the settings of GitHub Pages", "the workflow that publishes the page of the jobs failed: %s", p.Before)
	}
	return nil
}
