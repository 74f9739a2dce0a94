// Package doctor says what stands in the way of a project's jobs: on this machine, and on
// GitHub.
package doctor

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// Check is the result of one check. What cannot be known is OK, with a message that begins
// with "unknown".
type Check struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	Hint    string `json:"hint"` // "" if there is nothing to do
}

// Report is all that was looked at. What could not be looked at because of a check that is
// not OK is left out.
type Report struct {
	Checks []Check
	Denied bool // a credential is missing or lacks a right
}

// OK reports whether nothing stands in the way.
func (r Report) OK() bool {
	for _, check := range r.Checks {
		if !check.OK {
			return false
		}
	}
	return true
}

// Patient is a project, and what is known about it and its surroundings.
type Patient struct {
	Project  *pyproject.Project // nil if it cannot be read
	Place    pyproject.Place
	Action   workflow.Uses // how workflow files refer to our action
	Wrong    error         // what is wrong with the configuration; nil if nothing is
	Environ  []string      // of this process
	Now      func() time.Time
	LedgerOn bool // the project has a local ledger

	Origin    github.Origin
	TokenFrom string         // what the token was taken from; "" without one
	Client    *github.Client // nil if the repository is unknown
	Retention int            // days for which GitHub keeps runs; 0 if unknown
}

// examination is a patient, and what the checks so far have found out.
type examination struct {
	Patient
	ctx    context.Context
	report *Report

	repo      *os.Root
	target    workflow.Target
	installed []workflow.Installed
	standing  github.Standing
	workflows map[string]github.Workflow
	started   map[string][]github.Started // by the file of the workflow, since known
	known     time.Time                   // zero if they could not be read
}

// row is a check: a name, and what looks. It returns false if the checks that are about
// the same thing cannot be made.
type row struct {
	name string
	look func(*examination) (c Check, more bool)
}

// part is a list of checks of which each needs those before it.
type part struct {
	possible func(*examination) bool
	rows     []row
}

// parts are all checks. A new one is a new row.
var parts = []part{
	{func(*examination) bool { return true }, []row{
		{"configuration", (*examination).configuration},
		{"environment", (*examination).environment},
		{"python", (*examination).python},
	}},
	{func(e *examination) bool { return e.installed != nil }, []row{
		{"entrypoints", (*examination).entrypoints},
		{"workflow files", (*examination).files},
	}},
	{func(e *examination) bool { return e.LedgerOn }, []row{
		{"ledger", (*examination).ledger},
	}},
	{(*examination).hosted, []row{
		{"repository", (*examination).repository},
		{"token", (*examination).token},
		{"access", (*examination).access},
		{"clock", (*examination).clock},
		{"archived", (*examination).archived},
		{"issues", (*examination).issues},
		{"activity", (*examination).activity},
		{"default branch", (*examination).branch},
		{"actions", (*examination).actions},
		{"workflows", (*examination).registered},
		{"schedules", (*examination).schedules},
		{"rescue", (*examination).rescue},
		{"pacemaker", (*examination).pacemaker},
		{"pages", (*examination).pages},
		{"pull requests", (*examination).settings},
		{"retention", (*examination).retention},
		{"secrets", (*examination).secrets},
	}},
}

// Examine makes all checks that can be made. doing is told which one is made.
func Examine(ctx context.Context, p Patient, doing func(name string)) (Report, error) {
	var report Report
	e := &examination{Patient: p, ctx: ctx, report: &report, target: workflow.Target{Project: p.Project, Path: p.Place.Path, Action: p.Action}}
	if p.Project != nil {
		var err error
		if e.repo, err = os.OpenRoot(p.Place.Root); err != nil {
			return report, err
		}
		defer e.repo.Close()
	}
	for _, part := range parts {
		if !part.possible(e) {
			continue
		}
		for _, row := range part.rows {
			doing(row.name)
			check, more := row.look(e)
			if ctx.Err() != nil {
				return report, context.Cause(ctx)
			}
			if check.Name = row.name; check.Message != "" {
				report.Checks = append(report.Checks, check)
			}
			if !more {
				break
			}
		}
	}
	return report, nil
}

// fine is a check that found nothing.
func fine(message string) (Check, bool) { return Check{OK: true, Message: message}, true }

// bad is a check that found something, after which the others can still be made.
func bad(message, hint string) (Check, bool) {
	return Check{Message: message, Hint: hint}, true
}

// failed is a check whose look itself failed, or after which the others cannot be made.
func (e *examination) failed(err error, hint string) (Check, bool) {
	denied, refused := errors.AsType[*github.Denied](err)
	switch own := problem.Hint(err); {
	case refused && denied.Lacks == github.Valid:
		hint = "use another token: this one is not valid, or has expired"
	case own != "":
		hint = own
	}
	e.report.Denied = e.report.Denied || refused
	return Check{Message: err.Error(), Hint: hint}, false
}

// hosted reports whether some job runs on GitHub.
func (e *examination) hosted() bool { return e.Project != nil && len(e.Project.Hosted()) > 0 }
