package cli

import (
	"context"
	"log/slog"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/serve"
)

// dispatcher returns what starts the jobs of a project that run on GitHub; nil if it has
// none.
func (p *Program) dispatcher(ctx context.Context, project *project, token string, log *slog.Logger) (*serve.GitHub, error) {
	if len(project.Hosted()) == 0 {
		return nil, nil
	}
	origin := p.origin(ctx, project, token)
	if err := canStart("serve", origin); err != nil {
		return nil, problem.WithHint(err, problem.Hint(err)+`. To run them at their slots here, use --local, or set executor = "serve"`)
	}
	lines := slog.NewLogLogger(log.Handler(), slog.LevelInfo).Writer()
	client, err := p.client(origin, lines, lines)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	trigger, err := p.runner(p.Stderr).Trigger()
	p.warn(p.runner(p.Stderr), err)
	return &serve.GitHub{Client: client, Branch: trigger.DefaultBranch}, nil
}

// split takes the jobs that GitHub cannot run out of those that are served. If nothing
// dispatches, there must be no other that GitHub is to run.
func split(project *serve.Project, github bool, log *slog.Logger) error {
	var jobs []pyproject.Job
	for _, job := range project.Jobs {
		switch {
		case job.Hosted() && !github:
			return problem.New("restart `scheduled serve`", "%s runs on GitHub, but no job did when serve started", problem.Show(job.ID))
		case !job.Options.Serve && !job.Hosted():
			log.Warn("the job is not served: GitHub cannot run it", "job", job.ID, "error", job.Unhosted, "hint", job.Unhosted[0].Hint)
		default:
			jobs = append(jobs, job)
		}
	}
	project.Jobs = jobs
	return nil
}
