package entrypoint

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
)

// Jobs are the jobs of a project whose entrypoints have to be proven.
type Jobs struct {
	Project   *pyproject.Project
	Place     pyproject.Place
	Installed map[string]installer.Environment // by the ids of jobs
	Environ   []string                         // of this process
}

// Proof is what is known about the entrypoints of a project.
type Proof struct {
	Problems problem.Problems
	Refused  map[string]bool // the ids of the jobs that have one
	Open     []Question
	Remarks  []string // what their modules do only as scripts, and which imports fail
}

// Question is an entrypoint that is not proven.
type Question struct {
	Job        string `json:"job"`
	Entrypoint string `json:"entrypoint"`
	Reason     string `json:"reason"`
}

func (q Question) String() string {
	return fmt.Sprintf("%s: %s cannot be proven without running it: %s", problem.Show(q.Job), markdown.Clean(q.Entrypoint), markdown.Clean(q.Reason))
}

// Words says in lines what is not proven, and what is worth a note.
func (p Proof) Words() string {
	if len(p.Open) > 0 && p.Open[0].Reason == NoReader { // then none is
		return "the entrypoints are not proven: " + NoReader + "\n"
	}
	var words strings.Builder
	for _, question := range p.Open {
		fmt.Fprintln(&words, question)
	}
	for _, remark := range p.Remarks {
		fmt.Fprintln(&words, "note: "+remark)
	}
	return words.String()
}

// Prove looks at the entrypoints of all jobs without running anything.
func (j Jobs) Prove() (Proof, error) {
	provers, err := j.provers(false)
	if err != nil {
		return Proof{}, err
	}
	defer provers.close()
	var complaints []pyproject.Complaint
	result := Proof{Refused: make(map[string]bool), Open: []Question{}}
	for _, job := range j.Project.Jobs {
		for _, remark := range provers.remarks(job) {
			result.Remarks = append(result.Remarks, fmt.Sprintf("%s: %s", problem.Show(job.ID), markdown.Clean(remark)))
		}
		if job.Entrypoint == "" {
			continue // a command, which only a run can prove
		}
		switch v := provers.prove(job); {
		case v.Problem != "":
			result.Refused[job.ID] = true
			complaints = append(complaints, pyproject.Complaint{Job: job, Key: blamed(v.Key, job.Options), Message: v.Problem, Hint: v.Hint})
		case v.Unknown != "":
			result.Open = append(result.Open, Question{job.ID, job.Entrypoint, v.Unknown})
		}
	}
	result.Problems = j.Project.Complain(complaints)
	return result, nil
}

// Docs returns the first lines of the docstrings of the jobs' entrypoints, in their
// order; "" where there is none, or no Python that could read it.
func (j Jobs) Docs() ([]string, error) {
	provers, err := j.provers(true)
	if err != nil {
		return nil, err
	}
	defer provers.close()
	docs := make([]string, len(j.Project.Jobs))
	for i, job := range j.Project.Jobs {
		if job.Entrypoint != "" {
			docs[i] = markdown.Clean(provers.prove(job).Doc)
		}
	}
	return docs, nil
}

// provers has a Prover for each set of module sources in a project. One Python reads
// the modules of all.
type provers struct {
	Jobs
	repo         *os.Root
	reader       *Reader // nil if there is none
	environments map[string]*Environment
	made         map[moduleSources]*Prover
}

// provers returns provers of the entrypoints. With docs they read only the docstrings,
// which is faster. Close ends them.
func (j Jobs) provers(docs bool) (*provers, error) {
	repo, err := os.OpenRoot(j.Place.Root)
	if err != nil {
		return nil, fmt.Errorf("open repository: %w", err)
	}
	return &provers{
		Jobs:         j,
		repo:         repo,
		reader:       FindReader(j.Place.Dir, j.Place.Root, docs, j.Environ),
		environments: make(map[string]*Environment),
		made:         make(map[moduleSources]*Prover),
	}, nil
}

// moduleSources is where the modules of a job are.
type moduleSources struct {
	pythonPath  string
	files       string // of the option requirements, a line each
	before      bool   // the project's own steps run first
	beyond      string // another place that may have modules; "" if none
	environment *Environment
	python      string // the version that runs it; "" if unknown
}

// prove returns what is known about a job's entrypoint without running anything.
func (p *provers) prove(job pyproject.Job) Verdict {
	return p.prover(job).Prove(job.Entrypoint, given(job.Options))
}

// remarks says what is worth a note in what a job runs.
func (p *provers) remarks(job pyproject.Job) []string {
	if job.Entrypoint == "" {
		return p.commandRemarks(job)
	}
	return p.prover(job).Remarks(job.Entrypoint, job.Options.Result == pyproject.ExitCode)
}

// given returns what the entrypoint of a job is called with.
func given(o pyproject.Options) Given {
	g := Given{Positional: len(o.Args)}
	if o.PassContext {
		g.Positional++
	}
	for _, k := range o.Kwargs {
		g.Named = append(g.Named, k.Name)
	}
	return g
}

func (p *provers) prover(job pyproject.Job) *Prover { return p.from(p.sources(job)) }

// from returns the Prover of a set of module sources.
func (p *provers) from(s moduleSources) *Prover {
	if p.made[s] == nil {
		p.made[s] = New(Project{
			Repo:        p.repo.FS(),
			Dir:         path.Dir(p.Place.Path),
			Path:        strings.FieldsFunc(s.pythonPath, func(r rune) bool { return r == ':' }), // as on GitHub's Linux
			Files:       strings.FieldsFunc(s.files, func(r rune) bool { return r == '\n' }),
			Before:      s.before,
			Beyond:      s.beyond,
			Environment: s.environment,
			Python:      s.python,
		}, p.reader)
	}
	return p.made[s]
}

func (p *provers) sources(job pyproject.Job) moduleSources {
	s := moduleSources{
		files:       strings.Join(job.Options.Requirements, "\n"),
		before:      len(job.Options.Before)+len(job.Options.Prepare) > 0,
		environment: p.environment(job),
		python:      cmp.Or(job.Options.Python, p.Installed[job.ID].PythonVersion, p.Project.RequiresPython),
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
// packages; nil without one, or if its Python cannot be started.
func (p *provers) environment(job pyproject.Job) *Environment {
	environ := python.Environ(job.Environ(p.Environ))
	found, err := python.Find(p.Installed[job.ID], p.Place.Root, p.Place.Dir, environ)
	if err != nil || found.Venv == "" {
		return nil
	}
	environment, opened := p.environments[found.Venv]
	if !opened {
		chosen := found.Venv == environ.Get("UV_PROJECT_ENVIRONMENT")
		environment = OpenEnvironment(found.Venv, p.Place.Root, chosen)
		p.environments[found.Venv] = environment
	}
	return environment
}

func (p *provers) close() {
	p.repo.Close()
	if p.reader != nil {
		p.reader.Close()
	}
}

// blamed returns the key of a job at which a problem is reported.
func blamed(key string, o pyproject.Options) string {
	if key == "args" && len(o.Args) == 0 && o.PassContext {
		return "pass-context"
	}
	return cmp.Or(key, "entrypoint")
}
