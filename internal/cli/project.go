package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// project is the project that a command works on.
type project struct {
	*pyproject.Project
	pyproject.Place
}

// open reads the project that --project names, or the nearest one upward, and warns of
// jobs with errors, which it leaves out. If no job is left, or more is wrong with the
// content of the file, that comes back as problem.Problems.
func (p *Program) open() (*project, error) { return p.found(p.openAt) }

// openAt is open for the project at a place.
func (p *Program) openAt(place pyproject.Place) (*project, error) {
	project, err := readAt(place)
	if err == nil && len(project.Jobs) == 0 {
		err = project.Problems()
	}
	if err == nil && len(project.Broken) > 0 {
		var ids []string
		for _, broken := range project.Broken {
			ids = append(ids, broken.ID)
		}
		p.leaveOut(ids, "because of errors")
	}
	return project, err
}

// leaveOut warns of jobs with errors that a command leaves out.
func (p *Program) leaveOut(ids []string, why string) {
	if len(ids) > 0 {
		p.warn(p.runner(p.Stderr), problem.New("`scheduled validate` shows their errors", "left out %s, %s", problem.Some(ids, problem.Show), why))
	}
}

// read is open without the warning.
func (p *Program) read() (*project, error) { return p.found(readAt) }

// found opens the project that --project names, or the nearest one upward.
func (p *Program) found(open func(pyproject.Place) (*project, error)) (*project, error) {
	place, err := p.find()
	if err != nil {
		return nil, err
	}
	return open(place)
}

// readAt reads the project at a place.
func readAt(place pyproject.Place) (*project, error) {
	loaded, err := place.Load()
	if err != nil {
		if _, ok := errors.AsType[problem.Problems](err); !ok {
			err = &exitError{exitUsage, fmt.Errorf("read project: %w", err)}
		}
		return nil, err
	}
	return &project{loaded, place}, nil
}

// find returns the place of the project that --project names, or of the nearest upward.
func (p *Program) find() (pyproject.Place, error) {
	place, err := pyproject.Find(p.project, p.getenv("GITHUB_WORKSPACE"))
	if err != nil {
		return place, &exitError{exitUsage, err}
	}
	return place, nil
}

// openValid is open for the commands that need every job. All that is wrong with them
// comes back as problem.Problems.
func (p *Program) openValid() (*project, error) { return p.found(openValidAt) }

// openValidAt is openValid for the project at a place.
func openValidAt(place pyproject.Place) (*project, error) {
	project, err := readAt(place)
	if err == nil {
		err = project.Problems()
	}
	if err != nil {
		return nil, err
	}
	return project, nil
}

// hosted returns the jobs that run on GitHub, and warns of those that cannot.
func (p *Program) hosted(project *project) []pyproject.Job {
	var ids []string
	for _, job := range project.Jobs {
		if job.Unhosted != nil {
			ids = append(ids, job.ID)
		}
	}
	p.leaveOut(ids, "which GitHub cannot run")
	return project.Hosted()
}

// job returns the job of that id. What is wrong with it comes back as problem.Problems;
// that GitHub cannot run it counts only there.
func (pr *project) job(id string, onGitHub bool) (pyproject.Job, error) {
	job, nearest, found := pr.Job(id)
	switch {
	case found && onGitHub && job.Options.Serve:
		return job, &exitError{exitUsage, problem.New("use `"+problem.Command("scheduled run", id, "--force")+"` on the machine that runs it; `scheduled sync` removes a workflow file that it still has", "GitHub does not run job %s, because it has executor = \"serve\"", problem.Show(id))}
	case found && onGitHub && job.Unhosted != nil:
		return job, job.Unhosted
	case found:
		return job, nil
	}
	for _, broken := range pr.Broken {
		if broken.ID == id {
			return job, broken.Problems
		}
	}
	hint := "`scheduled list` shows the jobs"
	if len(pr.Jobs)+len(pr.Broken) == 0 {
		hint = "`scheduled init` adds an example"
	}
	if nearest != "" {
		hint = fmt.Sprintf("did you mean %q? %s", nearest, hint)
	}
	return job, &exitError{exitUsage, problem.New(hint, "no job %q in %s", id, pr.Path)}
}

// environment says how the packages of a job are installed. If they cannot be, the
// error is problem.Problems.
func (pr *project) environment(job pyproject.Job) (installer.Environment, error) {
	repo, err := os.OpenRoot(pr.Root)
	if err != nil {
		return installer.Environment{}, fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	env, err := workflow.Target{Project: pr.Project, Path: pr.Path}.Environment(repo.FS(), job)
	return env, workflow.Placed(pr.Project, err)
}

// environments is environment for all jobs.
func (pr *project) environments() ([]workflow.Installed, error) {
	repo, err := os.OpenRoot(pr.Root)
	if err != nil {
		return nil, fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	environments, err := workflow.Target{Project: pr.Project, Path: pr.Path}.Environments(repo.FS())
	return environments, workflow.Placed(pr.Project, err)
}

// jobs returns the jobs of a project for the proof of their entrypoints.
func (p *Program) jobs(project *project, installed []workflow.Installed) entrypoint.Jobs {
	return entrypoint.Jobs{Project: project.Project, Place: project.Place, Installed: workflow.ByJob(installed), Environ: p.Environ}
}

// execution returns how to run a job on this machine.
func (p *Program) execution(project *project, job pyproject.Job, environment installer.Environment) execution.Job {
	return execution.Job{
		Job:         job,
		Place:       project.Place,
		Environment: environment,
		Environ:     p.Environ,
		Program:     p.Path,
		Actions:     p.runner(p.Stderr).On(),
		Now:         p.Now,
		Say:         p.say,
		Needs:       execution.Needed(job, project.Jobs),
	}
}

// restart starts this program over without the credentials that the entrypoints of jobs
// must not have, and returns the URL of each job's heartbeat, which it keeps.
func (p *Program) restart(jobs []pyproject.Job) (heartbeats map[string]string) {
	heartbeats, _ = p.restartWith(jobs)
	return heartbeats
}

// restartWith is restart for a program that keeps the values of further variables.
func (p *Program) restartWith(jobs []pyproject.Job, further ...string) (heartbeats, values map[string]string) {
	heartbeats, values, environ, err := execution.Restart(p.Path, p.Args, p.Environ, p.runner(p.Stdout).On(), jobs, further...)
	if err != nil {
		p.say("warning: the entrypoint can read the credentials of this step: cannot start " + p.Path + " again without them: " + err.Error())
	}
	p.Environ = environ
	return heartbeats, values
}

// defaultAction is our action if no release or fork is known.
const defaultAction = "scheduled-actions/scheduled@v1"

// build says what the program was built from.
type build struct {
	version string // for display
	release string // the version if it is a release, else ""
	commit  string // "" if unknown; the releases themselves do not know theirs
}

func (p *Program) build() build {
	b := build{version: p.Version}
	if info, ok := debug.ReadBuildInfo(); ok {
		if b.version == "" {
			b.version = info.Main.Version
		}
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if settings["vcs.modified"] == "false" {
			b.commit = settings["vcs.revision"]
		}
	}
	if semver.IsValid(b.version) && semver.Build(b.version) == "" && !module.IsPseudoVersion(b.version) {
		b.release = b.version
	}
	return b
}

// action returns how generated files refer to our action: as --action says, as the
// workflow refers to the action that runs this program, or by what the program was
// built from.
func (p *Program) action(flag string) (workflow.Uses, error) {
	if flag != "" {
		uses, err := workflow.ParseUses(flag)
		if err != nil {
			return uses, &exitError{exitUsage, problem.WithHint(err, "name a release and its commit: --action 'owner/repo@<commit> # v1.2.3'")}
		}
		return uses, nil
	}
	uses, err := workflow.ParseUses(defaultAction)
	if err != nil {
		return uses, err
	}
	built := p.build()
	repository, ref := p.getenv("GITHUB_ACTION_REPOSITORY"), p.getenv("GITHUB_ACTION_REF")
	switch {
	case repository != "" && ref != "":
		uses, err = workflow.ParseUses(repository + "@" + ref)
	case built.commit != "":
		uses.Ref = built.commit
	case built.release != "":
		uses.Ref = built.release
	}
	if uses.Pinned() {
		uses.Version = built.release
	}
	return uses, err
}

func withSignals() (context.Context, context.CancelFunc) { return python.WithSignals() }

// howToSync returns the command that updates the files, as a person would type it.
func (p *Program) howToSync() string {
	if p.allProjects {
		return "scheduled sync --all-projects"
	}
	if p.project == "" || p.project == "." {
		return "scheduled sync"
	}
	return fmt.Sprintf("scheduled --project %q sync", p.project)
}
