package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/migrate"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// offer is what init can import: the scheduled workflows of the repository. A nil offer
// has none.
type offer struct {
	do    migrate.Import
	paths []string // of the workflows, from the working directory where that is above
}

// offer returns what init can import, and nil for nothing.
func (p *Program) offer() *offer {
	place, err := pyproject.FindOrNew(p.project, p.getenv("GITHUB_WORKSPACE"))
	if err != nil {
		return nil
	}
	dir := filepath.Join(place.Root, filepath.FromSlash(workflow.Dir))
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, dir); err == nil && filepath.IsLocal(rel) {
			dir = rel
		}
	}
	files, err := migrate.Open([]string{dir}, "github", nil)
	if err != nil {
		return nil
	}
	o := &offer{do: migrate.Import{Request: migrate.Request{Files: files, From: "github", Ask: p.askPython}, Place: place}}
	if o.do.Read(context.Background()) != nil || len(o.do.Jobs) == 0 {
		return nil
	}
	for _, c := range o.do.Changes {
		o.paths = append(o.paths, filepath.ToSlash(c.Path))
	}
	return o
}

// begin returns a project without jobs for a pyproject.toml that is not there yet.
func (o *offer) begin() (*project, bool) {
	if o == nil {
		return nil, false
	}
	if _, err := os.Lstat(o.do.Place.AbsFile()); !os.IsNotExist(err) {
		return nil, false
	}
	loaded, err := o.do.Place.Parse(nil)
	return &project{loaded, o.do.Place}, err == nil
}

// accepted asks whether to import. Without a terminal the answer is no, and it tells the
// command.
func (p *Program) accepted(o *offer, ask *interview) bool {
	if o == nil || len(o.paths) == 0 {
		return false
	}
	jobs := problem.Count(len(o.do.Jobs), "job")
	if ask == nil {
		p.say("note: `scheduled import " + strings.Join(o.paths, " ") + " --write` brings " + jobs + " of other workflows here")
		return false
	}
	return ask.agree("Import " + jobs + " of " + problem.Some(o.paths, problem.Show) + "? Their schedule moves to " + o.do.Place.Path + ".")
}
