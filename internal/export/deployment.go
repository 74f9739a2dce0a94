package export

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// What `scheduled serve` is given to end, in seconds. After drain it stops the entrypoints,
// as a timeout does; after grace it is killed.
const (
	drain = 30
	grace = 60
)

// serve returns the arguments of `scheduled serve` after those of the project.
func (p Project) serve(flags ...string) []string {
	args := []string{"serve"}
	if len(p.onGitHub()) == 0 {
		args = append(args, "--local")
	}
	return append(args, flags...)
}

// onGitHub returns the jobs that run on GitHub: those with a workflow file. A job without
// executor = "serve" may still be one of a project that has never been there.
func (p Project) onGitHub() (jobs []pyproject.Job) {
	for _, job := range p.Hosted() {
		if _, err := os.Stat(filepath.Join(p.Place.Root, filepath.FromSlash(workflow.Dir), job.File())); err == nil {
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// variables returns the environment variables that serve and the jobs that it executes
// need from outside, sorted.
func (p Project) variables() (names []string) {
	hosted := p.onGitHub()
	if len(hosted) > 0 {
		names = append(names, pyproject.Token)
	}
	for _, job := range p.Jobs {
		if slices.ContainsFunc(hosted, func(h pyproject.Job) bool { return h.ID == job.ID }) {
			continue
		}
		for _, pair := range slices.Concat(job.Options.Secrets, job.Options.SetupSecrets, job.Options.Vars) {
			names = append(names, pair.Name)
		}
		if job.Options.Heartbeat != "" {
			names = append(names, job.Options.Heartbeat)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// wanted says which variables a file or Secret has to have, "" for none.
func (p Project) wanted() string { return strings.Join(p.variables(), ", ") }
