package cli

import (
	"errors"
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/doctor"
	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/spf13/cobra"
)

// validateFlags are the flags of `validate`.
type validateFlags struct {
	asJSON      bool
	entrypoints bool
	imports     bool
}

func (p *Program) validateCommand() *cobra.Command {
	var flags validateFlags
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Show every error of the configuration, all at once",
		Long: `validate shows every error of the configuration, all at once.

With --entrypoints it also proves, without running anything of the project, that
each entrypoint exists and can be called with the job's arguments. It finds the module as
Python would, and a Python on PATH reads it. That Python must belong to you or to
the system: none is started from a folder of the project, or from one that other
users can write to. With --import it then imports each entrypoint in the project's
environment as well. Both exit with 1 if an entrypoint cannot work. What only a run can
show, and what is valid but probably not meant, is a remark on stderr, not an error.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return p.validate(flags) },
	}
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&flags.entrypoints, "entrypoints", false, "prove that the entrypoints exist, without running the project")
	p.registerAllProjects(cmd)
	cmd.Flags().BoolVar(&flags.imports, "import", false, "also import them in the project's environment, and show how long that takes")
	return cmd
}

func (p *Program) validate(flags validateFlags) error {
	if flags.entrypoints || flags.imports {
		p.restart(nil) // both start a Python
	}
	projects, failed := p.projects(openValidAt)
	var found findings
	for i, project := range projects {
		more, err := p.validated(project, flags)
		if i == 0 {
			found = more // an empty list is no absent one
		} else {
			found.Open, found.Imports = append(found.Open, more.Open...), append(found.Imports, more.Imports...)
		}
		if err != nil {
			failed = append(failed, err)
		} else if !flags.asJSON {
			fmt.Fprintf(p.Stdout, "%s: %s, no errors\n", project.Path, problem.Count(len(project.Jobs), "job"))
		}
	}
	if flags.asJSON {
		return p.printFindings(found, failed)
	}
	for i, err := range failed {
		if problems, ok := errors.AsType[problem.Problems](err); ok {
			problems.Write(p.Stdout, p.screen(p.Stdout).Color) // here they are the result
			failed[i] = &exitError{exitCode(err), nil}
		}
	}
	return p.worst(failed...)
}

// validated returns what else there is to say about a project without errors in its
// pyproject.toml. The error has those that show elsewhere.
func (p *Program) validated(project *project, flags validateFlags) (found findings, err error) {
	if err := doctor.Waiting(project.Project, p.Now()); err != nil {
		return found, err
	}
	p.note(doctor.Remarks(project.Project, project.Path, p.Now()))
	installed, err := project.environments()
	p.note(workflow.Target{Project: project.Project}.Remarks(installed))
	if err != nil || !flags.entrypoints && !flags.imports {
		return found, err
	}
	return p.validateEntrypoints(project, installed, flags.imports)
}

// findings are the output of `validate --json`.
type findings struct {
	OK      bool                  `json:"ok"`
	Errors  problem.Problems      `json:"errors"`
	Open    []entrypoint.Question `json:"open,omitzero"`    // with --entrypoints
	Imports []imported            `json:"imports,omitzero"` // with --import
}

// validateEntrypoints returns the problems of the entrypoints as an error, what it
// could not tell, which it also says, and how long each took to import if that is
// asked for.
func (p *Program) validateEntrypoints(project *project, installed []workflow.Installed, imports bool) (findings, error) {
	proof, err := p.jobs(project, installed).Prove()
	if err != nil {
		return findings{}, err
	}
	fmt.Fprint(p.Stderr, proof.Words())
	found, problems := findings{Open: proof.Open}, proof.Problems
	if imports {
		ctx, stop := withSignals()
		defer stop()
		var broken problem.Problems
		found.Imports, broken = p.importEntrypoints(ctx, project, proof.Refused)
		problems = append(problems, broken...)
	}
	if len(problems) == 0 {
		return found, nil
	}
	return found, &exitError{exitFindings, problems}
}

// printFindings writes the contract's object, with the errors of the configuration or of
// the entrypoints.
func (p *Program) printFindings(result findings, failed []error) error {
	result.OK, result.Errors = len(failed) == 0, problem.Problems{}
	for i, err := range failed {
		problems, ok := errors.AsType[problem.Problems](err)
		if !ok {
			problems = problem.Problems{{File: p.project, Message: err.Error(), Hint: problem.Hint(err)}}
		}
		result.Errors = append(result.Errors, problems...)
		failed[i] = &exitError{exitCode(err), nil}
	}
	return p.worst(append(failed, p.printJSON(result))...)
}
