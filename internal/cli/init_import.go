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
func (p *Program) offer(place pyproject.Place) *offer {
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

// howToAdd says how a project gets its first job.
func (o *offer) howToAdd() string {
	switch {
	case o == nil:
		return "scheduled add ID --every day --entrypoint module:function"
	case o.do.Lost():
		return o.command()
	}
	return "scheduled init --yes"
}

func (o *offer) command() string {
	return "scheduled import " + strings.Join(o.paths, " ") + " --write"
}

// accepted asks whether to import, and says before what would become of what. Without a
// terminal the answer is that of --yes, unless something would be lost.
func (p *Program) accepted(o *offer, ask *interview, yes bool) (bool, error) {
	if o == nil || len(o.paths) == 0 {
		return false, nil
	}
	jobs := problem.Count(len(o.do.Jobs), "job")
	if ask == nil && (!yes || o.do.Lost()) {
		note := "`" + o.command() + "` brings " + jobs + " of other workflows here"
		if o.do.Lost() {
			note += ", and loses a part of what they do: without --write, it shows what"
		}
		p.note([]string{note})
		return false, nil
	}
	if err := p.printFates(o.do.Result); err != nil {
		return false, err
	}
	return ask == nil || ask.agree("Import "+jobs+" of "+problem.Some(o.paths, problem.Show)+"? Their schedule moves to "+o.do.Place.Path+". `git revert` brings it back."), nil
}
