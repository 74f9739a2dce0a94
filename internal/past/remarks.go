package past

import (
	"fmt"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Remarks are what people should know beside a job's windows.
func (a *Archive) Remarks(h History) (remarks []string) {
	name := h.name()
	switch {
	case a.Client != nil && h.Local:
		remarks = append(remarks, name+": it does not run on GitHub: its windows are from "+localLedger)
	case a.Client != nil:
		remarks = Setup(h.Job, h.Workflow, a.Repository, h.Schedule.Window(h.Now), a.Retention)
	}
	if h.Marked {
		remarks = append(remarks, fmt.Sprintf("%s: paused on this machine: %s resumes it", name, h.resume()))
	}
	if h.lost != nil {
		remarks = append(remarks, fmt.Sprintf("%s: some runs could not be read, so their windows are unknown here: %v", name, h.lost))
	}
	return remarks
}

// Unasked returns the remarks on the windows that are unknown to limit the requests, if
// there are any.
func Unasked(histories ...History) (remarks []string) {
	const why = "because that would take too many requests"
	unread := slices.DeleteFunc(slices.Clone(histories), func(h History) bool { return h.Unread != nil })
	unasked := slices.DeleteFunc(slices.Clone(unread), func(h History) bool { return h.unasked == 0 })
	windows := 0
	for _, h := range unasked {
		windows += h.unasked
	}
	switch {
	case len(unasked) > 0 && len(histories) == 1:
		remarks = append(remarks, fmt.Sprintf("%s: %s unknown here: not checked, %s", unasked[0].name(), problem.Count(windows, "window"), why))
	case len(unasked) > 0:
		remarks = append(remarks, fmt.Sprintf("%s of %s unknown here: not checked, %s; `scheduled history` checks more of one job", problem.Count(windows, "window"), some(unasked), why))
	}
	short := slices.DeleteFunc(unread, func(h History) bool { return !h.short || !h.before() })
	if len(short) > 0 {
		newest := slices.MaxFunc(short, func(a, b History) int { return a.Known.Compare(b.Known) })
		remarks = append(remarks, fmt.Sprintf("older windows of %s unknown here: runs before %s were not read, %s", some(short), problem.Clock(newest.Known), why))
	}
	return remarks
}

// some names a job, or counts several.
func some(histories []History) string {
	if len(histories) == 1 {
		return histories[0].name()
	}
	return problem.Count(len(histories), "job")
}

// name names a job, and its project among several.
func (j Job) name() string {
	if j.Project != "" {
		return problem.Show(j.ID) + " of " + j.Project
	}
	return problem.Show(j.ID)
}

// resume is the command that resumes the job, from the root of the repository if there are
// several projects.
func (j Job) resume() string {
	before := "scheduled resume"
	if j.Project != "" {
		before = fmt.Sprintf("scheduled --project %s resume", problem.Show(j.Project))
	}
	return "`" + problem.Command(before, j.ID) + "`"
}

// Gone says which runs were deleted, as far as that shows.
func (h History) Gone() []string {
	gone := h.gone()
	if gone == "" {
		return nil
	}
	return []string{h.name() + ": " + gone}
}

// before reports whether windows are unknown because no run of their time is known.
func (h History) before() bool {
	return slices.ContainsFunc(h.Accounts, func(a schedule.Account) bool {
		return a.State == schedule.StateUnknown && a.Window.Start.Before(h.Known)
	})
}

// gone is what Gone says; "" if nothing shows that runs were deleted.
func (h History) gone() string {
	const unknown = "so what became of the windows then is unknown"
	switch {
	case len(h.Deleted) > 0:
		first, last := h.Deleted[0], h.Deleted[len(h.Deleted)-1]
		return fmt.Sprintf("runs between %s and %s were deleted, %s if no other run shows it", problem.Clock(first.Start), problem.Clock(last.End), unknown)
	case h.short || !h.before():
		return ""
	case h.runs == 0 && h.created.IsZero():
		return "GitHub has no run of its workflow: its runs were deleted, or none ever started, " + unknown
	case h.runs == 0:
		return fmt.Sprintf("GitHub has no run of its workflow, which is from %s: its runs were deleted, or none ever started, %s", problem.Clock(h.created), unknown)
	}
	return fmt.Sprintf("runs before %s were deleted, by a person or by GitHub because of their age, %s", problem.Clock(h.Known), unknown)
}

// Setup returns remarks on whatever in a job's set-up on GitHub keeps it from running
// or from being confirmed: the state of its workflow, and for how many days GitHub
// keeps runs.
func Setup(job Job, workflow, repository string, w schedule.Window, retention int) (remarks []string) {
	name := job.name()
	switch workflow {
	case github.Unregistered:
		remarks = append(remarks, fmt.Sprintf("%s: %s has no workflow %s yet: run `scheduled sync` and merge the file into the default branch", name, repository, job.File))
	case "disabled_manually":
		remarks = append(remarks, fmt.Sprintf("%s: paused, its workflow was disabled by hand: %s resumes it", name, job.resume()))
	case "disabled_inactivity":
		remarks = append(remarks, fmt.Sprintf("%s: GitHub disabled its workflow after 60 days without activity in the repository: %s resumes it", name, job.resume()))
	case "disabled_fork":
		remarks = append(remarks, fmt.Sprintf("%s: its workflow is disabled, like every schedule of a fork: %s turns it on", name, job.resume()))
	case "deleted":
		remarks = append(remarks, fmt.Sprintf("%s: its workflow was deleted: run `scheduled sync` and merge the file into the default branch", name))
	}
	if remark := Forgotten(job.ID, w, retention); remark != "" {
		remarks = append(remarks, remark)
	}
	return remarks
}

// Forgotten returns the remark on a job whose runs GitHub keeps for less than a window;
// "" if it keeps them long enough, or days is 0. A month counts as the longest one.
func Forgotten(id string, w schedule.Window, days int) string {
	const day = 24 * time.Hour
	length := w.End.Sub(w.Start)
	if length > 27*day {
		length = max(length, 31*day)
	}
	if days <= 0 || time.Duration(days)*day >= length {
		return ""
	}
	return fmt.Sprintf("%s: GitHub keeps its runs for %s only, so the evidence of a window is deleted before the window ends: raise the limit in Settings > Actions > General", problem.Show(id), problem.Count(days, "day"))
}
