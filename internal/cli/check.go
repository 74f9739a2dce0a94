package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/github"
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
	var flags checkFlags
	cmd := &cobra.Command{
		Use:   "check JOB",
		Short: "Decide whether the job has to run, and say why",
		Long: `check decides whether the current window is confirmed. If GITHUB_REPOSITORY is set,
as in Actions, it asks GitHub for the runs of the job's workflow, else it reads the
local ledger. The decision is in its output, in --json and in the outputs of the
step. The exit code is 0 either way. --slot decides about one slot alone, as a run
of a job with lanes does before it executes that slot.`,
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
			decision, err := p.check(ctx, project, job, flags, log)
			if err != nil || !asJSON {
				return err
			}
			return p.printJSON(execution.NewDecided(job.ID, decision))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.slot, "slot", "", "slot to decide about, in RFC 3339 (default: the current one, or all that are owed)")
	cmd.Flags().StringVar(&flags.token, "token", "", "token that may read Actions (default: $INPUT_TOKEN, $GITHUB_TOKEN or $GH_TOKEN)")
	return cmd
}

type checkFlags struct{ slot, token string }

// check decides, logs the decision, and passes it to the later steps.
func (p *Program) check(ctx context.Context, project *project, job pyproject.Job, flags checkFlags, log io.Writer) (schedule.Decision, error) {
	runner := p.runner(log)
	trigger, badEvent := runner.Trigger()
	tick := schedule.Tick{Now: p.Now(), Forced: trigger.Force, Attempt: trigger.Attempt, Lane: flags.slot != ""}
	slot := cmp.Or(flags.slot, trigger.Window)
	if slot != "" {
		var err error
		if tick.Slot, err = parseWindow(slot); err != nil {
			return schedule.Decision{}, err
		}
	}
	var asked execution.Asked
	var retries bytes.Buffer // the decision is the first line of the log
	if p.onGitHub() {
		asked = p.askGitHub(ctx, &tick, project, job, trigger, flags.token, &retries)
	} else {
		asked = execution.AskLedger(&tick, project.AbsFile(), job, project.Jobs, p.say)
	}
	if ctx.Err() != nil {
		return schedule.Decision{}, context.Cause(ctx)
	}
	decision := asked.Decide(job.Schedule, tick)
	switch {
	case tick.Slot.IsZero() || !tick.Forced && !tick.Lane:
	case tick.Slot.After(tick.Now) && tick.Forced:
		return decision, windowError(slot, "has not begun")
	case decision.Window.IsZero():
		return decision, windowError(slot, "is not in a window of the job")
	}
	endGroup := runner.Group("Decision: " + execution.Verdict(decision))
	fmt.Fprintln(log, asked.Describe(job.Schedule, decision, execution.PlainLink))
	endGroup()
	p.Stderr.Write(retries.Bytes())
	if !tick.Lane && !tick.Slot.IsZero() && decision.Reason != schedule.NotDue && !decision.Window.IsZero() && !decision.Window.Contains(tick.Slot) {
		p.say(fmt.Sprintf("window %s was requested, but without force the current window is served", problem.Clock(tick.Slot)))
	}
	for _, warning := range []error{badEvent, asked.Unreadable, asked.Needs, asked.Lost(job.ID, decision), execution.Unseen(job.Schedule, decision), p.stale(runner, project, job)} {
		p.warn(runner, warning)
	}
	if remark := past.Forgotten(job.ID, decision.Window, p.retention()); remark != "" && p.onGitHub() {
		p.warn(runner, errors.New(remark))
	}
	p.warn(runner, runner.Summary(fmt.Sprintf("%s: %s\n", markdown.Code(problem.Show(job.ID)), asked.Describe(job.Schedule, decision, execution.MarkdownLink))))
	cancel := job.Options.Cancel && decision.Run && asked.Unreadable == nil && schedule.Cancels(decision.Window, p.runID(), tick.Runs)
	return decision, setOutputs(runner, job, decision, cancel)
}

// runID returns the id of the run of Actions that this is a step of; 0 outside of one.
func (p *Program) runID() int64 {
	id, _ := strconv.ParseInt(p.getenv("GITHUB_RUN_ID"), 10, 64)
	return id
}

// askGitHub fills in the past runs, and the time by GitHub's own clock.
func (p *Program) askGitHub(ctx context.Context, tick *schedule.Tick, project *project, job pyproject.Job, trigger actions.Trigger, token string, retries io.Writer) execution.Asked {
	client, err := p.client(github.FindOrigin(p.getenv, "", token), retries, p.Stderr)
	if err != nil {
		return execution.Asked{Unreadable: err}
	}
	query := github.Query{
		Workflow:      cmp.Or(trigger.Workflow, job.File()),
		Job:           job.ID,
		DefaultBranch: trigger.DefaultBranch,
		Schedule:      job.Schedule,
		Tick:          *tick,
		Run:           p.runID(),
		Cancel:        job.Options.Cancel && job.Lanes(),
	}
	for _, need := range execution.Needed(job, project.Jobs) {
		query.Needs = append(query.Needs, github.Query{Workflow: need.File(), Job: need.ID, Schedule: need.Schedule})
	}
	history, err := client.History(ctx, query)
	now := history.Now
	if failure, ok := errors.AsType[*github.Failure](err); ok {
		now = failure.Now
	}
	if !now.IsZero() {
		tick.Now = now
	}
	tick.Runs, tick.Known, tick.Needs = history.Runs, history.Known, history.Needs
	tick.Pauses, tick.Created = history.Pauses, history.Created
	return execution.Asked{Unreadable: err, Needs: history.Unread, Deleted: history.Deleted}
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
