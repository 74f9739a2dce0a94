package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// jobs returns the jobs of a project for the proof of their entrypoints.
func (p *Program) jobs(project *project, installed []workflow.Installed) entrypoint.Jobs {
	return entrypoint.Jobs{Project: project.Project, Place: project.Place, Installed: workflow.ByJob(installed), Environ: p.Environ}
}

// proveEntrypoints looks at the entrypoints of all jobs without running anything.
func (p *Program) proveEntrypoints(project *project) (entrypoint.Proof, error) {
	installed, err := project.environments()
	if err != nil {
		return entrypoint.Proof{}, err
	}
	return p.jobs(project, installed).Prove()
}

// importLimit is how long the import of a module may take. What takes longer would
// cost every run as much.
const importLimit = 5 * time.Minute

// imported is an entrypoint whose module could be imported.
type imported struct {
	Job          string  `json:"job"`
	Entrypoint   string  `json:"entrypoint"`
	Milliseconds float64 `json:"milliseconds"`
}

// importEntrypoints imports the module of each entrypoint in the environment of its
// job, but for the jobs to skip, and returns how long that took and what went wrong.
func (p *Program) importEntrypoints(ctx context.Context, project *project, skip map[string]bool) ([]imported, problem.Problems) {
	times, complaints := []imported{}, []pyproject.Complaint(nil)
	for _, job := range project.Jobs {
		if skip[job.ID] {
			continue
		}
		took, outcome, err := p.importEntrypoint(ctx, project, job)
		if err != nil {
			outcome = python.Outcome{Cause: err.Error(), Hint: problem.Hint(err)}
		}
		if !outcome.OK {
			complaints = append(complaints, pyproject.Complaint{Job: job, Key: "entrypoint", Message: broken(outcome), Hint: outcome.Hint})
			continue
		}
		done := imported{job.ID, job.Entrypoint, float64(took.Round(100*time.Microsecond)) / float64(time.Millisecond)}
		p.say(fmt.Sprintf("%s: imported %s in %.1fms", problem.Show(job.ID), markdown.Clean(job.Entrypoint), done.Milliseconds))
		times = append(times, done)
	}
	return times, project.Complain(complaints)
}

// importEntrypoint imports the module of one entrypoint. What that prints can issue no
// workflow command.
func (p *Program) importEntrypoint(ctx context.Context, project *project, job pyproject.Job) (time.Duration, python.Outcome, error) {
	environment, err := project.environment(job)
	if err != nil {
		return 0, python.Outcome{}, err
	}
	launcher, err := python.Find(environment, project.Root, project.Dir, p.environ(job))
	if err != nil {
		return 0, python.Outcome{}, err
	}
	output, end := p.runner(p.Stderr).Verbatim() // stdout is for the result
	defer end()
	e := p.entrypoint(project, job, launcher, p.variablesNow(job).environ(job, 1))
	e.Timeout, e.Stdout, e.Stderr = importLimit, output, output
	took, outcome, err := python.Import(ctx, e)
	p.hintInstall(&outcome, environment)
	return took, outcome, err
}

// broken says how an import failed, and where.
func broken(o python.Outcome) string {
	if o.Frame == nil {
		return o.Cause
	}
	return fmt.Sprintf("%s:%d: %s", filepath.ToSlash(o.Frame.File), o.Frame.Line, o.Cause)
}

// hintInstall adds to an outcome that a package may not be installed yet. In Actions
// the steps before have done that.
func (p *Program) hintInstall(o *python.Outcome, env installer.Environment) {
	if command := env.Install(); command != "" && o.Exception == "ModuleNotFoundError" && !p.runner(p.Stderr).On() {
		o.Hint = fmt.Sprintf("install the project's packages with `%s`, or add the missing one to them", command)
	}
}
