package github

import (
	"cmp"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// runList is one page of the runs of a workflow.
// https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow
type runList struct {
	Total int           `json:"total_count"`
	Runs  []workflowRun `json:"workflow_runs"`
}

func (runList) noun() string     { return "run list" }
func (l runList) complete() bool { return l.Runs != nil }

// workflowRun is a run as a list tells it. Any field may be null or missing,
// which reads as zero and confirms nothing.
type workflowRun struct {
	ID         int64      `json:"id"`
	Path       string     `json:"path"`
	Event      string     `json:"event"`
	Status     string     `json:"status"`
	Conclusion string     `json:"conclusion"`
	Branch     string     `json:"head_branch"`
	Attempt    int        `json:"run_attempt"`
	Created    time.Time  `json:"created_at"`
	Updated    time.Time  `json:"updated_at"`
	URL        string     `json:"html_url"`
	Repository repository `json:"repository"`
	Head       repository `json:"head_repository"`
}

// repository is what we read of one.
// https://docs.github.com/rest/repos/repos#get-a-repository
type repository struct {
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
}

func (repository) noun() string     { return "repository" }
func (r repository) complete() bool { return r.DefaultBranch != "" }

// jobList holds the jobs of a run's latest attempt.
// https://docs.github.com/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run
type jobList struct {
	Jobs []struct {
		Attempt int `json:"run_attempt"`
		Steps   []struct {
			Name       string    `json:"name"`
			Conclusion string    `json:"conclusion"`
			Started    time.Time `json:"started_at"`
		} `json:"steps"`
	} `json:"jobs"`
}

func (jobList) noun() string     { return "jobs" }
func (l jobList) complete() bool { return l.Jobs != nil }

// execution returns when the entrypoint started in an execution that
// succeeded, and in which attempt; zero when none did.
func (l jobList) execution() (started time.Time, attempt int) {
	for _, job := range l.Jobs {
		for _, step := range job.Steps {
			if step.Name == "Run entrypoint" && step.Conclusion == "success" && !step.Started.IsZero() {
				return step.Started, job.Attempt
			}
		}
	}
	return time.Time{}, 0
}

// counts reports whether a run can be evidence for the job of the workflow
// file: it was started by a schedule or a dispatch, from this file, on the
// default branch of the repository itself. Another branch, a fork or another
// file may hold another entrypoint.
func (r workflowRun) counts(repository, file, branch string) bool {
	path, _, _ := strings.Cut(r.Path, "@") // a ref may follow
	return r.ID > 0 && !r.Created.IsZero() &&
		(r.Event == "schedule" || r.Event == "workflow_dispatch") &&
		r.Branch == branch &&
		(path == "" || path == ".github/workflows/"+file) &&
		(r.Head.FullName == "" || strings.EqualFold(r.Head.FullName, repository))
}

func (r workflowRun) run() schedule.Run {
	return schedule.Run{
		ID:      r.ID,
		URL:     r.URL,
		Attempt: r.Attempt,
		Created: r.Created,
		Updated: r.Updated,
		Success: r.Status == "completed" && r.Conclusion == "success",
	}
}

// byAge orders what was heard of one run at different times, and byCreated
// different runs.
func byAge(a, b schedule.Run) int {
	return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), a.Updated.Compare(b.Updated))
}

func byCreated(a, b schedule.Run) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}
