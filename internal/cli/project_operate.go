package cli

import (
	"errors"
	"sync/atomic"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/operate"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

// acting are the flags of the commands that change something on GitHub.
type acting struct {
	dryRun, asJSON bool
	token          string
}

func (a *acting) register(cmd *cobra.Command, dryRun string) {
	cmd.Flags().BoolVar(&a.dryRun, "dry-run", false, dryRun)
	cmd.Flags().BoolVar(&a.asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&a.token, "token", "", "token that may write Actions (default: $INPUT_TOKEN, then $GITHUB_TOKEN)")
}

// actingHelp says where the commands that start runs do so.
const actingHelp = `The repository is $GITHUB_REPOSITORY, else that of the git remote origin. The token
is --token, $INPUT_TOKEN, $GITHUB_TOKEN, $GH_TOKEN, else that of ` + "`gh auth token`" + `; it
needs actions: write.`

func operatedJob(job pyproject.Job) operate.Job {
	return operate.Job{ID: job.ID, File: job.File(), Schedule: job.Schedule, Cancels: job.Options.Cancel}
}

// engine returns an engine on GitHub, whose steps are shown until idle is called.
func (p *Program) engine(client *github.Client, dryRun bool) (engine *operate.Engine, idle func()) {
	trigger, err := p.runner(p.Stderr).Trigger()
	p.warn(p.runner(p.Stderr), err)
	var step atomic.Value
	step.Store("starting")
	engine = &operate.Engine{
		Client: client, Branch: trigger.DefaultBranch, DryRun: dryRun,
		Say: p.say, Step: func(s string) { step.Store(s) },
	}
	return engine, p.progress(func() string { return "still " + step.Load().(string) })
}

// actingHints are the hints for what a token lacks.
var actingHints = map[github.Right]string{
	github.Valid:   "use another token: this one is not valid, or has expired",
	github.Actions: "give the token the permission `actions: write`; a fine-grained token needs Actions: read and write, a classic one the scope repo",
}

// explainActing gives an exit code and a hint to what kept a command from acting.
func explainActing(err error) error {
	_, denied := errors.AsType[*github.Denied](err)
	if _, wrong := errors.AsType[operate.TimeError](err); wrong {
		return &exitError{exitUsage, err}
	}
	if !denied && !github.Missing(err) {
		return err
	}
	hint := actingHints[github.Actions]
	if d, ok := errors.AsType[*github.Denied](err); ok && d.Lacks == github.Valid {
		hint = actingHints[github.Valid]
	}
	return &exitError{exitDenied, problem.WithHint(err, hint)}
}

// acted is the error of a command that acted, made of what went wrong.
func (p *Program) acted(errs ...error) error {
	for i, err := range errs {
		errs[i] = explainActing(err)
	}
	return p.worst(errs...)
}

// startingClient returns a client that can start jobs, as far as that is known without a
// request.
func (p *Program) startingClient(command string, origin github.Origin) (*github.Client, error) {
	if err := canStart(command, origin); err != nil {
		return nil, err
	}
	log := &shared{w: p.Stderr}
	client, err := p.client(origin, log, log)
	if err != nil {
		return nil, &exitError{exitUsage, problem.WithHint(err, "set GITHUB_REPOSITORY to owner/name")}
	}
	return client, nil
}

// canStart is the error of a command that lacks a repository or a token to start jobs with.
func canStart(command string, origin github.Origin) error {
	if origin.Repository == "" {
		return &exitError{exitUsage, problem.New("set GITHUB_REPOSITORY to owner/name, or give the clone a remote origin. `scheduled run` runs jobs on this machine", "%s: no repository on GitHub", command)}
	}
	if origin.Token == "" {
		return &exitError{exitDenied, problem.New("set GITHUB_TOKEN, or log in with `gh auth login`. Starting jobs needs the permission `actions: write`", "%s: no token", command)}
	}
	return nil
}
