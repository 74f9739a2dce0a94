package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// moduleSources is where the modules of a job are.
type moduleSources struct {
	pythonPath  string
	before      bool   // the job has steps of its own
	beyond      string // what else may have modules; "" if nothing
	environment *entrypoint.Environment
	python      string // the version that runs it; "" if unknown
}

// provers has a Prover for each kind of sources that jobs of a project have. One Python
// reads the modules of all.
type provers struct {
	*Program
	project      *project
	repo         *os.Root
	reader       *entrypoint.Reader               // nil if there is none
	installed    map[string]installer.Environment // by the ids of jobs
	environments map[string]*entrypoint.Environment
	made         map[moduleSources]*entrypoint.Prover
}

// provers returns what proves the entrypoints of a project; with docs, only what reads
// their docstrings, which is faster. Close ends it.
func (p *Program) provers(project *project, installed []workflow.Installed, docs bool) (*provers, error) {
	repo, err := os.OpenRoot(project.Root)
	if err != nil {
		return nil, fmt.Errorf("open repository: %w", err)
	}
	all := &provers{
		Program:      p,
		project:      project,
		repo:         repo,
		reader:       entrypoint.FindReader(project.Dir, project.Root, docs, p.Environ),
		installed:    make(map[string]installer.Environment),
		environments: make(map[string]*entrypoint.Environment),
		made:         make(map[moduleSources]*entrypoint.Prover),
	}
	for _, environment := range installed {
		for _, id := range environment.Jobs {
			all.installed[id] = environment.Environment
		}
	}
	return all, nil
}

// prove returns what is known about a job's entrypoint without running anything.
func (p *provers) prove(job pyproject.Job) entrypoint.Verdict {
	s := p.sources(job)
	if p.made[s] == nil {
		p.made[s] = entrypoint.New(entrypoint.Project{
			Repo:        p.repo.FS(),
			Dir:         path.Dir(p.project.Path),
			Path:        strings.FieldsFunc(s.pythonPath, func(r rune) bool { return r == ':' }), // as on GitHub's Linux
			Before:      s.before,
			Beyond:      s.beyond,
			Environment: s.environment,
			Python:      s.python,
		}, p.reader)
	}
	return p.made[s].Prove(job.Entrypoint)
}

func (p *provers) sources(job pyproject.Job) moduleSources {
	s := moduleSources{
		before:      len(job.Options.Before) > 0,
		environment: p.environment(job),
		python:      cmp.Or(job.Options.Python, p.version(job), p.project.RequiresPython),
	}
	for _, variable := range job.Options.Env {
		if variable.Name == "PYTHONPATH" {
			s.pythonPath = variable.Value
		}
	}
	switch {
	case job.Options.Container != nil:
		s.beyond = "the container"
	case slices.Contains(job.Options.RunsOn, "self-hosted"):
		s.beyond = "the self-hosted runner"
	}
	return s
}

// environment returns the environment in which a run of the job would look for
// packages, nil without one. A Python that cannot be started has none.
func (p *provers) environment(job pyproject.Job) *entrypoint.Environment {
	environ := p.environ(job)
	found, err := python.Find(p.installed[job.ID], p.project.Root, p.project.Dir, environ)
	if err != nil || found.Venv == "" {
		return nil
	}
	environment, opened := p.environments[found.Venv]
	if !opened {
		chosen := found.Venv == environ.Get("UV_PROJECT_ENVIRONMENT")
		environment = entrypoint.OpenEnvironment(found.Venv, p.project.Root, chosen)
		p.environments[found.Venv] = environment
	}
	return environment
}

// version returns the version of Python that .python-version has for a job, "" if there
// is none.
func (p *provers) version(job pyproject.Job) string {
	file := p.installed[job.ID].PythonVersion
	if file == "" {
		return ""
	}
	opened, err := p.repo.Open(filepath.FromSlash(file))
	if err != nil {
		return ""
	}
	defer opened.Close()
	const most = 1 << 10
	content, _ := io.ReadAll(io.LimitReader(opened, most))
	return strings.TrimSpace(string(content))
}

func (p *provers) close() {
	p.repo.Close()
	if p.reader != nil {
		p.reader.Close()
	}
}

// proof is what is known about the entrypoints of a project.
type proof struct {
	problems problem.Problems
	refused  map[string]bool // the ids of the jobs that have one
	open     []openQuestion
}

// openQuestion is an entrypoint that is not proven.
type openQuestion struct {
	Job        string `json:"job"`
	Entrypoint string `json:"entrypoint"`
	Reason     string `json:"reason"`
}

func (o openQuestion) String() string {
	return fmt.Sprintf("%s: %s cannot be proven without running it: %s", problem.Show(o.Job), markdown.Clean(o.Entrypoint), markdown.Clean(o.Reason))
}

// proveEntrypoints looks at the entrypoints of all jobs without running anything.
func (p *Program) proveEntrypoints(project *project) (proof, error) {
	installed, err := project.environments()
	if err != nil {
		return proof{}, err
	}
	provers, err := p.provers(project, installed, false)
	if err != nil {
		return proof{}, err
	}
	defer provers.close()
	var complaints []pyproject.Complaint
	result := proof{refused: make(map[string]bool), open: []openQuestion{}}
	for _, job := range project.Jobs {
		switch v := provers.prove(job); {
		case v.Problem != "":
			result.refused[job.ID] = true
			complaints = append(complaints, pyproject.Complaint{Job: job, Key: "entrypoint", Message: v.Problem, Hint: v.Hint})
		case v.Unknown != "":
			result.open = append(result.open, openQuestion{job.ID, job.Entrypoint, v.Unknown})
		}
	}
	result.problems = project.Complain(complaints)
	return result, nil
}

// docstrings returns the first lines of the docstrings of the jobs' entrypoints, in
// their order; "" where there is none, or no Python that could read it.
func (p *Program) docstrings(project *project, installed []workflow.Installed) ([]string, error) {
	provers, err := p.provers(project, installed, true)
	if err != nil {
		return nil, err
	}
	defer provers.close()
	docs := make([]string, len(project.Jobs))
	for i, job := range project.Jobs {
		docs[i] = markdown.Clean(provers.prove(job).Doc)
	}
	return docs, nil
}

// docColumn returns a cell of the last column of a table of jobs.
func docColumn(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most-1]) + "…"
	}
	return "\t" + strings.ReplaceAll(text, "\t", " ")
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

// checkEntrypoints returns the problems of the entrypoints as an error of findings,
// and marks their lines for GitHub in its format.
func (p *Program) checkEntrypoints(project *project, format string) error {
	proof, err := p.proveEntrypoints(project)
	if err != nil || len(proof.problems) == 0 {
		return err
	}
	if format == githubFormat {
		p.annotateProblems(p.Stdout, entrypointTitle, proof.problems, func(string) string { return project.Path })
	}
	return &exitError{exitFindings, proof.problems}
}

// hintInstall adds to an outcome that a package may not be installed yet. In Actions
// the steps before have done that.
func (p *Program) hintInstall(o *python.Outcome, env installer.Environment) {
	if command := env.Install(); command != "" && o.Exception == "ModuleNotFoundError" && !p.runner(p.Stderr).On() {
		o.Hint = fmt.Sprintf("install the project's packages with `%s`, or add the missing one to them", command)
	}
}
