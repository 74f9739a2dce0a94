package github

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// runList is one page of the runs of a workflow.
// https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow
type runList struct {
	Total int               `json:"total_count"`
	Runs  page[workflowRun] `json:"workflow_runs"`
}

func (runList) noun() string     { return "run list" }
func (l runList) complete() bool { return l.Runs != nil }

// oldest returns the creation of the oldest run; zero if there is none.
func (l runList) oldest() (oldest time.Time) {
	for _, run := range l.Runs {
		if !run.Created.IsZero() && (oldest.IsZero() || run.Created.Before(oldest)) {
			oldest = run.Created
		}
	}
	return oldest
}

// workflowRun is a run in a list. A field that is null or missing is zero.
type workflowRun struct {
	ID         int64      `json:"id"`
	Number     int        `json:"run_number"` // counts the runs of the workflow, from 1
	Path       string     `json:"path"`
	Title      string     `json:"display_title"`
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
	Actor      actor      `json:"actor"`
}

// actor is who started a run. A re-run keeps it.
type actor struct {
	Login string `json:"login"`
}

// bot is the actor of what GITHUB_TOKEN does, as a rescue has it.
const bot = "github-actions[bot]"

// repository is what we read of a repository.
// https://docs.github.com/rest/repos/repos#get-a-repository
type repository struct {
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
}

func (repository) noun() string     { return "repository" }
func (r repository) complete() bool { return r.DefaultBranch != "" }

// counts reports whether a run can be evidence for the job of the workflow file:
// it was started by a schedule, or by a dispatch on the default branch, from this file
// of the repository itself. Another branch, fork or file may have another entrypoint. A
// schedule starts runs on the default branch only, which may have had another name.
//
// A run without a path or a head repository counts too. The list is that of the file,
// and what a schedule or a dispatch starts in a fork is listed in the fork. Without any
// of the other fields it does not count.
func (r workflowRun) counts(repository, file, branch string) bool {
	path, ref, _ := strings.Cut(r.Path, "@")
	return r.ID > 0 && !r.Created.IsZero() && r.Status != "" && (r.Status != "completed" || r.Conclusion != "") &&
		r.Branch != "" && (r.Event == "schedule" || r.Event == "workflow_dispatch" && r.Branch == branch) &&
		(path == "" || path == ".github/workflows/"+file) &&
		(ref == "" || strings.TrimPrefix(ref, "refs/heads/") == r.Branch) &&
		(r.Head.FullName == "" || strings.EqualFold(r.Head.FullName, repository))
}

// badly reports whether a run or a job with that conclusion failed. The others mean that
// it was stopped or replaced (cancelled, skipped, stale), or waits for a person.
func badly(conclusion string) bool {
	return slices.Contains([]string{"failure", "timed_out", "startup_failure"}, conclusion)
}

// run returns the run as one of a job with that schedule.
func (r workflowRun) run(s schedule.Schedule) schedule.Run {
	run := schedule.Run{
		ID:      r.ID,
		URL:     r.URL,
		Attempt: r.Attempt,
		Created: r.Created,
		Updated: r.Updated,
		Success: r.Status == "completed" && r.Conclusion == "success",
		Failed:  r.Status == "completed" && badly(r.Conclusion),
		Active:  r.Status != "" && r.Status != "completed",
		Slot:    r.slot(),
		Asked:   r.asked(),
		Rescue:  r.rescue(),
	}
	if r.Event == "workflow_dispatch" && run.Asked.IsZero() {
		return s.Belated(run)
	}
	return run
}

// slot returns the window that a backfill serves. It is at the end of the run's name:
// "clean-files: backfill 2026-11-05T14:55:00Z". It is zero for any other run. A
// backfill of a window that cannot be read serves none: its slot is a time before all
// runs.
func (r workflowRun) slot() time.Time {
	named, ok := r.named(schedule.BackfillMark)
	if !ok {
		return time.Time{}
	}
	slot, err := parseSlot(named)
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return slot.UTC()
}

// rescue reports whether a rescue dispatched the run: a window that had begun is at the
// end of its name.
func (r workflowRun) rescue() bool {
	named, _ := r.named(schedule.RescueMark)
	slot, err := parseSlot(named)
	return err == nil && !slot.After(r.Created)
}

// outside returns the window for which something outside GitHub started the run: it is
// named as a rescue names it, and the rescue's token did not start it.
func (r workflowRun) outside() (slot time.Time, ok bool) {
	named, _ := r.named(schedule.RescueMark)
	slot, err := parseSlot(named)
	return slot.UTC(), err == nil && !slot.After(r.Created) && r.Actor.Login != "" && r.Actor.Login != bot
}

// asked returns the time to come at which a person asked for a run, by a dispatch that is
// not forced and names a window that had not begun; zero for any other run.
func (r workflowRun) asked() time.Time {
	named, _ := r.named(schedule.RescueMark)
	slot, err := parseSlot(named)
	if err != nil || !slot.After(r.Created) {
		return time.Time{}
	}
	return slot.UTC()
}

// parseSlot reads a slot as a person may have typed it.
func parseSlot(text string) (time.Time, error) {
	return time.Parse(time.RFC3339, strings.ToUpper(strings.TrimSpace(text)))
}

// named returns what follows the mark in the name of a dispatched run.
func (r workflowRun) named(mark string) (rest string, ok bool) {
	mark = ": " + mark
	at := strings.LastIndex(r.Title, mark)
	if r.Event != "workflow_dispatch" || at < 0 {
		return "", false
	}
	return strings.TrimSpace(r.Title[at+len(mark):]), true
}

// byAge orders answers from different times about one run.
func byAge(a, b schedule.Run) int {
	return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), a.Updated.Compare(b.Updated))
}
