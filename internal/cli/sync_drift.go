package cli

import (
	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/pullrequest"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// annotateDrift marks the line that explains each difference, and puts what a pull
// request would say, with the patch, into the summary of the step. Without differences
// it writes nothing.
func (p *Program) annotateDrift(d pullrequest.Description) error {
	if len(d.Effects) == 0 {
		return nil
	}
	var all []actions.Annotation
	for _, e := range d.Effects {
		at := actions.Place{File: d.Target.Path, Line: 1}
		if len(all) < actions.MaxErrors { // the others are not shown
			at.Line = d.Target.Origin(e)
		}
		all = append(all, actions.Annotation{At: at, Title: "Workflow file does not match", Message: pullrequest.Drift(e) + "; run `" + p.howToSync() + "`"})
	}
	p.annotator(p.Stdout).Errors(all, "the summary of the step has the table")
	return p.runner(p.Stdout).Summary(d.Overview() + d.Patch(p.howToSync()))
}

// checkEntrypoints returns the problems of the entrypoints as an error of findings,
// and marks their lines for GitHub in its format.
func (p *Program) checkEntrypoints(project *project, installed []workflow.Installed, format string) error {
	proof, err := p.jobs(project, installed).Prove()
	if err != nil || len(proof.Problems) == 0 {
		return err
	}
	if format == githubFormat {
		p.annotateProblems(p.Stdout, entrypointTitle, proof.Problems, func(string) string { return project.Path })
	}
	return &exitError{exitFindings, proof.Problems}
}
