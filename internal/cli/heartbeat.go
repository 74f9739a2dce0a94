package cli

import (
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

func (p *Program) heartbeatCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "heartbeat JOB",
		Short: "Tell the job's monitor, in Actions, that a step other than Run entrypoint failed",
		Long: fmt.Sprintf(`heartbeat is the last step of a workflow whose job has the option heartbeat. run tells
the monitor how the entrypoint ended; heartbeat tells it about a failure before that, in
the set-up, or after it, when results were delivered. The URL is in $%s,
the outcome of the step Run entrypoint in $%s.`, pyproject.HeartbeatVariable, pyproject.RunOutcome),
		Args: jobArgument,
		RunE: func(cmd *cobra.Command, args []string) error { return p.heartbeat(cmd, args[0]) },
	}
}

// heartbeat reads no pyproject.toml: a step of the job may have broken it.
func (p *Program) heartbeat(cmd *cobra.Command, id string) error {
	runner := p.runner(p.Stdout)
	if !runner.On() {
		return usageError("heartbeat is a step of a workflow; elsewhere, run tells the monitor itself", cmd)
	}
	cause := "a step before the entrypoint did not succeed, so the entrypoint did not run"
	if p.getenv(pyproject.RunOutcome) == "success" {
		cause = "the entrypoint succeeded, but a step after it did not: its results may not have arrived"
	}
	url := p.getenv(pyproject.HeartbeatVariable)
	job := execution.Job{Environ: p.Environ, Warn: func(err error) { p.warn(runner, err) }}
	job.ID, job.Options.Heartbeat = id, pyproject.HeartbeatVariable
	var err error
	if job.Monitor, err = execution.Monitor(job.Job, url); err != nil {
		p.warn(runner, err)
		return nil
	}
	ctx, stop := withSignals()
	defer stop()
	job.Failed(ctx, cause)
	return nil
}
