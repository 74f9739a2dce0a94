package onboarding

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

// Offer is what a project can import: the scheduled workflows of its repository. A nil offer
// has none.
type Offer struct {
	Import migrate.Import
	paths  []string // of the workflows, from the working directory where that is above
}

// FindOffer returns what a project can import, and nil for nothing. ask is as in
// migrate.Request.
func FindOffer(ctx context.Context, place pyproject.Place, ask func(ctx context.Context, script string, input []byte) ([]byte, error)) *Offer {
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
	o := &Offer{Import: migrate.Import{Request: migrate.Request{Files: files, From: "github", Ask: ask}, Place: place}}
	if o.Import.Read(ctx) != nil || len(o.Import.Jobs) == 0 {
		return nil
	}
	for _, c := range o.Import.Changes {
		o.paths = append(o.paths, filepath.ToSlash(c.Path))
	}
	return o
}

// Any reports whether there is something to import.
func (o *Offer) Any() bool { return o != nil && len(o.paths) > 0 }

// jobs says how many there are.
func (o *Offer) jobs() string { return problem.Count(len(o.Import.Jobs), "job") }

// command imports them.
func (o *Offer) command() string {
	return "scheduled import " + strings.Join(o.paths, " ") + " --write"
}

// Note says how to import them.
func (o *Offer) Note() string {
	note := "`" + o.command() + "` imports " + o.jobs() + " from other workflows"
	if o.Import.Lost() {
		note += ", and loses a part of what they do: without --write, it shows what"
	}
	return note
}

// Question asks whether to import them.
func (o *Offer) Question() string {
	return "Import " + o.jobs() + " of " + problem.Some(o.paths, problem.Show) + "? Their schedule moves to " + o.Import.Place.Path + ". `git revert` brings it back."
}

// step is how a project gets its first job.
func (o *Offer) step() Step {
	switch {
	case o == nil:
		return Step{Name: "declare", Do: "scheduled add ID --every day --entrypoint module:function", Costs: nothing}
	case o.Import.Lost():
		return Step{Name: "declare", Do: o.command(), Costs: nothing}
	}
	return Step{Name: "declare", Do: "scheduled init --yes", Costs: nothing,
		Does: "imports " + o.jobs() + " of " + problem.Some(o.paths, problem.Show) + ", and takes the schedule out there; --dry-run shows it"}
}
