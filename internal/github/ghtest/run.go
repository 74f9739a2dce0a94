package ghtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Run is a run of a workflow, in short: the server's answers have every field.
type Run struct {
	ID         int64     // zero: one more than the last
	Workflow   string    // the file that lists it; "" is Workflow
	Path       string    // of the file, as the run has it; "" is the right one
	Title      string    // its run-name; "" is that of a tick which names no cron, or of a dispatch by hand
	Event      string    // "" is schedule
	Branch     string    // "" is main
	Head       string    // the repository that its commit is in; "" is Repository
	Attempt    int       // zero is the first
	Status     string    // "" is completed
	Conclusion string    // "" is success, or none while it is not completed
	Created    time.Time // when it was created
	Updated    time.Time // when it last changed; zero: a minute after it was created or the entrypoint started
	Started    time.Time // when the schedule.EvidenceStep started, with success; zero: it was skipped
	Steps      []Step    // instead of those that follow from Started

	// Patch replaces fields of the run in lists, and removes those that are
	// Absent. Such a run is not checked against GitHub's types.
	Patch map[string]any
}

// Absent as a value of Patch removes the field, and as one of Commit the file.
const Absent = "\x00absent"

// Step is one step of a job.
type Step struct {
	Name       string
	Conclusion string    // "" is null
	Started    time.Time // zero is null
}

// listed is a run that the server has, and what it answers about it.
type listed struct {
	Run
	run     json.RawMessage
	checked bool // against the types
}

// Add adds runs, in any order, or replaces those with the same id. It returns
// the id of the last.
func (s *Server) Add(runs ...Run) (id int64) {
	s.locked(func() {
		for _, r := range runs {
			id = r.ID
			if id == 0 {
				s.lastID++
				id = s.lastID
			}
			s.lastID = max(s.lastID, id)
			r.ID = id
			s.runs[id] = r.write(s.URL)
		}
	})
	return id
}

// Remove removes runs, as GitHub does after their retention.
func (s *Server) Remove(ids ...int64) {
	s.locked(func() {
		for _, id := range ids {
			delete(s.runs, id)
		}
	})
}

// write fills in what r leaves open, and writes what the server answers about it.
func (r Run) write(api string) *listed {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&r.Workflow, Workflow)
	fill(&r.Path, ".github/workflows/"+r.Workflow)
	fill(&r.Event, "schedule")
	if r.Event == "schedule" {
		fill(&r.Title, "clean-files: tick")
	}
	fill(&r.Title, "clean-files: by hand")
	fill(&r.Branch, "main")
	fill(&r.Head, Repository)
	fill(&r.Status, "completed")
	if r.Status == "completed" {
		fill(&r.Conclusion, "success")
	}
	r.Attempt = max(r.Attempt, 1)
	if r.Updated.IsZero() {
		r.Updated = r.Created.Add(time.Minute)
		if r.Started.After(r.Created) {
			r.Updated = r.Started.Add(time.Minute)
		}
	}
	return &listed{Run: r, run: marshal(r.object(api))}
}

// object returns the run as it is in lists.
func (r Run) object(api string) object {
	url := fmt.Sprintf("%s/repos/%s/actions/runs/%d", api, Repository, r.ID)
	head := fixtures.Repository
	if r.Head != Repository {
		owner, name, _ := strings.Cut(r.Head, "/")
		head = head.with(map[string]any{"id": 4711, "name": name, "full_name": r.Head, "fork": true, "description": "of " + owner})
	}
	return fixtures.Run.with(map[string]any{
		"id": r.ID, "run_number": r.ID, "path": r.Path, "event": r.Event, "display_title": r.Title,
		"head_branch": r.Branch, "head_repository": head, "run_attempt": r.Attempt,
		"status": r.Status, "conclusion": orNull(r.Conclusion),
		"created_at": stamp(r.Created), "updated_at": stamp(r.Updated), "run_started_at": stamp(r.Created),
		"url": url, "html_url": fmt.Sprintf("https://github.com/%s/actions/runs/%d", Repository, r.ID),
		"jobs_url": url + "/jobs", "logs_url": url + "/logs", "artifacts_url": url + "/artifacts",
		"cancel_url": url + "/cancel", "rerun_url": url + "/rerun",
	}).with(r.Patch)
}

// jobs returns the answer with the run's one job.
func (r Run) jobs(api string) map[string]any {
	run := fmt.Sprintf("%s/repos/%s/actions/runs/%d", api, Repository, r.ID)
	var steps []map[string]any
	for i, step := range r.steps() {
		steps = append(steps, map[string]any{
			"name": step.Name, "status": "completed", "conclusion": orNull(step.Conclusion), "number": i + 1,
			"started_at": orNull(stamp(step.Started)), "completed_at": orNull(stamp(step.Started)),
		})
	}
	job := fixtures.Job.with(map[string]any{
		"id": r.ID + 1_000_000, "run_id": r.ID, "run_attempt": r.Attempt, "head_branch": r.Branch,
		"status": r.Status, "conclusion": orNull(r.Conclusion), "steps": steps,
		"created_at": stamp(r.Created), "started_at": stamp(r.Created), "completed_at": stamp(r.Updated),
		"run_url": run, "url": fmt.Sprintf("%s/repos/%s/actions/jobs/%d", api, Repository, r.ID+1_000_000),
		"html_url":      fmt.Sprintf("https://github.com/%s/actions/runs/%d/job/%d", Repository, r.ID, r.ID+1_000_000),
		"check_run_url": fmt.Sprintf("%s/repos/%s/check-runs/%d", api, Repository, r.ID+1_000_000),
	})
	return map[string]any{"total_count": 1, "jobs": []object{job}}
}

// steps returns those of a generated workflow.
func (r Run) steps() []Step {
	if r.Steps != nil {
		return r.Steps
	}
	entrypoint := Step{Name: schedule.EvidenceStep, Conclusion: "skipped", Started: r.Created}
	if !r.Started.IsZero() {
		entrypoint.Conclusion, entrypoint.Started = "success", r.Started
	}
	return []Step{
		{Name: "Set up job", Conclusion: "success", Started: r.Created},
		{Name: "Check window", Conclusion: "success", Started: r.Created},
		entrypoint,
		{Name: "Complete job", Conclusion: "success", Started: r.Updated},
	}
}
