package doctor

import (
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/simulate"
)

// kept is how long GitHub keeps runs in a public repository. "For public
// repositories: you can change this retention period to anywhere between 1 day or 90
// days",
// https://docs.github.com/organizations/managing-organization-settings/configuring-the-retention-period-for-github-actions-artifacts-and-logs-in-your-organization
const kept = 90 * 24 * time.Hour

// Remarks returns what is valid but probably not what somebody wants, a line each. path is
// that of the project's file.
func Remarks(project *pyproject.Project, path string, now time.Time) []string {
	var remarks []string
	late := simulate.Late95(project.Rescue.Rounds.Every())
	locked := map[string]int{}
	for _, job := range project.Jobs {
		locked[job.Options.Lock]++
	}
	if project.Rescue.Notify && project.Rescue.Rounds.Every() == 0 && len(project.Hosted()) > 0 {
		remarks = append(remarks, fmt.Sprintf("%s:%d: notify = \"issue\" has no effect with rescue = false: the rescue opens the issues", path, project.Rescue.Line))
	}
	for _, job := range project.Jobs {
		remark := func(key, format string, args ...any) {
			remarks = append(remarks, fmt.Sprintf("%s:%d: job %s ", path, project.Line(job, key), problem.Show(job.ID))+fmt.Sprintf(format, args...))
		}
		spec, window := job.Schedule.Spec(), job.Schedule.Shortest()
		if spec.Disabled {
			continue
		}
		if job.Schedule.Standing(now) == schedule.Ended {
			if job.Schedule.Next(time.Time{}).IsZero() {
				remark(lastKey(spec), "has no slots: start, until and except leave none")
			} else {
				remark(lastKey(spec), "has ended; remove it, or give it a later time")
			}
			continue
		}
		if lock := job.Options.Lock; lock != "" && locked[lock] == 1 {
			remark("lock", "has the lock %s, which no other job has", lock)
		}
		if o := job.Options; o.Lock != "" && o.MaxInstances > 1 {
			remark("max-instances", "has max-instances = %d, but with a lock only one window executes at once", o.MaxInstances)
		}
		if !job.Hosted() {
			continue
		}
		if project.Rescue.Pacemaker && job.Options.Patience > 0 {
			remark("patience", "has a patience, which has no effect with pacemaker = \"environment\": its rescue starts the job at its slot")
		}
		if o := job.Options; o.Webhook == "" && !project.Rescue.Notify && (o.NotifyAfter > 1 || !slices.Equal(o.NotifyOn, []schedule.Event{schedule.JobFailed, schedule.JobRecovered})) {
			remark("notify-on", "has notify-on or notify-after, which have no effect without webhook or notify = \"issue\"")
		}
		if job.Options.PauseAfter > 0 && project.Rescue.Rounds.Every() == 0 {
			remark("pause-after", "has pause-after = %d, which has no effect with rescue = false: the rescue counts the failures", job.Options.PauseAfter)
		}
		if window < 15*time.Minute {
			remark(spec.Trigger(), "is due every %s, and GitHub drops most ticks of such a job: in the regime throttled of `scheduled simulate`, %d %% of its windows are served; add executor = \"serve\", or run `scheduled rescue` on a machine of your own",
				problem.Count(int(window/time.Minute), "minute"), simulate.ThrottledShort(window))
		}
		if spec.Expires == 0 && spec.Trigger() != "run-at" && window > kept {
			remark(spec.Trigger(), "has windows longer than the 90 days for which GitHub keeps the runs of a public repository; when its evidence is gone, it runs again: set expires = \"30d\"")
		}
		if spec.Expires > 0 && spec.Expires < min(late, window) {
			remark("expires", "expires %s after its slot, but about one run in 20 starts more than %s late; set a longer expires, or executor = \"serve\"", past.Late(spec.Expires), past.Late(late))
		}
	}
	return remarks
}

// Waiting returns what is wrong with jobs that need one which has ended, and so wait for
// ever. It takes a clock to see that.
func Waiting(project *pyproject.Project, now time.Time) error {
	var complaints []pyproject.Complaint
	for _, job := range project.Jobs {
		for _, id := range job.Options.Needs {
			need, _, found := project.Job(id)
			if !found || need.Schedule.Standing(now) != schedule.Ended || job.Schedule.Standing(now) == schedule.Ended {
				continue
			}
			complaints = append(complaints, pyproject.Complaint{Job: job, Key: "needs",
				Message: fmt.Sprintf("needs has %s, which has ended and is never confirmed again", problem.Quote(id)),
				Hint:    "remove it, or give that job a later " + lastKey(need.Schedule.Spec())})
		}
	}
	if len(complaints) == 0 {
		return nil
	}
	return project.Complain(complaints)
}

// lastKey returns the key by which a job ends.
func lastKey(spec schedule.Spec) string {
	switch {
	case spec.Until != nil:
		return "until"
	case spec.Count > 0:
		return "count"
	}
	return "run-at"
}
