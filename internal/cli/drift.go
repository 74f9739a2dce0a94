package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pullrequest"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// annotation is one error at a place of the repository.
type annotation struct {
	at             actions.Place
	title, message string
}

// annotate writes errors for the pages of GitHub to w, wherever the program runs:
// who asks for that format gets it. Of more than GitHub shows the last one says
// how many there are, and rest where to find them.
func (p *Program) annotate(w io.Writer, all []annotation, rest string) {
	runner := actions.New(w, func(name string) string {
		if name == "GITHUB_ACTIONS" {
			return "true"
		}
		return p.getenv(name)
	})
	shown := all
	if len(all) > actions.MaxErrors {
		shown = all[:actions.MaxErrors-1]
	}
	for _, a := range shown {
		runner.Error(a.at, a.title, a.message)
	}
	if more := len(all) - len(shown); more > 0 {
		at := all[len(shown)].at
		runner.Error(at, fmt.Sprintf("%d more", more), fmt.Sprintf("from here on there are %d more such errors: %s", more, rest))
	}
}

// annotateDrift marks, for each file that is out of step, the line from which that
// comes, and puts what a pull request would say, with the patch, into the summary of
// the step. It writes nothing where nothing is.
func (p *Program) annotateDrift(d pullrequest.Description) error {
	if len(d.Effects) == 0 {
		return nil
	}
	var all []annotation
	for _, e := range d.Effects {
		at := actions.Place{File: d.Target.Path, Line: 1}
		if len(all) < actions.MaxErrors { // the others are not shown
			at.Line = d.Target.Origin(e)
		}
		all = append(all, annotation{at, "Workflow file out of step", drift(e) + "; run `" + p.mending() + "`"})
	}
	p.annotate(p.Stdout, all, "the summary of the step has the table")
	return p.runner(p.Stdout).Summary(d.Overview() + d.Patch(p.mending()))
}

// drift says how the workflow file of a job, or of the rescue, differs from what it
// has to be.
func drift(e workflow.Effect) string {
	file, whose, needless := markdown.Clean(path.Base(e.Path)), problem.Show(e.Job), "no job needs it any more"
	if e.Does == workflow.Rescues {
		whose, needless = "rescue", "the project wants none"
	}
	switch e.Kind {
	case "created":
		return fmt.Sprintf("%s: %s is missing; assigned time: %s", whose, file, pullrequest.Assigned(e))
	case "deleted":
		return fmt.Sprintf("%s: %s is there, and %s", whose, file, needless)
	}
	return fmt.Sprintf("%s: %s is out of step; assigned time: %s", whose, file, pullrequest.Assigned(e))
}

// annotateProblems marks what is wrong with the project's configuration or its
// entrypoints, if that is what the error says. inRepository returns the path of a
// file from the repository's root.
func (p *Program) annotateProblems(w io.Writer, title string, err error, inRepository func(file string) string) {
	problems, _ := errors.AsType[problem.Problems](err)
	var all []annotation
	for _, wrong := range problems {
		message := wrong.Message
		if wrong.Hint != "" {
			message += "\nhint: " + wrong.Hint
		}
		at := actions.Place{File: inRepository(wrong.File), Line: wrong.Line, Column: wrong.Column}
		all = append(all, annotation{at, title, message})
	}
	p.annotate(w, all, "the log of the step has all")
}

// fromRoot returns the path of a file here from the root of its repository.
func fromRoot(file string) string {
	if _, _, path, err := whereabouts(file, ""); err == nil {
		return path
	}
	return file
}

// stale returns a warning if, in Actions, the workflow file of the job is not
// the one that sync would write. It is no more than that: a job whose file is
// stale still runs, and a gate that stopped such jobs would stop them unseen,
// at every tick. Pull requests are where drift is an error.
func (p *Program) stale(runner *actions.Runner, project *project, job pyproject.Job) error {
	if !runner.On() {
		return nil
	}
	action, err := p.action("")
	target := workflow.Target{Project: project.Project, Path: project.path, Action: action}
	if err != nil || !target.Stale(os.DirFS(project.root), job) {
		return nil
	}
	return &exitError{
		err:  fmt.Errorf("the workflow file of %s is out of step with %s: the job still runs as %s says", problem.Show(job.ID), project.path, job.File()),
		hint: fmt.Sprintf("run `%s` and commit the file", p.mending()),
	}
}
