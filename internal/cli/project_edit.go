package cli

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// errPreview keeps a change from being written.
var errPreview = errors.New("only shown")

// edit changes the pyproject.toml of a place, or with preview only returns the change. A
// change with new errors comes back as problem.Problems and is not written. It says which
// errors other jobs had before.
func (p *Program) edit(place pyproject.Place, edit func(*pyproject.Edit) error, preview bool) (pyproject.Change, error) {
	var change pyproject.Change
	err := place.Write(edit, func(c pyproject.Change) error {
		change = c
		if bytes.Equal(c.Before, c.After) {
			return nil
		}
		if err := p.accept(place, c); err != nil {
			return err
		}
		if preview {
			return errPreview
		}
		return nil
	}, p.Now())
	if errors.Is(err, errPreview) {
		return change, nil
	}
	if unfit, ok := errors.AsType[*pyproject.Unfit](err); ok {
		return change, &exitError{exitUsage, unfit}
	}
	return change, err
}

// accept returns the errors that a change brings into a project.
func (p *Program) accept(place pyproject.Place, change pyproject.Change) error {
	before, after := wrong(place, change.Before), wrong(place, change.After)
	known := map[string]int{}
	for _, had := range before {
		known[unplaced(had)]++
	}
	var old, fresh problem.Problems
	for _, has := range after {
		if key := unplaced(has); known[key] > 0 {
			known[key]--
			old = append(old, has)
		} else {
			fresh = append(fresh, has)
		}
	}
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

var lineNumber = regexp.MustCompile(`\bline \d+`)

// unplaced returns a problem without its place in the file.
func unplaced(p problem.Problem) string {
	return lineNumber.ReplaceAllString(p.Message+"\n"+p.Hint, "line")
}
