package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/spf13/cobra"
)

func (p *Program) checkCommand() *cobra.Command {
	var asJSON bool
	var token string
	cmd := &cobra.Command{
		Use:   "check JOB",
		Short: "Decide whether the job has to run, and say why",
		Long: `check decides whether the window that holds now is confirmed. With
GITHUB_REPOSITORY set, as in Actions, it asks GitHub for the runs of the job's
workflow; without, it reads the local ledger. It exits with 0 whatever it
decides; the answer is in its output, in --json, and in the outputs of the
step.`,
		Args: jobArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			project, err := p.open()
			if err != nil {
				return err
			}
			job, err := project.job(args[0])
			if err != nil {
				return err
			}
			if job.Schedule.Every() == schedule.Minute && p.onGitHub() {
				return project.Hosted()
			}
			log := p.Stdout
			if asJSON {
				log = p.Stderr
			}
			ctx, stop := withSignals()
			defer stop()
			decision, err := p.check(ctx, project, job, token, log)
			if err != nil || !asJSON {
				return err
			}
			return p.printJSON(newDecided(job.ID, decision))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&token, "token", "", "token that may read Actions (default: $INPUT_TOKEN, then $GITHUB_TOKEN)")
	return cmd
}

// check decides, logs the decision, and hands it to the later steps.
func (p *Program) check(ctx context.Context, project *project, job pyproject.Job, token string, log io.Writer) (schedule.Decision, error) {
	runner := p.runner(log)
	trigger, badEvent := runner.Trigger()
	tick := schedule.Tick{Now: p.Now(), Forced: trigger.Force, Attempt: trigger.Attempt}
	var asked time.Time
	if trigger.Window != "" {
		var err error
		if asked, err = parseWindow(trigger.Window); err != nil {
			return schedule.Decision{}, err
		}
		if tick.Forced { // else the window that holds now discharges all before it
			tick.Slot = asked
		}
	}
	var unreadable error
	var retries bytes.Buffer // the decision is the first line of the log
	if p.onGitHub() {
		unreadable = p.askGitHub(ctx, &tick, job, trigger, token, &retries)
	} else {
		unreadable = p.askLedger(&tick, project, job)
	}
	if ctx.Err() != nil {
		return schedule.Decision{}, context.Cause(ctx)
	}
	if tick.Slot.After(tick.Now) {
		return schedule.Decision{}, windowError(trigger.Window, "has not begun")
	}
	tick.Unknown = unreadable != nil
	decision := schedule.Decide(job.Schedule, tick)
	endGroup := runner.Group("Decision: " + verdict(decision))
	fmt.Fprintln(log, describe(decision, plainLink))
	endGroup()
	p.Stderr.Write(retries.Bytes())
	if !asked.IsZero() && !decision.Window.Contains(asked) {
		p.say(fmt.Sprintf("window %s was asked for; without force the window that holds now is served", problem.Clock(asked)))
	}
	p.warn(runner, badEvent)
	p.warn(runner, unreadable)
	p.warn(runner, p.stale(runner, project, job))
	if remark := past.Forgotten(job.ID, job.Schedule, decision.Window, p.retention()); remark != "" && p.onGitHub() {
		p.warn(runner, errors.New(remark))
	}
	p.warn(runner, runner.Summary(fmt.Sprintf("%s: %s\n", markdown.Code(problem.Show(job.ID)), describe(decision, markdownLink))))
	return decision, setOutputs(runner, job.ID, decision)
}

// onGitHub reports whether the history to ask is GitHub's, from within Actions
// or from anywhere else.
func (p *Program) onGitHub() bool { return p.getenv("GITHUB_REPOSITORY") != "" }

// parseWindow reads a time that a window is named by.
func parseWindow(window string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, window)
	if err != nil {
		return at, windowError(window, "is not an RFC 3339 time")
	}
	return at, nil
}

func windowError(window, what string) error {
	return &exitError{exitUsage, fmt.Errorf("window %q %s", window, what),
		"give the time of a slot, as in 2026-11-21T10:37:00Z, or leave it empty for the window that holds now"}
}

// askGitHub fills in the past runs, and the time by GitHub's own clock.
func (p *Program) askGitHub(ctx context.Context, tick *schedule.Tick, job pyproject.Job, trigger actions.Trigger, token string, retries io.Writer) error {
	client, err := p.github(token, retries)
	if err != nil {
		return err
	}
	history, err := client.History(ctx, github.Query{
		Workflow:      cmp.Or(trigger.Workflow, job.File()),
		DefaultBranch: trigger.DefaultBranch,
		Schedule:      job.Schedule,
		Slot:          tick.Slot,
	})
	now := history.Now
	if failure, ok := errors.AsType[*github.Failure](err); ok {
		now = failure.Now
	}
	if !now.IsZero() {
		tick.Now = now
	}
	tick.Runs = history.Runs
	return err
}

// askLedger fills in the past runs of this machine, of which there are none
// where there is no ledger.
func (p *Program) askLedger(tick *schedule.Tick, project *project, job pyproject.Job) error {
	if !ledger.Exists(project.dir) {
		return nil
	}
	book, err := ledger.Open(project.dir, p.say)
	if err != nil {
		return err
	}
	tick.Runs, err = book.Runs(job.ID)
	return err
}
