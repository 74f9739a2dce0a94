// Package pyproject reads the scheduled jobs of a Python project from its
// pyproject.toml, or reports everything that is wrong with them, all at once.
package pyproject

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Project is what a pyproject.toml says about a project and its jobs.
type Project struct {
	File           string // as the caller of Load named it
	Name           string // [project].name, normalised as PEP 503; "" without one
	RequiresPython string // [project].requires-python, as written
	BuildSystem    bool   // has a [build-system] table, so pip can install it
	Dependencies   bool   // declares dependencies, in [project] or in [dependency-groups]
	Tools          Tools
	Jobs           []Job    // the valid ones, in file order
	Broken         []Broken // the others, in file order
	Rescue         Rescue

	problems problem.Problems
	text     string
}

// Broken is a job with errors in its declaration or its options.
type Broken struct {
	ID       string
	Line     int // where its declaration begins, from 1
	Problems problem.Problems
}

// Rescue is what a project says about the workflow that starts due jobs that have no
// confirmed run.
type Rescue struct {
	Rounds schedule.Rounds // when it ticks; zero if there is none
	RunsOn []string        // labels of the runner; never empty
	Notify bool            // it opens an issue for each job that fails
	Line   int             // where the option rescue is set, from 1; 0 if it is not

	Pacemaker bool // each rescue starts the next one, behind the wait timer of an environment

	Pages     bool // it has the page of the jobs published, if there is something new
	AllPages  bool // of all projects of the repository
	PagesLine int  // like Line, of the option pages
}

// Job is one job of a project.
type Job struct {
	ID         string
	Entrypoint string // "module:callable", as written; "" if Options.Command is what it runs
	Schedule   schedule.Schedule
	Slug       string           // the id in a form fit for file names; unique in the project
	Options    Options          // the job's own, over the project's, over the defaults
	Line       int              // where the job's table begins, from 1
	Unhosted   problem.Problems // why GitHub cannot run the job, if it does not say itself that GitHub is not to; it has no workflow file then

	table string
	keys  []keyAt // the later ones count
}

// Hosted reports whether the job runs on GitHub, and so has a workflow file.
func (j Job) Hosted() bool { return !j.Options.Serve && len(j.Unhosted) == 0 }

// Trigger returns the every, cron or run-at of the job as written, with times as RFC
// 3339: a string, or a []string where a list is written.
func (j Job) Trigger() any {
	if trigger := j.Schedule.Trigger(); j.Options.listed {
		return trigger
	} else {
		return trigger[0]
	}
}

// File returns the name of the job's workflow file, without a folder.
func (j Job) File() string { return j.Options.WorkflowPrefix + j.Slug + ".yml" }

// Table returns the header of the table that declares the job, as TOML has it:
// [tool.scheduled."my job"].
func (j Job) Table() string { return j.table }

// Environ returns an environment, as os.Environ has it, and what the job's options add to
// it in all steps of its workflow.
func (j Job) Environ(environ []string) []string {
	environ = slices.Clone(environ)
	for _, variable := range j.Options.Env {
		environ = append(environ, variable.Name+"="+variable.Value)
	}
	return environ
}

// Line returns the line of a key that concerns a job: every, entrypoint, an option, or
// the project's name. Without such a key it is the line of the job's table.
func (p *Project) Line(job Job, key string) int {
	for _, k := range slices.Backward(job.keys) {
		if k.name == key && k.at.end > 0 {
			return 1 + strings.Count(p.text[:k.at.start], "\n")
		}
	}
	return job.Line
}

// Keys returns the names of the keys that concern a job, each once: those of its table,
// and those of its own options and of the project's.
func (j Job) Keys() (names []string) {
	for _, k := range j.keys {
		if k.name != projectName && !slices.Contains(names, k.name) {
			names = append(names, k.name)
		}
	}
	return names
}

// Load reads the pyproject.toml at the path name in fsys, which is the repository: the
// names of a project's workflow files depend on its folder there. Problems name the
// file as display. If more is wrong than single jobs, the error is a problem.Problems
// with everything that is wrong; any other error means that the file could not be read,
// and matches fs.ErrNotExist if there is none. A link out of fsys is not followed.
//
// A job with errors of its own is not an error here, so that it does not stop the
// others: see Project.Broken, Job.Unhosted and Project.Problems.
func Load(fsys fs.FS, name, display string) (*Project, error) {
	data, err := read(fsys, name)
	if err != nil {
		return nil, problem.WithHint(fmt.Errorf("read %q: %w", display, err), problem.Hint(err))
	}
	return loadText(data, name, display)
}

// loadText reads the content of a pyproject.toml.
func loadText(data []byte, name, display string) (*Project, error) {
	text, root, found := parse(data)
	if found != nil {
		return nil, locate(display, text, []finding{*found})
	}
	r := &reader{text: text, folder: path.Dir(name)}
	project := r.project(root)
	problems := locate(display, text, r.findings)
	if slices.ContainsFunc(r.findings, func(f finding) bool { return f.of == 0 }) {
		return nil, problems // all at once, to be fixed at once
	}
	project.File, project.problems = display, problems
	project.divide(r)
	return project, nil
}

// divide gives each job its problems. Those that are declared wrongly become Broken.
func (p *Project) divide(r *reader) {
	if len(r.findings) == 0 {
		return
	}
	problems, wrong := make(map[int]problem.Problems), make(map[int]bool)
	for i, f := range r.findings {
		problems[f.of] = append(problems[f.of], p.problems[i])
		wrong[f.of] = wrong[f.of] || !f.unhosted
	}
	var jobs []Job
	for i, job := range p.Jobs {
		if of := i + 1; wrong[of] {
			p.Broken = append(p.Broken, Broken{job.ID, job.Line, problems[of]})
		} else {
			job.Unhosted = problems[of]
			jobs = append(jobs, job)
		}
	}
	for i, id := range r.strays {
		if found := problems[len(r.drafts)+i+1]; len(found) > 0 {
			p.Broken = append(p.Broken, Broken{id, found[0].Line, found})
		}
	}
	slices.SortStableFunc(p.Broken, func(a, b Broken) int { return cmp.Compare(a.Line, b.Line) })
	p.Jobs = jobs
}

// maxFile is the size of the largest pyproject.toml, in bytes. Ten thousand jobs,
// each with options of its own, need a third of it.
const maxFile = 8 << 20

// read reads a pyproject.toml. Its lines can be shown in errors, so a link must not
// lead to somebody else's file: one outside of fsys, or one that is not TOML.
func read(fsys fs.FS, name string) ([]byte, error) {
	target := name
	for range 40 { // no system follows more
		to, err := fs.ReadLink(fsys, target)
		if err != nil {
			break
		}
		target = path.Join(path.Dir(target), filepath.ToSlash(to))
		if path.IsAbs(filepath.ToSlash(to)) || !fs.ValidPath(target) {
			return nil, problem.New("replace the link with the file", "it is a link that leads out of the repository")
		}
	}
	if target != name && path.Ext(target) != ".toml" {
		return nil, problem.New("replace the link with the file", "it is a link to %s, which is not a TOML file", problem.Quote(target))
	}
	data, err := atomic.Read(fsys, name, maxFile)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return data, err
}

// Job returns the job with that id. If there is none, near is the id that was
// probably meant, or "".
func (p *Project) Job(id string) (job Job, near string, found bool) {
	var ids []string
	for _, job := range p.Jobs {
		if job.ID == id {
			return job, "", true
		}
		ids = append(ids, job.ID)
	}
	return Job{}, nearest(id, ids), false
}

// Problems returns everything that is wrong with single jobs, in the order of the file:
// the problems of the broken ones, and of those that GitHub cannot run. Nil if nothing
// is.
func (p *Project) Problems() error {
	if len(p.problems) == 0 {
		return nil
	}
	return p.problems
}

// Hosted returns the jobs that run on GitHub, in file order.
func (p *Project) Hosted() []Job {
	if !slices.ContainsFunc(p.Jobs, func(job Job) bool { return !job.Hosted() }) {
		return p.Jobs
	}
	var jobs []Job
	for _, job := range p.Jobs {
		if job.Hosted() {
			jobs = append(jobs, job)
		}
	}
	return jobs
}
