package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

// editFlags are the flags of the commands that edit pyproject.toml.
type editFlags struct {
	dryRun bool
	asJSON bool
}

func (f *editFlags) register(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "write nothing; show the change")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
}

// edited is the output of these commands with --json.
type edited struct {
	File    string `json:"file"` // from the repository's root
	Changed bool   `json:"changed"`
}

// editJob edits a job of a project and says what became of it.
func (p *Program) editJob(place pyproject.Place, id string, edit func(*pyproject.Edit) error, flags editFlags) error {
	change, err := p.edit(place, edit, flags.dryRun)
	switch {
	case err != nil:
		return err
	case flags.asJSON:
		return p.printJSON(edited{place.Path, change.Changed()})
	case flags.dryRun:
		w, end := p.runner(p.Stdout).Verbatim()
		defer end()
		_, err := io.WriteString(w, change.Diff(place.Path))
		return err
	}
	verb := "updated"
	if !change.Changed() {
		verb = "unchanged"
	} else if change.Before == nil {
		verb = "created"
	}
	what, when := "job "+problem.Show(id), ""
	if after, err := pyproject.NewEdit(change.After, place.Path); err == nil && !after.Has(id) {
		what = "without " + what
	} else if project, err := place.Parse(change.After); err == nil {
		if job, _, found := project.Job(id); found {
			what, when = job.Table(), job.Schedule.String()
		}
	}
	t := p.table(p.Stdout, whole, whole, whole, phrase)
	t.Row(verb, place.Path, what, when)
	if err := t.Flush(); err != nil || !change.Changed() {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "\nNext: %s\n", p.howToSync())
	return err
}

// edit changes the pyproject.toml of a place, or with dryRun only returns the change. A
// change with new errors comes back as problem.Problems and is not written.
func (p *Program) edit(place pyproject.Place, edit func(*pyproject.Edit) error, dryRun bool) (change pyproject.Change, err error) {
	accept := func(c pyproject.Change) error {
		if change = c; !c.Changed() {
			return nil
		}
		return p.accept(place, c)
	}
	if dryRun {
		err = place.Preview(edit, accept)
	} else {
		err = place.Write(edit, accept, p.Now())
	}
	return change, usage(err)
}

// usage returns an error as one of usage or configuration, unless it is of a file that
// could not be written.
func usage(err error) error {
	if _, failed := errors.AsType[*pyproject.Unwritten](err); err == nil || failed {
		return err
	}
	return &exitError{exitUsage, err}
}

// accept returns the errors that a change brings into a project.
func (p *Program) accept(place pyproject.Place, change pyproject.Change) error {
	old, fresh := wrong(place, change.After).Since(wrong(place, change.Before))
	if len(fresh) > 0 {
		p.say("nothing was written, because of errors in the result:")
		return fresh
	}
	if len(old) > 0 {
		p.note([]string{fmt.Sprintf("%s had %s before, which `scheduled validate` shows", place.Path, problem.Count(len(old), "error"))})
	}
	return nil
}

// wrong returns everything that is wrong with a project if its pyproject.toml has that
// content.
func wrong(place pyproject.Place, content []byte) problem.Problems {
	loaded, err := place.Parse(content)
	if err == nil {
		if err = loaded.Problems(); err == nil {
			_, err = (&project{loaded, place}).environments()
		}
	}
	problems, ok := errors.AsType[problem.Problems](err)
	if !ok && err != nil {
		problems = problem.Problems{{File: place.Path, Line: 1, Column: 1, Message: err.Error(), Hint: problem.Hint(err)}}
	}
	return problems
}
