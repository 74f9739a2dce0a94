// Package report shows what became of the windows of jobs, for people who look rather than
// read: as a page, as badges, and as the data that both are made of.
package report

import (
	"cmp"
	"path"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Report is what is known about some jobs. As JSON it is `report --json` and data.json.
type Report struct {
	Now    time.Time `json:"now"`
	Title  string    `json:"title"`  // the project's name, or its folder
	Source string    `json:"source"` // where the history is from
	URL    *string   `json:"url"`    // of the source; null without one
	Notes  []string  `json:"notes"`  // what stands in the way of jobs, or of reading them
	Jobs   []Job     `json:"jobs"`

	Loop *Loop `json:"-"` // of a live page; nil for a page of files
}

// Job is a job as in `history --json`, and more.
type Job struct {
	past.ShownHistory
	Group       *string `json:"group"`
	Description *string `json:"description"` // what the job does
	Slug        string  `json:"slug"`        // names its badges; unique in the report
	Schedule    string  `json:"schedule"`    // in words
	State       string  `json:"state"`       // of the newest window that is decided, or why there is none
	Unread      *string `json:"unread"`      // why its runs cannot be read; null if they can

	Live *Live `json:"-"` // on a live page
}

// Newest is the maximum number of windows of a job that the page shows.
const Newest = 100

// Add adds a job with its history.
func (r *Report) Add(job pyproject.Job, h past.History) {
	added := Job{ShownHistory: h.Show(), Slug: job.Slug, Schedule: h.Schedule.String()}
	if job.Options.Group != "" {
		added.Group = &job.Options.Group
	}
	if job.Options.Description != "" {
		added.Description = &job.Options.Description
	}
	if h.Project != "" && path.Dir(h.Project) != "." {
		added.Slug = pyproject.FolderSlug(path.Dir(h.Project)) + "-" + job.Slug
	}
	if added.Slug == allBadge {
		added.Slug = pyproject.FolderSlug(allBadge)
	}
	if h.Unread != nil {
		why := h.Unread.Error()
		added.Unread = &why
	}
	added.State = added.stand()
	r.Jobs = append(r.Jobs, added)
}

// stand says in a word how a job is: its current window is nearly always due, so that
// counts only where there is no other.
func (j *Job) stand() string {
	if j.Standing != nil && *j.Standing == schedule.Disabled {
		return string(schedule.StatePaused)
	}
	state := schedule.StateDue
	for _, w := range j.Windows {
		if state = w.State; state != schedule.StateDue && state != schedule.StateRunning {
			break
		}
	}
	return string(state)
}

// newest returns the windows that the page shows.
func (j *Job) newest() []past.ShownWindow { return j.Windows[:min(len(j.Windows), Newest)] }

// name is the job's id for people, with its project among several.
func (j *Job) name() string {
	if j.Project != "" {
		return path.Dir(j.Project) + ": " + problem.Show(j.Job)
	}
	return problem.Show(j.Job)
}

// look is how a state is shown.
type look struct {
	state schedule.State
	badge string // color of its badge, as shields.io names it
	means string
}

// looks has the states that a job can be in, the best first.
var looks = []look{
	{schedule.StateConfirmed, "brightgreen", "an execution that started in time succeeded"},
	{schedule.StateLate, "yellow", "an execution that started later succeeded"},
	{schedule.StateRescued, "yellowgreen", "an execution that a rescue started succeeded"},
	{schedule.StateRunning, "blue", "a run is queued or in progress"},
	{schedule.StateDue, "lightgrey", "nothing has run yet in the current window"},
	{schedule.StatePaused, "lightgrey", "the job is paused or disabled"},
	{schedule.StateUnknown, "lightgrey", "the history is incomplete"},
	{schedule.StateExpired, "orange", "the slot became too old to be run"},
	{schedule.StateMissed, "red", "the window is over, and nothing ran"},
	{schedule.StateFailed, "red", "a run failed, and none succeeded"},
}

// bad reports whether a window with that state needs somebody's eye.
func bad(state schedule.State) bool {
	return state == schedule.StateFailed || state == schedule.StateMissed || state == schedule.StateExpired
}

// Tell tells the jobs that are to be read which windows an earlier report knows to be
// served, so that no run is asked about them.
func (r *Report) Tell(jobs []past.Job) {
	served := r.served()
	for i, job := range jobs {
		told := map[schedule.Window]bool{}
		for w := range served[key{job.Project, job.ID}] {
			told[w] = true
		}
		jobs[i].Told = told
	}
}

// key names a job among those of several projects.
type key struct{ project, id string }

// served returns the windows that are known to be served, by job.
func (r *Report) served() map[key]map[schedule.Window]past.ShownWindow {
	all := map[key]map[schedule.Window]past.ShownWindow{}
	for _, j := range r.Jobs {
		windows := map[schedule.Window]past.ShownWindow{}
		for _, w := range j.Windows {
			if w.Ran != nil && w.Lateness != nil && !w.End.After(r.Now) {
				windows[schedule.Window{Start: w.Start.UTC(), End: w.End.UTC()}] = w
			}
		}
		all[key{j.Project, j.Job}] = windows
	}
	return all
}

// Recall takes windows from an earlier report: those that are known to be served there, and
// not here, because GitHub has deleted their runs or reading them would take too many
// requests.
func (r *Report) Recall(earlier Report) {
	known := earlier.served()
	for i := range r.Jobs {
		j := &r.Jobs[i]
		for n, w := range j.Windows {
			same := schedule.Window{Start: w.Start.UTC(), End: w.End.UTC()}
			if before, ok := known[key{j.Project, j.Job}][same]; ok && w.Ran == nil {
				j.Windows[n] = before
			}
		}
		j.Measure()
		j.State = j.stand()
	}
}

// standing counts the jobs by how they are, in the order of looks.
func (r *Report) standing() (counts []count) {
	for _, l := range looks {
		n := 0
		for _, j := range r.Jobs {
			if j.State == string(l.state) {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, count{string(l.state), n})
		}
	}
	return counts
}

type count struct {
	state string
	n     int
}

// lookOf returns how a state is shown.
func lookOf(state string) look {
	for _, l := range looks {
		if string(l.state) == state {
			return l
		}
	}
	return look{state: schedule.State(cmp.Or(state, "unknown")), badge: "lightgrey"}
}
