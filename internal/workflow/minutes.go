package workflow

import (
	"math"
	"math/bits"
	"strings"

	"github.com/robfig/cron/v3"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"gopkg.in/yaml.v3"
)

// Minutes returns the runner minutes that the ticks of the project's jobs and rescue
// cost in a month of 30 days, before and after a plan. It is a minimum: a tick that
// only checks costs one minute, since "GitHub rounds the minutes and partial minutes
// each job uses up to the nearest whole minute",
// https://docs.github.com/billing/reference/actions-runner-pricing
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
	parallel(len(changed), func(i int) { old[i] = ticksOf(changed[i].Old) })
	var was, will float64
	for _, ticks := range old {
		was += ticks
	}
	for _, job := range t.Project.Jobs {
		will += ticks(job)
		if !fresh[whose{"", job.ID}] {
			was += ticks(job)
		}
	}
	if t.rescued() {
		ticks := 30 * 24 / t.Project.Rescue.Rounds.Every().Hours()
		will += ticks
		if !fresh[whose{Rescues, ""}] {
			was += ticks
		}
	}
	return int(math.Round(was)), int(math.Round(will))
}

// slots are the windows of each cadence that GitHub can serve, in 30 days.
var slots = map[schedule.Cadence]float64{schedule.Hour: 30 * 24, schedule.Day: 30, schedule.Week: 30. / 7, schedule.Month: 1}

// ticks returns how many ticks a job has in 30 days.
func ticks(job pyproject.Job) float64 {
	return slots[job.Schedule.Every()] * float64(1+job.Options.Spares)
}

// ticksOf returns how many ticks a workflow file has in 30 days.
func ticksOf(file []byte) float64 {
	var workflow struct {
		On struct {
			Schedule []struct{ Cron string }
		}
	}
	if yaml.Unmarshal(file, &workflow) != nil {
		return 0
	}
	var sum float64
	for _, entry := range workflow.On.Schedule {
		sum += ticksOfCron(entry.Cron)
	}
	return sum
}

var fiveFields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// ticksOfCron returns how many ticks a cron has in 30 days, 0 for one that GitHub does
// not accept.
func ticksOfCron(expr string) float64 {
	if strings.Contains(expr, "=") { // TZ=, which the parser knows and GitHub does not
		return 0
	}
	parsed, err := fiveFields.Parse(expr)
	if err != nil {
		return 0
	}
	spec := parsed.(*cron.SpecSchedule)
	const star = 1 << 63 // marks a field that allows all, so that the other one decides
	share := func(set uint64, of float64) float64 { return float64(bits.OnesCount64(set&^star)) / of }
	day, weekday := min(share(spec.Dom, 30), 1), share(spec.Dow, 7)
	days := day * weekday
	if spec.Dom&star == 0 && spec.Dow&star == 0 { // either is enough
		days = day + weekday - days
	}
	return 30 * days * share(spec.Month, 12) * share(spec.Hour, 1) * share(spec.Minute, 1)
}
