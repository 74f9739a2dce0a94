package cli

import (
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/simulate"
)

// retention is how long GitHub keeps runs in a public repository. "For public
// repositories: you can change this retention period to anywhere between 1 day or 90
// days",
// https://docs.github.com/organizations/managing-organization-settings/configuring-the-retention-period-for-github-actions-artifacts-and-logs-in-your-organization
const retention = 90 * 24 * time.Hour

// remarks returns what is valid but probably not what somebody wants, a line each.
func (p *Program) remarks(project *project) []string {
	var remarks []string
	late := simulate.Late95(project.Rescue.Rounds.Every())
	for _, job := range project.Jobs {
		remark := func(key, format string, args ...any) {
			remarks = append(remarks, fmt.Sprintf("%s:%d: job %s ", project.Path, project.Line(job, key), problem.Show(job.ID))+fmt.Sprintf(format, args...))
		}
		spec, window := job.Schedule.Spec(), job.Schedule.Shortest()
		if spec.Disabled {
			continue
		}
		if job.Schedule.Standing(p.Now()) == schedule.Ended {
			if job.Schedule.Next(time.Time{}).IsZero() {
				remark(lastKey(spec), "has no slots: start, until and except leave none")
			} else {
				remark(lastKey(spec), "has ended; remove it, or give it a later time")
			}
			continue
		}
		if !job.Hosted() {
			continue
		}
		if window < 15*time.Minute {
			remark(spec.Trigger(), "is due every %s, and GitHub drops most ticks of such a job: in the regime throttled of `scheduled simulate`, %d %% of its windows are served; add executor = \"serve\", or run `scheduled rescue` on a machine of your own",
				problem.Count(int(window/time.Minute), "minute"), simulate.ThrottledShort(window))
		}
		if spec.Expires == 0 && spec.Trigger() != "run-at" && window > retention {
			remark(spec.Trigger(), "has windows longer than the 90 days for which GitHub keeps the runs of a public repository; when its evidence is gone, it runs again: set expires = \"30d\"")
		}
		if spec.Expires > 0 && spec.Expires < min(late, window) {
			remark("expires", "expires %s after its slot, but about one run in 20 starts more than %s late; set a longer expires, or executor = \"serve\"", past.Late(spec.Expires), past.Late(late))
		}
	}
	return remarks
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
