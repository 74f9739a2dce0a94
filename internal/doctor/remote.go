package doctor

import (
	"cmp"
	"crypto/sha1" // as git has it
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

const (
	maxSkew = 5 * time.Second // of this machine's clock

	// "In a public repository, scheduled workflows are automatically disabled when no
	// repository activity has occurred in 60 days."
	// https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
	idleLimit   = 60 * 24 * time.Hour
	idleWarning = 50 * 24 * time.Hour

	rescueQuiet = 24 * time.Hour // of the rescue, which ticks every six hours at least

	// "This API has an upper limit of 1,000 files for a directory."
	// https://docs.github.com/rest/repos/contents#get-repository-content
	mostListed = 1000
)

func (e *examination) repository() (Check, bool) {
	switch {
	case e.Client == nil && e.LedgerOn:
		c, _ := fine("none on GitHub: the jobs run here, by the local history")
		return c, false
	case e.Client == nil:
		return Check{Message: "no repository on GitHub is known", Hint: "add it as the git remote origin, or set GITHUB_REPOSITORY"}, false
	}
	return fine(e.Origin.Repository + " on " + e.Origin.Host)
}

func (e *examination) token() (Check, bool) {
	if e.Origin.Token == "" {
		e.report.Denied = true
		return Check{Message: "no token for " + e.Origin.Host, Hint: "set GITHUB_TOKEN, or log in with `gh auth login`"}, false
	}
	return fine("the token is that of " + e.TokenFrom)
}

// access reads the repository, which shows whether the token is valid.
func (e *examination) access() (Check, bool) {
	standing, err := e.Client.Standing(e.ctx)
	if err != nil {
		return e.failed(err, "check the name of the repository and the network, or give the token read access to it")
	}
	e.standing = standing
	switch rights := standing.Rights; {
	case rights == nil:
		return fine("the token can read the repository; unknown: whether it may write")
	case rights.Admin:
		return fine("the token's owner may administer the repository")
	case rights.Push:
		return fine("the token's owner may write to the repository")
	}
	return fine("the token's owner may read the repository, but not write: sync --pull-request, trigger, backfill and pause need more")
}

func (e *examination) clock() (Check, bool) {
	if e.standing.Now.IsZero() {
		return bad("the time in GitHub's answer cannot be right", "look for a proxy or cache between this machine and GitHub")
	}
	skew := e.Now().Sub(e.standing.Now)
	if skew.Abs() > maxSkew {
		direction := "ahead of"
		if skew < 0 {
			direction = "behind"
		}
		return bad(fmt.Sprintf("this machine's clock is %v %s GitHub's", skew.Abs().Round(time.Second), direction), "set the clock, for example by NTP")
	}
	return fine("this machine's clock agrees with GitHub's")
}

func (e *examination) archived() (Check, bool) {
	switch {
	case e.standing.Archived:
		return Check{Message: "the repository is archived, so nothing runs in it", Hint: "unarchive it in its settings"}, false
	case e.standing.Disabled:
		return Check{Message: "GitHub has disabled the repository", Hint: "ask GitHub's support why"}, false
	case e.standing.Fork:
		return bad("the repository is a fork: GitHub switches schedules off in a fork, and the workflows of the jobs leave its ticks out",
			"run the jobs in the original repository, or start them with `scheduled trigger` and `scheduled rescue` from a machine of your own")
	}
	return fine("the repository is neither archived nor disabled")
}

// issues looks whether the rescue can open issues, if it has to.
func (e *examination) issues() (Check, bool) {
	switch {
	case !e.Project.Rescue.Notify:
		return Check{}, true // it does not have to
	case e.standing.Issues != nil && !*e.standing.Issues:
		return bad("issues are switched off in the repository, and notify = \"issue\" needs them", `turn issues on in Settings, General, or set notify = "none"`)
	}
	return fine("the rescue can open issues")
}

// activity warns before GitHub disables the schedules of an idle repository.
func (e *examination) activity() (Check, bool) {
	now := e.standing.Now
	idle := now.Sub(e.standing.Pushed)
	switch {
	case e.standing.Private:
		return fine("the repository is private: GitHub does not disable its schedules when it is idle")
	case e.standing.Pushed.IsZero() || now.IsZero():
		return fine("unknown: when the repository was last pushed to")
	case idle > idleWarning:
		return bad(fmt.Sprintf("the last push was %d days ago, and GitHub disables the schedules of a public repository after %d days without activity", int(idle.Hours()/24), int(idleLimit.Hours()/24)),
			"push a change, and enable what is disabled with `scheduled resume --all`")
	}
	return fine(fmt.Sprintf("the last push was %s ago", problem.Count(int(idle.Hours()/24), "day")))
}

// branch compares the workflow files here with those on the default branch, from which
// alone schedules run.
func (e *examination) branch() (Check, bool) {
	blobs, err := e.Client.Blobs(e.ctx, workflow.Dir)
	if err != nil {
		c, _ := e.failed(err, "give the token the permission `contents: read`")
		return c, true
	}
	var missing, differ []string
	for _, file := range e.target.Files() {
		sha, there := blobs[path.Base(file)]
		if !there {
			missing = append(missing, file)
			continue
		}
		content, err := fs.ReadFile(e.repo.FS(), file)
		if err == nil && sha != blobID(content) && sha != blobID([]byte(strings.ReplaceAll(string(content), "\r\n", "\n"))) {
			differ = append(differ, file)
		}
	}
	what := func(files []string) string {
		return count(len(files), "workflow file", "workflow files") + ", such as " + files[0]
	}
	const hint = "commit the files, and push or merge them into the default branch: schedules run from there only"
	switch {
	case len(missing) > 0 && len(blobs) >= mostListed:
		return fine("unknown: whether the default branch has all workflow files, of which GitHub lists the first 1,000")
	case len(missing) > 0:
		return bad("the default branch "+e.standing.Branch+" lacks "+what(missing), hint)
	case len(differ) > 0:
		return bad("the default branch "+e.standing.Branch+" has another version of "+what(differ), hint)
	}
	return fine("the default branch " + e.standing.Branch + " has the workflow files")
}

// blobID returns the hash of a file's content, as git has it.
func blobID(content []byte) string {
	hash := sha1.New()
	fmt.Fprintf(hash, "blob %d\x00", len(content))
	hash.Write(content)
	return hex.EncodeToString(hash.Sum(nil))
}

func (e *examination) actions() (Check, bool) {
	workflows, err := e.Client.Workflows(e.ctx)
	if err != nil {
		return e.failed(err, "give the token the permission `actions: read`: GITHUB_TOKEN under `permissions:` of the workflow's job, a fine-grained token as Actions: read, a classic token by the scope repo")
	}
	e.workflows = workflows
	if len(workflows) == 0 {
		return Check{Message: "GitHub knows no workflow of this repository", Hint: "push the workflow files to the default branch, and allow Actions in the repository's settings, under Actions, General"}, false
	}
	return fine("Actions can be read, and GitHub knows " + problem.Count(len(workflows), "workflow"))
}

// states are what keeps GitHub from starting a workflow, and what to do then.
var states = map[string]string{
	"disabled_manually":   "run `scheduled resume` for their jobs, or set enabled = false, which says so in pyproject.toml",
	"disabled_inactivity": "run `scheduled resume --all`: GitHub disabled them because of 60 days without a push",
	"disabled_fork":       "enable them on the Actions page of the fork",
	"deleted":             "push the files to the default branch again",
	github.Unregistered:   "push the files to the default branch",
}

// inWords says the same states to people.
var inWords = map[string]string{
	"disabled_manually":   "disabled by hand",
	"disabled_inactivity": "disabled for lack of activity",
	"disabled_fork":       "disabled, as in every fork",
}

// registered looks whether GitHub starts the workflows of the jobs.
func (e *examination) registered() (Check, bool) {
	by := map[string][]string{}
	for _, job := range e.Project.Hosted() {
		state := github.Unregistered
		if w, known := e.workflows[job.File()]; known {
			state = w.State
		}
		if state != "active" {
			by[state] = append(by[state], job.ID)
		}
	}
	var found, hints []string
	for _, state := range slices.Sorted(maps.Keys(by)) {
		ids := by[state]
		found = append(found, fmt.Sprintf("%s %s: %s", count(len(ids), "workflow is", "workflows are"), cmp.Or(inWords[state], state), problem.Some(ids, problem.Show)))
		hints = append(hints, cmp.Or(states[state], "look at them on the Actions page"))
	}
	if len(found) > 0 {
		return bad(strings.Join(found, "; "), strings.Join(hints, "; "))
	}
	return fine("the workflows of all jobs are active")
}

// rescue looks for the workflow that starts jobs whose ticks GitHub dropped.
func (e *examination) rescue() (Check, bool) {
	if e.Project.Rescue.Rounds.Every() == 0 {
		return fine("the project has no rescue: rescue = false")
	}
	file := workflow.RescueFile(e.Place.Path)
	if !slices.Contains(e.target.Files(), path.Join(workflow.Dir, file)) {
		return Check{}, true // no job needs one
	}
	w, known := e.workflows[file]
	switch {
	case !known:
		return bad("GitHub does not know the workflow "+file, "run `scheduled sync`, and push the files to the default branch")
	case w.State != "active":
		return bad("the workflow "+file+" is "+cmp.Or(inWords[w.State], w.State), "enable it on the Actions page: without it, only the next tick makes up for a dropped one")
	}
	now := e.standing.Now
	quiet := now.Add(-rescueQuiet)
	ran := slices.ContainsFunc(e.started[file], func(run github.Started) bool { return run.Created.After(quiet) })
	if !ran && !e.known.IsZero() && e.known.Before(quiet) && w.Created.Before(quiet) {
		return bad(fmt.Sprintf("the workflow %s is active, but has not run for a day", file), "start it by hand on the Actions page, or run `scheduled rescue` from a machine of your own: GitHub drops its ticks")
	}
	return fine("the workflow " + file + " is active")
}

// settings reads the settings of GITHUB_TOKEN, which only an administrator may.
func (e *examination) settings() (Check, bool) {
	settings, err := e.Client.WorkflowSettings(e.ctx)
	if _, denied := errors.AsType[*github.Denied](err); denied {
		return fine("unknown: whether Actions may create pull requests; the token may not read the settings")
	}
	if err != nil {
		c, _ := e.failed(err, "try again")
		return c, true
	}
	for _, job := range e.Project.Hosted() {
		if job.Options.Commit.PullRequest && !settings.Opening {
			return bad("job "+problem.Show(job.ID)+" opens pull requests, which the settings do not let Actions do",
				`allow "GitHub Actions to create and approve pull requests" in the repository's settings, under Actions, General`)
		}
	}
	if !settings.Opening {
		return fine("Actions may not create pull requests; no job needs it, and sync with a token of your own does not either")
	}
	return fine("Actions may create pull requests")
}

// retention compares the longest window with how long GitHub keeps the evidence.
func (e *examination) retention() (Check, bool) {
	var longest time.Duration
	var id string
	for _, job := range e.Project.Hosted() {
		if owed := job.Schedule.Owed(); owed > longest && !job.Schedule.Spec().Disabled {
			longest, id = owed, job.ID
		}
	}
	days := e.Retention
	switch needed := int(longest.Hours()/24) + 1; {
	case days == 0 && needed > 90:
		return bad(fmt.Sprintf("windows of job %s last %d days, and GitHub keeps the runs of a public repository for 90 at most", problem.Show(id), needed), `set expires = "30d" for the job`)
	case days == 0:
		return fine(fmt.Sprintf("unknown: for how many days GitHub keeps runs; the longest window needs %d", needed))
	case days < needed:
		return bad(fmt.Sprintf("GitHub keeps runs for %d days, and windows of job %s last %d", days, problem.Show(id), needed), "raise the retention in the repository's settings, under Actions, General, or set a shorter expires")
	default:
		return fine(fmt.Sprintf("GitHub keeps runs for %d days, and the longest window needs %d", days, needed))
	}
}

// secrets names the secrets that must be there. Nobody can read them.
func (e *examination) secrets() (Check, bool) {
	var names []string
	for _, job := range e.Project.Hosted() {
		for _, name := range []string{job.Options.Heartbeat, job.Options.Webhook} {
			if name != "" {
				names = append(names, name)
			}
		}
		for _, secret := range slices.Concat(job.Options.Secrets, job.Options.SetupSecrets) {
			names = append(names, secret.Value)
		}
	}
	if len(names) == 0 {
		return Check{}, true
	}
	return fine("unknown: whether these secrets are set, since none can be read: " + problem.Some(distinct(names), problem.Show))
}
