package ghtest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Lane is the job of a run for one slot.
type Lane struct {
	Slot       time.Time
	Name       string    // "" is that of a generated workflow: "clean-files 2026-11-21T10:37:00Z"
	Status     string    // "" is completed
	Conclusion string    // "" is success, or none while it is not completed
	Started    time.Time // when the schedule.EvidenceStep started, with success; zero: it was skipped
	Ended      time.Time // zero: a minute after it started, or the last change of the run
	Steps      []Step    // instead of those that follow from Started
	Next       time.Time // as in Run
	Outcome    string
}

// job is one job of a run.
type job struct {
	name, status, conclusion string
	steps                    []Step
	ended                    time.Time
}

// jobs returns the answer with the run's jobs; none if the run did not begin.
func (r Run) jobs(api string) map[string]any {
	jobs := []object{}
	for i, j := range r.jobsOf() {
		jobs = append(jobs, r.jobObject(api, r.ID+1_000_000*int64(i+1), j))
	}
	return map[string]any{"total_count": len(jobs), "jobs": jobs}
}

func (r Run) jobsOf() []job {
	id := cmp.Or(r.Job, "clean-files")
	switch {
	case r.Conclusion == "startup_failure" || r.Conclusion == "stale":
		return nil
	case r.Lanes == nil:
		steps := r.Steps
		if steps == nil {
			steps = stepsOf(r.Created, r.Started, r.Updated, r.hands(), r.Outcome)
		}
		return []job{{id, r.Status, r.Conclusion, steps, r.Updated}}
	}
	if r.Status == "queued" {
		return []job{{"Check window", r.Status, "", []Step{}, time.Time{}}}
	}
	jobs := []job{{"Check window", "completed", "success", checkSteps(r), r.Created}}
	for _, l := range r.Lanes {
		jobs = append(jobs, l.job(id, r))
	}
	if len(r.Lanes) == 0 {
		jobs = append(jobs, job{id + " ${{ matrix.slot }}", "completed", "skipped", []Step{}, r.Updated})
	}
	return jobs
}

func (l Lane) job(id string, r Run) job {
	j := job{cmp.Or(l.Name, id+" "+stamp(l.Slot)), cmp.Or(l.Status, "completed"), l.Conclusion, l.Steps, l.Ended}
	if j.ended.IsZero() {
		if j.ended = r.Updated; !l.Started.IsZero() {
			j.ended = l.Started.Add(time.Minute)
		}
	}
	if j.status == "completed" {
		j.conclusion = cmp.Or(j.conclusion, "success")
	}
	if j.steps == nil {
		j.steps = stepsOf(r.Created, l.Started, j.ended, Run{Next: l.Next}.hands(), l.Outcome)
	}
	return j
}

func (r Run) jobObject(api string, id int64, j job) object {
	run := fmt.Sprintf("%s/repos/%s/actions/runs/%d", api, Repository, r.ID)
	steps := []map[string]any{}
	for i, step := range j.steps {
		steps = append(steps, map[string]any{
			"name": step.Name, "status": "completed", "conclusion": orNull(step.Conclusion), "number": i + 1,
			"started_at": orNull(stamp(step.Started)), "completed_at": orNull(stamp(step.Started)),
		})
	}
	completed := orNull(stamp(j.ended))
	if j.status != "completed" && r.Lanes != nil {
		completed = nil
	}
	return fixtures.Job.with(map[string]any{
		"id": id, "name": j.name, "run_id": r.ID, "run_attempt": r.Attempt, "head_branch": r.Branch,
		"status": j.status, "conclusion": orNull(j.conclusion), "steps": steps,
		"created_at": stamp(r.Created), "started_at": stamp(later(r.Began, r.Created)), "completed_at": completed,
		"run_url": run, "url": fmt.Sprintf("%s/repos/%s/actions/jobs/%d", api, Repository, id),
		"html_url":      fmt.Sprintf("https://github.com/%s/actions/runs/%d/job/%d", Repository, r.ID, id),
		"check_run_url": fmt.Sprintf("%s/repos/%s/check-runs/%d", api, Repository, id),
	})
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// stepsOf returns the steps of a generated job that executes.
func stepsOf(created, started, ended time.Time, next, outcome string) []Step {
	entrypoint := Step{Name: schedule.EvidenceStep, Conclusion: "skipped", Started: created}
	if !started.IsZero() {
		entrypoint.Conclusion, entrypoint.Started = "success", started
	}
	steps := []Step{
		{Name: "Set up job", Conclusion: "success", Started: created},
		{Name: "Check window", Conclusion: "success", Started: created},
		entrypoint,
	}
	if next != "" {
		steps = append(steps, Step{Name: schedule.NextMark + next, Conclusion: "success", Started: ended})
	}
	if outcome != "" {
		steps = append(steps, Step{Name: schedule.OutcomeMark + outcome, Conclusion: "success", Started: ended})
	}
	return slices.Concat(steps, []Step{{Name: "Complete job", Conclusion: "success", Started: ended}})
}

// hands returns when the run asks to be run next, or hands that on.
func (r Run) hands() string {
	return schedule.Decision{Next: r.Next, Since: r.Since}.Hands()
}

// checkSteps returns the steps of a generated job that decides.
func checkSteps(r Run) []Step {
	steps := []Step{{Name: "Set up job", Conclusion: "success", Started: r.Created}, {Name: "Check window", Conclusion: "success", Started: r.Created}}
	if r.Settled != "" {
		steps = append(steps, Step{Name: schedule.SettledMark + r.Settled, Conclusion: "success", Started: r.Created})
	}
	if next := r.hands(); next != "" {
		steps = append(steps, Step{Name: schedule.NextMark + next, Conclusion: "success", Started: r.Created})
	}
	return steps
}
