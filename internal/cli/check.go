package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/spf13/cobra"
)

func (p *Program) checkCommand() *cobra.Command {
	var asJSON bool
	var token string
	cmd := &cobra.Command{
		Use:   "check JOB",
		Short: "Decide whether the job has to run, and say why",
		Long: `check decides whether the current window is confirmed. If GITHUB_REPOSITORY is set,
as in Actions, it asks GitHub for the runs of the job's workflow, else it reads the
local ledger. The decision is in its output, in --json and in the outputs of the
step. The exit code is 0 either way.`,
		Args: jobArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			project, err := p.open()
			if err != nil {
				return err
			}
			job, err := project.job(args[0], p.onGitHub())
			if err != nil {
				return err
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
			return p.printJSON(execution.NewDecided(job.ID, decision))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&token, "token", "", "token that may read Actions (default: $INPUT_TOKEN, $GITHUB_TOKEN or $GH_TOKEN)")
	return cmd
}

// check decides, logs the decision, and passes it to the later steps.
func (p *Program) check(ctx context.Context, project *project, job pyproject.Job, token string, log io.Writer) (schedule.Decision, error) {
	runner := p.runner(log)
	trigger, badEvent := runner.Trigger()
	tick := schedule.Tick{Now: p.Now(), Forced: trigger.Force, Attempt: trigger.Attempt}
	if trigger.Window != "" {
		var err error
		if tick.Slot, err = parseWindow(trigger.Window); err != nil {
			return schedule.Decision{}, err
		}
	}
	var unreadable error
	deleted := false
	var retries bytes.Buffer // the decision is the first line of the log
	if p.onGitHub() {
		deleted, unreadable = p.askGitHub(ctx, &tick, job, trigger, token, &retries)
	} else {
		unreadable = p.askLedger(&tick, project, job)
	}
	if ctx.Err() != nil {
		return schedule.Decision{}, context.Cause(ctx)
	}
	tick.Unknown = unreadable != nil
	decision := schedule.Decide(job.Schedule, tick)
	switch {
	case tick.Slot.IsZero() || !tick.Forced:
	case tick.Slot.After(tick.Now):
		return decision, windowError(trigger.Window, "has not begun")
	case decision.Window.IsZero():
		return decision, windowError(trigger.Window, "is not in a window of the job")
	}
	endGroup := runner.Group("Decision: " + execution.Verdict(decision))
	fmt.Fprintln(log, execution.Describe(job.Schedule, decision, execution.PlainLink))
	endGroup()
	p.Stderr.Write(retries.Bytes())
	if !tick.Slot.IsZero() && decision.Reason != schedule.NotDue && !decision.Window.IsZero() && !decision.Window.Contains(tick.Slot) {
		p.say(fmt.Sprintf("window %s was requested, but without force the current window is served", problem.Clock(tick.Slot)))
	}
	p.warn(runner, badEvent)
	p.warn(runner, unreadable)
	if deleted && decision.Reason == schedule.Unconfirmed {
		p.warn(runner, fmt.Errorf("job %s: runs were deleted that may have been of this window; if one of them executed, the job now runs again", problem.Show(job.ID)))
	}
	p.warn(runner, execution.Unseen(job.Schedule, decision))
	p.warn(runner, p.stale(runner, project, job))
	if remark := past.Forgotten(job.ID, decision.Window, p.retention()); remark != "" && p.onGitHub() {
		p.warn(runner, errors.New(remark))
	}
	p.warn(runner, runner.Summary(fmt.Sprintf("%s: %s\n", markdown.Code(problem.Show(job.ID)), execution.Describe(job.Schedule, decision, execution.MarkdownLink))))
	return decision, setOutputs(runner, job.ID, decision)
}

// askGitHub fills in the past runs, and the time by GitHub's own clock. deleted is that of
// github.History.
func (p *Program) askGitHub(ctx context.Context, tick *schedule.Tick, job pyproject.Job, trigger actions.Trigger, token string, retries io.Writer) (deleted bool, _ error) {
	client, err := p.client(github.FindOrigin(p.getenv, "", token), retries, p.Stderr)
	if err != nil {
		return false, err
	}
	history, err := client.History(ctx, github.Query{
		Workflow:      cmp.Or(trigger.Workflow, job.File()),
		Job:           job.ID,
		DefaultBranch: trigger.DefaultBranch,
		Schedule:      job.Schedule,
		Tick:          *tick,
	})
	now := history.Now
	if failure, ok := errors.AsType[*github.Failure](err); ok {
		now = failure.Now
	}
	if !now.IsZero() {
		tick.Now = now
	}
	tick.Runs, tick.Known, deleted = history.Runs, history.Known, history.Deleted
	return deleted, err
}

// askLedger fills in the past runs on this machine: none without a ledger.
func (p *Program) askLedger(tick *schedule.Tick, project *project, job pyproject.Job) error {
	if !ledger.Exists(project.AbsFile()) {
		return nil
	}
	book, err := ledger.Open(project.AbsFile(), p.say)
	if err != nil {
		return err
	}
	tick.Runs, err = book.Runs(job.ID)
	return err
}

// stale returns a warning if, in Actions, the workflow file of the job is not
// the one that sync would write. It is only a warning: a job with a stale file still
// runs, because stopping it would go unnoticed, at every tick. Drift is an error in
// pull requests.
func (p *Program) stale(runner *actions.Runner, project *project, job pyproject.Job) error {
	if !runner.On() {
		return nil
	}
	action, err := p.action("")
	target := workflow.Target{Project: project.Project, Path: project.Path, Action: action}
	if err != nil || !target.Stale(os.DirFS(project.Root), job) {
		return nil
	}
	return problem.New(fmt.Sprintf("run `%s` and commit the file", p.howToSync()), "the workflow file of %s does not match %s; the job still runs as %s says", problem.Show(job.ID), project.Path, job.File())
}
