package workflow

import (
	"cmp"
	"path"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Listed is a job in the output of `list --json`.
type Listed struct {
	ID         string   `json:"id"`
	Every      string   `json:"every"`
	Entrypoint string   `json:"entrypoint"` // "" for a command
	Doc        string   `json:"doc"`        // the first line of its docstring; "" without one
	Assigned   string   `json:"assigned"`
	Crons      []string `json:"crons"` // none if GitHub does not start it
	Workflow   string   `json:"workflow"`
	Next       []string `json:"next"` // RFC 3339, UTC; none if it has ended or is disabled

	Project     string   `json:"project,omitzero"` // path of its pyproject.toml, among several projects
	Command     []string `json:"command,omitzero"` // instead of an entrypoint
	Trigger     any      `json:"trigger"`          // as written: a string or a []string
	Timezone    string   `json:"timezone"`
	Group       string   `json:"group"`
	Enabled     bool     `json:"enabled"`
	Executor    string   `json:"executor"`    // github or serve
	Description string   `json:"description"` // the option, else the docstring's first line

	Environment ListedEnvironment `json:"environment"`

	Runs     string          `json:"-"` // its entrypoint or its commands, on one line
	Primary  int             `json:"-"` // how many of Crons are
	Standing schedule.Reason `json:"-"` // instead of Next: Disabled, Ended or "none"
	Unticked string          `json:"-"` // why it has no Crons, in words
}

// ListedEnvironment is how a job's packages are installed.
type ListedEnvironment struct {
	Tool   installer.Tool `json:"tool"`
	File   string         `json:"file"`   // relative to the repository's root; "" without one
	Why    string         `json:"why"`    // what decided
	Locked bool           `json:"locked"` // the file pins every package
}

// List shapes the jobs for `list`, each with that number of slots after a time. docs are
// the first lines of their docstrings.
func (t Target) List(from time.Time, slots int, installed []Installed, docs []string) []Listed {
	jobs, environments := make([]Listed, 0, len(t.Project.Jobs)), ByJob(installed)
	for i, job := range t.Project.Jobs {
		l, env := listed(job, from, slots), environments[job.ID]
		l.Doc, l.Description = docs[i], cmp.Or(job.Options.Description, docs[i])
		l.Environment = ListedEnvironment{env.Tool, env.File, env.Why, env.Locked}
		jobs = append(jobs, l)
	}
	return jobs
}

func listed(job pyproject.Job, from time.Time, slots int) Listed {
	l := Listed{
		ID:         job.ID,
		Every:      string(job.Schedule.Every()),
		Entrypoint: job.Entrypoint,
		Assigned:   job.Schedule.String(),
		Crons:      []string{},
		Workflow:   path.Join(Dir, job.File()),
		Next:       []string{},
		Command:    job.Options.Command,
		Trigger:    job.Trigger(),
		Timezone:   job.Schedule.Zone(),
		Group:      job.Options.Group,
		Enabled:    !job.Schedule.Spec().Disabled,
		Executor:   "github",
		Runs:       problem.Cut(job.Runs(), 60),
		Unticked:   "none",
	}
	switch {
	case job.Options.Serve:
		l.Executor, l.Unticked = "serve", "serve"
	case !job.Hosted():
		l.Unticked = "not on GitHub"
	default:
		for _, cron := range job.Schedule.Crons(job.Options.Spares) {
			l.Crons = append(l.Crons, cron.Expr)
			if !cron.Spare {
				l.Primary++
			}
		}
	}
	if !l.Enabled {
		l.Standing = schedule.Disabled
		return l
	}
	for slot := job.Schedule.Next(from); len(l.Next) < slots && !slot.IsZero(); slot = job.Schedule.Next(slot) {
		l.Next = append(l.Next, slot.Format(time.RFC3339))
	}
	if job.Schedule.Next(from).IsZero() {
		l.Standing = cmp.Or(job.Schedule.Standing(from), "none")
	}
	return l
}

// Upcoming writes the next runs for people, and the later ones without what each has in common
// with the one before: "2026-11-30 03:39", "12-01, 12-02".
func (l Listed) Upcoming() (next, later string) {
	var words []string
	var before time.Time
	for i, text := range l.Next {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err) // our own
		}
		day, clock := at.Format(time.DateOnly), strings.TrimSuffix(at.Format("15:04:05"), ":00")
		if i > 0 && at.Before(before.AddDate(1, 0, 0)) {
			day = at.Format("01-02")
		}
		switch {
		case i > 0 && at.Sub(before) < 24*time.Hour && at.Day() == before.Day():
			words = append(words, clock)
		case i > 0 && at.Sub(before)%(24*time.Hour) == 0:
			words = append(words, day)
		default:
			words = append(words, day+" "+clock)
		}
		before = at
	}
	if len(words) == 0 {
		return "", ""
	}
	return words[0], strings.Join(words[1:], ", ")
}
