package rescue

import (
	"cmp"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Shown is the output of `rescue --json`.
type Shown struct {
	Now  time.Time  `json:"now"`
	Left int        `json:"left"`
	Jobs []ShownJob `json:"jobs"`

	Alarms []ShownAlarm `json:"alarms"` // what people were told

	Pacemaker *ShownBeat     `json:"pacemaker"` // null without one
	External  *ShownExternal `json:"external"`  // null if nothing outside GitHub is known to start jobs
	Page      *ShownPage     `json:"page"`      // null without one
}

// ShownPage is what became of the page of the jobs.
type ShownPage struct {
	State Published `json:"state"`
}

// ShownBeat is the chain of the pacemaker in it. Wait is in minutes, 0 where no rescue waits or
// that is unknown; Asked and Until are then null.
type ShownBeat struct {
	State   Pace       `json:"state"`
	Wait    int        `json:"wait"`
	Asked   *time.Time `json:"asked_at"`
	Until   *time.Time `json:"until"`
	Message string     `json:"message"`
}

// ShownExternal is what starts jobs from outside GitHub.
type ShownExternal struct {
	Silent bool      `json:"silent"`
	Last   time.Time `json:"last"` // the newest slot that it started in time
	Missed int       `json:"missed"`
}

// ShownAlarm is an event in it. Issue is null without one, or where it is not opened yet, in
// a dry run; Webhook is "posted", "planned" in a dry run, "failed" or null.
type ShownAlarm struct {
	Project   string           `json:"project"` // path of its pyproject.toml
	Job       string           `json:"job"`
	Kind      schedule.Event   `json:"kind"`
	Operation github.Operation `json:"operation"`
	Issue     *ShownIssue      `json:"issue"`
	Webhook   *string          `json:"webhook"`
}

// ShownIssue is an issue in it.
type ShownIssue struct {
	Number int    `json:"number"`
	URL    string `json:"url"`
}

// ShownJob is a job in it. Window and Again are null without one.
type ShownJob struct {
	Project    string           `json:"project"`
	Job        string           `json:"job"`
	State      string           `json:"state"`
	Window     *schedule.Window `json:"window"`
	Dispatched bool             `json:"dispatched"`
	Failed     int              `json:"failed"`
	Again      *time.Time       `json:"again"`
}

// Show shapes the report for JSON.
func (r *Report) Show() Shown {
	shown := Shown{Now: r.Now.Truncate(time.Second), Left: r.Left(), Jobs: []ShownJob{}, Alarms: []ShownAlarm{}}
	for _, told := range r.Told {
		row := ShownAlarm{Project: told.Project, Job: told.Job, Kind: told.Kind, Operation: told.Operation}
		if told.Issue != nil && told.Issue.Number > 0 {
			row.Issue = &ShownIssue{told.Issue.Number, told.Issue.URL}
		}
		if told.Webhook != "" {
			row.Webhook = &told.Webhook
		}
		shown.Alarms = append(shown.Alarms, row)
	}
	if beat := r.Beat; beat != nil {
		shown.Pacemaker = &ShownBeat{beat.Pace, int(beat.Link.Wait / time.Minute), orNull(beat.Link.Asked), orNull(beat.Link.Until()), beat.words(r.Now)}
	}
	if e := r.External; e != nil {
		shown.External = &ShownExternal{e.Silent, e.Last, e.Missed}
	}
	if p := r.Publication; p != nil {
		shown.Page = &ShownPage{p.State}
	}
	for _, job := range r.Jobs {
		row := ShownJob{Project: job.Project.Path, Job: job.ID, State: job.State(), Dispatched: job.Started, Failed: job.Verdict.Failed}
		if w := cmp.Or(job.Schedule.Window(r.Now), job.Verdict.Window); !w.IsZero() {
			row.Window = &w
		}
		row.Again = orNull(job.Verdict.Again)
		shown.Jobs = append(shown.Jobs, row)
	}
	return shown
}

// orNull returns nil for a time that is not known.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
