package rescue

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Report is what a rescue read and did.
type Report struct {
	Now        time.Time // GitHub's clock, UTC
	Jobs       []Result  // in the order of Rescue.Projects
	Told       []Told
	IssuesLeft int    // jobs whose issues are left to the next rescue
	Unposted   error  // why events are left to the next rescue; nil if all were posted
	Bound      string // why it started no more jobs; "" if it started all it could
	DryRun     bool
	Beat       *Beat              // of the pacemaker; nil without one
	External   *schedule.External // what starts jobs from outside GitHub; nil if nothing is known to

	Publication *Publication // of the page of the jobs; nil without one

	branch string
	chain  github.Chain
	page   string // the state of the workflow that publishes the page
}

// Result is what a rescue read and did about one job, whose schedule has the slots that runs
// asked for.
type Result struct {
	Job
	Project  *Project
	Workflow string           // the state of its workflow as GitHub words it, or github.Unregistered
	Verdict  schedule.Verdict // zero unless the workflow is active
	Started  bool             // GitHub accepted its dispatch
	Failed   error            // GitHub refused its dispatch, or to disable it, or gave no clear answer; see Refused
	Pausing  int              // windows that failed in a row, if it is to be paused; else 0
	Paused   bool             // so it was

	watch    schedule.Watch
	alarms   []schedule.Alarm
	unpaused bool // GitHub was to pause it, and did not
}

// halted reports whether the job is paused because of its failures; in a dry run, whether it
// would be.
func (r *Result) halted() bool { return r.Pausing > 0 && !r.unpaused }

// name names a job, and its project among several.
func (r *Report) name(job Result) string {
	if r.several() {
		return problem.Show(job.ID) + " of " + job.Project.Path
	}
	return problem.Show(job.ID)
}

// several reports whether the jobs are of several projects.
func (r *Report) several() bool {
	return slices.ContainsFunc(r.Jobs, func(job Result) bool { return job.Project != r.Jobs[0].Project })
}

// active is the state of a workflow that can be started.
const active = "active"

// Paused is the State of a job whose workflow a person disabled.
const Paused = "paused"

// State says in one word how the job stands: a schedule.Why, Paused, or the state of
// its workflow.
func (r Result) State() string {
	switch {
	case r.Paused:
		return Paused
	case r.Workflow == active:
		return string(r.Verdict.Why)
	case github.Workflow{State: r.Workflow}.Paused():
		return Paused
	}
	return r.Workflow
}

// Refused reports whether GitHub refused to start the job. Otherwise, where Failed is
// set, the job may have started.
func (r Result) Refused() bool { return github.Refused(r.Failed) }

// Latest returns the newest run of the current window.
func (r Result) Latest() (latest schedule.Run, found bool) {
	for _, run := range r.watch.Runs {
		if r.Verdict.Window.Contains(run.Created) && run.Created.After(latest.Created) {
			latest, found = run, true
		}
	}
	return latest, found
}

// due returns the jobs to start, the oldest windows first. Jobs whose runs were not all
// read come last.
func (r *Report) due() (due []*Result) {
	for i := range r.Jobs {
		if r.Jobs[i].Verdict.Dispatch {
			due = append(due, &r.Jobs[i])
		}
	}
	ranks := map[schedule.Why]int{schedule.Due: 0, schedule.Unread: 1}
	slices.SortStableFunc(due, func(a, b *Result) int {
		return cmp.Or(ranks[a.Verdict.Why]-ranks[b.Verdict.Why], a.Verdict.Window.Start.Compare(b.Verdict.Window.Start))
	})
	return due
}

// Due counts the jobs that are due.
func (r *Report) Due() int { return len(r.due()) }

// Started counts the jobs that it started.
func (r *Report) Started() (started int) {
	for _, job := range r.Jobs {
		if job.Started {
			started++
		}
	}
	return started
}

// Left counts the jobs that are left to the next rescue.
func (r *Report) Left() (left int) {
	for _, job := range r.Jobs {
		if job.Verdict.Dispatch && !job.Started && job.Failed == nil && !r.DryRun {
			left++
		}
	}
	return left
}

// Hidden is the error of a token to which GitHub shows none of the workflows that it
// should start: a classic token without the right to.
type Hidden struct{ error }

func (e Hidden) Unwrap() error { return e.error }

// listen looks for a source outside GitHub that starts jobs at their slots.
func (r *Report) listen() {
	var watches []schedule.Watch
	for i := range r.Jobs {
		if r.Jobs[i].Workflow == active {
			watches = append(watches, r.Jobs[i].watch)
		}
	}
	if external, found := schedule.Externally(watches, r.Now); found {
		r.External = &external
	}
}

// Silence is the warning that such a source starts no jobs any more; nil if it does, or there
// is none.
func (r *Report) Silence() error {
	e := r.External
	if e == nil || !e.Silent {
		return nil
	}
	return problem.New("check `scheduled serve`, the Worker or the scheduler that starts the jobs; meanwhile ticks and rescues start them. If you removed it on purpose, this warning ends after a week",
		"nothing outside GitHub starts jobs any more: the last slot that it started in time is %s, and it missed %s since", problem.Clock(e.Last), problem.Count(e.Missed, "slot"))
}

// failures is the error of all jobs that GitHub did not start, or may not have.
func (r *Report) failures() error {
	var failures []error
	hidden := true
	for _, job := range r.Jobs {
		if job.Failed != nil {
			verb := "start"
			if job.Pausing > 0 {
				verb = "pause"
			}
			failures = append(failures, fmt.Errorf("%s %s: %w", verb, r.name(job), job.Failed))
		}
		hidden = hidden && !job.Started && (job.Failed == nil || github.Missing(job.Failed))
	}
	if len(failures) > 0 && hidden {
		return Hidden{errors.Join(failures...)}
	}
	return errors.Join(failures...)
}
