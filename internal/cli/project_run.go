package cli

import (
	"slices"
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// variables are passed to the entrypoint through its environment.
type variables struct {
	window     schedule.Window
	missed     int
	trigger    string // the event of GitHub, or "local"
	runAttempt int    // 1 for the first, more for a re-run
}

// variablesNow are those of a run that begins now, with no window missed.
func (p *Program) variablesNow(job pyproject.Job) variables {
	return variables{window: job.Schedule.Window(p.Now()), trigger: "local", runAttempt: 1}
}

// environ returns them for the n-th attempt within the run.
func (v variables) environ(job pyproject.Job, n int) []string {
	n += (v.runAttempt - 1) * job.Options.Attempts
	start := v.window.Start.Format(time.RFC3339)
	return []string{
		"SCHEDULED_JOB_ID=" + job.ID,
		"SCHEDULED_EVERY=" + string(job.Schedule.Every()),
		"SCHEDULED_FOR=" + start,
		"SCHEDULED_WINDOW_START=" + start,
		"SCHEDULED_WINDOW_END=" + v.window.End.Format(time.RFC3339),
		"SCHEDULED_KEY=" + v.window.Key(job.ID),
		"SCHEDULED_ATTEMPT=" + strconv.Itoa(n),
		"SCHEDULED_TRIGGER=" + v.trigger,
		"SCHEDULED_MISSED=" + strconv.Itoa(v.missed),
	}
}

// entrypoint returns the entrypoint of a job, with variables of its own beside those
// of this process and of the job's options.
func (p *Program) entrypoint(project *project, job pyproject.Job, launcher python.Launcher, variables []string) python.Entrypoint {
	return python.Entrypoint{
		Launcher: launcher,
		Dir:      project.Dir,
		Root:     project.Root,
		Target:   job.Entrypoint,
		Env:      append(p.environ(job), variables...),
		Secrets:  job.Options.Secrets,
		Host:     p.host(),
	}
}

// environ returns the environment of this process and what the job's options add to
// it, as it is in the whole of a generated workflow.
func (p *Program) environ(job pyproject.Job) python.Environ {
	environ := slices.Clone(p.Environ)
	for _, variable := range job.Options.Env {
		environ = append(environ, variable.Name+"="+variable.Value)
	}
	return environ
}
