// Package report shows what became of the windows of jobs, for people who look rather than
// read: as a page, as badges, and as the data that both are made of.
package report

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
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

	gone []string // which of its runs were deleted
}

// mostWindows is the number of windows in the data of a report, about: 200 bytes each, which
// a browser loads and a later report reads.
const mostWindows = 200_000

// Reach says how far a report of some jobs looks back.
func Reach(jobs, days int) schedule.Reach {
	const most = 10_000 // of a job
	return schedule.Reach{Windows: max(Newest, min(most, mostWindows/max(jobs, 1))), Age: time.Duration(days) * 24 * time.Hour}
}

// Newest is the maximum number of windows of a job that the page shows.
const Newest = 100

// Make makes the report of some projects, whose jobs have the histories in turn.
func Make(archive *past.Archive, histories []past.History, projects []*pyproject.Project) *Report {
	r := &Report{Title: Title(projects...), Source: archive.Source(), Notes: append([]string{}, past.Unasked(histories...)...), Jobs: []Job{}}
	if url := archive.URL(); url != "" {
		r.URL = &url
	}
	for _, project := range projects {
		for _, job := range project.Jobs {
			h := histories[len(r.Jobs)]
			r.Now = cmp.Or(r.Now, h.Now.UTC())
			r.Add(job, h)
			r.Notes = append(r.Notes, archive.Remarks(h)...)
			r.Jobs[len(r.Jobs)-1].gone = h.Gone()
		}
	}
	r.Now = cmp.Or(r.Now, archive.Now.UTC()).Truncate(time.Second)
	return r
}

// Title names what a report is about.
func Title(projects ...*pyproject.Project) string {
	if len(projects) > 1 {
		return problem.Count(len(projects), "project")
	}
	folder := filepath.Dir(projects[0].File)
	if absolute, err := filepath.Abs(folder); err == nil {
		folder = absolute
	}
	return cmp.Or(projects[0].Name, filepath.Base(folder))
}

// Complete adds what an earlier report knew, and says which jobs are missing.
func (r *Report) Complete(earlier Report, projects []*pyproject.Project) {
	r.Recall(earlier)
	for _, j := range r.Jobs {
		if slices.ContainsFunc(j.Windows, func(w past.ShownWindow) bool { return w.State == schedule.StateUnknown }) {
			r.Notes = append(r.Notes, j.gone...)
		}
	}
	for _, project := range projects {
		for _, broken := range project.Broken {
			r.Notes = append(r.Notes, problem.Show(broken.ID)+" is left out, because of errors in "+project.File)
		}
	}
}

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

// standing counts the jobs by how they are, the best first.
func (r *Report) standing() (counts []count) {
	var order []string
	for _, l := range looks {
		order = append(order, string(l.state))
	}
	jobs := map[string]int{}
	for i := range r.Jobs {
		jobs[r.Jobs[i].stands()]++
	}
	for _, state := range append(order, liveStates...) {
		if n := jobs[state]; n > 0 {
			counts = append(counts, count{state, n})
			delete(jobs, state)
		}
	}
	return counts
}

// stands says in a word how a job is: in the loop, if that is out of the ordinary.
func (j *Job) stands() string {
	if j.Live != nil && j.Live.State != idle {
		return j.Live.State
	}
	return j.State
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
