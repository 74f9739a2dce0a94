package workflow

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// Installed says how the packages of some jobs are installed.
type Installed struct {
	installer.Environment
	Jobs []string // their ids, in the order of the project
}

// ByJob returns the environments by the ids of the jobs.
func ByJob(all []Installed) map[string]installer.Environment {
	environments := map[string]installer.Environment{}
	for _, installed := range all {
		for _, id := range installed.Jobs {
			environments[id] = installed.Environment
		}
	}
	return environments
}

// hostedLimit is how long a job can take on GitHub's own runners: "Each job in a workflow
// can run for up to 6 hours of execution time",
// https://docs.github.com/actions/reference/actions-limits
const hostedLimit = 6 * time.Hour

// HostedTimeout is how long an entrypoint can take there, with the time for the set-up.
const HostedTimeout = hostedLimit - setupMargin

var hostedLabel = pattern.New(`^(?:ubuntu|windows|macos)-`)

// hosted reports whether a job runs on one of GitHub's own runners, as far as its labels
// say that.
func hosted(o pyproject.Options) bool { return slices.ContainsFunc(o.RunsOn, hostedLabel.MatchString) }

// limit is the time for a whole job, a minute less than GitHub has: what takes longer is
// then stopped by its own limit.
func limit(o pyproject.Options) time.Duration {
	if hosted(o) {
		return min(o.Timeout+setupMargin, hostedLimit-time.Minute)
	}
	return o.Timeout + setupMargin
}

// Remarks says what people should know about the set-up of the jobs.
func (t Target) Remarks(all []Installed) []string {
	var remarks []string
	for _, installed := range all {
		for _, remark := range installed.Remarks() {
			if !slices.Contains(remarks, remark) {
				remarks = append(remarks, remark)
			}
		}
	}
	remarks = append(remarks, t.shared()...)
	for _, job := range t.Project.Jobs {
		o := job.Options
		if o.Timeout > HostedTimeout && !o.Serve && hosted(o) {
			remarks = append(remarks, fmt.Sprintf("job %s: GitHub ends a job on its own runners after 6 hours, and "+
				"%v for the set-up leave %v for the entrypoint: shorten its timeout of %v, or use a runner of your own; until then it is stopped after that time",
				problem.Show(job.ID), setupMargin, HostedTimeout, o.Timeout))
		}
		for _, scope := range []string{"contents", "pull-requests"} {
			if commits(o) && (scope == "contents" || o.Commit.PullRequest) && raised(o, scope) != "" {
				remarks = append(remarks, fmt.Sprintf("job %s: commit needs the permission %s: write, and gets it although permissions says read: remove that, or commit",
					problem.Show(job.ID), scope))
			}
		}
		if len(o.Before)+len(o.Prepare)+len(o.After) == 0 && !o.Token && !commits(o) && slices.Contains(o.Permissions, pyproject.Pair{Name: "contents", Value: "write"}) {
			remarks = append(remarks, fmt.Sprintf("job %s: nothing can use the permission contents: write: it has no step of its own, and the entrypoint gets no token",
				problem.Show(job.ID)))
		}
	}
	return remarks
}

// shared says which jobs cannot be told apart from outside.
func (t Target) shared() []string {
	var remarks []string
	for _, option := range []struct {
		value func(pyproject.Options) string
		words string // of the jobs, and of what they share
	}{
		{func(o pyproject.Options) string { return o.Name }, "jobs %s have the same name %s: a workflow that listens for it starts after each of them"},
		{func(o pyproject.Options) string { return o.Heartbeat }, "jobs %s share the heartbeat %s: a success of one hides that another is silent; give each a check of its own"},
	} {
		var values []string
		jobs := map[string][]string{}
		for _, job := range t.Project.Jobs {
			if value := option.value(job.Options); value != "" {
				if jobs[value] == nil {
					values = append(values, value)
				}
				jobs[value] = append(jobs[value], job.ID)
			}
		}
		for _, value := range values {
			if ids := jobs[value]; len(ids) > 1 {
				remarks = append(remarks, fmt.Sprintf(option.words, problem.Some(ids, problem.Show), problem.Show(value)))
			}
		}
	}
	return remarks
}

// Environments says how the packages of the jobs are installed: usually in one way for
// all, and in another way for each other installer that a job names. It chooses only
// once for each, because reading a file may take a request. The error is
// EnvironmentErrors, beside the environments of the other jobs.
func (t Target) Environments(repo fs.FS) ([]Installed, error) {
	var all []Installed
	at := map[string]int{} // in all, by the options that decide
	links := sync.OnceValue(func() []string { return installer.LinksOut(repo, t.mostFolders()) })
	var failed EnvironmentErrors
	wrong := map[string]bool{} // by the options that decide
	for _, job := range t.Project.Jobs {
		o := job.Options
		asked := fmt.Sprintf("%q %q %q %q", o.Installer, o.Requirements, o.Extras, o.Groups)
		if wrong[asked] {
			continue
		}
		i, known := at[asked]
		if !known {
			env, err := t.Environment(repo, job)
			if failure, ok := errors.AsType[*EnvironmentError](err); ok {
				failed, wrong[asked] = append(failed, failure), true
				continue
			}
			i = len(all)
			at[asked] = i
			all = append(all, Installed{Environment: env})
		}
		err := checkLinks(repo, links, job)
		if version := checkPython(job, all[i].Environment); version != nil {
			err = &EnvironmentError{Job: job.ID, Option: "python", Err: version}
		}
		if failure, ok := errors.AsType[*EnvironmentError](err); ok {
			failed = append(failed, failure)
			continue
		}
		all[i].Jobs = append(all[i].Jobs, job.ID)
	}
	all = slices.DeleteFunc(all, func(installed Installed) bool { return len(installed.Jobs) == 0 })
	if len(failed) > 0 {
		return all, failed
	}
	return all, nil
}

// EnvironmentErrors says which jobs have no environment, and why.
type EnvironmentErrors []*EnvironmentError

func (e EnvironmentErrors) Error() string { return e[0].Error() }

func (e EnvironmentErrors) Unwrap() (all []error) {
	for _, failed := range e {
		all = append(all, failed)
	}
	return all
}

// Environment says how the packages of one job are installed. The error is an
// *EnvironmentError.
func (t Target) Environment(repo fs.FS, job pyproject.Job) (installer.Environment, error) {
	env, err := installer.Choose(repo, t.dir(), installer.Facts{
		Installer:    job.Options.Installer,
		Tables:       t.Project.Tools.Tables,
		BuildSystem:  t.Project.BuildSystem,
		Dependencies: t.Project.Dependencies,
		Requires:     t.Project.Tools.Requires,
		Defaults:     t.Project.Tools.Defaults,
		Requirements: job.Options.Requirements,
		Extras:       job.Options.Extras,
		Groups:       job.Options.Groups,
	})
	if err == nil {
		if what := pyproject.Forbidden(env.File); what != "" {
			err = fmt.Errorf("path %q contains the %s, which is not allowed in workflow files", env.File, what)
		}
	}
	if err != nil {
		option := "installer"
		if len(job.Options.Requirements) > 0 {
			option = "requirements"
		}
		return env, &EnvironmentError{Job: job.ID, Option: option, Err: err}
	}
	return env, checkPackages(job, env)
}

// checkPackages is an error for extras or groups that the job's tool does not install.
func checkPackages(job pyproject.Job, env installer.Environment) error {
	r := recipes[env.Tool]
	for _, option := range []struct {
		key   string
		names []string
		can   bool
	}{{"extras", env.Extras, r.extras}, {"dependency-groups", env.Groups, r.groups && !env.Hashes}} {
		if len(option.names) > 0 && !option.can {
			return &EnvironmentError{Job: job.ID, Option: option.key, Err: problem.New("let a tool install the project that can do that, as with installer = \"uv\", or list the packages where "+string(env.Tool)+" finds them",
				"job %s: option %s has no effect, because %s installs the packages", problem.Show(job.ID), option.key, env)}
		}
	}
	return nil
}

// checkPython is an error for a version of Python that the job's environment cannot
// have.
func checkPython(job pyproject.Job, env installer.Environment) error {
	version := job.Options.Python
	if version == "" {
		return nil
	}
	if env.Tool == installer.Pixi || env.Tool == installer.Conda && env.Locked {
		return problem.New("remove the option, and ask for that version in the tool's own file",
			"job %q: option python has no effect, because %s says which Python to install", job.ID, cmp.Or(env.File, env.Manifest))
	}
	if _, ok := pythonFor(env.Tool, version); !ok {
		return problem.New(`write a version or a range, as in "3.12" or ">=3.11,<3.14"`,
			"job %q: option python is %q, which cannot be set up for %s", job.ID, version, env.Tool)
	}
	return nil
}

// mostFolders is how many folders of a repository are searched for links: those of
// another place than this machine can cost a request each.
func (t Target) mostFolders() int {
	if t.Remote {
		return 200
	}
	return 5000
}

// checkLinks is an error for a path of the job that goes through a symbolic link out of
// the repository, or takes one that its action would follow. links are all of those.
func checkLinks(repo fs.FS, links func() []string, job pyproject.Job) error {
	o := job.Options
	for _, option := range []struct {
		key     string
		paths   []string
		follows bool // what the paths take
		hidden  bool // they take names that begin with a dot
	}{
		{"commit", o.Commit.Paths, false, false},
		{"artifacts", o.Artifacts.Paths, true, namesHidden(o.Artifacts.Paths)},
		{"cache", o.Cache, true, true},
	} {
		for _, p := range option.paths {
			link := installer.LinkOut(repo, p)
			if link == "" && option.follows {
				at := slices.IndexFunc(links(), func(link string) bool { return pyproject.Takes(p, link, option.hidden) })
				if at >= 0 {
					link = links()[at]
				}
			}
			if link != "" {
				return &EnvironmentError{Job: job.ID, Option: option.key, Err: problem.New("name the files themselves, in the repository",
					"%s of job %s has %s, and %s is a symbolic link that leads out of the repository or to its .git or .github/workflows",
					option.key, problem.Show(job.ID), problem.Quote(p), problem.Quote(link))}
			}
		}
	}
	return nil
}

// EnvironmentError says why the packages of a job cannot be installed as its project
// and its options say, or where its files are.
type EnvironmentError struct {
	Job    string // the first such job
	Option string // the option that decides, or could: installer, python, commit, artifacts or cache
	Err    error  // may have a hint
}

func (e *EnvironmentError) Error() string { return e.Err.Error() }

func (e *EnvironmentError) Unwrap() error { return e.Err }
