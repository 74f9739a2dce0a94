package workflow

import (
	"math"
	"slices"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"gopkg.in/yaml.v3"
)

// DollarsPerMinute is the price of a hosted Linux runner with two cores, in a private
// repository whose plan has no minutes left.
// https://docs.github.com/billing/reference/actions-runner-pricing
const DollarsPerMinute = 0.006

// Minutes returns the runner minutes that the ticks of the project's jobs and services
// cost in a private repository in a month of 30 days, before and after a plan. It is a
// minimum: a tick that only checks costs one minute, since "GitHub rounds the minutes and partial minutes
// each job uses up to the nearest whole minute",
// https://docs.github.com/billing/reference/actions-runner-pricing
// Where each slot has a job of its own, a primary tick costs one minute more.
// An old file that cannot be read costs nothing, because GitHub does not run it either.
func (t Target) Minutes(p Plan) (before, after int) {
	type whose struct{ does, job string }
	fresh := map[whose]bool{} // those with different ticks than before
	old := make([]float64, len(p.Updated)+len(p.Deleted))
	for _, changes := range [][]Change{p.Created, p.Updated} {
		for _, c := range changes {
			fresh[whose{c.Does, c.Job}] = true
		}
	}
	changed := append(p.Updated[:len(p.Updated):len(p.Updated)], p.Deleted...)
	parallel(len(changed), func(i int) {
		if old[i] = minutesOfFile(changed[i].Old); changed[i].Does == Publishes {
			old[i] = t.publishing()
		}
	})
	var was, will float64
	for _, minutes := range old {
		was += minutes
	}
	jobs := t.Project.Hosted()
	of := make([]float64, len(jobs))
	parallel(len(jobs), func(i int) { of[i] = minutesOf(jobs[i]) })
	count := func(w whose, minutes float64) {
		will += minutes
		if !fresh[w] {
			was += minutes
		}
	}
	for i, job := range jobs {
		count(whose{"", job.ID}, of[i])
	}
	if t.rescued() {
		count(whose{Rescues, ""}, ticks(needed(t.Project, t.Project.Rescue.Rounds)))
	}
	if t.published() {
		count(whose{Publishes, ""}, t.publishing())
	}
	return int(math.Round(was)), int(math.Round(will))
}

// publishing returns what the publications of the page cost: two jobs each.
func (t Target) publishing() float64 { return 2 * t.publications() }

// minutesOf returns what the ticks of a job cost.
func minutesOf(job pyproject.Job) float64 {
	crons := job.Schedule.Crons(job.Options.Spares)
	minutes := ticks(crons)
	if job.Lanes() {
		minutes += ticks(slices.DeleteFunc(crons, func(c schedule.Cron) bool { return c.Spare }))
	}
	return minutes
}

// ticks returns how many ticks entries of `on.schedule` have in 30 days.
func ticks(crons []schedule.Cron) (sum float64) {
	for _, c := range crons {
		sum += c.PerMonth()
	}
	return sum
}

// minutesOfFile returns what the ticks of a workflow file cost: those that start a job in a
// private repository.
func minutesOfFile(file []byte) (sum float64) {
	var workflow struct {
		On   struct{ Schedule []entry }
		Jobs struct {
			Rescue struct{ If string }
			Run    struct{ Strategy any }
		}
	}
	if yaml.Unmarshal(file, &workflow) != nil {
		return 0
	}
	for _, e := range workflow.On.Schedule {
		if kept(workflow.Jobs.Rescue.If, e.Cron) {
			sum += e.perMonth()
		}
		if workflow.Jobs.Run.Strategy != nil && !e.Spare {
			sum += e.perMonth()
		}
	}
	return sum
}
