package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
)

// imported is an entrypoint whose module could be imported.
type imported struct {
	Job          string  `json:"job"`
	Entrypoint   string  `json:"entrypoint"`
	Milliseconds float64 `json:"milliseconds"`
}

// importEntrypoints imports the module of each entrypoint in the environment of its
// job, except the jobs to skip, and returns how long that took and what went wrong.
func (p *Program) importEntrypoints(ctx context.Context, project *project, skip map[string]bool) ([]imported, problem.Problems) {
	times, complaints := []imported{}, []pyproject.Complaint(nil)
	for _, job := range project.Jobs {
		if skip[job.ID] || job.Entrypoint == "" {
			continue
		}
		took, outcome, err := p.importEntrypoint(ctx, project, job)
		if err != nil {
			outcome = python.Outcome{Cause: err.Error(), Hint: problem.Hint(err)}
		}
		if !outcome.OK {
			complaints = append(complaints, pyproject.Complaint{Job: job, Key: "entrypoint", Message: broken(outcome), Hint: outcome.Hint})
			continue
		}
		done := imported{job.ID, job.Entrypoint, float64(took.Round(100*time.Microsecond)) / float64(time.Millisecond)}
		p.say(fmt.Sprintf("%s: imported %s in %.1fms", problem.Show(job.ID), markdown.Clean(job.Entrypoint), done.Milliseconds))
		times = append(times, done)
	}
	return times, project.Complain(complaints)
}

// importEntrypoint imports the module of one entrypoint. What that prints can issue no
// workflow command, and stdout is for the result.
func (p *Program) importEntrypoint(ctx context.Context, project *project, job pyproject.Job) (time.Duration, python.Outcome, error) {
	environment, err := project.environment(job)
	if err != nil {
		return 0, python.Outcome{}, err
	}
	engine := p.execution(project, job, environment)
	engine.Output = func(execution.Variables) (stdout, stderr io.Writer, end func()) {
		output, end := p.runner(p.Stderr).Verbatim()
		return output, output, end
	}
	return engine.Import(ctx)
}

// broken says how an import failed, and where.
func broken(o python.Outcome) string {
	if o.Frame == nil {
		return o.Cause
	}
	return fmt.Sprintf("%s:%d: %s", filepath.ToSlash(o.Frame.File), o.Frame.Line, o.Cause)
}
