package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	measured      = 14 * 24 * time.Hour // of the history
	measuredPages = 5                   // of the list of runs, at most
	mostWindows   = 400                 // of a job
	fewest        = 4                   // windows from which something can be told

	throttled = 10        // percent of windows that GitHub did not start, from which a schedule does not serve
	late      = time.Hour // of half of the windows, likewise
)

// punctuality is how GitHub started windows.
type punctuality struct {
	windows   int             // that have ended
	scheduled []time.Duration // how late the others began by a schedule, sorted
	otherwise int             // begun only by a dispatch, such as that of the rescue
}

// measure compares ended windows with the runs that began in them. The windows are those
// since a time.
func (p *punctuality) measure(s schedule.Schedule, runs []github.Started, since, now time.Time) {
	for _, window := range s.Windows(now, since, mostWindows) {
		if window.Start.Before(since) || window.End.After(now) {
			continue
		}
		p.windows++
		var first, dispatched time.Time
		for _, run := range runs {
			if run.Created.Before(window.Start) || !run.Created.Before(window.End) {
				continue
			}
			if !run.Scheduled {
				dispatched = run.Created
			} else if first.IsZero() || run.Created.Before(first) {
				first = run.Created
			}
		}
		switch {
		case !first.IsZero():
			p.scheduled = append(p.scheduled, first.Sub(window.Start))
		case !dispatched.IsZero():
			p.otherwise++
		}
	}
	slices.Sort(p.scheduled)
}

// missed is the percentage of windows that no schedule started.
func (p *punctuality) missed() int { return 100 * (p.windows - len(p.scheduled)) / p.windows }

func (p *punctuality) median() time.Duration {
	if len(p.scheduled) == 0 {
		return 0
	}
	return p.scheduled[len(p.scheduled)/2]
}

// schedules measures by the project's own history how GitHub starts its schedules.
func (e *examination) schedules() (Check, bool) {
	now := e.standing.Now
	if now.IsZero() {
		now = e.Now()
	}
	runs, known, err := e.Client.Started(e.ctx, now.Add(-measured), measuredPages)
	if err != nil {
		c, _ := e.failed(err, "give the token the permission `actions: read`")
		return c, true
	}
	e.started, e.known = map[string][]github.Started{}, known
	for _, run := range runs {
		e.started[run.File] = append(e.started[run.File], run)
	}
	var p punctuality
	for _, job := range e.Project.Hosted() {
		w, there := e.workflows[job.File()]
		if !there || w.State != "active" {
			continue
		}
		since := known
		if w.Created.After(since) {
			since = w.Created
		}
		p.measure(job.Schedule, e.started[job.File()], since, now)
	}
	if p.windows < fewest {
		return fine("unknown: how punctual GitHub is here; too few windows have ended")
	}
	if len(p.scheduled) == 0 {
		return bad(fmt.Sprintf("GitHub started none of the last %s by schedule", problem.Count(p.windows, "window")),
			"allow Actions in the repository's settings, under Actions, General, and check that the last person who changed the workflow files is still a member")
	}
	message := fmt.Sprintf("in the last %s, GitHub started %d of %s by schedule, half of them no more than %s late",
		problem.Count(int(now.Sub(known).Hours()/24+0.5), "day"), len(p.scheduled), problem.Count(p.windows, "window"), strings.TrimSuffix(p.median().Round(time.Minute).String(), "0s"))
	if rest := p.windows - len(p.scheduled); rest > 0 {
		message += fmt.Sprintf("; %d were started by a dispatch, such as that of the rescue, and %d not at all", p.otherwise, rest-p.otherwise)
	}
	if p.missed() > throttled || p.median() > late {
		return bad("GitHub throttles the schedules here: "+message, "keep the rescue on and raise spares, or run jobs that must be on time with executor = \"serve\", or run `scheduled rescue` from a machine of your own")
	}
	return fine(message)
}
