package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/spf13/cobra"
)

// registerAllProjects adds the flag --all-projects.
func (p *Program) registerAllProjects(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&p.allProjects, "all-projects", false, "all projects of the repository, in one go")
}

// projects opens the projects that a command works on: the one that open finds or, with
// --all-projects, all of the repository, in the order of their paths. The errors are
// those of the projects that cannot be opened, which keep no other from being worked on;
// a second project that has a file of a first is one of them.
func (p *Program) projects(open func(pyproject.Place) (*project, error)) (projects []*project, failed []error) {
	if !p.allProjects {
		project, err := p.found(open)
		if err != nil {
			return nil, []error{err}
		}
		return append(projects, project), nil
	}
	places, err := p.places()
	if err != nil {
		return nil, []error{err}
	}
	for _, place := range places {
		project, err := open(place)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		projects = append(projects, project)
	}
	projects, clashes := distinct(projects)
	return projects, append(failed, clashes...)
}

// places returns the places of all projects of the repository. Those that git ignores are
// not among them.
func (p *Program) places() ([]pyproject.Place, error) {
	root, err := pyproject.Repository(p.project, p.getenv("GITHUB_WORKSPACE"))
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	repo, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	paths, err := pyproject.Search(repo.FS())
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	ignored := p.ignored(root, paths)
	var places []pyproject.Place
	for _, name := range paths {
		if !slices.Contains(ignored, name) {
			places = append(places, pyproject.PlaceIn(root, name))
		}
	}
	if len(places) == 0 {
		return nil, &exitError{exitUsage, problem.New("add a table such as [tool.scheduled.clean-files] to the pyproject.toml of a project", "no project in %s declares scheduled jobs", root)}
	}
	return places, nil
}

// ignored returns those of the paths that git ignores.
func (p *Program) ignored(root string, paths []string) []string {
	if len(paths) == 0 {
		return nil
	}
	at := &project{Place: pyproject.Place{Dir: root, Root: root}}
	out, _ := p.ask(context.Background(), at, p.Environ, "git", append([]string{"-C", root, "-c", "core.quotePath=false", "check-ignore", "--"}, paths...)...) // fails if none is
	return strings.FieldsFunc(out, func(r rune) bool { return r == '\n' || r == '\r' })
}

// distinct returns the projects without those that have a workflow file of an earlier
// one, and an error for each of these.
func distinct(projects []*project) (kept []*project, errs []error) {
	var targets []workflow.Target
	for _, pr := range projects {
		targets = append(targets, workflow.Target{Project: pr.Project, Path: pr.Path})
	}
	clashes := workflow.Distinct(targets)
	for i, pr := range projects {
		if clashes[i] != nil {
			errs = append(errs, &exitError{exitUsage, clashes[i]})
		} else {
			kept = append(kept, pr)
		}
	}
	return kept, errs
}

// worst reports all errors but the gravest, the last of several, which it returns; nil
// without any. Those that say the same are reported once.
func (p *Program) worst(errs ...error) (worst error) {
	said := map[string]bool{}
	for _, err := range errs {
		if err != nil && (worst == nil || gravity(err) >= gravity(worst)) {
			worst, err = err, worst
		}
		if err != nil && err.Error() != worst.Error() && !said[err.Error()] {
			said[err.Error()] = true
			p.report(err)
		}
	}
	return worst
}
